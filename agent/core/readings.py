"""What follows from readings and from the passing of time: conditions move, and alarms with them."""

import heapq

from agent.core import alarms as alarm_list
from agent.core import correlation, lost, moving, passing
from agent.core.alarm_states import Trigger
from agent.core.events import AlarmChattering, AnyEvent, Witness
from agent.core.evidence import evidence_of
from agent.core.excuses import excuse_of
from agent.core.inputs import Polled, PollFailed, Tick
from agent.core.limits import (
    Change,
    Condition,
    Verdict,
    come_to_rest,
    due_of,
    is_restless,
    observe,
    settle,
)
from agent.core.model import REACHABLE, Bad, Instant, Rule, Unless, Value, alarm_key
from agent.core.state import COUNTED, RECHECK, SILENCE, State, Watch, arm, is_fresh

EXCUSED = Bad("excused")
"""Stands for a reading that says nothing since something is known that explains it."""


def begin(state: State, now: Instant) -> None:
    """Begin to wait for the first word of every device, and to think over what stands."""
    state.dirty.update(state.watches)
    for watch in state.watches.values():
        for index, condition in enumerate(watch.conditions):
            if condition.quiet:
                condition.turned = now.mono
                arm(state, now.mono + condition.quiet, watch.device.id, index)
        watch.heard = now.mono
        arm(state, now.mono + watch.device.stale_after, watch.device.id, SILENCE)


def begin_anew(watch: Watch) -> None:
    """The device was started anew: its counters have nothing to do with what they were."""
    for condition in watch.conditions:
        if condition.trail is not None:
            condition.trail.forget()


def on_tick(state: State, _given: Tick, now: Instant) -> list[AnyEvent]:
    """What was due by now: pending delays, and devices of which nothing is heard."""
    if state.testing_until <= now.mono:
        state.testing_until = 0.0
    events: list[AnyEvent] = []
    while state.timers and state.timers[0].due <= now.mono:
        timer = heapq.heappop(state.timers)
        round_ = _Round(state, state.watches[timer.device], now, events)
        if timer.rule == SILENCE:
            round_.ask_whether_heard()
        elif timer.rule == RECHECK:
            state.dirty.add(timer.device)
        elif timer.rule == COUNTED:
            events += passing.overdue(round_.watch, now)
        else:
            round_.delay_ended(timer.rule)
    return events


def released(state: State, heard: str, now: Instant) -> list[AnyEvent]:
    """Raises that waited for what may be their cause and need not any longer.

    Args:
        state: of the core.
        heard: the device that was heard of, besides those that are to be thought over.
        now: the instant.
    """
    events: list[AnyEvent] = []
    for device, index in correlation.waiting_for(state, heard):
        watch = state.watches[device]
        if not correlation.must_wait(state, watch, index, now.mono):
            state.held.discard((device, index))
            _Round(state, watch, now, events).settle(index)
    return events


def on_polled(state: State, given: Polled, now: Instant) -> list[AnyEvent]:
    """What follows from an answer. An unchanged one costs next to nothing."""
    watch = state.watches.get(given.device)
    if watch is None:
        return []
    watch.heard = now.mono
    watch.sampled = now
    if watch.freed is not None:
        state.dirty.add(given.device)
    if not watch.unsettled and (given.values is watch.values or given.values == watch.values):
        return []
    watch.values = given.values
    watch.unsettled = False
    round_ = _Round(state, watch, now, [])
    round_.observe_reachable(cause="")
    for index, rule in enumerate(watch.device.rules):
        if rule.point != REACHABLE and rule.point in given.values:
            round_.observe(index, given.values[rule.point])
    round_.observe_counts()
    for index in watch.links.restless:
        if is_restless(watch.conditions[index], watch.device.rules[index]):
            watch.unsettled = True
    return round_.events


def on_poll_failed(state: State, given: PollFailed, now: Instant) -> list[AnyEvent]:
    """What follows from the absence of an answer."""
    watch = state.watches.get(given.device)
    if watch is None:
        return []
    watch.heard = now.mono
    if watch.freed is not None:
        state.dirty.add(given.device)
    round_ = _Round(state, watch, now, [])
    round_.observe_reachable(cause=f"{given.cause}: {given.detail}" if given.detail else given.cause)
    return round_.events


class _Round:
    """One look at one device at one instant; collects the events."""

    __slots__ = ("events", "now", "state", "watch")

    def __init__(self, state: State, watch: Watch, now: Instant, events: list[AnyEvent]) -> None:
        self.state = state
        self.watch = watch
        self.now = now
        self.events = events

    def ask_whether_heard(self) -> None:
        """A device of which even its source says nothing does not answer either."""
        device = self.watch.device
        due = self.watch.heard + device.stale_after
        if due <= self.now.mono:
            self.observe_reachable(cause="silent")
            due = self.now.mono + device.stale_after
        arm(self.state, due, device.id, SILENCE)

    def observe_reachable(self, cause: str) -> None:
        """Take in whether the device answers, and if not, why."""
        watch = self.watch
        watch.cause = cause
        watch.unsettled = watch.unsettled or bool(cause)
        if not cause:
            watch.fell = watch.witness = None
        elif watch.fell is None:
            watch.fell = self.now.mono
        for index, rule in enumerate(watch.device.rules):
            if rule.point == REACHABLE:
                self.observe(index, not cause if rule.lost is None else self._as_lost(rule))

    def _as_lost(self, rule: Rule) -> Value | Bad:
        """Whether its silence is no more than silence; it takes an answer to say that it is over."""
        watch = self.watch
        if watch.cause and watch.witness is None:
            watch.witness = lost.witness_of(self.state, watch, rule, self.now.mono)
        return Bad("silent") if watch.cause and watch.witness is None else not watch.cause

    def observe_counts(self) -> None:
        """Take in how often conditions passed; such a count changes by time alone."""
        for index in self.watch.links.often:
            count = passing.count(self.watch, index, self.now.mono)
            self.observe(index, count)
            self.watch.unsettled = self.watch.unsettled or bool(count) or self.watch.conditions[index].active

    def observe(self, index: int, value: Value | Bad) -> None:
        """Take one value into the condition of one rule."""
        condition, rule, mono = self.watch.conditions[index], self.watch.device.rules[index], self.now.mono
        excuse = excuse_of(condition, rule, self.watch.values, mono) if rule.unless else None
        before = condition.said
        due = observe(condition, rule, value if excuse is None else EXCUSED, mono, self.now.wall)
        if before is Verdict.ABNORMAL and condition.said is not before and excuse is None:
            condition.over = mono
        if rule.brief is not None or rule.unless:
            self._follow(index, value, excuse)
        if condition.said is Verdict.ABNORMAL and self.state.witnesses:
            self._testify(index)
        if due is None:
            return
        if not condition.active:
            correlation.suspect(self.state, self.watch, index, mono)
        if due <= mono:
            self.settle(index)
        else:
            self._arm(index, due)

    def _follow(self, index: int, value: Value | Bad, excuse: Unless | None) -> None:
        """Follow what may pass without an alarm; what is only counted is told when its time has come."""
        before = self.watch.conditions[index].brief
        counted = before.untold if before is not None else 0
        self.events += passing.follow(self.watch, index, value, excuse, self.now)
        memory = self.watch.conditions[index].brief
        if memory is not None and memory.untold > counted == 0:
            arm(self.state, memory.due, self.watch.device.id, COUNTED)

    def _testify(self, index: int) -> None:
        """What is seen here makes more of the silence of others."""
        rule = self.watch.device.rules[index]
        for other, at in lost.testifies(self.state, self.watch, index, self.now.mono):
            apart = (other.fell or 0.0) - self.now.mono
            other.witness = Witness(self.watch.links.ids[index], rule.text, apart)
            _Round(self.state, other, self.now, self.events).observe(at, value=False)

    def delay_ended(self, index: int) -> None:
        """The timer of a rule went off: decide, or wait on if the delay began anew meanwhile."""
        condition = self.watch.conditions[index]
        condition.timed = False
        due = due_of(condition, self.watch.device.rules[index])
        if due is not None and due > self.now.mono:
            self._arm(index, due)
        else:
            self.settle(index)

    def _arm(self, index: int, due: float) -> None:
        condition = self.watch.conditions[index]
        if not condition.timed:
            condition.timed = True
            arm(self.state, due, self.watch.device.id, index)

    def settle(self, index: int) -> None:
        """Move a condition whose delay has ended, and its alarm with it."""
        state, watch, now = self.state, self.watch, self.now
        condition, rule = watch.conditions[index], watch.device.rules[index]
        if correlation.must_wait(state, watch, index, now.mono):
            self._hold(index)
            return
        evidence = evidence_of(watch, index, now)
        fresh = self._is_good(condition, rule)
        chattered = bool(condition.quiet)
        chatter = None if rule.worsens else state.branch.chatter
        boots = state.durable.alarms.boots
        change = settle(condition, rule, now.mono, fresh=fresh, chatter=chatter, boots=boots)
        if chattered and change is not None:
            self._rest(index)
        if change is Change.RAISE or change is Change.CLEAR:
            correlation.moved(state, watch, index)
            self.events += moving.follow(state, watch, index, change, evidence=evidence, now=now)
            if condition.quiet:
                self._chatter(index)
        elif condition.since is not None and not fresh:
            # Nothing to believe at the moment the delay ends: the next answer decides.
            watch.unsettled = True

    def _chatter(self, index: int) -> None:
        """The raise just decided is one too many: from now on it is held."""
        condition, rule = self.watch.conditions[index], self.watch.device.rules[index]
        self._arm(index, condition.turned + condition.quiet)
        occurrence = self.state.durable.alarms.occurrences.get(self.watch.links.ids[index], 0) + 1
        self._tell_chattering(condition, rule, occurrence, began=True)

    def _rest(self, index: int) -> None:
        """It chatters no more; if its alarm still stands, that is told, with how things are."""
        condition, rule = self.watch.conditions[index], self.watch.device.rules[index]
        come_to_rest(condition)
        id_, alarms = self.watch.links.ids[index], self.state.durable.alarms
        if alarm_list.decide(alarms, id_, Trigger.CHATTER) is AlarmChattering:
            self._tell_chattering(condition, rule, alarms.alarms[id_].occurrence, began=False)

    def _tell_chattering(self, condition: Condition, rule: Rule, occurrence: int, *, began: bool) -> None:
        self.events.append(
            AlarmChattering(
                at=self.now,
                alarm=alarm_key(self.watch.device, rule),
                occurrence=occurrence,
                began=began,
                count=condition.comings,
                standing=condition.active,
            )
        )

    def _hold(self, index: int) -> None:
        due = due_of(self.watch.conditions[index], self.watch.device.rules[index])
        if due is not None:
            self.state.held.add((self.watch.device.id, index))
            self._arm(index, due + self.state.branch.hold)

    def _is_good(self, condition: Condition, rule: Rule) -> bool:
        if rule.point == REACHABLE:
            return True
        answering = not self.watch.cause and is_fresh(self.watch, self.now.mono)
        known = rule.often is not None or rule.point in self.watch.values
        return answering and known and condition.said is not None
