"""The runs of the agent and how each ended, as the journal keeps them."""

from enum import StrEnum

from msgspec import Struct


class How(StrEnum):
    """How a run of the agent ended; the worst last."""

    ORDERED = "ordered"
    """Somebody or the system told it to end, and it did."""
    UPDATED = "updated"
    """The same, and another version has begun."""
    POWER_LOST = "power-lost"
    """The machine went down without an end in good order, and nothing says that anything but the power failed."""
    AGENT_CRASHED = "agent-crashed"
    AGENT_OUT_OF_MEMORY = "agent-out-of-memory"
    AGENT_HUNG = "agent-hung"
    """It gave no sign of life any more and was ended by the service manager."""
    OVERHEATED = "overheated"
    """The machine was too hot."""
    MACHINE_WATCHDOG = "machine-watchdog"
    """Something reset the machine while its power stayed on."""
    KERNEL_PANIC = "kernel-panic"


class Ended(Struct, frozen=True, omit_defaults=True):
    """The end of one run."""

    how: How
    detail: str = ""
    """What the system said of it, in its own words."""


class Run(Struct, frozen=True):
    """The last run that the journal knows of."""

    boot: str
    version: str
    marks: tuple[str, ...] = ()
    """What is known by these was told when it began, or was there before."""
    stopped: bool = False
    """Whether it ended in good order."""
