"""Trends in the agent: from a poll to an answer, at most two readers at once, and CSV by the command line."""

import asyncio
import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from agent import api, trend_export, wiring
from agent import trends as parts
from agent.cli import main
from agent.config.load import load
from agent.core.model import ClockQuality, Instant, Limit
from agent.store.trends.writer import Keep
from agent.trends import AT_ONCE, WAITING_MAX, Trends
from tests.core.branch import BRANCH, EPOCH, GOOD
from tests.web.panel_room import CALM, Room, serving


class Wrist:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> Instant:
        """The virtual now."""
        return Instant(1000.0 + self.seconds, EPOCH + self.seconds, ClockQuality.NTP, "boot")


async def asked(trends: Trends, question: api.AskTrend) -> api.Answer:
    """The answer as a client decodes it."""
    told = await trends.answer(question)
    return told if isinstance(told, api.Failed) else api.decode_answer(bytes(told))


def run(folder: Path, what: Callable[[Trends, Wrist], object]) -> None:
    """Do something with trends on a loop, and end them."""

    async def go() -> None:
        wrist = Wrist()
        trends = Trends(BRANCH, folder, Keep(), wrist)  # type: ignore[arg-type]  # it tells now
        try:
            await what(trends, wrist)  # type: ignore[misc]  # it is a coroutine
        finally:
            await trends.close()

    asyncio.run(go())


def test_from_a_poll_to_an_answer_and_over_a_restart(tmp_path: Path) -> None:
    """At once from memory, later from the disk, with unit, text and limits of each point."""

    async def first(trends: Trends, wrist: Wrist) -> None:
        for _ in range(400):
            wrist.seconds += 1
            trends.take("ups-1", GOOD, wrist.now())
        view = await asked(trends, api.AskTrend("ups-1"))
        assert isinstance(view, api.TrendView)
        assert sum(view.polls) == 400

    async def second(trends: Trends, wrist: Wrist) -> None:
        wrist.seconds = 1000
        trends.take("ups-1", GOOD, wrist.now())
        view = await asked(trends, api.AskTrend("ups-1"))
        assert isinstance(view, api.TrendView)
        assert sum(view.polls) == 401
        by_name = {point.name: point for point in view.points}
        assert set(by_name) == set(BRANCH.devices["ups-1"].points)
        limited = [point for point in view.points if point.limits]
        assert limited
        assert all(
            one.severity in ("warning", "minor", "major", "critical") for p in limited for one in p.limits
        )

    run(tmp_path, first)
    run(tmp_path, second)


def test_a_chart_shows_the_limit_that_is_in_force(tmp_path: Path) -> None:
    """Also where it was changed on site."""
    rules = [
        replace(rule, limit=Limit(raise_below=33.0)) if rule.point == "battery.charge" else rule
        for rule in BRANCH.devices["ups-1"].rules
    ]

    async def go() -> None:
        trends = Trends(
            BRANCH,
            tmp_path,
            Keep(),
            Wrist(),  # type: ignore[arg-type]  # it tells now
            in_force=lambda device: replace(device, rules=tuple(rules)),
        )
        try:
            view = await asked(trends, api.AskTrend("ups-1", ("battery.charge",)))
        finally:
            await trends.close()
        assert isinstance(view, api.TrendView)
        assert [one.value for one in view.points[0].limits] == [33.0]

    asyncio.run(go())


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """No such device, no such point, no such time."""

    async def go(trends: Trends, _wrist: Wrist) -> None:
        for question, code in (
            (api.AskTrend("none"), "unknown"),
            (api.AskTrend("ups-1", ("none",)), "unknown"),
            (api.AskTrend("ups-1", step=17), "refused"),
        ):
            told = await asked(trends, question)
            assert isinstance(told, api.Failed)
            assert told.code == code

    run(tmp_path, go)


@pytest.mark.slow
def test_no_more_than_two_readers_run_at_once_and_few_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is refused politely; what hangs is ended, and the next question is answered again."""
    log = tmp_path / "log"
    script = f"import pathlib, sys; pathlib.Path({str(log)!r}).open('a').write('x'); sys.stdin.read(); import time; time.sleep(1000)"

    async def go(trends: Trends, _wrist: Wrist) -> None:
        monkeypatch.setattr(parts, "READER", (sys.executable, "-c", script))
        monkeypatch.setattr(parts, "PATIENCE", 5.0)
        questions = [asked(trends, api.AskTrend("ups-1")) for _ in range(WAITING_MAX + 3)]
        told = await asyncio.gather(*questions)
        codes = [one.code for one in told if isinstance(one, api.Failed)]
        assert codes.count("busy") == 3
        assert codes.count("late") == WAITING_MAX
        assert len(log.read_text()) == AT_ONCE
        monkeypatch.undo()
        assert isinstance(await asked(trends, api.AskTrend("ups-1")), api.TrendView)

    run(tmp_path, go)


def test_a_reader_that_dies_is_an_answer_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own deadline, for instance."""

    async def go(trends: Trends, _wrist: Wrist) -> None:
        monkeypatch.setattr(parts, "READER", (sys.executable, "-c", "import os; os.kill(os.getpid(), 14)"))
        told = await asked(trends, api.AskTrend("ups-1"))
        assert isinstance(told, api.Failed)
        assert told.code == "late"

    run(tmp_path, go)


# --- CSV ---------------------------------------------------------------------------------------------------------


def view_of(words: str, device: str = "ups-1") -> api.TrendView:
    """One bucket of a number, a word and a point that was bad."""
    text = api.Text("", "")
    points = [
        api.TrendPoint("v", text, "Cel", "number", [], [3], [1], [-1.5], [0.25], [2.0]),
        api.TrendPoint("w", text, "", "word", [], [3], [0], [None], [None], [None], [{words: 2, "OL": 1}]),
        api.TrendPoint("b", text, "", "none", [], [0], [4], [None], [None], [None]),
        api.TrendPoint("n", text, "", "none", [], [0], [0], [None], [None], [None]),
    ]
    return api.TrendView(device, 0, 300, 300, 300, [1_800_000_000], [4], ["ntp"], points)


def test_csv_has_the_columns_times_with_offset_and_nothing_for_what_was_not_heard() -> None:
    """RFC 4180: quoted where needed, lines end with CR LF."""
    text = trend_export.head() + trend_export.lines(view_of('a "b", c'), ZoneInfo("Asia/Shanghai"))
    assert text.endswith("\r\n")
    head, number, word, bad = csv.reader(io.StringIO(text))
    assert head[:9] == ["time", "device", "point", "unit", "count", "min", "mean", "max", "quality"]
    assert number == [
        "2027-01-15T16:00:00+08:00",
        "ups-1",
        "v",
        "Cel",
        "3",
        "-1.5",
        "0.25",
        "2.0",
        "partial",
        "1",
        "ntp",
        "",
    ]
    assert word[4:] == ["3", "", "", "", "good", "0", "ntp", 'a "b", c: 2; OL: 1']
    assert bad[4:10] == ["0", "", "", "", "bad", "4"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_becomes_a_formula(start: str) -> None:
    """What a device tells ends up in somebody's spreadsheet; a negative number stays a number."""
    text = trend_export.lines(view_of(f"{start}cmd|' /C calc'!A0"), ZoneInfo("UTC"))
    number, word, _ = csv.reader(io.StringIO(text, newline=""))
    assert word[-1].startswith(f"'{start}")
    assert number[5] == "-1.5"


def test_pages_are_asked_until_the_end() -> None:
    """Each from where the last one ended, in the same step."""
    asked_for: list[api.AskTrend] = []

    def ask(question: api.AskTrend) -> api.TrendView:
        asked_for.append(question)
        until = min(question.start + 300, 900)
        return msgspec.structs.replace(view_of("x"), start=question.start, end=900.0, until=until)

    assert len(list(trend_export.pages(ask, api.AskTrend("d", start=1.0, end=900.0)))) == 3
    assert [one.start for one in asked_for] == [1, 301, 601]
    assert {one.step for one in asked_for[1:]} == {300}


@contextmanager
def command(folder: Path) -> Iterator[Callable[..., Result]]:
    """The command line beside an agent that has watched a UPS for eight days."""
    room = Room(folder).live(30)
    room.trends.remember("ups-1", CALM["ups-1"], 8 * 24)
    with serving(room):
        yield lambda *words: CliRunner().invoke(
            main, ["export", "trends", "--socket", str(room.socket), *words]
        )


def test_the_command_writes_csv(tmp_path: Path) -> None:
    """To its output or into a file; one point or all; a day unless told otherwise."""
    with command(tmp_path) as trends:
        told = trends("--device", "ups-1", "--point", "input.voltage")
        assert told.exit_code == 0, told.output
        rows = list(csv.DictReader(io.StringIO(told.output)))
        assert len(rows) in range(265, 275)
        assert {row["point"] for row in rows} == {"input.voltage"}
        assert {row["unit"] for row in rows} == {"V"}
        file = tmp_path / "out.csv"
        told = trends(
            "--device",
            "ups-1",
            "--from",
            "2027-01-08",
            "--to",
            "2027-01-10T00:00+08:00",
            "--step",
            "1h",
            "--output",
            str(file),
        )
        assert told.exit_code == 0, told.output
        times = sorted({row["time"] for row in csv.DictReader(io.StringIO(file.read_bytes().decode()))})
        assert times[0] == "2027-01-08T00:00:00+08:00"
        assert times[-1] == "2027-01-09T23:00:00+08:00"


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    """A device that is not there, and a time that is none."""
    with command(tmp_path) as trends:
        told = trends("--device", "none")
        assert told.exit_code == 1
        assert "no device none" in told.output
        told = trends("--device", "ups-1", "--from", "yesterday")
        assert told.exit_code == 2
        assert "2026-11-22T08:00" in told.output


def test_the_site_says_how_long_trends_are_kept(tmp_path: Path) -> None:
    """35 days of five minutes and two years of hours unless told otherwise."""
    site = Room(tmp_path).site
    assert wiring.keep(load(site).site) == Keep(35 * 86_400.0, 730 * 86_400.0)
    site.write_text(site.read_text() + '\n[trends]\nkeep = "14d"\nkeep_hours = "400d"\n')
    assert wiring.keep(load(site).site) == Keep(14 * 86_400.0, 400 * 86_400.0)
