"""Root causes over a restart: what began when is remembered, within a boot to the second and between boots by order."""

from typing import Any

import msgspec
import pytest

from agent.core import events
from agent.core.engine import evolve
from agent.core.events import AlarmCauseChanged, AlarmRaised
from agent.core.state import decode_snapshot, encode_snapshot, new_state
from tests.core.chain import Chain

UPS, SWITCH = "ups-1.unreachable", "switch-1.unreachable"
BLACKOUT = {"ups-1", "switch-1", "pbx-1", "gw-1"}
RESTARTS = pytest.mark.parametrize(
    "place", [{}, {"mono": 3.0, "boot": "boot-2"}], ids=["of the agent", "of the box"]
)


def restarted(room: Chain, *, mono: float | None = None, boot: str = "") -> Chain:
    """The same branch after a restart, with what the journal has; the same boot unless another is given."""
    remembered = decode_snapshot(encode_snapshot(room.state.durable))
    return Chain(
        room.state.branch,
        room.dead,
        durable=remembered,
        mono=room.mono if mono is None else mono,
        boot=boot or room.boot,
    )


@RESTARTS
def test_after_a_restart_causes_are_as_they_were(place: dict[str, Any]) -> None:
    """Within the fault nothing changes; what came back meanwhile frees the rest only with fresh samples."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    again = restarted(room, **place)
    again.run(100)
    assert again.causes() == room.causes()
    assert not [one for one in again.events if isinstance(one, AlarmCauseChanged | AlarmRaised)]


@RESTARTS
def test_after_a_restart_a_silence_of_long_ago_explains_as_little_as_before(place: dict[str, Any]) -> None:
    """Who lived on without a device for minutes did so, whatever became of the box since."""
    room = Chain()
    room.dead = {"ups-1"}
    room.run(400)
    room.dead = {"ups-1", "switch-1"}
    room.run(60)
    assert room.causes() == {UPS: (), SWITCH: ()}
    again = restarted(room, **place)
    again.run(100)
    assert again.causes() == room.causes()


def test_what_began_in_two_earlier_boots_did_not_begin_together() -> None:
    """Nobody knows how long the box was off between them."""
    room = Chain()
    room.dead = {"ups-1"}
    room.run(60)
    second = restarted(room, mono=3.0, boot="boot-2")
    second.dead = {"ups-1", "switch-1"}
    second.run(100)
    assert second.causes() == {UPS: (), SWITCH: ()}
    third = restarted(second, mono=3.0, boot="boot-3")
    third.run(100)
    assert third.causes() == {UPS: (), SWITCH: ()}


def test_what_an_earlier_boot_heard_of_an_outage_explains_what_follows_it() -> None:
    """What happened explains what begins later, however much later; silence before the boot does not."""
    room = Chain()
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.run(60)
    again = restarted(room, mono=3.0, boot="boot-2")
    again.says["ups-1"] = {"ups.status": "OFF"}
    again.dead = {"switch-1"}
    again.run(60)
    assert again.causes()[SWITCH] == ("ups-1.output-off",)


def test_what_began_later_is_not_the_cause_of_what_an_earlier_boot_saw() -> None:
    """The switch has been silent since before the box was off: the outage of today is not why."""
    room = Chain()
    room.dead = {"switch-1"}
    room.run(60)
    again = restarted(room, mono=3.0, boot="boot-2")
    again.says["ups-1"] = {"ups.status": "OFF"}
    again.run(60)
    assert again.causes() == {SWITCH: (), "ups-1.output-off": ()}


def test_a_restart_of_the_agent_forgets_no_second() -> None:
    """Raised before it, and followed within minutes after it: the same boot, the same clock."""
    room = Chain()
    room.dead = {"ups-1"}
    room.run(60)
    again = restarted(room)
    again.dead = {"ups-1", "switch-1"}
    again.run(60)
    assert again.causes() == {UPS: (), SWITCH: (UPS,)}


def without(tree: Any, *names: str) -> Any:
    """What an earlier version would have written: a tree of JSON without some names."""
    if isinstance(tree, dict):
        return {name: without(one, *names) for name, one in tree.items() if name not in names}
    return [without(one, *names) for one in tree] if isinstance(tree, list) else tree


def test_a_snapshot_of_an_earlier_version_explains_as_it_did() -> None:
    """It does not say what began when: who stands behind a silence stays there."""
    room = Chain()
    room.dead = set(BLACKOUT)
    room.run(60)
    tree = msgspec.json.decode(encode_snapshot(room.state.durable))
    old = decode_snapshot(
        msgspec.json.encode(without(tree, "began", "boot", "boots", "crossed_mono", "ended", "run"))
    )
    again = Chain(room.state.branch, room.dead, durable=old, mono=3.0, boot="boot-2")
    again.run(100)
    assert again.causes() == room.causes()


def test_a_journal_of_an_earlier_version_tells_when_something_began_nearly() -> None:
    """The raise and its delay are in it: near enough to tell yesterday's silence from today's."""
    room = Chain(boot="boot-1")
    room.dead = {"ups-1"}
    room.run(400)
    room.dead = {"ups-1", "switch-1"}
    room.run(60)
    replayed = new_state(room.state.branch)
    for event in room.events:
        old = without(msgspec.json.decode(events.encode(event)), "crossed_mono")
        evolve(replayed, events.decode(msgspec.json.encode(old)))
    again = Chain(room.state.branch, room.dead, durable=replayed.durable, mono=3.0, boot="boot-2")
    again.run(100)
    assert again.causes() == {UPS: (), SWITCH: ()}
