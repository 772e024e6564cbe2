"""Alarm quality of odd journals: root causes, clocks that step, boxes that boot, holes, and entries of other versions."""

import pytest

from agent.core import alarms as alarm_list
from agent.core.events import AnnunciationSilenced
from agent.core.model import Severity
from agent.core.quality import notes
from agent.core.quality.figures import Verdict
from agent.core.quality.meter import Meter, measure
from agent.core.quality.notes import read
from agent.core.quality.occurrences import carried
from agent.core.quality.spans import Period
from tests.core.chain import Chain
from tests.core.tape import BEGIN, DAY, LI, Tape, value, verdict
from tests.core.test_conditions import Thing, flap

HOUR = 3600.0


def test_across_boots_nothing_is_called_a_nuisance() -> None:
    """Only the wall clock could tell that it was quick, and it may have stepped."""
    tape = Tape()
    for number in range(3):
        tape.restart(number * 10)
        tape.raised(number * 10 + 1)
        if number == 2:
            tape.restart(number * 10 + 2)
        tape.cleared(number * 10 + 3)
    quality = tape.measured()
    assert quality.chattering == ()
    assert sum(one.count for one in quality.fleeting) == 2


def test_a_consequence_that_clears_enters_no_figure() -> None:
    """Neither how long it stood, nor that it was quick, nor that it was stale, nor who acknowledged it."""
    tape = Tape()
    for number in range(3):
        tape.raised(number, "a", explained=True)
        tape.cleared(number + 0.5, "a")
    tape.raised(10, "b", explained=True)
    tape.acknowledged(20, "b")
    tape.cleared(2 * DAY, "b")
    quality = tape.measured(end=3 * DAY)
    assert (quality.counts.cleared, quality.counts.acknowledged, quality.counts.explained) == (0, 0, 4)
    assert (quality.chattering, quality.fleeting, quality.stale) == ((), (), ())
    assert (quality.clear_times, quality.acknowledge_times) == ((), ())
    assert value(quality, "standing-average") == 0


def test_a_cleared_one_calls_nobody_when_its_cause_ends() -> None:
    """There is nothing left to look at."""
    tape = Tape()
    tape.raised(0, explained=True)
    tape.cleared(10)
    tape.cause_changed(20, explained=False)
    assert tape.measured().counts.raised == 0


def test_consequences_of_a_root_cause_are_no_load() -> None:
    """Counted apart; they stand in no list and no figure, until they turn out to be causes of their own."""
    tape = Tape()
    tape.raised(0, "root", Severity.MAJOR)
    for number in range(20):
        tape.raised(1, f"c{number}", explained=True)
    quality = tape.measured(end=2 * HOUR)
    assert (quality.counts.raised, quality.counts.explained) == (1, 20)
    assert quality.floods == ()
    assert [one.alarm for one in quality.standing] == ["ups-1.root"]
    assert value(quality, "unacknowledged-at-end") == 1
    tape.cause_changed(600, "c7", explained=False)
    freed = tape.measured(end=2 * HOUR)
    assert [one.alarm for one in freed.standing] == ["ups-1.root", "ups-1.c7"]
    assert (freed.counts.raised, freed.counts.explained) == (2, 20)


def test_a_freed_consequence_calls_from_then_on() -> None:
    """Its raise bothered nobody; the time to acknowledge runs from when it stood alone. One that was seen to calls nobody."""
    tape = Tape()
    tape.raised(0, "a", explained=True)
    tape.raised(0, "b", explained=True)
    tape.acknowledged(5, "b")
    tape.cause_changed(600, "a", explained=False)
    tape.cause_changed(600, "b", explained=False)
    tape.acknowledged(660, "a")
    quality = tape.measured()
    assert (quality.counts.raised, quality.acknowledge_times[0].median) == (1, 60)
    assert tape.measured(begin=300).counts.raised == 1


def test_what_turns_out_to_be_a_consequence_asks_for_nothing_more() -> None:
    """It called when it was raised; since then its cause does."""
    tape = Tape()
    tape.raised(0)
    tape.cause_changed(30, explained=True)
    quality = tape.measured()
    assert (quality.counts.raised, quality.counts.explained, quality.standing) == (1, 0, ())


def test_a_dead_ups_is_one_alarm_of_load() -> None:
    """On the core itself: the switch, the PBX and the gateway behind it are consequences."""
    room = Chain()
    room.dead = {"ups-1", "switch-1", "pbx-1", "gw-1"}
    begin = room.now.wall
    room.run(60)
    quality = measure(map(notes.note_of, room.events), Period(begin, begin + HOUR))
    assert (quality.counts.raised, quality.counts.explained) == (1, 3)
    assert [one.alarm for one in quality.standing] == ["ups-1.unreachable"]
    [told] = [one for one in carried(room.state.durable.alarms) if not one.explained]
    assert told.alarm == "ups-1.unreachable"


@pytest.mark.parametrize(
    ("root_cause", "explained"),
    [
        (b"[]", False),
        (b'[{"resource":"ups-1","alarm":"ups-1.on-battery"}]', True),
        (b'""', False),
        (b'"ups-1"', True),
        (b"null", False),
        (b'{"resource":"","alarm":""}', False),
        (b'{"resource":"ups-1","alarm":""}', True),
    ],
)
def test_a_root_cause_is_read_in_any_shape(root_cause: bytes, explained: bool) -> None:
    """Empty in any way means a root cause; the word of RFC 8632 is what counts."""
    body = b'{"type":"alarm.raised","at":{"mono":1,"wall":2},"alarm":{"resource":"a","type":"b"},"root_cause":%s}'
    note = read(body % root_cause)
    assert note is not None
    assert note.explained is explained


def test_entries_of_other_versions_do_no_harm() -> None:
    """Unknown kinds, fields and words pass; what cannot be read is counted where its time lies."""
    at = b'"at":{"mono":1,"wall":1800000005,"quality":"sundial","boot":"b","more":1}'
    future = read(b'{"type":"plan.due",%s,"alarm":"x","text":7,"severity":"odd"}' % at)
    assert (future and future.kind) == "plan.due"
    odd = read(
        b'{"type":"alarm.raised",%s,"alarm":{"resource":"r","type":"t","new":1},"severity":9,"new":{}}' % at
    )
    assert odd is not None
    quality = measure([future, odd], Period(BEGIN, BEGIN + HOUR))
    assert (quality.counts.raised, quality.standing[0].severity, quality.priorities[0].count) == (1, "9", 1)
    for damaged in (b"", b"{}", b"\xff\xfe", b'{"type":"alarm.raised"}', b'{"type":"alarm.raised",%s}' % at):
        assert read(damaged) is None


def test_what_the_journal_lost_is_told() -> None:
    """Figures of such a period are too low."""
    tape = Tape()
    tape.overflowed(10, 7)
    tape.overflowed(2 * DAY, 100)
    assert tape.measured().counts.lost == 7


def test_a_journal_with_holes_is_measured_as_far_as_it_goes() -> None:
    """A clear without its raise, a raise upon a raise, an acknowledgement of another occurrence."""
    tape = Tape()
    tape.raised(0)
    del tape.notes[-1]
    tape.cleared(10)
    tape.raised(20)
    tape.raised(50)
    tape._occurrences["a"] = 1
    tape.acknowledged(60)
    quality = tape.measured(end=HOUR)
    assert (quality.counts.raised, quality.counts.cleared, quality.counts.acknowledged) == (2, 1, 0)
    assert len(quality.standing) == 1
    assert value(quality, "standing-average") == pytest.approx((HOUR - 20) / HOUR)


def test_a_stepped_clock_changes_no_duration() -> None:
    """Within one boot the monotonic clock tells, whichever way the wall clock went."""
    for step in (-5000.0, 5000.0):
        tape = Tape()
        tape.raised(10_000)
        tape.step = step
        tape.acknowledged(10_030)
        tape.cleared(10_060)
        quality = tape.measured()
        assert (quality.acknowledge_times[0].median, quality.clear_times[0].median) == (30, 60)
        assert quality.counts.uncertain == 0


def test_across_boots_wall_time_tells_and_says_so() -> None:
    """Never below 0; counted as uncertain."""
    tape = Tape()
    tape.raised(100, "a")
    tape.raised(100, "b")
    tape.restart(200)
    tape.cleared(300, "a")
    tape.step = -1000.0
    tape.cleared(310, "b")
    quality = tape.measured(begin=-DAY)
    assert quality.counts.uncertain == 2
    assert (quality.clear_times[0].median, quality.clear_times[0].p90) == (0, 200)
    assert quality.fleeting == ()


def test_an_alarm_from_before_the_clock_was_set_is_not_old() -> None:
    """A box that woke up in 1970: the age of what stands is taken from the monotonic clock as far as the journal goes."""
    tape = Tape()
    tape.step = -BEGIN
    tape.raised(10)
    tape.step = 0
    tape.started(100)
    quality = tape.measured(end=HOUR)
    assert (len(quality.standing), quality.stale) == (1, ())
    assert value(quality, "standing-average") == pytest.approx((HOUR - 10) / HOUR)


def test_entries_of_after_the_end_move_nothing() -> None:
    """Also when the wall clock steps back from there: what happened meanwhile is then history."""
    tape = Tape()
    tape.raised(100, "a")
    tape.raised(100, "b")
    tape.cleared(2 * DAY, "a")
    assert [one.alarm for one in tape.measured().standing] == ["ups-1.a", "ups-1.b"]
    tape.step = -2 * DAY
    tape.started(2 * DAY + 200)
    quality = tape.measured()
    assert [one.alarm for one in quality.standing] == ["ups-1.b"]
    assert value(quality, "standing-average") <= 2


def test_a_young_journal_is_not_diluted() -> None:
    """Rates are over the time that the journal knows, and not judged before an hour of it."""
    tape = Tape()
    tape.notes = []
    tape.started(DAY - 2 * HOUR)
    tape.raised(DAY - HOUR)
    quality = tape.measured()
    assert quality.covered == 2 * HOUR
    assert value(quality, "raised-per-hour") == 0.5
    assert verdict(quality, "raised-per-hour") == "fine"
    assert verdict(tape.measured(end=DAY - 2 * HOUR + 60), "raised-per-hour") == "not judged"


def test_an_empty_journal_has_no_rates() -> None:
    """Nothing measured is not zero, and not judged."""
    quality = measure([], Period(BEGIN, BEGIN + DAY))
    assert quality.covered == 0
    assert value(quality, "raised-per-hour") is None
    assert {one.verdict for one in quality.figures if one.value is None} == {Verdict.NONE}
    assert sum(one.share for one in quality.priorities) == 0


def test_an_alarm_that_was_held_while_it_came_and_went_counts_as_chattering() -> None:
    """Its cycles are not in the journal, their number is."""
    thing = Thing()
    flap(thing, 10)
    for _ in range(40):
        thing.wait(1.0)
        thing.says(0.0)
    meter = Meter(Period(0.0, 3e9))
    for event in thing.events:
        meter.take(notes.note_of(event))
    assert [(one.alarm, one.count) for one in meter.report().chattering] == [("x.flapping", 10)]


def test_the_kinds_are_those_of_the_core() -> None:
    """Every alarm event that the alarm list knows is one that quality knows by name, and nothing else is."""
    known = {str(kind.__struct_config__.tag) for row in alarm_list.TRANSITIONS.values() for kind in row}
    assert known <= notes.ALARM_KINDS
    tape = Tape()
    tape.add(AnnunciationSilenced(at=tape.at(1), by=LI))
    assert tape.notes[-1].kind not in notes.ALARM_KINDS
