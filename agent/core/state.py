"""What the core remembers: a durable part that the journal rebuilds, and a transient part that it does not.

Durable: the alarm list and the annunciator's windows; changed only by events. Transient: last readings, pending
delays, timers; gone with the process, so that after a restart nothing is raised or cleared before a fresh sample.
"""

import heapq
import math
from collections.abc import Mapping

import msgspec
from msgspec import Struct, field

from agent.core import adjustments
from agent.core.adjustments import Override
from agent.core.alarm_states import AlarmState
from agent.core.alarms import AlarmList
from agent.core.annunciator import LAMP_TEST, Indication, Window, indicate
from agent.core.branch import Branch
from agent.core.events import Evidence, Witness
from agent.core.graph import Graph, all_below, device_of
from agent.core.limits import Condition
from agent.core.links import Links, links_of, witnesses_of
from agent.core.model import (
    REACHABLE,
    Bad,
    Cause,
    ClockQuality,
    Device,
    Instant,
    Quality,
    Rule,
    Value,
    alarm_key,
)
from agent.core.runs import Run
from agent.core.sequences import Scheme
from agent.core.suppression.held import Held, Seen
from agent.core.suppression.nouns import Suppressed
from agent.core.wall_clock import WallClock


class Durable(Struct):
    """What events build and a snapshot holds."""

    alarms: AlarmList = field(default_factory=AlarmList)
    windows: dict[str, Window] = {}
    scheme: Scheme = Scheme()
    """By which the windows move; the start of the box says so."""
    overrides: dict[str, Override] = {}
    """What was changed on site, by alarm."""
    suppressions: dict[str, Held] = {}
    latest: Instant | None = None
    """When the last event was."""
    run: Run | None = None
    """The last run that the journal tells of."""
    clock: WallClock = field(default_factory=WallClock)
    """What is known of the wall clock, now and in earlier boots."""


class Watch(Struct):
    """The transient memory of one device."""

    device: Device
    """With the limits in force; `branch` has those of the configuration."""
    conditions: list[Condition]
    """One per rule, in the order of `device.rules`."""
    links: Links
    values: Mapping[str, Value | Bad] = {}
    sampled: Instant | None = None
    """When the device last answered."""
    heard: float = 0.0
    """Monotonic second of the last word of its source, good or bad."""
    cause: str = ""
    """Why it does not answer; empty while it does."""
    unsettled: bool = True
    """Whether the next answer must be judged even if it is like the last."""
    asked: float = -math.inf
    """Monotonic second at which it was last asked out of turn."""
    fell: float | None = None
    """Monotonic second of the first failure since its last answer; None while it answers, and before it ever did."""
    witness: Witness | None = None
    """What its silence began together with, where that makes more of it."""
    freed: float | None = None
    """Monotonic second at which the cause of one of its standing alarms was gone; None while none waits for that."""


class Timer(Struct, frozen=True, order=True):
    """A moment at which a device must be looked at again: one of its rules, `SILENCE`, `RECHECK` or `COUNTED`."""

    due: float
    device: str
    rule: int


SILENCE = -1
"""The `rule` of the timer that asks whether a device's source has said anything."""
RECHECK = -2
"""The `rule` of the timer that asks whether a device has come back after what it depends on has."""
COUNTED = -3
"""The `rule` of the timer that asks whether brief conditions of a device were only counted and may be told now."""


class Calendar(Struct):
    """The transient memory of what begins and ends by time."""

    due: float = math.inf
    """Monotonic second at which to look again."""
    offset: float = 0.0
    """Wall minus monotonic seconds when it was looked at last: it jumps when the wall clock is set."""
    quality: ClockQuality = ClockQuality.UNSYNCED
    began: float = math.inf
    """Monotonic second at which the core began to watch."""
    designs: dict[str, Seen] = {}


class State(Struct):
    """Everything the core knows."""

    branch: Branch
    durable: Durable
    watches: dict[str, Watch]
    graph: Graph
    """Who needs whom to work."""
    ways: Graph
    """Who is reached through whom."""
    behind: Mapping[str, frozenset[str]]
    """By device: those whose alarms it may explain, or let others explain: it cuts off who would explain them."""
    witnesses: Mapping[str, tuple[tuple[str, int], ...]] = {}
    """By alarm: the rules, by device and place, for which its condition makes more of a silence."""
    explained: dict[tuple[str, int], tuple[Cause, ...]] = {}
    """Root causes by device and rule, as far as they have been worked out since something moved."""
    held: set[tuple[str, int]] = set()
    """Raises, by device and rule, that wait for what may be their cause."""
    levels: dict[tuple[str, int], Evidence] = {}
    """Alarms, by device and rule, some level of which has moved in this step, and what speaks for it."""
    dirty: set[str] = set()
    """Devices whose standing alarms are to be thought over."""
    asks: set[str] = set()
    """Devices that are to be asked out of turn."""
    codes: set[str] = set()
    """Codes of the alarms on the list, and of those that are about to come on it."""
    timers: list[Timer] = []
    testing_until: float = 0.0
    """Monotonic second at which the lamp test ends."""
    believed: ClockQuality = ClockQuality.UNSYNCED
    """How far the wall clock was believed when it was looked at last."""
    calendar: Calendar = field(default_factory=Calendar)
    cover: Mapping[str, tuple[Suppressed, ...]] = {}
    """By alarm what suppresses it."""
    covered: bool = True
    """Whether `cover` is up to date."""


def new_state(branch: Branch, durable: Durable | None = None) -> State:
    """The state of a core that begins to watch `branch` with what the journal remembers.

    A condition begins where its alarm stands, so that only a fresh reading can move it.
    """
    durable = durable or Durable()
    graph = Graph({id_: device.depends_on for id_, device in branch.devices.items()})
    ways = Graph({id_: device.reached_through for id_, device in branch.devices.items()})
    words = graph.words | ways.words
    watches = {
        id_: Watch(
            adjustments.device_on_site(device, durable.overrides),
            [_condition(branch, durable, alarm_key(device, rule).id, rule) for rule in device.rules],
            links_of(device, words),
        )
        for id_, device in branch.devices.items()
    }
    codes = {alarm.code for alarm in durable.alarms.alarms.values()}
    return State(
        branch,
        durable,
        watches,
        graph,
        ways,
        all_below(graph, ways),
        witnesses=witnesses_of(branch.devices),
        codes=codes,
    )


def take_asks(state: State) -> frozenset[str]:
    """The devices that are to be asked out of turn, each told once."""
    asks, state.asks = frozenset(state.asks), set()
    return asks


def _condition(branch: Branch, durable: Durable, alarm: str, rule: Rule) -> Condition:
    standing = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.CLOSED)
    if durable.alarms.state(alarm) not in standing or not rule.will_clear:
        return Condition()
    one = durable.alarms.alarms[alarm]
    if rule.worsens:
        return Condition(active=one.severity >= rule.severity, began=one.began)
    quiet = branch.chatter.quiet if one.chattering else 0.0
    return Condition(active=True, began=one.began, quiet=quiet, comings=one.chattering)


def place_of(state: State, alarm: str) -> tuple[Watch, int] | None:
    """The rule that raises an alarm: the memory of its device, its place there; None where nothing of the branch does."""
    watch = state.watches.get(device_of(alarm))
    if watch is None or alarm not in watch.links.ids:
        return None
    return watch, watch.links.ids.index(alarm)


def will_clear(state: State, alarm: str) -> bool:
    """Whether a reading may clear an alarm (RFC 8632, will-clear)."""
    place = place_of(state, alarm)
    return place is None or place[0].device.rules[place[1]].will_clear


def is_abnormal(state: State, alarm: str) -> bool:
    """Whether the condition of an alarm holds now."""
    place = place_of(state, alarm)
    return place is not None and place[0].conditions[place[1]].active


def arm(state: State, due: float, device: str, rule: int) -> None:
    """Have a device looked at again at a monotonic second."""
    heapq.heappush(state.timers, Timer(due, device, rule))


def next_due(state: State) -> float | None:
    """The monotonic second at which the core wants a `Tick`, or None."""
    due = [state.timers[0].due] if state.timers else []
    if state.testing_until:
        due.append(state.testing_until)
    if state.calendar.due < math.inf:
        due.append(state.calendar.due)
    return min(due, default=None)


def is_fresh(watch: Watch, mono: float) -> bool:
    """Whether a device's readings may still be believed."""
    return watch.sampled is not None and mono - watch.sampled.mono <= watch.device.stale_after


def is_reachable(watch: Watch) -> bool:
    """Whether a device counts as answering: its `unreachable` condition does not hold."""
    return not any(
        condition.active
        for condition, rule in zip(watch.conditions, watch.device.rules, strict=True)
        if rule.point == REACHABLE
    )


def quality_of(watch: Watch, point: str, mono: float) -> Quality:
    """How far a point may be believed now. The points of an unreachable device are stale."""
    if point not in watch.values or not is_fresh(watch, mono) or not is_reachable(watch):
        return Quality.STALE
    return Quality.BAD if isinstance(watch.values[point], Bad) else Quality.GOOD


def is_watching(state: State, mono: float) -> bool:
    """Whether the branch is being polled: at least one of its devices gave a fresh answer."""
    return any(
        not watch.device.built_in and not watch.cause and is_fresh(watch, mono)
        for watch in state.watches.values()
    )


def indication(state: State, mono: float) -> Indication:
    """What lamps and horn show now."""
    if mono < state.testing_until:
        return LAMP_TEST
    durable = state.durable
    return indicate(
        durable.windows.values(),
        durable.scheme,
        mono,
        watching=is_watching(state, mono),
        heartbeat=state.branch.heartbeat,
    )


def encode_snapshot(durable: Durable) -> bytes:
    """The durable part as a snapshot holds it."""
    return msgspec.json.encode(durable)


def decode_snapshot(body: bytes) -> Durable:
    """The durable part of a snapshot.

    Raises:
        msgspec.DecodeError: the snapshot is of another version.
    """
    return msgspec.json.decode(body, type=Durable)
