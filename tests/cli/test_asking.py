"""The commands that ask the agent, against a served branch, in both languages."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from agent import api
from agent.cli import main, words
from tests.web.panel_room import Room, serving
from web import i18n
from web import words as panel_words


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """A branch with an alarm and a silent device; its language is the parameter."""
    room = Room(tmp_path, request.param).live(30)
    room.values["ups-1"]["ups.status"] = "OB"
    room.silent["pbx-1"] = "timeout"
    with serving(room.live(60)):
        yield room


def run(room: Room, *arguments: str, **environment: str) -> str:
    """What a command prints."""
    given = {"LINEWARDEN_SOCKET": str(room.socket), **environment}
    result = CliRunner().invoke(main, list(arguments), env=given)
    assert result.exit_code == 0, result.output
    return result.output


IDS = {"broker", "journal"}
"""Devices of the box itself that are called like a heading."""

COMMANDS = (
    ("status",),
    ("alarms",),
    ("devices",),
    ("devices", "pbx-1"),
    ("lamps",),
    ("why", "ups-1.on-battery"),
)


@pytest.mark.parametrize("room", ["zh"], indirect=True)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_chinese_site_is_told_in_chinese(room: Room, command: tuple[str, ...]) -> None:
    """Headings, states and sentences; what is left in Latin letters are names, ids, points and units."""
    known = {*words.HEADINGS, *words.STATES} - IDS
    printed = run(room, *command)
    told = {word for word in re.findall(r"[A-Za-z][A-Za-z-]+(?!\S*[.:-])", printed) if word in known}
    assert told == set(), printed
    assert re.search(r"[\u4e00-\u9fff]", printed.splitlines()[0])


@pytest.mark.parametrize("room", ["en"], indirect=True)
def test_what_a_device_says_stays_text_on_a_terminal(room: Room) -> None:
    """No escape sequence, no line of its own, nothing that turns the text round."""
    room.values["ups-1"]["ups.status"] = "\x1b]0;owned\x07\x1b[2J all is well\r\nlevel=critical \u202e"
    room.live(2)
    printed = run(room, "devices", "ups-1")
    assert "\\x1b[2J all is well\\x0d\\x0alevel=critical \\u202e" in printed
    assert not set(printed) & {"\x1b", "\x07", "\r", "\u202e"}


@pytest.mark.parametrize("room", ["en"], indirect=True)
def test_an_english_site_is_told_in_english_unless_the_caller_wishes_otherwise(room: Room) -> None:
    """By an environment variable, as other programs are."""
    for command in COMMANDS:
        assert not re.search(r"[\u4e00-\u9fff]", run(room, *command))
    assert run(room, "status").startswith("site")
    assert run(room, "status", LINEWARDEN_LANGUAGE="zh").startswith("站点")
    assert "应答超时" in run(room, "devices", "pbx-1", LINEWARDEN_LANGUAGE="zh")


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_columns_stay_in_line_with_characters_of_two_widths(room: Room) -> None:
    """A terminal gives a Chinese character two columns."""
    from agent.cli.tables import width

    rows = run(room, "devices").splitlines()
    at = [width(row[: row.index(word)]) for row, word in ((rows[0], "编号"), (rows[1], "ups-1"))]
    assert at[0] == at[1]


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_an_acknowledgement_is_confirmed_in_the_language_of_the_site(room: Room) -> None:
    """Under the name of the user who types it."""
    assert run(room, "ack", "ups-1.on-battery") == "已确认\n"


@pytest.mark.parametrize("room", ["en"], indirect=True)
def test_alarms_are_listed_as_on_the_panel(room: Room) -> None:
    """The worst root cause first, its consequences right below it, with the code of what they follow from."""
    room.silent.clear()
    room.live(120)
    room.silent |= {"switch-1": "timeout", "pbx-1": "timeout", "trunk-1": "timeout"}
    view = room.live(180).branch()
    printed = run(room, "alarms").splitlines()[1:]
    assert [line.split()[-1] for line in printed] == [one.id for one in api.in_order(view.alarms)]
    codes = {one.id: one.code for one in view.alarms}
    behind = {one.id: codes[one.root_cause[0].alarm] for one in view.alarms if one.root_cause}
    assert behind
    named = {line.split()[-1]: line.split()[-2] for line in printed if line.split()[-2] in codes.values()}
    assert named == behind


def test_who_finds_no_agent_is_told_what_to_do(tmp_path: Path) -> None:
    """Not by an error number; in Chinese where the caller wishes it."""
    socket = tmp_path / "none.sock"
    result = CliRunner().invoke(main, ["status"], env={"LINEWARDEN_SOCKET": str(socket)})
    assert result.exit_code == 1
    assert (
        f"{socket}: no agent answers (No such file or directory); is `linewarden run` running? else give"
        in (" ".join(result.output.split()))
    )
    assert "--socket or set LINEWARDEN_SOCKET" in result.output
    env = {"LINEWARDEN_SOCKET": str(socket), "LINEWARDEN_LANGUAGE": "zh"}
    chinese = CliRunner().invoke(main, ["status"], env=env).output
    assert "监控程序无应答" in chinese
    assert "请确认 `linewarden run` 正在运行" in chinese


@pytest.mark.parametrize(
    ("language", "line"), [("en", "card .* 12.3 MB/d written"), ("zh", "存储卡 .*写入 12.3 MB/d")]
)
def test_the_status_tells_what_is_written_to_the_card(tmp_path: Path, language: str, line: str) -> None:
    """Where the kernel counts it; else the line is left out."""
    room = Room(tmp_path, language).live(30)
    with serving(room):
        assert not re.search(line, run(room, "status"))
        room.values["box"] = {"card.written": 12.3}
        room.live(30)
        assert re.search(line, run(room, "status"))


def groups(command: click.Command) -> Iterator[click.Group]:
    """A group and those below it."""
    if isinstance(command, click.Group):
        yield command
        for one in command.commands.values():
            yield from groups(one)


@pytest.mark.parametrize("group", list(groups(main)), ids=lambda group: group.name)
def test_the_help_cuts_no_sentence_off(group: click.Group) -> None:
    """In the eighty columns of an old terminal."""
    printed = group.get_help(click.Context(group, terminal_width=80))
    assert "..." not in printed.partition("Commands:")[2]


@pytest.mark.parametrize("room", ["zh"], indirect=True)
def test_what_waits_for_a_reset_is_shown_and_reset(room: Room) -> None:
    """Sequence R: the words of lamp and horn, and none of them after the reset."""
    refused = CliRunner().invoke(main, ["lamps", "--reset"], env={"LINEWARDEN_SOCKET": str(room.socket)})
    assert refused.exit_code != 0
    assert "无需复位：告警恢复后灯会自动熄灭。" in refused.output
    room.annunciate("R")
    run(room, "ack", "ups-1.on-battery")
    room.values["ups-1"]["ups.status"] = "OL"
    room.silent.clear()
    run(room, "ack", "pbx-1.unreachable")
    room.live(60)
    waiting = run(room, "lamps")
    assert all(word in waiting for word in ("慢闪", "断续鸣响")), waiting
    assert re.search(r"蓝灯 +常亮", waiting)
    done = run(room, "lamps", "--reset")
    assert not any(word in done for word in ("慢闪", "断续鸣响")), done
    assert re.search(r"蓝灯 +灭", done)


@pytest.mark.parametrize("room", ["en"], indirect=True)
def test_a_site_without_a_sequence_of_its_own_prints_the_blue_lamp_dark(room: Room) -> None:
    """And the plain words of sequence A."""
    printed = run(room, "lamps")
    assert re.search(r"blue +off", printed)
    assert re.search(r"red +flash\n", printed)


def test_command_line_and_panel_say_the_same_word() -> None:
    """One box, one voice: for every word of the agent that both know."""
    chinese = i18n.catalogue("zh")
    tables = (
        "SEVERITIES",
        "ALARM_STATES",
        "LAYERS",
        "QUALITIES",
        "BAD_CAUSES",
        "POLL_CAUSES",
        "SHOWS",
        "CLOCKS",
    )
    different = {
        key: (words.STATES.get(key), chinese.gettext(english))
        for table in tables
        for key, english in getattr(panel_words, table).items()
        if words.STATES.get(key) != chinese.gettext(english)
    }
    assert set(different) <= {"lost"}  # a line or the link: one word serves both on the command line


def test_sentences_fill_in_the_same_values() -> None:
    """A missing one would hide a number."""

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for english, chinese in words.SENTENCES.items():
        assert fields(english) == fields(chinese)
