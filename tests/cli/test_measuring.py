"""`linewarden quality` on real journals: with nobody beside it, beside a store at work, on damage, in both languages."""

import re
import sqlite3
import string
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.cli.quality_report import FIGURES, duration, number
from agent.cli.report_words import REPORTS
from agent.cli.words import speaker
from agent.core.quality.figures import Quality, Verdict
from agent.core.quality.meter import measure
from agent.core.quality.notes import note_of
from agent.core.quality.spans import Period
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.records import Entry
from tests.cli.journals import Branch, entry, write

DAY = 86_400.0


def run(site: Path, *arguments: str, language: str = "") -> Result:
    """Runs the command."""
    given = ["quality", "--site", str(site), *arguments]
    return CliRunner().invoke(main, given, env={"LINEWARDEN_LANGUAGE": language})


def read(site: Path, *arguments: str) -> Quality:
    """What the command prints as data."""
    result = run(site, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return msgspec.json.decode(result.output, type=Quality)


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """Three days ago: a mains failure that somebody acknowledged, and an overload that stands."""
    one = Branch(tmp_path, time.time() - 3 * DAY)
    one.live(600)
    one.live(300, ups_status="OB")
    one.acknowledge("ups-1.on-battery")
    one.live(600)
    one.live(60, ups_load=95)
    one.write()
    return one


def test_a_real_journal_is_measured(branch: Branch) -> None:
    """Without an agent; the same numbers each time, and those of the events themselves."""
    begin, end = (datetime.fromtimestamp(branch.wall - ago, UTC).isoformat() for ago in (3000, 10))
    fixed = read(branch.site, "--from", begin, "--to", end)
    assert fixed == read(branch.site, "--from", begin, "--to", end)
    assert fixed.counts.cleared == 1
    quality = read(branch.site)
    assert quality.end - quality.begin == pytest.approx(7 * DAY)
    assert quality.covered == pytest.approx(3 * DAY, abs=60)
    direct = measure(map(note_of, branch.events), Period(quality.begin, quality.end))
    assert direct == quality
    assert {one.alarm for one in quality.standing} >= {"ups-1.overload"}
    assert (quality.acknowledge_times[0].median, quality.clear_times[0].median) == (280, 295)
    counted = read(branch.site, "--days", "1").counts
    assert (counted.raised, counted.acknowledged) == (0, 0)
    assert read(branch.site, "--days", "1").standing == quality.standing


def test_a_table_for_people_in_their_language(branch: Branch) -> None:
    """Every figure with what is recommended and the verdict; the site's language, unless the caller wishes otherwise."""
    english = run(branch.site).output
    for name in FIGURES.values():
        assert re.search(rf"^{name}  ", english, re.MULTILINE), name
    assert "alarm quality of sh-0042 (Lujiazui)" in english
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert re.search(r"time to acknowledge, median +4 min 40 s +at most 15 min +linewarden +fine", english)
    chinese = run(branch.site, language="zh").output
    assert re.search(r"确认用时中位数 +4 分钟 40 秒 +不超过 15 分钟 +linewarden +合格", chinese)
    assert "UPS 过载" in chinese
    left = set(re.findall(r"(?<![\w.-])[a-z][a-z]+(?![\w.-])", chinese))
    assert left <= {"linewarden"}, left


def test_times_are_those_of_the_site(branch: Branch) -> None:
    """Shanghai's, unless the option says; nothing is measured beyond now."""
    quality = read(branch.site, "--from", "2026-01-01T08:00", "--to", "2026-01-01T01:00+00:00")
    assert quality.end - quality.begin == 3600
    assert (
        "2026-01-01 08:00:00 to 2026-01-01 09:00:00"
        in run(branch.site, "--from", "2026-01-01T08:00", "--to", "2026-01-01T09:00").output
    )
    assert read(branch.site, "--to", "2999-01-01").end <= time.time()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "yesterday"), "is no time such as"),
        (("--from", "2999-01-01"), "must begin before it ends"),
        (("--from", "2026-01-02", "--to", "2026-01-01"), "must begin before it ends"),
        (("--from", "2026-01-02", "--days", "3"), "not both"),
        (("--days", "0"), "--days"),
    ],
)
def test_a_period_that_is_none_is_refused(branch: Branch, arguments: tuple[str, ...], said: str) -> None:
    """With what is wrong."""
    result = run(branch.site, *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_without_a_journal_it_says_so(tmp_path: Path) -> None:
    """No traceback, no zeros."""
    site = Branch(tmp_path, 1e9).site
    result = run(site)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def test_an_empty_week_is_no_failure(branch: Branch) -> None:
    """Before the box was there nothing can be told, and nothing is judged."""
    quality = read(branch.site, "--from", "2020-01-01", "--to", "2020-01-08")
    assert quality.covered == 0
    assert {one.verdict for one in quality.figures if one.value is None} == {Verdict.NONE}
    assert "0 raised" in run(branch.site, "--from", "2020-01-01", "--to", "2020-01-08").output


def test_it_reads_beside_a_store_at_work(branch: Branch) -> None:
    """What is committed counts, also while it is still in the WAL; the writer goes on."""
    before = read(branch.site).counts.cleared
    branch.live(100)
    new = branch.events[branch._written :]
    with closing(Engine(branch.data, suffix=lambda: "next")) as engine:
        engine.append(map(entry, new))
        engine.commit()
        assert read(branch.site).counts.cleared == before + 1
        engine.append([entry(new[-1])])
        engine.commit()


def test_what_cannot_be_read_is_left_out_and_told(branch: Branch) -> None:
    """A body that is no event, one of a later version, and a row that is not even a record."""
    whole = read(branch.site)
    now = time.time()
    later = b'{"type":"plan.due","at":{"mono":1,"wall":%d,"boot":"b"},"plan":"p"}' % now
    write(branch.data, [Entry("odd", "", now, b"\xff"), Entry("plan.due", "", now, later)])
    write(branch.data, [Entry("odd", "", now, b"{}")])
    with closing(sqlite3.connect(branch.data / FILE)) as db:
        damage = "UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE body = x'7b7d'"
        assert db.execute(damage).rowcount == 1
        db.commit()
    quality = read(branch.site)
    assert quality.counts == msgspec.structs.replace(whole.counts, unreadable=2)
    assert "2 entries cannot be read" in run(branch.site).output


def test_every_sentence_fills_in_the_same_values() -> None:
    """A missing one would hide a number; every figure has a Chinese name."""

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for english, chinese in REPORTS.items():
        assert fields(english) == fields(chinese)
        assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert set(FIGURES) <= set(REPORTS)
    assert {one.value for one in Verdict} <= set(REPORTS)
    quality = measure([], Period(0, 1))
    assert [one.name for one in quality.figures] == list(FIGURES)


@given(st.floats(0, 1e9))
def test_numbers_and_durations_are_short(value: float) -> None:
    """A person reads them at a glance; no zero that is none."""
    assert len(number(value)) <= 13
    assert (number(value) == "0") == (value == 0)
    said = duration(value, speaker("en"))
    assert 1 <= len(re.findall(r"[a-z]+", said)) <= 2
