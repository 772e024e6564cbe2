"""`linewarden limits`: told, changed and reverted against a served branch, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli import main, words
from agent.config.site import Role
from tests.web.panel_room import Room, serving

LOAD = "ups-1.overload"
RUNTIME = "ups-1.runtime-short"


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """A branch whose language is the parameter; English unless it is given."""
    room = Room(tmp_path, getattr(request, "param", "en")).live(30)
    with serving(room):
        yield room


def call(room: Room, *arguments: str, **environment: str) -> Result:
    """What comes of a command."""
    given = {"LINEWARDEN_SOCKET": str(room.socket), **environment}
    return CliRunner().invoke(main, ["limits", *arguments], env=given)


def run(room: Room, *arguments: str, **environment: str) -> str:
    """What a command prints."""
    result = call(room, *arguments, **environment)
    assert result.exit_code == 0, result.output
    return result.output


def test_limits_are_listed_with_bounds_by_device(room: Room) -> None:
    """Every rule that may be changed, every number of it; units are those of the point, delays are durations."""
    printed = run(room, "--device", "ups-1")
    assert re.search(r"^ups-1\.overload +raise_above +90 % +90 % +60 % … 105 %$", printed, re.MULTILINE)
    assert re.search(r"^ +off_delay +3 s +3 s +0 s … 1 h$", printed, re.MULTILINE)
    assert re.search(r"^ups-1\.temperature-high +raise_above +40 °C", printed, re.MULTILINE)
    assert "on-battery" not in printed
    assert "ups-2" not in printed
    assert "ups-2.overload" in run(room)


def test_a_change_is_shown_as_a_difference_and_listed_with_who_and_why(room: Room) -> None:
    """And marked with a star until it is reverted."""
    assert run(room, "--changed") == "nothing was changed on site\n"
    printed = run(room, "set", LOAD, "raise_above=95", "on_delay=5m", "--reason", "new recorder")
    assert printed.splitlines()[0] == f"{LOAD}: changed"
    assert [line.split() for line in printed.splitlines()[1:]] == [
        ["raise_above", "90", "%", "→", "95", "%", "configured:", "90", "%"],
        ["on_delay", "3", "s", "→", "5", "min", "configured:", "3", "s"],
    ]
    listed = run(room, "--changed")
    assert re.search(
        rf"raise_above +\* 95 % +90 % .+ {room.user}, 2027-\S+ \S+: new recorder$", listed, re.MULTILINE
    )
    assert re.search(r"clear_below +85 % ", listed)
    again = run(room, "set", LOAD, "raise_above=100", "--reason", "x")
    assert re.search(r"raise_above +95 % +→ +100 % +configured: 90 %", again)
    reverted = run(room, "revert", LOAD, "--reason", "gone")
    assert reverted.startswith(f"{LOAD}: reverted\n")
    assert re.search(r"raise_above +100 % +→ +90 %", reverted)
    assert run(room, "--changed") == "nothing was changed on site\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("set", LOAD, "raise_above=200", "--reason", "x"), 1, "raise_above must lie between 60 % and 105 %"),
        (("set", "ups-9.hot", "raise_above=70", "--reason", "x"), 1, "no alarm ups-9.hot can occur here"),
        (("set", LOAD, "raise_above=70", "--reason", " "), 1, "a reason is needed"),
        (("revert", LOAD, "--reason", "x"), 1, "nothing of it was changed on site"),
        (("set", LOAD, "raise_above=70"), 2, "Missing option '--reason'"),
        (("set", LOAD, "--reason", "x"), 2, "Missing argument"),
        (("set", LOAD, "raise_above", "--reason", "x"), 2, "raise_above is not of the form raise_above=70"),
        (("set", LOAD, "raise_above=nan", "--reason", "x"), 2, "is not of the form"),
        (("set", LOAD, "on_delay=2h", "--reason", "x"), 1, "on_delay must lie between 0 s and 10 min"),
        (("set", LOAD, "raise_above=7m", "--reason", "x"), 2, "raise_above=7m is not of the form"),
        (("set", LOAD, "swing=7m", "--reason", "x"), 1, "it has no swing"),
        (
            ("set", RUNTIME, "raise_below=1m", "--reason", "x"),
            1,
            "raise_below must lie between 2 min and 2 h",
        ),
        (("set", LOAD, "on_delay=5w", "--reason", "x"), 2, "is not of the form"),
        (("set", LOAD, "on_delay=\x1b[2J", "--reason", "x"), 2, "on_delay=\\x1b[2J is not"),
        (("--device", "ups-9"), 1, "no device ups-9"),
    ],
)
def test_what_cannot_be_ends_with_its_reason(
    room: Room, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """Exit code 1 for what the agent refuses, 2 for what is no order."""
    result = call(room, *arguments)
    assert (result.exit_code, message in result.output) == (code, True), result.output


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("7m", "7 min"), ("420", "7 min"), ("1h30m", "1 h 30 min"), ("1 h 30 min", "1 h 30 min")],
)
def test_a_point_in_seconds_takes_durations(room: Room, typed: str, shown: str) -> None:
    """As typed in the site file, and as `limits` shows them."""
    clear = "clear_above=2h"
    printed = run(room, "set", RUNTIME, f"raise_below={typed}", clear, "--reason", "x")
    assert re.search(rf"raise_below +10 min +→ +{shown} +configured: 10 min", printed)


def test_a_standing_alarm_is_meant_by_its_code_too(room: Room) -> None:
    """Set and revert show the difference, by the id that the code stood for."""
    room.values["ups-1"]["ups.load"] = 93
    room.live(60)
    code = next(one.code for one in room.branch().alarms if one.id == LOAD)
    assert code != LOAD
    done = run(room, "set", code, "raise_above=95", "--reason", "x")
    assert done.startswith(f"{LOAD}: changed\n")
    assert re.search(r"raise_above +90 % +→ +95 % +configured: 90 %", done)
    code = next((one.code for one in room.branch().alarms if one.id == LOAD), LOAD)
    undone = run(room, "revert", code, "--reason", "x")
    assert undone.startswith(f"{LOAD}: reverted\n")
    assert re.search(r"raise_above +95 % +→ +90 %", undone)


def test_a_refusal_is_told_in_the_callers_language(room: Room) -> None:
    """In the words of the panel, with durations in Chinese; that of the site unless the caller wishes otherwise."""
    order = ("set", RUNTIME, "raise_below=1m", "--reason", "x")
    chinese = call(room, *order, LINEWARDEN_LANGUAGE="zh_CN.UTF-8")
    assert (chinese.exit_code, "“低于此值告警”须在 2 分钟 与 2 小时 之间。" in chinese.output) == (1, True)
    room.entitle(Role.TECHNICIAN)
    assert "您的角色（维护员）无权修改限值。" in call(room, *order, LINEWARDEN_LANGUAGE="zh").output


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_a_chinese_site_refuses_in_chinese(room: Room) -> None:
    """Without a wish of the caller; durations in the list too."""
    assert "错误" not in (told := call(room, "revert", LOAD, "--reason", "x").output)
    assert "当前已是配置值。" in told
    assert "本网点没有设备 ups-9。" in call(room, "--device", "ups-9").output
    assert re.search(r"raise_below +10 分钟 +10 分钟 +2 分钟 … 2 小时", run(room, "--device", "ups-1"))


def test_a_technician_may_look_but_not_change(room: Room) -> None:
    """Limits are a supervisor's."""
    room.entitle(Role.TECHNICIAN)
    result = call(room, "set", LOAD, "raise_above=95", "--reason", "x")
    assert result.exit_code == 1
    assert "a technician may not set-limit" in result.output
    assert "* " not in run(room)


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_a_chinese_site_is_told_in_chinese(room: Room) -> None:
    """Headings and sentences; names of numbers stay what one types."""
    printed = run(room, "set", LOAD, "raise_above=95", "--reason", "新增录音机")
    assert printed.startswith(f"{LOAD}: 已修改\n")
    assert re.search(r"raise_above +90 % +→ +95 % +配置值：90 %", printed)
    listed = run(room)
    assert listed.split()[:6] == ["告警编号", "限值项", "当前值", "配置值", "可调范围", "现场改动"]
    assert "新增录音机" in listed
    known = {*words.HEADINGS, *words.STATES}
    assert not {
        word for word in re.findall(r"(?<![\w.-])[a-z][a-z -]+[a-z](?![\w.-])", listed) if word in known
    }
    assert "已恢复为配置值" in run(room, "revert", LOAD, "--reason", "拆除")


def test_an_order_that_the_disk_does_not_take_yet_says_so(room: Room) -> None:
    """It is in force all the same."""
    room.durable = False
    assert "changed; the disk does not take it yet" in run(
        room, "set", LOAD, "raise_above=95", "--reason", "x"
    )


def test_why_names_the_limit_in_force_and_who_changed_it(room: Room) -> None:
    """By whom, through which door, why, and what is configured; in both languages."""
    room.values["ups-1"]["ups.load"] = 93
    room.live(10)
    environment = {"LINEWARDEN_SOCKET": str(room.socket)}

    def why(language: str) -> str:
        result = CliRunner().invoke(main, ["why", LOAD], env={**environment, "LINEWARDEN_LANGUAGE": language})
        assert result.exit_code == 0, result.output
        return result.output

    assert "changed on site" not in why("en")
    run(room, "set", LOAD, "raise_above=92", "on_delay=10", "--reason", "new recorder")
    told = why("en")
    by = f"limit changed on site by {room.user} (command line)"
    assert (
        f"{by}: raised above 92 % (configured: 90 %), on-delay 10 s (configured: 3 s); reason: new recorder"
        in told
    )
    assert "limit in force now: raised above 92 %, cleared at 85 % or below" in told
    chinese = why("zh")
    assert f"{room.user} 现场修改限值（命令行）：高于此值告警 92 %（配置为 90 %）" in chinese
    assert "当前限值：高于 92 % 告警，降到 85 % 及以下恢复" in chinese
    run(room, "revert", LOAD, "--reason", "gone")
    assert "changed on site" not in why("en")
