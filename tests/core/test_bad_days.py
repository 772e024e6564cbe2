"""The core on devices and clocks that misbehave."""

import math

import msgspec

from agent.core.inputs import Verb
from agent.core.model import Instant
from agent.core.why import explain
from tests.core.branch import BRANCH, EPOCH, Room


def test_a_delay_that_ends_on_a_value_of_the_wrong_kind_decides_nothing() -> None:
    """A word where a number should be neither raises nor clears; the next good answer does."""
    room = Room()
    room.polled(battery_charge=10)
    room.mono += 5
    room.polled(battery_charge="odd")
    assert room.wait(5) == []
    assert room.polled(battery_charge=10) == ["alarm.raised"]
    room.polled(battery_charge=100)
    room.polled(battery_charge=math.nan)
    assert room.wait(20) == []
    assert room.polled(battery_charge=100) == ["alarm.cleared"]


def test_a_device_that_flaps_costs_no_more_timers_than_it_has_rules() -> None:
    """A contact may chatter all day within a long delay; memory does not grow, and the last delay still counts."""
    room = Room()
    for _ in range(1000):
        room.polled(battery_charge=100)
        room.polled(battery_charge=10)
        room.mono += 0.009
    rules = [rule for device in BRANCH.devices.values() for rule in device.rules]
    assert len(room.state.timers) <= len(rules) + len(BRANCH.devices)
    assert room.wait(9.98) == []
    assert room.wait(0.02) == ["alarm.raised"]


def test_the_chain_of_an_alarm_keeps_its_order_when_the_clock_steps() -> None:
    """Order is that of the events, never of wall time: an acknowledgement after a step back is still told, and last."""

    class Stepped(Room):
        shift = 0.0

        @property
        def now(self) -> Instant:
            return msgspec.structs.replace(super().now, wall=EPOCH + self.mono + self.shift)

    room = Stepped()
    room.polled(ups_status="OB")
    room.shift = -3600.0
    room.order(Verb.ACKNOWLEDGE, "ups-1.on-battery")
    steps = explain(room.state, room.state.durable.alarms.alarms["ups-1.on-battery"], room.now)
    assert [step.text.en.split()[0] for step in steps] == ["ups.status:", "it", "acknowledged"]
