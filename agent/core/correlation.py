"""Why, not only what: which alarm is the root cause of another, over the site graph and within one device.

Only standing conditions explain; a suspicion does not. So whoever may be a consequence waits, for a bounded time, until
those it depends on have been asked and have decided. When a cause is gone, its consequences stay explained until their
devices have had time to come back and a fresh answer says that they have not.

Silence is weak evidence. It explains only what fell silent at about the same time (who lived on without a device does
not fail because of it), and it says nothing of a device to which the way is cut.
"""

from collections.abc import Collection, Iterator

from agent.core import alarms as alarm_list
from agent.core.alarm_states import Trigger
from agent.core.events import AlarmCauseChanged, AnyEvent
from agent.core.graph import blame, device_of
from agent.core.limits import Beginning, Condition
from agent.core.model import REACHABLE, Cause, Instant, Rule
from agent.core.state import RECHECK, State, Watch, arm

ASK_AGAIN = 5.0
"""Seconds between two askings of a device out of turn: a card in a UPS is slow, and others need it too."""

TOGETHER = 180.0
"""Seconds within which cause and consequence begin, as far as polls and delays let one see it."""

Causes = tuple[Cause, ...]


# --- what explains an alarm ------------------------------------------------------------------------------------------


def roots(state: State, watch: Watch, index: int) -> Causes:
    """The root causes of the alarm of a rule, should it stand now; nothing where it is its own."""
    conditions, rule = watch.conditions, watch.device.rules[index]
    own = [at for at in watch.links.own[index] if conditions[at].active]
    if own:
        return tuple(dict.fromkeys(cause for at in own for cause in _final(state, watch, at)))
    if not rule.explained_by_dependencies:
        return ()
    effect = conditions[index]
    on_the_way: Causes | None = None
    if rule.point == REACHABLE and watch.device.reached_through.of:
        on_the_way = blame(watch.device.reached_through, lambda word: _in_the_way(state, word, effect))
    return on_the_way or _behind(state, watch, effect)


def _explained(state: State, watch: Watch, index: int) -> Causes:
    """As `roots`, worked out once until something moves."""
    place = (watch.device.id, index)
    if place not in state.explained:
        state.explained[place] = ()  # for whoever comes round in a circle
        state.explained[place] = roots(state, watch, index)
    return state.explained[place]


def _final(state: State, watch: Watch, index: int) -> Causes:
    """What stands at the end of the chain; what still waits to come back stands behind its former cause."""
    found = _explained(state, watch, index)
    if found:
        return found
    id_ = watch.links.ids[index]
    alarm = state.durable.alarms.alarms.get(id_)
    former = alarm.root_cause if alarm is not None and not alarm.is_cleared else ()
    return former or (Cause(watch.device.id, id_),)


def _behind(state: State, watch: Watch, effect: Condition) -> Causes:
    """What a device fails behind: whatever is known to have failed, else the last straw of several redundant paths."""
    needs = watch.device.depends_on
    found = blame(needs, lambda word: _to_blame(state, word, effect, last_straw=False))
    if not found and not all(isinstance(part, str) for part in needs.of):
        found = blame(needs, lambda word: _to_blame(state, word, effect, last_straw=True))
    return found or ()


def _to_blame(state: State, word: str, effect: Condition, *, last_straw: bool) -> Causes | None:
    """What is to blame for one device or alarm that is needed; None where nothing that counts says that it fails.

    Of several alarms that say why it fails the one that began last before the effect does. As a last straw only what
    fell with the effect explains; whatever else fails or may fail, takes no blame, but holds nothing either: the effect
    lived on without it, by another path.
    """
    watch = state.watches.get(device_of(word))
    if watch is None:
        return None
    fails, silent = False, None
    told: list[int] = []
    for at in watch.links.causes:
        condition, rule = watch.conditions[at], watch.device.rules[at]
        if not condition.active or not (rule.takes_down or watch.links.ids[at] == word):
            continue
        if rule.point == REACHABLE:
            silent = at  # an alarm that says what happened explains more than the silence that follows it
        elif (_fell_together if last_straw else _began_before)(state, condition, effect):
            told.append(at)
        fails = True
    if told:
        return _final(state, watch, min(told, key=lambda at: _distance(state, watch.conditions[at], effect)))
    if silent is not None:
        silence = watch.conditions[silent]
        if _fell_together(state, silence, effect) and not way_is_cut(state, watch, silence):
            return _final(state, watch, silent)
    return () if fails and last_straw else None


def _in_the_way(state: State, word: str, effect: Condition) -> Causes | None:
    """What is to blame for one device or alarm through which another is reached; None where that does not fail."""
    watch = state.watches.get(device_of(word))
    if watch is None:
        return None
    found: Causes | None = None
    for at in watch.links.causes:
        condition = watch.conditions[at]
        if condition.active and _blocks(watch, at, word):
            if _fell_together(state, condition, effect):
                return _final(state, watch, at)
            found = ()
    return found


def way_is_cut(state: State, watch: Watch, silence: Condition) -> bool:
    """Whether a device is silent since something fails, or seems to, through which it is reached."""

    def fails(word: str) -> tuple[bool, ...] | None:
        other = state.watches.get(device_of(word))
        failing = other is not None and any(
            _is_failing(other.conditions[at])
            and _blocks(other, at, word)
            and _before(state, other.conditions[at], silence) >= -TOGETHER
            for at in other.links.causes
        )
        return (True,) if failing else None

    way = watch.device.reached_through
    return bool(way.of) and blame(way, fails) is not None


def _blocks(watch: Watch, index: int, word: str) -> bool:
    return watch.device.rules[index].point == REACHABLE or watch.links.ids[index] == word


def _is_failing(condition: Condition) -> bool:
    return condition.active or condition.since is not None


def _is_pending(condition: Condition) -> bool:
    """Whether it is abnormal and waits out its on-delay."""
    return not condition.active and condition.since is not None


def _began_before(state: State, cause: Condition, effect: Condition) -> bool:
    return _before(state, cause, effect) >= -TOGETHER


def _fell_together(state: State, cause: Condition, effect: Condition) -> bool:
    return abs(_before(state, cause, effect)) <= TOGETHER


def _before(state: State, one: Condition, other: Condition) -> float:
    """Seconds from the beginning of one condition to that of another; less than 0 where it began later."""
    return _beginning(state, one).before(_beginning(state, other))


def _distance(state: State, cause: Condition, effect: Condition) -> tuple[bool, float]:
    """By which the likeliest of several causes comes first: what began before the effect, and nearest to it."""
    before = _before(state, cause, effect)
    return before < 0, abs(before)


def _beginning(state: State, condition: Condition) -> Beginning:
    if condition.active or condition.since is None:
        return condition.began
    return Beginning(state.durable.alarms.boots, condition.since)


# --- before anything is said ---------------------------------------------------------------------------------------


def suspect(state: State, watch: Watch, index: int, mono: float) -> None:
    """Something may fail as a consequence: have those it depends on asked at once."""
    if index in watch.links.parts:
        state.explained.clear()
        for id_ in _elders(state, watch, watch.device.rules[index]):
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
    if condition.since is None or condition.active or index not in watch.links.effects:
        return False
    if mono >= condition.since + rule.on_delay + state.branch.hold:
        return False
    if any(_is_pending(watch.conditions[at]) for at in watch.links.own[index]):
        return True
    elders, since = _elders(state, watch, rule), condition.since
    undecided = any(_is_undecided(state, state.watches[id_], since) for id_ in elders)
    return undecided and not roots(state, watch, index)


def waiting_for(state: State, heard: str) -> list[tuple[str, int]]:
    """The raises that wait and may not have to any more; whoever is needed comes first."""
    found = [
        (device, index)
        for device, index in state.held
        if device in state.dirty
        or heard == device
        or heard in state.graph.above(device)
        or heard in state.ways.above(device)
    ]
    return sorted(found, key=lambda one: (state.graph.order[one[0]], one[1]))


def _elders(state: State, watch: Watch, rule: Rule) -> frozenset[str]:
    """The devices whose trouble may be the cause of an alarm."""
    if not rule.explained_by_dependencies:
        return frozenset()
    above, id_ = state.graph.above(watch.device.id), watch.device.id
    return above | state.ways.above(id_) if rule.point == REACHABLE else above


def _is_undecided(state: State, watch: Watch, since: float) -> bool:
    if watch.heard < since:
        return True
    pending = [at for at in watch.links.causes if _is_pending(watch.conditions[at])]
    silent = [at for at in pending if watch.device.rules[at].point == REACHABLE]
    if len(silent) == len(pending) == 1 and way_is_cut(state, watch, watch.conditions[silent[0]]):
        return False
    return bool(pending)


# --- when something has moved --------------------------------------------------------------------------------------


def moved(state: State, watch: Watch, index: int) -> None:
    """A condition or its cause has changed: those whom it may explain are to be thought over."""
    links, id_ = watch.links, watch.device.id
    if index not in links.parts:
        return
    state.explained.clear()
    state.dirty.add(id_)
    if index in links.causes:
        state.dirty |= state.behind[id_]


def reconsider(state: State, now: Instant) -> list[AnyEvent]:
    """The alarms whose root cause is another one than they say; to be asked again until there are none."""
    dirty, state.dirty = state.dirty, set()
    return [event for id_ in sorted(dirty) for event in _reconsidered(state, state.watches[id_], now)]


def follow(state: State, changed: Collection[AnyEvent]) -> None:
    """Causes have changed: what stands behind these alarms is to be thought over too."""
    if not changed:
        return
    waiting = {id_ for id_, watch in state.watches.items() if watch.freed is not None}
    for event in changed:
        if isinstance(event, AlarmCauseChanged):
            watch = state.watches[event.alarm.resource]
            index = watch.links.ids.index(event.alarm.id)
            if not _explained(state, watch, index):
                moved(state, watch, index)
            elif waiting:  # to others it means what it meant before
                state.dirty |= waiting & state.behind[watch.device.id]


def _reconsidered(state: State, watch: Watch, now: Instant) -> Iterator[AnyEvent]:
    waiting = False
    alarms = state.durable.alarms
    for at in watch.links.effects:
        if not watch.conditions[at].active:
            continue
        id_ = watch.links.ids[at]
        if alarm_list.decide(alarms, id_, Trigger.EXPLAIN) is not AlarmCauseChanged:
            continue
        alarm, found = alarms.alarms[id_], _explained(state, watch, at)
        if found == alarm.root_cause:
            continue
        if not found and not _has_had_its_time(state, watch, watch.device.rules[at], now.mono):
            waiting, found = True, _followed(state, alarm.root_cause)
            if found == alarm.root_cause:
                continue
        yield AlarmCauseChanged(
            at=now, alarm=alarm.key, occurrence=alarm.occurrence, root_cause=found, before=alarm.root_cause
        )
    if not waiting:
        watch.freed = None


def _followed(state: State, causes: Causes) -> Causes:
    """Former causes, each of them that has got a cause itself replaced by that."""
    alarms = state.durable.alarms.alarms
    found: dict[Cause, None] = {}
    for cause in causes:
        root = alarms.get(cause.alarm)
        behind = root.root_cause if root is not None and not root.is_cleared else ()
        found.update(dict.fromkeys(behind or (cause,)))
    return tuple(found)


def _has_had_its_time(state: State, watch: Watch, rule: Rule, mono: float) -> bool:
    """Whether a device whose cause is gone has had time to come back, and a fresh answer says that it has not."""
    if watch.freed is None:
        watch.freed = mono
        arm(state, mono + watch.device.recovery_time, watch.device.id, RECHECK)
        ask(state, watch.device.id, mono)
    sampled = watch.sampled.mono if watch.sampled is not None else 0.0
    heard = watch.heard if rule.point == REACHABLE else sampled
    return mono >= watch.freed + watch.device.recovery_time and heard > watch.freed
