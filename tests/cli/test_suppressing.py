"""The commands that suppress, against a served branch: what they order, what they print, and what they refuse."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main, words
from tests.web.panel_room import Room, serving


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """A branch whose UPS is on battery; its language is the parameter."""
    room = Room(tmp_path, getattr(request, "param", "en")).live(30)
    room.values["ups-1"]["ups.status"] = "OB"
    with serving(room.live(60)):
        yield room


def run(room: Room, *arguments: str, code: int = 0) -> str:
    """What a command prints."""
    result = CliRunner().invoke(main, list(arguments), env={"LINEWARDEN_SOCKET": str(room.socket)})
    assert result.exit_code == code, result.output
    return result.output


def test_an_alarm_goes_on_the_shelf_and_comes_off(room: Room) -> None:
    """The list, the reason and the maintenance status say so, and by whom."""
    assert "put on the shelf" in run(
        room, "shelve", "ups-1.on-battery", "--for", "2h", "--reason", "fuse is coming"
    )
    assert re.search(r"unacknowledged, shelved", run(room, "alarms"))
    told = run(room, "why", "ups-1.on-battery")
    assert "not annunciated, shelved: fuse is coming" in told
    assert "2 h at most" in told
    assert re.search(r"shelved +ups-1.on-battery +\S+ +fuse is coming", run(room, "maintenance"))
    assert "taken off the shelf" in run(room, "unshelve", "ups-1.on-battery", "--note", "it came")
    assert "nothing is suppressed" in run(room, "maintenance")


def test_a_device_goes_out_of_service_and_comes_back(room: Room) -> None:
    """What depends on it is told to be suppressed with it."""
    run(room, "out-of-service", "ups-1", "--for", "1d", "--reason", "batteries")
    assert re.search(r"out-of-service +ups-1 ", run(room, "maintenance"))
    room.silent["pbx-1"] = "timeout"
    room.live(60)
    assert "not annunciated, out of service with" in run(room, "why", "pbx-1.unreachable")
    assert "returned to service" in run(room, "in-service", "ups-1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shelve", "ups-1.on-battery", "--for", "2 hours", "--reason", "x"), "write 30m, 2h or 1d"),
        (("shelve", "ups-1.on-battery", "--for", "9d", "--reason", "x"), "from 60 to 86400 seconds"),
        (("shelve", "ups-1.on-battery", "--for", "1h", "--reason", " "), "a reason is wanted"),
        (("shelve", "ups-1.on-battery", "--for", "1h"), "Missing option '--reason'"),
        (("unshelve", "ups-1.on-battery"), "is not shelved"),
        (("out-of-service", "box", "--for", "1h", "--reason", "x"), "cannot be taken out"),
        (("in-service", "ups-1"), "is not out-of-service"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(room: Room, arguments: tuple[str, ...], said: str) -> None:
    """And nothing is suppressed."""
    code = 2 if "write" in said or "Missing" in said else 1
    assert said in run(room, *arguments, code=code)
    assert "nothing is suppressed" in run(room, "maintenance")


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_a_chinese_site_is_told_in_chinese(room: Room) -> None:
    """Headings and sentences; what is left in Latin letters are ids, names and reasons."""
    told = run(room, "shelve", "ups-1.on-battery", "--for", "2h", "--reason", "等保险丝")
    told += run(room, "maintenance") + run(room, "why", "ups-1.on-battery") + run(room, "alarms")
    known = {*words.HEADINGS, *words.STATES, *words.SUPPRESSION}
    assert not {
        word for word in re.findall(r"(?<![.\w-])[A-Za-z][A-Za-z-]+(?![.\w-])", told) if word in known
    }
    for word in ("已搁置", "不通报", "负责人", "等保险丝"):
        assert word in told
