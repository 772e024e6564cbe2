"""What people may order, judged from the events alone: who takes care of which occurrence, and who came too late."""

from agent.core.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmClosed,
    AlarmRaised,
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    AnyEvent,
    LampsTested,
    OrderRefused,
)
from agent.core.inputs import Order, Verb
from agent.core.model import Branch, Severity
from agent.core.sequences import Reset
from agent.core.state import State
from tests.simulation.invariants import must

ANSWERS = {
    Verb.ACKNOWLEDGE: AlarmAcknowledged,
    Verb.CLOSE: AlarmClosed,
    Verb.ACCEPT: AnnunciationAcknowledged,
    Verb.SILENCE: AnnunciationSilenced,
    Verb.RESET: AnnunciationReset,
    Verb.LAMP_TEST: LampsTested,
}
"""What an order becomes that is carried out."""


class Case:
    """One alarm that somebody has still to do with."""

    def __init__(self, occurrence: int, severity: Severity, *, stands: bool, care: str) -> None:
        self.occurrence, self.severity, self.stands = occurrence, severity, stands
        self.care = care
        """`none`, `ack` or `closed`: of this occurrence, and of no other."""


class People:
    """Follows who does what.

    Args:
        branch: whose sequence and button decide what may be ordered.
    """

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._cases: dict[str, Case] = {}

    def forget(self, state: State) -> None:
        """The box was killed: what was not on the disk never happened."""
        self._cases = {
            id_: Case(one.occurrence, one.severity, stands=not one.is_cleared, care=one.operator_state)
            for id_, one in state.durable.alarms.alarms.items()
        }

    def check(self, state: State) -> None:
        """The list says of each alarm what the events say."""
        listed = {id_: one.operator_state for id_, one in state.durable.alarms.alarms.items()}
        cared = {id_: case.care for id_, case in self._cases.items()}
        must(listed == cared, f"the list says {listed}, the events say {cared}")

    def take_all(self, events: list[AnyEvent], order: Order | None) -> None:
        """The events of one step, and the order that was given with it."""
        own = [event for event in events if order is not None and getattr(event, "order", "") == order.id]
        must(order is None or own, f"no answer to {order}")
        for event in events:
            if order is not None and event is own[0]:  # what was due before it has happened by then
                self._judge(order, own)
            self._take(event)

    def _take(self, event: AnyEvent) -> None:
        match event:
            case AlarmRaised():
                self._cases[event.alarm.id] = Case(event.occurrence, event.severity, stands=True, care="none")
            case AlarmCleared():
                self._cases[event.alarm.id].stands = False
                self._drop(event.alarm.id)
            case AlarmAcknowledged() | AlarmClosed():
                care = "closed" if isinstance(event, AlarmClosed) else "ack"
                case = self._cases.get(event.alarm.id)
                must(case is not None, f"{event.alarm.id}: {care}, but it is not on the list")
                assert case is not None
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
        allowed = not order.denied and self._may(order)
        kind = ANSWERS[order.verb] if allowed else OrderRefused
        must(type(own[0]) is kind, f"{order} was answered by {own[0]}")
        acknowledged = {event.alarm.id for event in own[1:] if isinstance(event, AlarmAcknowledged)}
        must(len(own) == 1 + len(acknowledged), f"{order} was answered by {own}")
        wanted = self._with_the_button() if order.verb is Verb.ACCEPT and allowed else set()
        must(acknowledged == wanted, f"the button acknowledged {acknowledged}, not {wanted}")

    def _may(self, order: Order) -> bool:
        if order.verb is Verb.RESET:
            return self._branch.scheme.sequence is not Reset.AUTOMATIC
        if order.verb not in (Verb.ACKNOWLEDGE, Verb.CLOSE):
            return True
        case = self._cases.get(order.alarm)
        if case is None or order.occurrence not in (0, case.occurrence):
            return False
        return case.care == "none" or (order.verb is Verb.CLOSE and case.care == "ack")

    def _with_the_button(self) -> set[str]:
        if not self._branch.acknowledges:
            return set()
        cases = self._cases.items()
        return {id_ for id_, case in cases if case.care == "none" and case.severity is not Severity.CRITICAL}

    def _drop(self, alarm: str) -> None:
        case = self._cases[alarm]
        if not case.stands and case.care != "none":
            del self._cases[alarm]
