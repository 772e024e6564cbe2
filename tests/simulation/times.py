"""What the journal of a day says of time in the end: by its offsets all is in order, and near to what was true."""

from collections.abc import Sequence
from itertools import pairwise

from agent import clock_offsets
from agent.core.dating import Offset, corrected
from agent.core.events import ClockStepped, decode
from agent.core.model import ClockQuality, Instant
from agent.store.records import Record
from tests.simulation.clock import WALL, Clock
from tests.simulation.invariants import must

GRAIN = 1e-3
"""Seconds that are none."""


def check_times(records: Sequence[Record], clock: Clock) -> None:
    """The whole journal, after the day."""
    offsets: dict[str, Offset] = {}
    clock_offsets.gather(records, offsets)
    events = [decode(record.entry.body) for record in records]
    for before, event in pairwise(events):
        same = before.at.boot == event.at.boot
        must(not same or before.at.mono <= event.at.mono, f"{event} after {before}")
        in_order = corrected(before.at, offsets) <= corrected(event.at, offsets) + GRAIN * (not same)
        must(
            in_order or not {before.at.boot, event.at.boot} <= offsets.keys(),
            f"{event} is dated before {before}",
        )
    for event in events:
        _check_truth(event.at, clock, offsets)
        if isinstance(event, ClockStepped):
            must(abs(event.after - event.before) > 1.0, f"{event} is no step")


def _check_truth(at: Instant, clock: Clock, offsets: dict[str, Offset]) -> None:
    """No time that a source has told, or that is corrected, is far from what was true; a guess is never too early."""
    true, told = WALL + clock.second_of(at), corrected(at, offsets)
    known = offsets.get(at.boot)
    if known is None:
        wrong = at.quality is ClockQuality.NTP and abs(told - true) > 1.0
        must(not wrong, f"{at} was {true}, and a trusted source told it")
    elif known.uncertainty is None:
        must(told >= true - GRAIN, f"{at} was {true} and is dated {told}, as the latest that can be")
    else:
        must(abs(told - true) <= known.uncertainty + GRAIN, f"{at} was {true}, is dated {told} by {known}")
