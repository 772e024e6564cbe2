"""The wall clock as the core follows it: when it was set, and which boots must be dated anew once somebody knows the time.

Looked at before anything else in a step, so that no event with a new time stands before the one that says so.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from agent.core.dating import Offset, is_step, is_trusted
from agent.core.events import AnyEvent, BoxStarted, ClockOffset, ClockStepped
from agent.core.model import ClockQuality, Instant

KEPT = 64
"""Boots of which offsets are kept in the state, and boots that wait for one: the newest."""
UNCERTAINTY = {ClockQuality.NTP: 1.0, ClockQuality.GSM: 60.0}
"""Seconds within which a trusted source is right: a step of less than one is none, and networks tell of minutes."""
DRIFT = 1e-4
"""Seconds by which a free quartz may be wrong for each second that it ran: a hundred parts in a million."""


class Doubt(Struct, gc=False):
    """A boot whose wall times nobody has confirmed: its first and its newest event."""

    first: Instant
    last: Instant
    after: float | None
    """Wall second of the last trusted time before it; None without any."""


class WallClock(Struct):
    """What events tell of the wall clock; a part of the durable state."""

    told: Instant | None = None
    """When the journal was last told what the clock says: at the first start in this boot, or when it was set."""
    offsets: dict[str, Offset] = {}
    """By boot."""
    doubts: dict[str, Doubt] = {}
    """By boot, the oldest first: those that no offset dates yet."""
    trusted: float | None = None
    """Wall second of the newest event of a trusted time."""


# --- what follows --------------------------------------------------------------------------------------------------


def look(clock: WallClock, seen: ClockQuality, now: Instant) -> list[AnyEvent]:
    """What to journal of the clock as it is now: that it was set, and what that says of earlier times.

    Args:
        clock: what is known of it.
        seen: how far it was believed before.
        now: the instant.
    """
    told = clock.told
    if told is None or told.boot != now.boot:
        return []  # the start of the box comes first
    offset = now.wall - now.mono
    before = told.wall - told.mono
    stepped = is_step(before, offset)
    events: list[AnyEvent] = []
    if stepped:
        events.append(
            ClockStepped(
                at=now,
                before=now.mono + before,
                after=now.wall,
                quality_before=seen,
                quality_after=now.quality,
            )
        )
    if is_trusted(now):
        events += _offset_of_this_boot(clock, now, stepped=stepped)
        events += _offsets_of_earlier_boots(clock, now)
    return events


def _offset_of_this_boot(clock: WallClock, now: Instant, *, stepped: bool) -> Iterator[ClockOffset]:
    known, offset = clock.offsets.get(now.boot), now.wall - now.mono
    wrong = stepped if known is None else is_step(known.seconds, offset)
    doubt = clock.doubts.get(now.boot)
    if not wrong and doubt is None:
        return
    began = doubt.first.mono if doubt is not None else now.mono
    uncertainty = UNCERTAINTY[now.quality] + DRIFT * (now.mono - began)
    yield ClockOffset(at=now, boot_id=now.boot, offset=offset, uncertainty=round(uncertainty, 3))


def _offsets_of_earlier_boots(clock: WallClock, now: Instant) -> Iterator[ClockOffset]:
    """Boots that ended before anybody knew the time lie before this one, the later of them as late as can be.

    Each ended before the next began, and began after the last time that is known.
    """
    doubts = [one for boot, one in clock.doubts.items() if boot != now.boot]
    if not doubts:
        return
    offset = now.wall - now.mono
    own = clock.doubts.get(now.boot)
    began = own.first if own is not None else clock.told
    latest = (began.mono if began is not None else now.mono) + offset
    for doubt in reversed(doubts):
        seconds = latest - doubt.last.mono
        latest = doubt.first.mono + seconds
        room = -1.0 if doubt.after is None else latest - doubt.after
        uncertainty = (
            round(room, 3) if room >= 0 else None
        )  # the time before is not known, or was a wrong one
        yield ClockOffset(at=now, boot_id=doubt.last.boot, offset=seconds, uncertainty=uncertainty)


# --- what events do ------------------------------------------------------------------------------------------------


def evolve(clock: WallClock, event: AnyEvent) -> None:
    """Remember what an event says of the clock."""
    at = event.at
    match event:
        case BoxStarted():
            _enter(clock, at)
        case ClockStepped():
            clock.told = at
        case ClockOffset():
            _learn(clock, event)
        case _:
            pass
    if is_trusted(at):
        clock.trusted = at.wall
    elif at.boot not in clock.offsets:
        _doubt(clock, at)


def _enter(clock: WallClock, at: Instant) -> None:
    """The box starts. A boot that is over and whose clock said something of its own is left at that."""
    if clock.told is None or clock.told.boot != at.boot:
        clock.told = at
        silent = ClockQuality.UNSYNCED
        clock.doubts = {boot: one for boot, one in clock.doubts.items() if one.last.quality is silent}


def _doubt(clock: WallClock, at: Instant) -> None:
    known = clock.doubts.get(at.boot)
    if known is not None:
        known.last = at
        return
    clock.doubts[at.boot] = Doubt(at, at, clock.trusted)
    _forget_the_oldest(clock.doubts)


def _forget_the_oldest(boots: dict[str, Any]) -> None:
    while len(boots) > KEPT:
        del boots[next(iter(boots))]


def _learn(clock: WallClock, event: ClockOffset) -> None:
    offset = Offset(event.offset, event.uncertainty, event.at.quality)
    clock.offsets.pop(event.boot_id, None)
    clock.offsets[event.boot_id] = offset
    clock.doubts.pop(event.boot_id, None)
    _forget_the_oldest(clock.offsets)
