"""What the box tells of its last update."""

import json
from pathlib import Path

import pytest

from agent.release.layout import Layout
from agent.release.record import Attempt, end
from agent.sources.updates import LONGEST, readings


def ended(root: Path, result: str, reason: str = "") -> str:
    """What is told after an update that ended so."""
    layout = Layout(root)
    layout.memory.mkdir(parents=True, exist_ok=True)
    end(layout, Attempt(2, 1, "0.9.1-aa", "0.9.0-bb", result, reason))
    return str(readings(root).get("update.state"))


@pytest.mark.parametrize(
    ("result", "reason", "told"),
    [
        ("running", "", "done 0.9.1-aa"),
        ("failed", "ups-1 does not answer", "failed 0.9.1-aa: ups-1 does not answer"),
        ("rolled-back", "pbx-1 does not answer", "failed 0.9.1-aa: pbx-1 does not answer"),
        ("interrupted", "the machine went down", "failed 0.9.1-aa: the machine went down"),
        ("postponed", "pbx-1.unreachable stands", "waits 0.9.1-aa: pbx-1.unreachable stands"),
    ],
)
def test_the_first_word_says_how_it_ended(tmp_path: Path, result: str, reason: str, told: str) -> None:
    """The alarms look for it; the rest is for people."""
    assert ended(tmp_path, result, reason) == told


def test_a_box_that_was_never_updated_tells_nothing(tmp_path: Path) -> None:
    """Nor one whose note cannot be understood, nor that of a later version of the program."""
    assert readings(tmp_path) == {}
    note = tmp_path / "var/lib/linewarden-release/last.json"
    note.parent.mkdir(parents=True)
    for text in ("", "{", "[]", '{"number": 1}', json.dumps({"result": "running", "unknown": 1})):
        note.write_text(text)
        assert readings(tmp_path) == {}
    ended(tmp_path, "of a later version")
    assert readings(tmp_path) == {}


def test_a_long_reason_is_one_line_and_bounded(tmp_path: Path) -> None:
    """It stands on a page and in a message."""
    told = ended(tmp_path, "rolled-back", "first\nsecond " + "x" * 999)
    assert len(told) == LONGEST
    assert "\n" not in told
