"""What people may order, judged from the events alone: who takes care of which occurrence, and who came too late."""

import math

from agent.core.branch import Branch
from agent.core.events import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmCleared,
    AlarmClosed,
    AlarmRaised,
    AlarmSuppressionChanged,
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    AnyEvent,
    LampsTested,
    OrderRefused,
    SuppressionBegan,
    SuppressionEnded,
)
from agent.core.inputs import Order, Verb
from agent.core.model import Cause, Severity, alarm_key
from agent.core.sequences import Reset
from agent.core.state import State
from agent.core.suppression.held import REBOOT
from agent.core.suppression.nouns import Ending, Kind, id_of
from tests.simulation.invariants import must

ANSWERS = {
    Verb.ACKNOWLEDGE: AlarmAcknowledged,
    Verb.CLOSE: AlarmClosed,
    Verb.ACCEPT: AnnunciationAcknowledged,
    Verb.SILENCE: AnnunciationSilenced,
    Verb.RESET: AnnunciationReset,
    Verb.LAMP_TEST: LampsTested,
    Verb.SHELVE: SuppressionBegan,
    Verb.UNSHELVE: SuppressionEnded,
    Verb.TAKE_OUT: SuppressionBegan,
    Verb.RETURN: SuppressionEnded,
}
"""What an order becomes that is carried out."""


class Case:
    """One alarm that somebody has still to do with."""

    def __init__(self, occurrence: int, severity: Severity, *, stands: bool, care: str) -> None:
        self.occurrence, self.severity, self.stands = occurrence, severity, stands
        self.care = care
        """`none`, `ack` or `closed`: of this occurrence, and of no other."""
        self.suppressed = False
        self.causes: tuple[str, ...] = ()
        """Its root causes: if one of them alerted for it, its end asks for nothing."""


class Shelf:
    """One suppression: the second of the day and the boot in which it began, how long it lasts, and what it went through."""

    def __init__(self, began: float, boot: int, seconds: float | None) -> None:
        self.began, self.boot, self.seconds = began, boot, seconds
        self.reboots, self.idle = 0, 0.0

    def started(self, boot: int, idle: float) -> None:
        """The box starts: nobody knows, in another boot, what of the time since the last event has gone by."""
        self.reboots += boot != self.boot
        self.boot, self.idle = boot, self.idle + idle


class People:
    """Follows who does what.

    Args:
        branch: whose sequence and button decide what may be ordered.
    """

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._cases: dict[str, Case] = {}
        self._held: dict[str, Shelf] = {}
        """By suppression."""

    def forget(self, state: State, boot: int, idle: float) -> None:
        """The box starts: what was not on the disk never happened.

        Args:
            state: of the core.
            boot: of the box.
            idle: seconds since the last event on the disk.
        """
        alarms, before = state.durable.alarms.alarms, self._held
        self._cases = {
            id_: Case(one.occurrence, one.severity, stands=not one.is_cleared, care=one.operator_state)
            for id_, one in alarms.items()
        }
        for id_, case in self._cases.items():
            case.suppressed = bool(alarms[id_].suppressed)
            case.causes = _ids(alarms[id_].root_cause)
        self._held = {
            id_: before.get(id_, Shelf(-math.inf, boot, None)) for id_ in state.durable.suppressions
        }
        for shelf in self._held.values():
            shelf.started(boot, idle)

    def check(self, state: State) -> None:
        """The list says of each alarm what the events say."""
        for id_ in [id_ for id_, case in self._cases.items() if case.causes and not case.stands]:
            if id_ not in state.durable.alarms.alarms:  # nobody was alerted by it but by its cause
                del self._cases[id_]
        must(self._held.keys() == state.durable.suppressions.keys(), f"suppressed by {self._held.keys()}")
        listed = {id_: one.operator_state for id_, one in state.durable.alarms.alarms.items()}
        cared = {id_: case.care for id_, case in self._cases.items()}
        must(listed == cared, f"the list says {listed}, the events say {cared}")

    def take_all(self, events: list[AnyEvent], order: Order | None, now: float, boot: int) -> None:
        """The events of one step, and the order that was given with it."""
        own = [event for event in events if order is not None and getattr(event, "order", "") == order.id]
        must(order is None or own, f"no answer to {order}")
        for event in events:
            if order is not None and event is own[0]:  # what was due before it has happened by then
                self._judge(order, own)
            self._take(event)
            if isinstance(event, SuppressionBegan):
                self._held[event.suppression.id] = Shelf(now, boot, event.suppression.seconds)
            elif isinstance(event, SuppressionEnded):
                self._end(event, now)

    def _end(self, event: SuppressionEnded, now: float) -> None:
        """No step of the clock moves the end: to the second within one boot, and by what a reboot may cost otherwise."""
        shelf = self._held.pop(event.id)
        if event.cause is not Ending.TIME or shelf.seconds is None or shelf.began < 0:
            return
        lasted, what = now - shelf.began, f"{event.id} of {shelf.seconds} s"
        must(lasted >= shelf.seconds - REBOOT * shelf.reboots - 0.01, f"{what} ended after {lasted} s")
        must(lasted <= shelf.seconds + shelf.idle + 1.0, f"{what} ended only after {lasted} s")
        must(not event.carried or shelf.reboots, f"{what} was carried over no reboot")

    def _take(self, event: AnyEvent) -> None:
        match event:
            case AlarmRaised():
                case = Case(event.occurrence, event.severity, stands=True, care="none")
                case.suppressed, case.causes = bool(event.suppressed), _ids(event.root_cause)
                self._cases[event.alarm.id] = case
            case AlarmCleared():
                self._cases[event.alarm.id].stands = False
                self._drop(event.alarm.id)
            case AlarmCauseChanged():
                self._cases[event.alarm.id].causes = _ids(event.root_cause)
            case AlarmSuppressionChanged():
                self._cases[event.alarm.id].suppressed = bool(event.suppressed)
            case AlarmAcknowledged() | AlarmClosed():
                care = "closed" if isinstance(event, AlarmClosed) else "ack"
                must(event.alarm.id in self._cases, f"{event.alarm.id}: {care}, but it is not on the list")
                case = self._cases[event.alarm.id]
                must(case.occurrence == event.occurrence, f"{event.alarm.id}: {care} of another occurrence")
                must(
                    case.care in ("none", "ack")[: 1 + (care == "closed")], f"{event.alarm.id}: {care} twice"
                )
                case.care = care
                self._drop(event.alarm.id)
            case _:
                pass

    def _judge(self, order: Order, own: list[AnyEvent]) -> None:
        """An order at the moment at which it comes, with all that the core answered to it."""
        fixed = order.verb in (Verb.SET_LIMIT, Verb.REVERT_LIMIT)  # nothing of these devices may be changed
        allowed = not order.denied and not fixed and self._may(order)
        kind = ANSWERS[order.verb] if allowed else OrderRefused
        must(type(own[0]) is kind, f"{order} was answered by {own[0]}")
        acknowledged = {event.alarm.id for event in own[1:] if isinstance(event, AlarmAcknowledged)}
        must(len(own) == 1 + len(acknowledged), f"{order} was answered by {own}")
        wanted = self._with_the_button() if order.verb is Verb.ACCEPT and allowed else set()
        must(acknowledged == wanted, f"the button acknowledged {acknowledged}, not {wanted}")

    def _may(self, order: Order) -> bool:
        if order.verb is Verb.RESET:
            return self._branch.scheme.sequence is not Reset.AUTOMATIC
        if order.verb in (Verb.SHELVE, Verb.TAKE_OUT):
            return self._may_suppress(order)
        if order.verb in (Verb.UNSHELVE, Verb.RETURN):
            kind = Kind.SHELVED if order.verb is Verb.UNSHELVE else Kind.OUT_OF_SERVICE
            return id_of(kind, order.alarm if kind is Kind.SHELVED else order.device) in self._held
        if order.verb not in (Verb.ACKNOWLEDGE, Verb.CLOSE):
            return True
        case = self._cases.get(order.alarm)
        if case is None or order.occurrence not in (0, case.occurrence):
            return False
        return case.care == "none" or (order.verb is Verb.CLOSE and case.care == "ack")

    def _may_suppress(self, order: Order) -> bool:
        """With a reason, for a time that the site allows, of what is watched here."""
        devices = self._branch.devices
        if order.verb is Verb.TAKE_OUT:
            known, longest = order.device in devices, 30 * 86_400.0
        else:
            rules = {alarm_key(one, rule).id: rule for one in devices.values() for rule in one.rules}
            known = order.alarm in rules
            critical = known and rules[order.alarm].severity is Severity.CRITICAL
            longest = 4 * 3_600.0 if critical else 86_400.0
        return known and order.note.strip() != "" and 60.0 <= order.seconds <= longest

    def _with_the_button(self) -> set[str]:
        if not self._branch.acknowledges:
            return set()
        cases = self._cases.items()
        return {id_ for id_, case in cases if self._alerts(case) and case.severity is not Severity.CRITICAL}

    def _alerts(self, case: Case) -> bool:
        """Whether somebody in the room can see that it wants him: it is neither dark nor behind a cause that does."""
        if case.care != "none" or case.suppressed:
            return False
        causes = [self._cases.get(id_) for id_ in case.causes if case.stands]
        return all(cause is not None and cause.suppressed for cause in causes)

    def _drop(self, alarm: str) -> None:
        case = self._cases[alarm]
        if not case.stands and (case.care != "none" or case.suppressed):
            del self._cases[alarm]


def _ids(causes: tuple[Cause, ...]) -> tuple[str, ...]:
    return tuple(one.alarm for one in causes)
