"""What must hold after each step of a day, whatever happens. Judged by means of their own, not by the core's."""

from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmClosed,
    AlarmRaised,
    AlarmSuppressionChanged,
    AnnunciationAcknowledged,
    AnyEvent,
)
from agent.core.limits import Beginning
from agent.core.model import Instant, Limit, Value
from agent.core.sequences import ALERTING, Sequence
from agent.core.state import State, decode_snapshot, encode_snapshot, indication

SLACK = 300.0
"""Seconds beyond hold and recovery time after which nothing may stand behind a cause that is gone."""


class ViolationError(AssertionError):
    """An invariant does not hold."""


def must(holds: object, what: str) -> None:
    """Fail unless something holds."""
    if not holds:
        raise ViolationError(what)


def is_abnormal(limit: Limit, value: Value) -> bool | None:
    """Whether a value is on the wrong side of a limit; None in the deadband."""
    if limit.among:
        return value in limit.among
    if limit.tokens:
        return bool(set(str(value).split()) & set(limit.tokens))
    if limit.raise_above is not None and isinstance(value, int | float):
        if value > limit.raise_above:
            return True
        clear = limit.raise_above if limit.clear_below is None else limit.clear_below
        return False if value <= clear else None
    raise ViolationError(f"a limit that this judge does not know: {limit}")


class Ledger:
    """Follows the events of a day: what stands, and which number it has. Outlives the box."""

    def __init__(self) -> None:
        self.standing: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self._began: dict[tuple[str, int], tuple[int, float]] = {}
        """By alarm and occurrence: in which boot of the day and at which of its seconds the reading was that raised it."""
        self._unseen: dict[str, int] = {}
        """By alarm its occurrence: root causes that stand or stood, and that nobody has acknowledged, neither the alarm nor the lamp."""
        self._lonely: dict[str, float] = {}
        """By alarm: since when it stands behind causes of which none stands."""

    def take(self, event: AnyEvent, last_answer: dict[str, float], boot: int, at: Instant) -> None:
        """One event of the core at its instant."""
        must(event.at == at, f"{event} at {at}")
        match event:
            case AlarmRaised():
                self._raised(event, boot)
            case AlarmCleared():
                self._cleared(event, last_answer, at.mono)
            case AlarmCauseChanged():
                must(event.root_cause != event.before, f"{event.alarm.id}: a cause changed into itself")
                self._unseen.pop(event.alarm.id, None)
            case AlarmAcknowledged() | AlarmClosed() | AlarmSuppressionChanged():
                self._unseen.pop(event.alarm.id, None)
            case AnnunciationAcknowledged():
                self._unseen.clear()
            case _:
                pass

    def _raised(self, event: AlarmRaised, boot: int) -> None:
        id_ = event.alarm.id
        must(id_ not in self.standing, f"{id_} was raised while it stood")
        must(
            event.occurrence == self.numbers.get(id_, 0) + 1,
            f"{id_}: occurrence {event.occurrence} is out of turn",
        )
        must(is_abnormal(event.evidence.limit, event.evidence.value), f"{id_} raised by {event.evidence}")
        must(all(cause.alarm != id_ for cause in event.root_cause), f"{id_} is its own cause")
        self.standing[id_] = self.numbers[id_] = event.occurrence
        crossed = event.evidence.crossed_mono
        must(crossed is not None and crossed <= event.at.mono, f"{id_} was crossed at {crossed}")
        self._began[id_, event.occurrence] = (boot, crossed or 0.0)
        if event.root_cause or event.suppressed:
            self._unseen.pop(id_, None)  # its cause alerts for it, or nobody is to be alerted
        else:
            self._unseen[id_] = event.occurrence

    def _cleared(self, event: AlarmCleared, last_answer: dict[str, float], mono: float) -> None:
        id_, evidence = event.alarm.id, event.evidence
        must(self.standing.pop(id_, None) == event.occurrence, f"{id_} was cleared though it did not stand")
        must(is_abnormal(evidence.limit, evidence.value) is False, f"{id_} cleared by {evidence}")
        heard = last_answer.get(event.alarm.resource)
        must(heard is not None and mono - heard <= 180.0, f"{id_} was cleared without a fresh answer")

    def forget(self, state: State) -> None:
        """The box starts: what was not on the disk never happened, what was is remembered."""
        alarms = state.durable.alarms
        self.standing = {id_: one.occurrence for id_, one in alarms.alarms.items() if not one.is_cleared}
        self.numbers = dict(alarms.occurrences)
        self._lonely.clear()
        occurrences = {id_: one.occurrence for id_, one in alarms.alarms.items()}
        self._unseen = {id_: one for id_, one in self._unseen.items() if occurrences.get(id_) == one}
        self._check_beginnings(state)

    def _check_beginnings(self, state: State) -> None:
        """What began when is as it was, within a boot to the second, and from one boot to another in order."""
        known = [(self._began[id_, self.standing[id_]], began) for id_, began in beginnings(state)]
        for (boot, second), beginning in known:
            must(beginning.mono == second, f"{beginning} instead of second {second}")
            for (other, _), another in known:
                same = (beginning.boots > another.boots) - (beginning.boots < another.boots)
                must(same == (boot > other) - (boot < other), f"{beginning} and {another}: {boot}, {other}")

    def check(self, state: State, mono: float) -> None:
        """The state after a step with events."""
        alarms = state.durable.alarms.alarms
        standing = {id_: one.occurrence for id_, one in alarms.items() if not one.is_cleared}
        must(standing == self.standing, f"the list says {standing}, the events say {self.standing}")
        _check_chattering(state)
        codes = [one.code for one in alarms.values()]
        must(len(set(codes)) == len(codes), "two alarms of one code")
        _check_windows(state)
        for id_ in self._unseen:
            window = state.durable.windows.get(id_)
            must(
                window is not None and window.sequence in ALERTING,
                f"nobody has seen {id_}, and it shows {window}",
            )
        _check_round_trip(state, mono)
        self._look_for_the_lonely(state, mono)

    def _look_for_the_lonely(self, state: State, mono: float) -> None:
        """Only events change who stands behind whom: between them nothing but time passes."""
        alarms, before = state.durable.alarms.alarms, self._lonely
        self._lonely = {}
        for id_, one in alarms.items():
            roots = [alarms.get(cause.alarm) for cause in one.root_cause]
            if not one.is_cleared and roots and not any(root and not root.is_cleared for root in roots):
                self._lonely[id_] = before.get(id_, mono)

    def check_causes(self, state: State) -> None:
        """Nothing that is heard of stands for long behind causes that are gone; to be asked after every step."""
        for id_, since in self._lonely.items():
            one = state.durable.alarms.alarms[id_]
            watch = state.watches[one.key.resource]
            must(
                watch.heard - since <= watch.device.recovery_time + SLACK,
                f"{id_} is hidden behind {one.root_cause}, which is gone",
            )


def beginnings(state: State) -> list[tuple[str, Beginning]]:
    """When the readings were that made active what stands."""
    return [
        (id_, condition.began)
        for watch in state.watches.values()
        for id_, condition in zip(watch.links.ids, watch.conditions, strict=True)
        if condition.active
    ]


def _check_chattering(state: State) -> None:
    """What chatters says so on the list, and only that."""
    alarms = state.durable.alarms.alarms
    for watch in state.watches.values():
        for id_, condition in zip(watch.links.ids, watch.conditions, strict=True):
            if condition.active:
                count = alarms[id_].chattering
                must(bool(count) == bool(condition.quiet), f"{id_} came {count} times, {condition}")


def _check_windows(state: State) -> None:
    """What stands has its window, and stands behind its causes there too, never behind one that hides itself."""
    alarms, windows = state.durable.alarms.alarms, state.durable.windows
    for id_, one in alarms.items():
        if one.is_cleared:
            continue
        must(id_ in windows, f"{id_} stands, but has no window")
        roots = [alarms.get(cause.alarm) for cause in one.root_cause]
        dark = [root for root in roots if root is None or root.suppressed]  # now, or when it was gone
        sequence = windows[id_].sequence
        what = f"{id_}: window {windows[id_]}, causes {one.root_cause}, suppressed by {one.suppressed}"
        must((sequence is Sequence.SUPPRESSED) == bool(one.suppressed), what)
        must((sequence is Sequence.BEHIND) == (one.behind and not one.suppressed), what)
        must(one.behind == bool(one.root_cause) or dark, what)
        for cause in one.root_cause:
            root = alarms.get(cause.alarm)
            known = root is not None and not root.is_cleared
            must(
                not (known and root and root.root_cause),
                f"{id_} stands behind {cause.alarm}, itself behind others",
            )


def _check_round_trip(state: State, mono: float) -> None:
    """The lamps show what a snapshot holds."""
    shown, kept = indication(state, mono), state.durable
    state.durable = decode_snapshot(encode_snapshot(kept))
    must(indication(state, mono) == shown, "the lamps show what the journal does not know")
    state.durable = kept
