"""The tables of the alarm list: complete, consistent with each other, and obeyed."""

import itertools

import pytest
from msgspec.structs import replace

from agent.core.alarm_states import DECISIONS, TRANSITIONS, AlarmState, Refusal, Trigger
from agent.core.alarms import HISTORY, AlarmList, decide, evolve
from agent.core.events import AlarmAcknowledged, AlarmCleared, AlarmClosed, AlarmEvent, AlarmRaised, Evidence
from agent.core.model import AlarmKey, Instant, Layer, Severity, Text
from tests.core.branch import LI

KEY = AlarmKey("ups-1", "battery.low")
AT = Instant(1.0, 1_800_000_000.0)
TEXT = Text("low", "低")


def event(kind: type[AlarmEvent], occurrence: int = 1) -> AlarmEvent:
    """An event of a kind about the one alarm of these tests."""
    evidence = Evidence("battery.charge", 5.0)
    if kind is AlarmRaised:
        return AlarmRaised(
            at=AT,
            alarm=KEY,
            occurrence=occurrence,
            code="123",
            severity=Severity.CRITICAL,
            layer=Layer.POWER,
            text=TEXT,
            action=TEXT,
            causes=TEXT,
            evidence=evidence,
        )
    if kind is AlarmCleared:
        return AlarmCleared(at=AT, alarm=KEY, occurrence=occurrence, evidence=evidence)
    return kind(at=AT, alarm=KEY, occurrence=occurrence, by=LI)


PATHS: dict[AlarmState, list[type[AlarmEvent]]] = {
    AlarmState.NORMAL: [],
    AlarmState.UNACKNOWLEDGED: [AlarmRaised],
    AlarmState.ACKNOWLEDGED: [AlarmRaised, AlarmAcknowledged],
    AlarmState.RETURNED: [AlarmRaised, AlarmCleared],
    AlarmState.CLOSED: [AlarmRaised, AlarmClosed],
}


def in_state(state: AlarmState) -> AlarmList:
    """A list whose one alarm stands in a state, reached by events."""
    alarms = AlarmList()
    for kind in PATHS[state]:
        evolve(alarms, event(kind))
    assert alarms.state(KEY.id) is state
    return alarms


@pytest.mark.parametrize(("state", "trigger"), list(itertools.product(AlarmState, Trigger)))
def test_every_trigger_has_a_decision_in_every_state(state: AlarmState, trigger: Trigger) -> None:
    """A decided event is one that the transitions know; a refusal says why."""
    decision = DECISIONS[state][trigger]
    assert isinstance(decision, Refusal) or decision in TRANSITIONS[state]
    assert decide(in_state(state), KEY.id, trigger) is decision


@pytest.mark.parametrize(
    ("state", "kind"),
    list(itertools.product(AlarmState, [AlarmRaised, AlarmCleared, AlarmAcknowledged, AlarmClosed])),
)
def test_an_event_moves_the_list_as_the_table_says_or_not_at_all(
    state: AlarmState, kind: type[AlarmEvent]
) -> None:
    """An event that cannot follow raises, and the list is as it was."""
    alarms = in_state(state)
    if kind in TRANSITIONS[state]:
        evolve(alarms, event(kind, 2))
        assert alarms.state(KEY.id) is TRANSITIONS[state][kind]
    else:
        with pytest.raises(ValueError, match="cannot follow"):
            evolve(alarms, event(kind, 2))
        assert alarms.state(KEY.id) is state


def test_transitions_are_decided_by_something() -> None:
    """No row of the transitions is dead: each event of it is some trigger's decision in that state."""
    for state, row in TRANSITIONS.items():
        assert set(row) == {made for made in DECISIONS[state].values() if not isinstance(made, Refusal)}


def test_a_new_occurrence_is_not_acknowledged_by_the_old_acknowledgement() -> None:
    """An acknowledgement belongs to the occurrence and dies with it."""
    alarms = in_state(AlarmState.ACKNOWLEDGED)
    evolve(alarms, event(AlarmCleared))
    evolve(alarms, event(AlarmRaised, 2))
    assert alarms.alarms[KEY.id].operator_state == "none"
    assert alarms.occurrences[KEY.id] == 2


def test_a_raise_before_the_acknowledgement_keeps_the_history() -> None:
    """An alarm that comes back unacknowledged is the same alarm with one more status change."""
    alarms = in_state(AlarmState.RETURNED)
    evolve(alarms, event(AlarmRaised, 2))
    assert [change.cleared for change in alarms.alarms[KEY.id].status_changes] == [False, True, False]


def test_a_raise_before_the_acknowledgement_keeps_the_age() -> None:
    """The alarm is as old as its first occurrence that nobody has dealt with, and was raised now."""
    alarms = in_state(AlarmState.RETURNED)
    later = replace(AT, mono=AT.mono + 60.0, wall=AT.wall + 60.0)
    evolve(alarms, replace(event(AlarmRaised, 2), at=later))
    alarm = alarms.alarms[KEY.id]
    assert (alarm.time_created, alarm.last_raised) == (AT, later)


def test_the_history_keeps_the_newest_changes() -> None:
    """An alarm that comes and goes all night does not fill the memory (RFC 8632 proposes 32 changes)."""
    alarms = AlarmList()
    for occurrence in range(1, HISTORY + 1):
        evolve(alarms, replace(event(AlarmRaised, occurrence), severity=Severity.MINOR))
        evolve(alarms, event(AlarmCleared, occurrence))
    evolve(alarms, event(AlarmRaised, HISTORY + 1))
    changes = alarms.alarms[KEY.id].status_changes
    assert len(changes) == HISTORY
    assert (changes[-1].severity, changes[-2].severity) == (Severity.CRITICAL, Severity.MINOR)


@pytest.mark.parametrize(
    ("state", "is_cleared", "operator"),
    [
        (AlarmState.UNACKNOWLEDGED, False, "none"),
        (AlarmState.ACKNOWLEDGED, False, "ack"),
        (AlarmState.RETURNED, True, "none"),
        (AlarmState.CLOSED, False, "closed"),
    ],
)
def test_states_have_their_cell_of_rfc_8632(state: AlarmState, is_cleared: bool, operator: str) -> None:
    """ISA-18.2's states are the cells of is-cleared and operator-state."""
    alarm = in_state(state).alarms[KEY.id]
    assert (alarm.is_cleared, alarm.operator_state) == (is_cleared, operator)
