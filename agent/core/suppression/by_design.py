"""Suppression by design: alarms that mean nothing while something else is so. What nobody can say suppresses nothing."""

import math
from collections.abc import Iterator

from agent.core import limits
from agent.core.events import AnyEvent, SuppressionBegan
from agent.core.inputs import Polled, PollFailed
from agent.core.limits import Condition
from agent.core.model import Bad, Instant
from agent.core.state import State, is_reachable
from agent.core.suppression.held import JUMP, Seen, differs, ended_by
from agent.core.suppression.nouns import Design, Ending, Kind, Suppression, id_of


def begin(state: State, design: Design) -> Seen:
    """It is as it was, until its device has had time to say otherwise."""
    return Seen(Condition(active=_id(design) in state.durable.suppressions))


def hear(state: State, design: Design, given: Polled | PollFailed, now: Instant) -> None:
    """Take in what the device of a design says of its point, or that it does not answer."""
    seen = state.calendar.designs[design.id]
    value = given.values.get(design.rule.point) if isinstance(given, Polled) else None
    limits.observe(
        seen.condition, design.rule, Bad("not told") if value is None else value, now.mono, now.wall
    )
    if seen.condition.said is not None:
        seen.known = now.mono


def moved(state: State, design: Design, now: Instant) -> Iterator[AnyEvent]:
    """Begin or end it by what is so."""
    seen, held = state.calendar.designs[design.id], state.durable.suppressions.get(_id(design))
    condition = seen.condition
    if _is_known(state, design, seen, now.mono):
        limits.settle(condition, design.rule, now.mono, fresh=condition.said is not None)
    else:
        condition.active, condition.since = False, None
    begun = _suppression(design, now)
    if condition.active and (held is None or differs(held.suppression, begun)):
        yield SuppressionBegan(at=now, suppression=begun)
    elif held is not None and not condition.active:
        yield ended_by(held, Ending.CONDITION, now)


def due_of(state: State, design: Design) -> float:
    """The monotonic second at which to look again; infinite while nothing is pending."""
    seen, device = state.calendar.designs[design.id], state.watches[design.device].device
    pending = limits.due_of(seen.condition, design.rule)
    known = state.calendar.began if seen.known is None else seen.known
    unknown = known + device.stale_after + JUMP if seen.condition.active else math.inf
    return min(unknown, math.inf if pending is None else pending)


def _is_known(state: State, design: Design, seen: Seen, mono: float) -> bool:
    watch = state.watches[design.device]
    known = state.calendar.began if seen.known is None else seen.known
    return mono - known <= watch.device.stale_after and (seen.known is None or is_reachable(watch))


def _suppression(design: Design, now: Instant) -> Suppression:
    return Suppression(
        id=_id(design),
        kind=Kind.BY_DESIGN,
        subjects=design.alarms,
        reason=design.reason,
        responsible=design.responsible,
        since=now.wall,
    )


def _id(design: Design) -> str:
    return id_of(Kind.BY_DESIGN, design.id)
