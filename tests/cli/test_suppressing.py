"""The commands that suppress, against a served branch: what they order, what they print, and what they refuse."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main, words
from agent.config.site import Role
from tests.web.panel_room import Room, serving
from web import i18n
from web import words as panel_words


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
    said = run(room, "shelve", "ups-1.on-battery", "--for", "2h", "--reason", "fuse is coming")
    assert re.fullmatch(
        r"ups-1\.on-battery: put on the shelf until 2027-01-15 18:01:\d\d – UPS A \(APC\): .+\n", said
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
    said = run(room, "out-of-service", "ups-1", "--for", "1d", "--reason", "batteries")
    assert re.fullmatch(r"ups-1: out of service until 2027-01-16 16:01:\d\d – UPS A \(APC\)\n", said)
    assert re.search(r"ups-1 .+ answers, out of service ", run(room, "devices"))
    assert "answers, out of service" in run(room, "devices", "ups-1").splitlines()[0]
    assert re.search(r"out-of-service +ups-1 ", run(room, "maintenance"))
    room.silent["pbx-1"] = "timeout"
    room.live(60)
    assert "not annunciated, out of service with" in run(room, "why", "pbx-1.unreachable")
    assert "returned to service" in run(room, "in-service", "ups-1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shelve", "ups-1.on-battery", "--for", "2 hours", "--reason", "x"), "write 30m, 1h30m or 1d"),
        (("shelve", "ups-1.on-battery", "--for", "9d", "--reason", "x"), "it may last from 1 min to 1 d"),
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


def test_an_alarm_on_the_shelf_is_meant_by_its_code(room: Room) -> None:
    """What is put aside is told by its id."""
    code = room.branch().alarms[0].code
    assert run(room, "shelve", code, "--for", "1h30m", "--reason", "x").startswith(
        "ups-1.on-battery: put on the shelf"
    )
    assert room.orders[-1].seconds == 5400.0
    assert run(room, "unshelve", code).startswith("ups-1.on-battery: taken off the shelf")


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_how_long_still_is_told_in_chinese(room: Room) -> None:
    """As the panel writes it."""
    said = run(room, "shelve", "ups-1.on-battery", "--for", "2h", "--reason", "x")
    assert re.search(r"已搁置至 2027-01-15 18:01", said)
    room.live(360)
    assert re.search(r"已搁置 .* 1 小时 54 分$", run(room, "maintenance"), re.MULTILINE)
    assert "时长须在 1 分钟 到 1 天 之间。" in run(
        room, "shelve", "ups-1.on-battery", "--for", "9d", "--reason", "x", code=1
    )
    run(room, "out-of-service", "ups-2", "--for", "2h", "--reason", "x")
    assert re.search(r"ups-2 .+ 有应答, 退出运行 ", run(room, "devices"))


def test_what_is_out_of_service_is_called_as_on_the_panel() -> None:
    """One box, one voice."""
    chinese = i18n.catalogue("zh")
    for kind in ("window", "out-of-service"):
        english = panel_words.SUPPRESSIONS[kind]
        assert words.SUPPRESSION[english] == chinese.gettext(english)


def test_nothing_to_clear_up_is_no_failure(room: Room) -> None:
    """All is as it was wanted; what is really refused still fails."""
    assert run(room, "purge", "--over-for", "7d") == "no alarm has been over for so long\n"
    assert run(room, "compress") == "no alarm has a history to compress\n"
    room.entitle(Role.TECHNICIAN)
    assert "a technician may not purge" in run(room, "purge", "--over-for", "7d", code=1)
