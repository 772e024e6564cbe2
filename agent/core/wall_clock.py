"""The wall clock as the core follows it: when it was set, and which boots must be dated anew once somebody knows the time.

Looked at before anything else in a step, so that no event with a new time stands before the one that says so.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from agent.core.dating import OFF_AT_MOST, STEP, Offset, is_step, is_trusted
from agent.core.events import AnyEvent, BoxStarted, ClockOffset, ClockStepped
from agent.core.model import ClockQuality, Instant

KEPT = 64
"""Boots of which offsets are kept in the state, and boots that wait for one: the newest."""
STEPS, WITHIN = 12, 3600.0
"""So many steps are told in so many seconds at most: two daemons that fight over a clock must not fill the journal."""
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
    steps: list[float] = []
    """Monotonic seconds of the newest steps that were told in this boot."""
    offsets: dict[str, Offset] = {}
    """By boot."""
    doubts: dict[str, Doubt] = {}
    """By boot, the oldest first: those that no offset dates yet."""
    trusted: Instant | None = None
    """The newest event of a trusted time."""


# --- what follows --------------------------------------------------------------------------------------------------


def look(clock: WallClock, seen: ClockQuality, now: Instant) -> list[AnyEvent]:
    """What to journal of the clock as it is now: that it was set, and what that says of earlier times.

    Args:
        clock: what is known of it.
        seen: how far it was believed before.
        now: the instant.
    """
    told = clock.told
    if told is None or told.boot != now.boot or _is_stormy(clock, now):
        return []  # the start of the box comes first
    before = now.mono + told.wall - told.mono
    stepped = is_step(before, now.wall)
    events: list[AnyEvent] = []
    if stepped:
        step = ClockStepped(
            at=now, before=before, after=now.wall, quality_before=seen, quality_after=now.quality
        )
        events.append(step)
    if is_trusted(now):
        events += _offset_of_this_boot(clock, now, stepped=stepped)
        events += _offsets_of_earlier_boots(clock, now)
    elif stepped:
        events += _offset_from_before(clock, now)
    return events


def _is_stormy(clock: WallClock, now: Instant) -> bool:
    """Whether the clock was set so often of late that what it is comes to is told later."""
    return len(clock.steps) == STEPS and now.mono - clock.steps[0] < WITHIN


def _offset_of_this_boot(clock: WallClock, now: Instant, *, stepped: bool) -> Iterator[ClockOffset]:
    known, offset = clock.offsets.get(now.boot), now.wall - now.mono
    wrong = stepped if known is None else is_step(known.seconds, offset)
    doubt = clock.doubts.get(now.boot)
    if wrong or doubt is not None:
        ran = now.mono - doubt.first.mono if doubt is not None else 0.0
        yield _offset(now, now.boot, offset, UNCERTAINTY[now.quality] + DRIFT * ran)


def _offset_from_before(clock: WallClock, now: Instant) -> Iterator[ClockOffset]:
    """Somebody who knows no better sets a clock that was right in this boot: what it was goes on to date it."""
    right = clock.trusted
    if right is not None and right.boot == now.boot and now.boot not in clock.offsets:
        yield _offset(right, now.boot, right.wall - right.mono, UNCERTAINTY[right.quality], at=now)


def _offsets_of_earlier_boots(clock: WallClock, now: Instant) -> Iterator[ClockOffset]:
    """Date the boots that ended before anybody knew the time, the newest first: each lies before the next."""
    own, offset = clock.doubts.get(now.boot), now.wall - now.mono
    began = clock.told if own is None else own.first
    latest = offset + (now.mono if began is None else began.mono)
    for doubt in [one for boot, one in reversed(clock.doubts.items()) if boot != now.boot]:
        found = None
        if _is_by_battery(doubt):
            if own is None or not _is_by_battery(own):
                continue  # nobody can say whether it was right
            found = _by_battery(doubt, own, offset, latest)
        seconds, uncertainty = found or _at_the_latest(doubt, latest)
        yield _offset(now, doubt.first.boot, seconds, uncertainty)
        latest = min(latest, doubt.first.mono + seconds)


def _is_by_battery(doubt: Doubt) -> bool:
    return doubt.first.quality is ClockQuality.RTC


def _by_battery(doubt: Doubt, own: Doubt, offset: float, latest: float) -> tuple[float, float] | None:
    """The offset of a boot whose battery clock was wrong by as much as it is found to be in this one.

    Somebody may have set it in between: None where it then lies after the next boot, or longer before than a box is off.
    """
    seconds = doubt.first.wall - doubt.first.mono + offset - (own.first.wall - own.first.mono)
    off = latest - (doubt.last.mono + seconds)
    return (seconds, STEP + max(0.0, off)) if -STEP <= off <= OFF_AT_MOST else None


def _at_the_latest(doubt: Doubt, latest: float) -> tuple[float, float | None]:
    """The latest offset that a boot can have, and by how much it can have been less, as far as a time before is known."""
    seconds = latest - doubt.last.mono
    room = -1.0 if doubt.after is None else doubt.first.mono + seconds - doubt.after
    return seconds, room if room >= 0 else None  # a time before that lies after it was a wrong one


def _offset(
    told: Instant, boot: str, seconds: float, uncertainty: float | None, *, at: Instant | None = None
) -> ClockOffset:
    """What the source of an instant says of a boot."""
    rounded = None if uncertainty is None else round(uncertainty, 3)
    return ClockOffset(at=at or told, boot_id=boot, offset=seconds, uncertainty=rounded, source=told.quality)


# --- what events do ------------------------------------------------------------------------------------------------


def evolve(clock: WallClock, event: AnyEvent) -> None:
    """Remember what an event says of the clock."""
    at = event.at
    match event:
        case BoxStarted():
            _enter(clock, at)
        case ClockStepped():
            clock.told, clock.steps = at, [*clock.steps, at.mono][-STEPS:]
        case ClockOffset():
            _learn(clock, event)
        case _:
            pass
    if is_trusted(at):
        clock.trusted = at
        _leave_battery_clocks(clock, at)
    elif clock.trusted is None or clock.trusted.boot != at.boot:
        _doubt(clock, at)


def _enter(clock: WallClock, at: Instant) -> None:
    """The box starts. A boot that is over and whose time was confirmed before the agent ran is left at that."""
    if clock.told is None or clock.told.boot != at.boot:
        clock.told, clock.steps = at, []
        for boot in [
            boot for boot, one in clock.doubts.items() if one.first.quality is ClockQuality.HOLDOVER
        ]:
            del clock.doubts[boot]


def _leave_battery_clocks(clock: WallClock, at: Instant) -> None:
    """A trusted time in a boot that did not begin with the battery clock says nothing of it, then or before."""
    if not clock.doubts or at.boot in clock.doubts:
        return
    for boot in [boot for boot, one in clock.doubts.items() if one.first.quality is ClockQuality.RTC]:
        del clock.doubts[boot]


def _doubt(clock: WallClock, at: Instant) -> None:
    known = clock.doubts.get(at.boot)
    if known is not None:
        known.last = at
        return
    after = clock.trusted.wall if clock.trusted is not None else None
    clock.doubts[at.boot] = Doubt(at, at, after)
    _forget_the_oldest(clock.doubts)


def _forget_the_oldest(boots: dict[str, Any]) -> None:
    while len(boots) > KEPT:
        del boots[next(iter(boots))]


def _learn(clock: WallClock, event: ClockOffset) -> None:
    clock.offsets.pop(event.boot_id, None)
    clock.offsets[event.boot_id] = Offset(event.offset, event.uncertainty, event.source)
    clock.doubts.pop(event.boot_id, None)
    _forget_the_oldest(clock.offsets)
