"""How the last update of the box ended, as the program that makes updates notes it: for the NOC, which has to know why."""

from pathlib import Path

from agent.release import record
from agent.release.layout import Layout
from agent.release.record import Attempt
from firmware.host.files import Readings

LONGEST = 200
"""Characters of a reading."""
WORDS = {"running": "done", "postponed": "waits"} | dict.fromkeys(
    ("rolled-back", "interrupted", "failed"), "failed"
)
"""What to tell of each result: the first word of the reading."""


def readings(root: Path) -> Readings:
    """`update.state`: `done`, `waits` or `failed`, then of which release and why; absent where nothing was ever updated.

    Args:
        root: what stands before /var.
    """
    last = record.read(Layout(root))
    return {"update.state": _line(last)[:LONGEST]} if last and last.result in WORDS else {}


def _line(last: Attempt) -> str:
    word, reason = WORDS[last.result], " ".join(last.reason.split())
    return f"{word} {last.version}" + (f": {reason}" if reason else "")
