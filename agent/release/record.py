"""What was tried and how it ended: for the agent, which tells the NOC, and for whoever asks on the box."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from agent.release.layout import Layout, sync, write

LAST, TRYING, OFFERED = "last.json", "trying.json", "offered.json"

CLOCK_FROM = 1_735_689_600.0
"""2025-01-01: a clock that says an earlier time was not set yet (a Pi without a battery begins in 1970)."""


@dataclass(frozen=True)
class Attempt:
    """A change of the generation."""

    number: int
    """Of the generation that was tried."""
    back: int | None
    """The generation before."""
    version: str
    before: str
    """Its version."""
    result: str
    """`trying`, `running`, `rolled-back`, `interrupted`, `postponed`, or `failed`: it stays, for want of a better one."""
    reason: str = ""
    at: float = field(default_factory=time.time)


def read(layout: Layout, name: str = LAST) -> Attempt | None:
    """The last attempt, or that which is under way (`TRYING`); None where there is none that can be understood."""
    given = _load(layout.memory / name)
    try:
        return Attempt(**given) if given else None
    except TypeError:
        return None


def begin(layout: Layout, attempt: Attempt) -> None:
    """Say that a change is under way, before anything is changed."""
    write(layout.memory / TRYING, json.dumps(asdict(attempt)) + "\n")


def note(layout: Layout, attempt: Attempt) -> None:
    """Say how far a change came that is still under way."""
    write(layout.memory / LAST, json.dumps(asdict(attempt)) + "\n")


def end(layout: Layout, attempt: Attempt) -> None:
    """Say how a change ended."""
    note(layout, attempt)
    (layout.memory / TRYING).unlink(missing_ok=True)
    if attempt.result == "running":
        (layout.memory / OFFERED).unlink(missing_ok=True)
    sync(layout.memory)


def waiting_since(layout: Layout, version: str, now: float) -> float:
    """Since when (wall time) a version waits to be let in; from now on, if it did not before.

    A time that cannot be right, from before the change that came before it or from after now, counts as now.
    """
    path, last = layout.memory / OFFERED, read(layout)
    given = _load(path) or {}
    if (
        given.get("version") == version
        and max(float(given.get("after", 0)), CLOCK_FROM) <= given["at"] <= now
    ):
        return float(given["at"])
    if now >= CLOCK_FROM:
        told = {"version": version, "at": now, "after": min(last.at, now) if last else 0.0}
        write(path, json.dumps(told) + "\n")
    return now


def _load(path: Path) -> dict[str, Any] | None:
    try:
        given = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return given if isinstance(given, dict) else None
