"""Root causes: one fault is one alarm with its consequences, whatever the order in which it is seen."""

import itertools

import pytest
from msgspec.structs import replace

from agent.core.alarms import impacted
from agent.core.branch import Branch
from agent.core.events import AlarmCauseChanged, AlarmRaised, subject
from agent.core.inputs import Order, Polled, Verb
from agent.core.model import Cause, Layer, Limit, Rule, Severity
from agent.core.sequences import Sequence
from agent.core.state import take_asks
from tests.core.branch import LI, UNREACHABLE_RULE, Room, text
from tests.core.chain import CHAIN, DOWN, OUTPUT_OFF, SILENT, Chain, device

UPS, SWITCH, PBX, GATEWAY = (f"{id_}.unreachable" for id_ in ("ups-1", "switch-1", "pbx-1", "gw-1"))
SERVICE_DOWN = Cause("pbx-1", "pbx-1.service-down")
BLACKOUT = {"ups-1", "switch-1", "pbx-1", "gw-1"}


def test_a_dead_ups_is_one_alarm_with_three_impacted_resources() -> None:
    """UPS dead, switch dark, PBX unreachable, gateway gone: all that follows names the UPS as its cause."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    assert room.causes() == {UPS: (), SWITCH: (UPS,), PBX: (UPS,), GATEWAY: (UPS,)}
    assert impacted(room.state.durable.alarms, UPS) == ("gw-1", "pbx-1", "switch-1")
    alerting = [
        id_ for id_, window in room.state.durable.windows.items() if window.sequence is Sequence.ALERT
    ]
    assert alerting == [UPS]


def test_what_is_well_again_is_impacted_no_more() -> None:
    """Also while it is on the list still: its cause is shelved, so that it alerted, and nobody has acknowledged that."""
    room = Chain()
    room.give(Order("o-2", Verb.SHELVE, LI, UPS, note="work", seconds=9_000.0))
    room.dead = set(BLACKOUT)
    room.run(60)
    room.dead.discard("switch-1")
    room.run(15)
    assert SWITCH in room.state.durable.alarms.alarms
    assert impacted(room.state.durable.alarms, UPS) == ("gw-1", "pbx-1")


@pytest.mark.parametrize("order", list(itertools.permutations(sorted(BLACKOUT)))[::5])
def test_the_order_in_which_devices_are_found_dead_does_not_matter(order: tuple[str, ...]) -> None:
    """Parent polled after child (LibreNMS 3293, 8353): the cause is the same, and a consequence never alerts alone."""
    room = Chain()
    for id_ in order:
        room.dead.add(id_)
        room.poll(id_)
        room.wait(0.5)
    room.dead = set(BLACKOUT)
    room.run(60)
    assert room.causes() == {UPS: (), SWITCH: (UPS,), PBX: (UPS,), GATEWAY: (UPS,)}
    assert not [one for one in room.events if isinstance(one, AlarmCauseChanged)]


def test_the_parent_is_asked_at_once_when_a_child_fails() -> None:
    """Before anything is said of the child, and not again within seconds."""
    room = Chain()
    take_asks(room.state)
    room.wait(20)
    room.failed("gw-1")
    assert take_asks(room.state) == {"pbx-1", "switch-1", "ups-1"}
    room.wait(1)
    room.failed("gw-1")
    assert take_asks(room.state) == frozenset()


@pytest.mark.parametrize("seen", [False, True])
def test_a_child_waits_for_a_parent_that_has_not_spoken_but_not_for_ever(seen: bool) -> None:
    """The raise comes after the hold at the latest, as its own cause; the late parent then takes it over."""
    room = Chain()
    room.dead = {"gw-1", "pbx-1"}
    room.wait(1)
    room.failed("gw-1")
    for _ in range(44):
        room.wait(1.0)
        assert GATEWAY not in room.causes()
    room.wait(1.0)
    assert room.causes() == {GATEWAY: ()}
    if seen:
        room.order(Verb.ACCEPT)
    room.failed("pbx-1")
    room.run(50)
    assert room.causes() == {PBX: (), GATEWAY: (PBX,)}
    assert room.state.durable.windows[GATEWAY].sequence is Sequence.BEHIND


def test_a_parent_that_answers_lets_the_child_speak_at_the_end_of_its_own_delay() -> None:
    """Only the child is dead: no second is lost."""
    room = Chain()
    room.dead = {"gw-1"}
    began = room.mono
    room.poll("gw-1")
    room.run(40)
    raised = next(one for one in room.events if isinstance(one, AlarmRaised))
    assert (subject(raised), raised.at.mono - began, raised.root_cause) == (GATEWAY, 30.0, ())


def test_an_alarm_of_a_part_explains_who_hangs_on_that_part() -> None:
    """The port of the PBX went down: the PBX's silence is its consequence, other devices' is not."""
    room = Chain()
    room.says["switch-1"] = {"port.pbx": "down"}
    room.dead = {"pbx-1", "acd-1"}
    room.run(60)
    assert room.causes() == {
        "switch-1.pbx-port-down": (),
        PBX: ("switch-1.pbx-port-down",),
        "acd-1.unreachable": (),
    }


def test_what_happened_explains_more_than_the_silence_after_it() -> None:
    """The UPS said that its output is off before it fell silent: that is the cause."""
    room = Chain()
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.run(15)
    room.dead = {"ups-1", "switch-1"}
    room.run(60)
    assert room.causes()[SWITCH] == ("ups-1.output-off",)


def test_what_happens_later_is_not_the_cause() -> None:
    """The switch has been silent for minutes when the UPS tells of its end: that is another fault."""
    room = Chain()
    room.dead = {"switch-1"}
    room.run(400)
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.run(60)
    assert room.causes() == {SWITCH: (), "ups-1.output-off": ()}


def test_within_one_device_a_stopped_service_explains_its_silence() -> None:
    """One fault of one machine is one alarm, and the silence alone would be one too."""
    room = Chain()
    room.says["pbx-1"] = {"heard": False, "processes": 0}
    room.run(40)
    assert room.causes() == {"pbx-1.service-down": (), "pbx-1.service-silent": ("pbx-1.service-down",)}
    room.says["pbx-1"] = {"heard": False}
    room.run(200)
    assert room.causes() == {"pbx-1.service-silent": ()}


def slow_to_tell(delay: float) -> Room:
    """A PBX that is silent and stopped; the stop is told after a delay."""
    rules = (SILENT, replace(DOWN, on_delay=delay))
    room = Room(Branch("s", {"pbx-1": device("pbx-1", Layer.APPLICATION, rules=rules)}, hold=15.0))
    room.give(Polled("pbx-1", {"heard": False, "processes": 0}))
    return room


def test_a_silence_waits_for_the_alarm_of_its_own_device_that_explains_it() -> None:
    """Its delay is over sooner than that of its cause: they come together."""
    room = slow_to_tell(25.0)
    assert room.wait(20.0) == []
    assert room.wait(5.0) == ["alarm.raised", "alarm.raised"]
    roots = {subject(one): one.root_cause for one in room.events if isinstance(one, AlarmRaised)}
    assert roots == {"pbx-1.service-down": (), "pbx-1.service-silent": (SERVICE_DOWN,)}


def test_what_only_seems_to_fail_explains_nothing() -> None:
    """The hold is over and the cause still waits out its delay: until it stands it explains nothing."""
    room = slow_to_tell(50.0)
    assert room.wait(20.0) == []
    assert room.wait(15.0) == ["alarm.raised"]
    alarms = room.state.durable.alarms.alarms
    assert alarms["pbx-1.service-silent"].root_cause == ()
    assert room.wait(15.0) == ["alarm.raised", "alarm.cause-changed"]
    assert alarms["pbx-1.service-silent"].root_cause == (SERVICE_DOWN,)


def test_a_trunk_without_its_pbx_is_a_consequence() -> None:
    """An alarm of a device that answers may still have its cause elsewhere."""
    room = Chain()
    room.dead = {"pbx-1"}
    room.says["gw-1"] = {"trunk": "LOS"}
    room.run(60)
    assert room.causes() == {PBX: (), "gw-1.los": (PBX,)}


@pytest.mark.parametrize("by", [Verb.ACCEPT, Verb.SILENCE])
def test_a_cause_alerts_as_urgently_as_the_worst_of_its_consequences(by: Verb) -> None:
    """The window of the root cause takes the severity, and alerts anew, with the horn, when that grows."""
    room = Chain()
    room.dead = {"pbx-1"}
    room.run(40)
    room.order(by)
    assert room.state.durable.windows[PBX].sequence in (Sequence.ACKNOWLEDGED, Sequence.SILENCED)
    room.says["gw-1"] = {"trunk": "LOS"}
    room.run(20)
    window = room.state.durable.windows[PBX]
    assert (window.sequence, window.severity) == (
        Sequence.ALERT,
        room.state.durable.alarms.alarms["gw-1.los"].severity,
    )
    assert room.state.durable.windows["gw-1.los"].sequence is Sequence.BEHIND


def test_the_recovery_of_a_parent_at_the_very_tick_of_the_child() -> None:
    """The child's delay ends in the instant in which its parent answers again: nothing is blamed on who is well."""
    room = Chain()
    room.wait(1)
    room.failed("pbx-1")
    room.failed("gw-1")
    room.wait(29)
    room.mono += 1
    room.give(Polled("pbx-1", {"heard": True, "processes": 5}))
    room.poll("switch-1")
    room.poll("ups-1")
    room.wait(10)
    assert all("pbx-1" not in cause for causes in room.causes().values() for cause in causes)


CARD, SWITCH_3 = "card-1.unreachable", "switch-3.unreachable"


def test_the_silence_of_a_card_behind_a_dead_switch_is_no_evidence_of_a_dead_ups() -> None:
    """The UPS feeds the switch, its card is reached through the switch: the switch is what is known to fail."""
    room = Chain()
    room.dead = {"card-1", "switch-3"}
    room.run(60)
    assert room.causes() == {SWITCH_3: (), CARD: (SWITCH_3,)}


def test_a_ups_that_told_of_its_end_is_the_cause_though_its_card_is_cut_off() -> None:
    """What was said before the silence counts."""
    room = Chain()
    room.says["card-1"] = {"ups.status": "OFF"}
    room.run(15)
    room.dead = {"card-1", "switch-3"}
    room.run(60)
    assert room.causes() == {
        "card-1.output-off": (),
        SWITCH_3: ("card-1.output-off",),
        CARD: ("card-1.output-off",),
    }


def test_who_lived_on_without_a_device_does_not_fail_because_of_it() -> None:
    """A card that has been dead since yesterday does not explain today's dead switch."""
    room = Chain()
    room.dead = {"card-1"}
    room.run(400)
    assert room.causes() == {CARD: ()}
    room.dead = {"card-1", "switch-3"}
    room.run(60)
    assert room.causes() == {CARD: (), SWITCH_3: ()}
    room.dead = {"card-1"}
    room.run(200)
    assert room.causes() == {CARD: ()}


def test_of_two_alarms_of_a_cause_the_one_nearest_before_explains() -> None:
    """The battery was low for minutes and everything ran; then the output went off, and the switch with it."""
    low = Rule(
        "battery-low",
        "battery",
        Severity.CRITICAL,
        Limit(among=("low",)),
        text("battery low"),
        takes_down=True,
    )
    ups = replace(CHAIN.devices["ups-1"], rules=(UNREACHABLE_RULE, low, OUTPUT_OFF))
    room = Chain(replace(CHAIN, devices={**CHAIN.devices, "ups-1": ups}))
    room.says["ups-1"] = {"battery": "low", "ups.status": "OB"}
    room.run(100)
    room.says["ups-1"] = {"battery": "low", "ups.status": "OFF"}
    room.dead = {"switch-1", "pbx-1", "gw-1"}
    room.run(60)
    causes = room.causes()
    assert causes["switch-1.unreachable"] == ("ups-1.output-off",)
    assert causes["gw-1.unreachable"] == ("ups-1.output-off",)
    assert causes["ups-1.output-off"] == ()
