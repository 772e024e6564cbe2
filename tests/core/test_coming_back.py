"""When a cause is gone: who comes back in peace, and who is a cause of its own then."""

from msgspec.structs import replace

from agent.core.annunciator import Show
from agent.core.events import AlarmCauseChanged, AlarmCleared
from agent.core.graph import AnyOf
from agent.core.inputs import Input, Verb
from agent.core.model import Cause, Layer
from agent.core.sequences import Sequence
from agent.core.state import indication, take_asks
from tests.core.chain import CHAIN, OUTPUT_OFF, Chain, device

UPS, SWITCH, PBX, GATEWAY = (f"{id_}.unreachable" for id_ in ("ups-1", "switch-1", "pbx-1", "gw-1"))
BLACKOUT = {"ups-1", "switch-1", "pbx-1", "gw-1"}
CARD, SWITCH_3 = "card-1.unreachable", "switch-3.unreachable"


def test_after_the_return_of_the_parent_a_child_may_come_back_in_peace() -> None:
    """Icinga 5208, 4689: nothing is annunciated anew while the PBX boots, and nothing at all if it comes back."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.dead = {"pbx-1", "gw-1"}
    room.run(60)
    assert room.causes() == {PBX: (UPS,), GATEWAY: (UPS,)}
    room.dead = set()
    room.run(20)
    assert room.causes() == {}
    assert not [one for one in room.events if isinstance(one, AlarmCauseChanged)]


def test_a_clear_says_what_it_was_a_consequence_of() -> None:
    """So that whoever counts faults need not look for its raise."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.dead = set()
    room.run(20)
    cleared = {one.alarm.id: one.root_cause for one in room.events if isinstance(one, AlarmCleared)}
    assert cleared == {UPS: ()} | dict.fromkeys((SWITCH, PBX, GATEWAY), (Cause("ups-1", UPS),))


def test_a_child_that_does_not_come_back_becomes_a_cause_of_its_own() -> None:
    """When it has had its time, and a fresh failure says so: the rest then follows it."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.order(Verb.ACCEPT)
    room.dead = {"pbx-1", "gw-1"}
    room.run(115)
    assert room.causes() == {PBX: (UPS,), GATEWAY: (UPS,)}
    room.run(25)
    assert room.causes() == {PBX: (), GATEWAY: (PBX,)}
    assert room.state.durable.windows[PBX].sequence is Sequence.ALERT


def test_without_a_fresh_sample_a_child_is_not_annunciated_after_the_return() -> None:
    """The hold-down is over, but nobody has asked the child since: nothing is said of it."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.dead = {"pbx-1", "gw-1"}
    room.poll("ups-1")
    room.wait(6)
    room.poll("switch-1")
    room.wait(6)
    room.poll("switch-1")
    take_asks(room.state)
    room.wait(50)
    room.wait(80)
    assert room.causes()[PBX] == (UPS,)
    room.poll("pbx-1")
    assert room.causes()[PBX] == ()


def test_a_child_that_was_heard_meanwhile_is_told_at_the_end_of_its_time() -> None:
    """To the second, and not only when it is asked again."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.dead = {"pbx-1", "gw-1"}
    room.round()
    room.wait(6)
    take_asks(room.state)
    for _ in range(2):
        room.wait(50)
        room.round()
    assert room.causes()[PBX] == (UPS,)
    room.wait(20)
    assert room.causes()[PBX] == ()


def test_a_second_failure_of_the_parent_keeps_the_children_behind_it() -> None:
    """A UPS that flaps while the branch boots does not set the children free."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.dead.discard("ups-1")
    room.run(60)
    room.dead.add("ups-1")
    room.run(200)
    assert room.causes() == {UPS: (), SWITCH: (UPS,), PBX: (UPS,), GATEWAY: (UPS,)}


def test_who_waits_behind_a_cause_follows_it_behind_its_own() -> None:
    """The card is found to be cut off: its silence explains nothing any more, but nobody stands behind who stands behind."""
    room = Chain()
    room.dead = {"card-1", "box-1"}
    room.run(60)
    assert room.causes() == {CARD: (), "box-1.unreachable": (CARD,)}
    room.dead.add("switch-3")
    room.run(60)
    assert room.causes() == {SWITCH_3: (), CARD: (SWITCH_3,), "box-1.unreachable": (SWITCH_3,)}


class Watched(Chain):
    """After each step nobody stands behind who stands behind another."""

    def give(self, given: Input) -> list[str]:
        """One input."""
        told = super().give(given)
        causes = self.causes()
        assert not any(causes.get(cause) for behind in causes.values() for cause in behind), causes
        return told


def test_nobody_stands_behind_who_stands_behind_for_a_moment() -> None:
    """A UPS cut off by a switch that falls with another UPS: whoever waits behind its silence follows within the step."""
    devices = (
        device("ups-1", Layer.POWER, rules=(OUTPUT_OFF,)),
        device("switch-1", Layer.NETWORK, "ups-1"),
        device("ups-2", Layer.POWER, way=("switch-1",)),
        device("switch-2", Layer.NETWORK, "ups-2"),
    )
    room = Watched(replace(CHAIN, devices={one.id: one for one in devices}))
    room.dead = {"ups-2", "switch-2"}
    room.run(60)
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.dead.add("switch-1")
    room.run(60)
    off = ("ups-1.output-off",)
    assert room.causes() == {
        off[0]: (),
        "switch-1.unreachable": off,
        "ups-2.unreachable": off,
        "switch-2.unreachable": off,
    }


def test_a_cause_found_later_is_that_of_whoever_is_reached_through_its_consequence() -> None:
    """A UPS reached through a switch that needs it or another: the other one falls, and explains both."""
    devices = (
        device("ups-1", Layer.POWER),
        device("switch-1", Layer.NETWORK, AnyOf(("ups-2", "ups-1"))),
        device("ups-2", Layer.POWER, way=("switch-1",)),
    )
    room = Watched(replace(CHAIN, devices={one.id: one for one in devices}))
    room.dead = {"switch-1", "ups-2"}
    room.run(60)
    assert room.causes() == {SWITCH: (), "ups-2.unreachable": (SWITCH,)}
    room.dead.add("ups-1")
    room.run(60)
    assert room.causes() == {UPS: (), SWITCH: (UPS,), "ups-2.unreachable": (UPS,)}


def test_a_switch_that_comes_back_leaves_its_card_behind_it_for_a_while() -> None:
    """And the card that stays silent then is a fault of its own."""
    room = Chain()
    room.dead = {"card-1", "switch-3"}
    room.run(60)
    room.dead = {"card-1"}
    room.run(60)
    assert room.causes() == {CARD: (SWITCH_3,)}
    room.run(100)
    assert room.causes() == {CARD: ()}


def test_an_acknowledged_consequence_does_not_alert_when_it_is_set_free() -> None:
    """Somebody takes care of it already."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.order(Verb.ACKNOWLEDGE, PBX)
    room.dead = {"pbx-1", "gw-1"}
    room.run(140)
    assert room.causes()[PBX] == ()
    assert room.state.durable.windows[PBX].sequence is Sequence.ACKNOWLEDGED


def test_a_consequence_stands_steady_when_its_cause_is_dark_again() -> None:
    """While the PBX boots the lamp says that something is still wrong, without an alert."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    room.order(Verb.ACCEPT)
    room.dead = {"pbx-1", "gw-1"}
    room.run(30)
    shown = indication(room.state, room.mono)
    assert (shown.red, shown.horn) == (Show.STEADY, False)
