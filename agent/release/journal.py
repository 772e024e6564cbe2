"""The journal across releases: a newer one may write it in a way that an older one cannot read."""

from agent.release.layout import Layout


def keep(layout: Layout, back: int, number: int) -> None:
    """Before the newer release starts: a copy of the data, where it would write them in another way."""


def step_back(layout: Layout, number: int, back: int) -> None:
    """Before the older release starts again: the data in its way."""
