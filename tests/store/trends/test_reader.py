"""Questions about trends: what is read, how it is merged, and where an answer ends."""

import json
import os
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from agent import api
from agent.core.model import ClockQuality, Text
from agent.store.trends import question
from agent.store.trends.bucket import BUCKET, HOUR, Bucket, Column, Kind
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.question import Known, Request
from agent.store.trends.reader import answer
from agent.trends import READER
from tests.store.children import ROOT
from tests.store.trends.parts import START, bucket

POINTS = [
    Known("v", Text("V", "值"), "V"),
    Known("word", Text("W", "词"), ""),
    Known("gone", Text("", ""), ""),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with three hours of a UPS, of which the first is rolled up, and a gap of half an hour."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        for number in (*range(20), *range(26, 36)):
            db.write([bucket(number)])
        db.roll_up([START])
    return tmp_path / FILE


def asked(
    path: Path, begin: float, end: float, step: int = BUCKET, unwritten: Iterable[Bucket] = ()
) -> api.TrendView:
    """The answer to a question about the UPS, in seconds since the start of the file."""
    request = Request(str(path), "ups-1", POINTS, START + begin, START + end, step, list(unwritten))
    view = answer(question.decode(question.encode(request)))
    assert isinstance(view, api.TrendView), view
    return view


def test_every_bucket_that_touches_the_span_is_told(path: Path) -> None:
    """In order, with a gap left out, and None where a point has no number."""
    view = asked(path, 16 * BUCKET + 7, 28 * BUCKET)
    assert [(start - START) // BUCKET for start in view.starts] == [16, 17, 18, 19, 26, 27]
    number, word, gone = view.points
    assert number.low == [16, 17, 18, 19, 26, 27]
    assert number.high == [18, 19, 20, 21, 28, 29]
    assert number.mean == pytest.approx([17, 18, 19, 20, 27, 28], abs=1e-3)
    assert (number.kind, word.kind, gone.kind) == ("number", "word", "none")
    assert word.words[0] == {"OL": 29, "at 1": 1}
    assert word.mean == gone.mean == [None] * 6
    assert gone.count == [0] * 6
    assert view.until == view.end


def test_hours_come_from_the_roll_ups_and_else_from_the_buckets(path: Path) -> None:
    """The last hours are not rolled up yet; nobody sees a difference."""
    view = asked(path, 0, 3 * HOUR, HOUR)
    assert [(start - START) // HOUR for start in view.starts] == [0, 1, 2]
    assert view.points[0].count == [360, 300 - 60, 300]
    assert view.points[0].low == [0, 12, 26]


def test_what_is_not_written_yet_is_merged_in(path: Path) -> None:
    """A part of a bucket that is on the disk already, and a new one."""
    view = asked(path, 34 * BUCKET, 37 * BUCKET, unwritten=[bucket(35, polls=6), bucket(36, polls=9)])
    assert view.polls == [30, 36, 9]
    hour = asked(path, 0, 4 * HOUR, HOUR, [bucket(36, polls=9)])
    assert hour.polls == [360, 240, 300, 9]


def test_any_multiple_of_five_minutes_is_a_step(path: Path) -> None:
    """Merged from the finest that fits."""
    view = asked(path, 0, 3 * HOUR, 2 * BUCKET)
    assert view.points[0].count[:3] == [60, 60, 60]
    assert len(view.starts) == 15
    assert asked(path, 0, 3 * HOUR, 3 * HOUR).points[0].count == [360, 540]


def test_a_large_answer_is_cut_and_says_where(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again from there, nothing is missing and nothing comes twice."""
    monkeypatch.setattr("agent.store.trends.reader.CELLS_MAX", 3 * 7)
    starts: list[int] = []
    begin = 0.0
    for _ in range(5):
        view = asked(path, begin, 3 * HOUR)
        starts += view.starts
        assert len(view.starts) <= 7
        begin = view.until - START
    assert view.until == view.end
    assert [(start - START) // BUCKET for start in starts] == [*range(20), *range(26, 36)]


def test_before_anything_was_written_there_is_what_is_in_memory(tmp_path: Path) -> None:
    """A box that has just started has a chart too."""
    view = asked(tmp_path / FILE, 0, HOUR, unwritten=[bucket(3)])
    assert view.starts == [START + 3 * BUCKET]


def test_the_worst_clock_is_told_with_the_bucket(tmp_path: Path) -> None:
    """Of all parts of it."""
    parts = [bucket(0), bucket(1)]
    parts[1].quality = ClockQuality.UNSYNCED
    assert asked(tmp_path / FILE, 0, HOUR, 2 * BUCKET, parts).clock == ["unsynced"]


def test_a_counter_of_64_bits_stays_exact(tmp_path: Path) -> None:
    """A double could not hold it."""
    top = 2**64 - 1
    one = Bucket(
        "ups-1", START, ClockQuality.NTP, 2, {"v": Column(Kind.NUMBER, 2, 0, top - 3, top, 2 * top - 3)}
    )
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        db.write([one])
    view = asked(tmp_path / FILE, 0, HOUR)
    assert (view.points[0].low, view.points[0].high) == ([top - 3], [top])


def test_the_process_answers_one_request_and_ends(path: Path) -> None:
    """What it prints is a message of the control socket; it is niced and loads no part of the running agent."""
    request = Request(str(path), "ups-1", POINTS, float(START), START + 3600.0, BUCKET)
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    raw = question.encode(request)
    done = subprocess.run(READER, input=raw, capture_output=True, env=surroundings, check=True)
    assert isinstance(api.decode_answer(done.stdout), api.TrendView)
    probe = "import sys, agent.store.trends.reader; print([m for m in sys.modules if m.startswith(('asyncio', 'agent.app', 'serial', 'paho'))])"
    loaded = subprocess.run([READER[0], "-c", probe], capture_output=True, cwd=ROOT, check=True, text=True)
    assert json.loads(loaded.stdout.replace("'", '"')) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (api.AskTrend("d"), (1e9 - 86_400, 1e9, 300)),
        (api.AskTrend("d", span=7 * 86_400), (1e9 - 7 * 86_400, 1e9, 3600)),
        (api.AskTrend("d", span=35 * 86_400), (1e9 - 35 * 86_400, 1e9, 3 * 3600)),
        (api.AskTrend("d", start=5.0, end=1000.0, step=900), (5, 1000, 900)),
    ],
)
def test_the_step_fits_a_chart_unless_asked_otherwise(
    given: api.AskTrend, expected: tuple[float, float, int]
) -> None:
    """Five minutes for a day, an hour for a week."""
    assert question.span_of(given, 1e9) == expected


@pytest.mark.parametrize(
    "given",
    [
        api.AskTrend("d", start=10.0, end=5.0),
        api.AskTrend("d", span=-1),
        api.AskTrend("d", span=1e11),
        api.AskTrend("d", step=7),
        api.AskTrend("d", step=-300),
        msgspec.json.decode(b'{"type": "trend", "device": "d", "end": 1e300}', type=api.AskTrend),
    ],
)
def test_a_question_without_sense_is_refused(given: api.AskTrend) -> None:
    """Before any process is started for it."""
    with pytest.raises(ValueError, match=r"."):
        question.span_of(given, 1e9)
