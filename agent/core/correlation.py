"""Why, not only what: which alarm is the root cause of another, over the site graph and within one device.

Only standing conditions explain; a suspicion does not. So whoever may be a consequence waits, for a bounded time, until
those it depends on have been asked and have decided. When a cause is gone, its consequences stay explained until their
devices have had time to come back and a fresh answer says that they have not.

Silence is weak evidence. It explains only what fell silent at about the same time (who lived on without a device does
not fail because of it), and it says nothing of a device to which the way is cut.
"""

from collections.abc import Iterable, Iterator
from math import isinf

from agent.core import alarms as alarm_list
from agent.core.alarms import Trigger
from agent.core.events import AlarmCauseChanged, AnyEvent
from agent.core.graph import blame, device_of
from agent.core.limits import Condition, due_of
from agent.core.model import REACHABLE, Cause, Instant, Rule, alarm_key
from agent.core.state import RECHECK, State, Watch, arm

ASK_AGAIN = 5.0
"""Seconds between two askings of a device out of turn: a card in a UPS is slow, and others need it too."""

TOGETHER = 180.0
"""Seconds within which cause and consequence begin, as far as polls and delays let one see it."""

Causes = tuple[Cause, ...]


# --- what explains an alarm ------------------------------------------------------------------------------------------


def roots(state: State, watch: Watch, index: int) -> Causes:
    """The root causes of the alarm of a rule, should it stand now; nothing where it is its own."""
    condition, rule = watch.conditions[index], watch.device.rules[index]
    own = [at for at, one in _standing(watch) if _explains(one, rule)]
    if own:
        return tuple(dict.fromkeys(cause for at in own for cause in _final(state, watch, at)))
    if rule.point == REACHABLE:
        on_the_way = blame(watch.device.reached_through, lambda word: _in_the_way(state, word, condition))
        if on_the_way:
            return on_the_way
    if not rule.explained_by_dependencies:
        return ()
    return blame(watch.device.depends_on, lambda word: _to_blame(state, word, condition))


def _final(state: State, watch: Watch, index: int) -> Causes:
    """What stands at the end of the chain; what still waits to come back stands behind its former cause."""
    place = (watch.device.id, index)
    if place not in state.finals:
        state.finals[place] = ()  # for whoever comes round in a circle
        id_ = alarm_key(watch.device, watch.device.rules[index]).id
        alarm = state.durable.alarms.alarms.get(id_)
        former = alarm.root_cause if alarm is not None and not alarm.is_cleared else ()
        state.finals[place] = roots(state, watch, index) or former or (Cause(watch.device.id, id_),)
    return state.finals[place]


def _explains(cause: Rule, rule: Rule) -> bool:
    return (
        cause.type in rule.explained_by
        and cause.qualifier in ("", rule.qualifier)
        and (cause.type, cause.qualifier) != (rule.type, rule.qualifier)
    )


def _to_blame(state: State, word: str, effect: Condition) -> Causes:
    """What is to blame for one device or alarm that is needed."""
    watch = state.watches.get(device_of(word))
    if watch is None:
        return ()
    found = [
        (rule.point == REACHABLE, at)
        for at, rule in _standing(watch)
        if (rule.takes_down or alarm_key(watch.device, rule).id == word)
        and _began_before(watch.conditions[at], effect)
        and not (rule.point == REACHABLE and _is_silence_empty(state, watch, at, effect))
    ]
    # An alarm that says what happened explains more than the silence that follows it.
    return _final(state, watch, min(found)[1]) if found else ()


def _is_silence_empty(state: State, watch: Watch, at: int, effect: Condition) -> bool:
    return not _fell_together(watch.conditions[at], effect) or way_is_cut(state, watch)


def _in_the_way(state: State, word: str, effect: Condition) -> Causes:
    """What is to blame for one device or alarm through which another is reached."""
    watch = state.watches.get(device_of(word))
    if watch is None:
        return ()
    for at, rule in _standing(watch):
        condition = watch.conditions[at]
        if _blocks(watch, rule, word) and _fell_together(condition, effect):
            return _final(state, watch, at)
    return ()


def way_is_cut(state: State, watch: Watch) -> bool:
    """Whether something fails, or seems to, through which a device is reached."""

    def fails(word: str) -> tuple[bool, ...]:
        other = state.watches.get(device_of(word))
        failing = other is not None and any(
            _blocks(other, rule, word) for _, rule in (*_standing(other), *_pending(other))
        )
        return (True,) if failing else ()

    return bool(blame(watch.device.reached_through, fails))


def _blocks(watch: Watch, rule: Rule, word: str) -> bool:
    return rule.point == REACHABLE or alarm_key(watch.device, rule).id == word


def _began_before(cause: Condition, effect: Condition) -> bool:
    return cause.began <= _beginning(effect) + TOGETHER


def _fell_together(cause: Condition, effect: Condition) -> bool:
    beginning = _beginning(effect)
    if isinf(cause.began) or isinf(beginning):
        return cause.began == beginning
    return abs(cause.began - beginning) <= TOGETHER


def _beginning(condition: Condition) -> float:
    return condition.began if condition.active or condition.since is None else condition.since


def _standing(watch: Watch) -> Iterator[tuple[int, Rule]]:
    for at, condition in enumerate(watch.conditions):
        if condition.active:
            yield at, watch.device.rules[at]


def _pending(watch: Watch) -> Iterator[tuple[int, Rule]]:
    """Rules whose conditions are abnormal and wait out their on-delay."""
    for at, condition in enumerate(watch.conditions):
        if not condition.active and condition.since is not None:
            yield at, watch.device.rules[at]


# --- before anything is said ---------------------------------------------------------------------------------------


def suspect(state: State, watch: Watch, rule: Rule, mono: float) -> None:
    """Something may fail as a consequence: have those it depends on asked at once."""
    state.finals.clear()
    for id_ in _elders(state, watch, rule):
        ask(state, id_, mono)


def ask(state: State, device: str, mono: float) -> None:
    """Have a device asked out of turn, not too often."""
    watch = state.watches[device]
    if mono - watch.asked >= ASK_AGAIN:
        watch.asked = mono
        state.asks.add(device)


def must_wait(state: State, watch: Watch, index: int, mono: float) -> bool:
    """Whether a raise must wait for those that might be its cause, though its own delay has ended."""
    condition, rule = watch.conditions[index], watch.device.rules[index]
    due = due_of(condition, rule)
    if condition.active or due is None or mono >= due + state.branch.hold:
        return False
    if any(_explains(one, rule) for _, one in _pending(watch)):
        return True
    elders = _elders(state, watch, rule)
    if not elders or roots(state, watch, index):
        return False
    since = condition.since or 0.0
    return any(_is_undecided(state, state.watches[id_], since) for id_ in elders)


def _elders(state: State, watch: Watch, rule: Rule) -> frozenset[str]:
    """The devices whose trouble may be the cause of an alarm."""
    id_ = watch.device.id
    above = state.graph.above(id_) if rule.explained_by_dependencies else frozenset[str]()
    return above | state.ways.above(id_) if rule.point == REACHABLE else above


def _is_undecided(state: State, watch: Watch, since: float) -> bool:
    pending = [rule for _, rule in _pending(watch) if _matters(state, watch, rule)]
    if all(rule.point == REACHABLE for rule in pending) and way_is_cut(state, watch):
        pending = []
    return watch.heard < since or bool(pending)


def _matters(state: State, watch: Watch, rule: Rule) -> bool:
    """Whether other devices may fail because of an alarm."""
    words = state.graph.words | state.ways.words
    return rule.takes_down or alarm_key(watch.device, rule).id in words


# --- when something has moved --------------------------------------------------------------------------------------


def moved(state: State, watch: Watch, rule: Rule) -> None:
    """A condition or its cause has changed: those whom it may explain are to be thought over."""
    id_ = watch.device.id
    state.finals.clear()
    state.dirty.add(id_)
    if _matters(state, watch, rule):
        behind = state.ways.below(id_)
        state.dirty.update(state.graph.below(id_), behind)
        for one in behind:  # their silence says nothing now, or something again
            state.dirty.update(state.graph.below(one))


def reconsider(state: State, now: Instant) -> list[AnyEvent]:
    """The alarms whose root cause is another one than they say; to be asked again until there are none."""
    dirty, state.dirty = state.dirty, set()
    return [event for id_ in sorted(dirty) for event in _reconsidered(state, state.watches[id_], now)]


def follow(state: State, changed: Iterable[AnyEvent]) -> None:
    """Causes have changed: what stands behind these alarms is to be thought over too."""
    for event in changed:
        if isinstance(event, AlarmCauseChanged):
            watch = state.watches[event.alarm.resource]
            for rule in watch.device.rules:
                if alarm_key(watch.device, rule) == event.alarm:
                    moved(state, watch, rule)


def _reconsidered(state: State, watch: Watch, now: Instant) -> Iterator[AnyEvent]:
    waiting = False
    alarms = state.durable.alarms
    for at, rule in _standing(watch):
        id_ = alarm_key(watch.device, rule).id
        if alarm_list.decide(alarms, id_, Trigger.EXPLAIN) is not AlarmCauseChanged:
            continue
        alarm, found = alarms.alarms[id_], roots(state, watch, at)
        if found == alarm.root_cause:
            continue
        if not found and not _has_had_its_time(state, watch, rule, now.mono):
            waiting = True
            continue
        yield AlarmCauseChanged(
            at=now, alarm=alarm.key, occurrence=alarm.occurrence, root_cause=found, before=alarm.root_cause
        )
    if not waiting:
        watch.freed = None


def _has_had_its_time(state: State, watch: Watch, rule: Rule, mono: float) -> bool:
    """Whether a device whose cause is gone has had time to come back, and a fresh answer says that it has not."""
    if watch.freed is None:
        watch.freed = mono
        arm(state, mono + watch.device.recovery_time, watch.device.id, RECHECK)
        ask(state, watch.device.id, mono)
    sampled = watch.sampled.mono if watch.sampled is not None else 0.0
    heard = watch.heard if rule.point == REACHABLE else sampled
    return mono >= watch.freed + watch.device.recovery_time and heard > watch.freed
