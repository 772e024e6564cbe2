"""What was tried and how it ended: for the agent, which tells the NOC, and for whoever asks on the box."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from agent.release.layout import Layout, write

LAST, TRYING, OFFERED = "last.json", "trying.json", "offered.json"


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


def waiting_since(layout: Layout, version: str) -> float:
    """Since when (wall time) a version waits to be let in; from now on, if it did not before."""
    path = layout.memory / OFFERED
    given = _load(path) or {}
    if given.get("version") != version:
        given = {"version": version, "at": time.time()}
        write(path, json.dumps(given) + "\n")
    return float(given["at"])


def _load(path: Path) -> dict[str, Any] | None:
    try:
        given = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return given if isinstance(given, dict) else None
