"""A journal that began in 1970: each of its readers gets the time that was, and nothing stored is touched."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from agent import clock_offsets, publications
from agent.cli import main
from agent.core.dating import Offset
from agent.core.events import AnyEvent, encode, kind, subject
from agent.core.model import ClockQuality
from agent.opening import remember
from agent.store import reader
from agent.store.engine import Engine
from agent.store.records import Entry, Epoch, Record
from tests.core.branch import Room
from tests.simulation.clock import YEARS

NOON = datetime(2024, 3, 7, 4, tzinfo=UTC).timestamp()
"""Not in the future of any machine that runs this."""
SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "UTC"
language = "en"
[agent]
data_dir = "{data}"
"""


def written(folder: Path, events: list[AnyEvent]) -> Path:
    """The site file of a branch whose journal holds these events."""
    data = folder / "data"
    data.mkdir()
    with closing(Engine(data, suffix=lambda: "first")) as engine:
        engine.append(Entry(kind(one), subject(one), one.at.wall, encode(one)) for one in events)
        engine.commit()
    path = folder / "site.toml"
    path.write_text(SITE.format(data=data))
    return path


def of_1970() -> Room:
    """A box that woke up in 1970, raised an alarm, and found the time five minutes later."""
    room = Room(mono=10.0, wall=10.0, boot="a")
    room.polled(ups_status="OB")
    room.wait(300)
    room.offset, room.quality = NOON - room.mono, ClockQuality.NTP
    room.polled()
    return room


def exported(site: Path, *options: str) -> list[dict[str, object]]:
    """What `export` writes."""
    done = CliRunner().invoke(main, ["export", "--site", str(site), *options])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_export_keeps_the_time_and_adds_the_true_one(tmp_path: Path) -> None:
    """1970 stays in `time` and `data`; `correctedtime` says when it was. What was right has none."""
    site = written(tmp_path, of_1970().events)
    lines = exported(site)
    assert [str(one["time"])[:4] for one in lines] == ["1970", "1970", "2024", "2024", "2024"]
    raised = lines[1]
    assert (raised["type"], raised["time"]) == ("linewarden.alarm.raised", "1970-01-01T00:00:10.000+00:00")
    assert raised["correctedtime"] == "2024-03-07T03:55:00.000+00:00"
    assert raised["timeuncertainty"] == 2
    assert ["correctedtime" in one for one in lines] == [True, True, False, False, False]
    assert exported(site, "--after", "1-first:1")[0] == raised


def test_the_journal_is_as_it_was_written(tmp_path: Path) -> None:
    """The chain holds, and each body is what it was before the time was found."""
    room = of_1970()
    site = written(tmp_path, room.events)
    bodies = [record.entry.body for record in reader.iterate(tmp_path / "data")]
    assert bodies == [encode(one) for one in room.events]
    assert reader.verify(tmp_path / "data") is None
    done = CliRunner().invoke(main, ["export", "--verify", "--site", str(site)])
    assert "the chain holds up to 1-first:5" in done.output


def test_an_event_of_1970_is_no_history_when_it_is_published_at_once() -> None:
    """It happened five minutes or two seconds before, not 54 years."""
    room = of_1970()
    known = room.state.durable.clock.offsets
    raised = room.events[1]
    record = Record(Epoch(1, "a"), 2, Entry(kind(raised), "", raised.at.wall, encode(raised)), b"")
    assert publications.event("s", record, NOON, known).historical
    assert not publications.event("s", record, NOON - 290, known).historical
    assert publications.event("s", record, NOON - 290).historical


def test_the_quality_report_counts_it_in_the_week_in_which_it_was(tmp_path: Path) -> None:
    """Raised in 1970, cleared in 2024: it stood for five minutes of this week."""
    site = written(tmp_path, of_1970().events)
    asked = ["quality", "--site", str(site), "--json", "--from", "2024-03-06", "--to", "2024-03-08"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    figures = {one["name"]: one["value"] for one in json.loads(done.stdout)["figures"]}
    assert figures["time-to-clear-median"] == 300


def test_a_start_goes_on_from_the_corrected_time_of_the_last_event(tmp_path: Path) -> None:
    """Ten years ahead by hand at last: the boot was dated before, and the next one begins after that, not in 2034."""
    room = of_1970()
    room.offset, room.quality = room.offset + YEARS, ClockQuality.UNSYNCED
    room.polled(ups_status="OB")
    written(tmp_path, room.events)
    remembered = remember(tmp_path / "data")
    assert remembered.engine is not None
    remembered.engine.close()
    assert room.events[-1].at.wall == pytest.approx(NOON + YEARS, abs=0.01)
    assert remembered.wall == pytest.approx(NOON, abs=0.01)


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.text(max_size=8), st.floats() | st.text(max_size=8)).map(
        lambda told: json.dumps(told).encode()
    )
)
def test_what_is_no_event_of_ours_is_left_as_it_is(body: bytes) -> None:
    """Entries of other versions and damaged ones are neither offsets nor corrected."""
    record = Record(Epoch(1, "a"), 1, Entry(clock_offsets.KIND, "", 5.0, body), b"")
    known: dict[str, Offset] = {}
    clock_offsets.gather([record], known)
    assert known == {}
    assert clock_offsets.correction(record, {"": Offset(NOON, 1.0, ClockQuality.NTP)}) is None
    assert clock_offsets.wall_of(record, {}) == 5.0
