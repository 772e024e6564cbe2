"""The corridor with a real journal: lamps before the commit, everything else after it, and what a bad disk changes."""

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from agent import api
from agent.core.annunciator import Indication, Show
from agent.core.inputs import Order, Polled, PollFailed, Started, Stopping, Verb
from agent.core.state import encode_snapshot
from agent.corridor import HUNG_AFTER
from agent.opening import remember
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.state import Health, Limits
from tests.core.branch import GOOD, LI
from tests.parts.corridor_bench import bench, until

ON_BATTERY = "ups-1.on-battery"
HOT = "ups-1.temperature-high"


def run(story: Coroutine[Any, Any, None]) -> None:
    """Let a story happen."""
    asyncio.run(story)


def test_lamps_are_first_and_the_publisher_waits_for_the_commit(tmp_path: Path) -> None:
    """While the commit hangs the lamp flashes already; then the alarm goes out with its place in the journal."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.free.clear()
            assert b.polled(ups_status="OB") == ["alarm.raised"]
            assert (b.shown[-1].red, b.shown[-1].horn) == (Show.FLASH, True)
            assert set(b.devices) == {"ups-1"}
            assert (b.alarms, b.events) == ([], 0)
            b.disk.free.set()
            await until(lambda: b.alarms)
            epoch = str(b.corridor.health.epoch)
            assert b.alarms == [(ON_BATTERY, (epoch, 1), True)]
            assert (b.events, b.corridor.last_seq) == (1, 1)

    run(story())


def test_whether_a_device_answers_is_told_at_once(tmp_path: Path) -> None:
    """No subscriber believes for a minute what is no longer so; what changes nothing waits for its turn."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.polled()
            assert b.devices == ["ups-1"]
            b.polled(battery_charge=99.0)
            assert b.devices == ["ups-1"]
            b.corridor.give(PollFailed("ups-1", "timeout"))
            assert b.devices == ["ups-1"] * 2
            b.corridor.give(PollFailed("ups-1", "timeout"))
            assert b.devices == ["ups-1"] * 2
            b.polled()
            assert b.devices == ["ups-1"] * 3

    run(story())


def test_an_order_is_answered_after_its_commit(tmp_path: Path) -> None:
    """Done means kept; a refusal is kept as well before it is told."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.polled(ups_status="OB")
            await until(lambda: b.events == 1)
            b.disk.free.clear()
            answer = asyncio.create_task(b.ordered(Verb.ACKNOWLEDGE, ON_BATTERY))
            await until(lambda: b.shown[-1].red is Show.STEADY)
            assert not answer.done()
            b.disk.free.set()
            assert await answer == api.Done(True, ["alarm.acknowledged"])
            refused = await b.ordered(Verb.ACKNOWLEDGE, ON_BATTERY)
            assert refused == api.Failed("refused", "this occurrence is acknowledged already")
            assert b.events == 3

    run(story())


def test_an_order_on_a_disk_that_hangs_is_answered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card that hangs fails no commit: whoever ordered is told that it is done, and not kept yet."""
    monkeypatch.setattr("agent.corridor.PATIENCE", 0.1)

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.free.clear()
            assert await b.ordered(Verb.LAMP_TEST) == api.Done(False, ["annunciation.tested"])

    run(story())


def test_a_disk_that_hangs_is_degraded_until_its_next_commit(tmp_path: Path) -> None:
    """No commit fails and none comes: alarms go out, whoever waits is told, the box says so; a commit ends it."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.free.clear()
            b.polled(ups_status="OB")
            answer = asyncio.create_task(b.ordered(Verb.LAMP_TEST))
            await until(lambda: "o-1" in b.corridor._decided)
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            b.corridor.watch_disk(now)
            assert (b.corridor.health.health, b.alarms) == (Health.HEALTHY, [])
            b.corridor.watch_disk(now + HUNG_AFTER + 1)
            assert (b.corridor.health.health, b.corridor.health.reason) == (Health.DEGRADED, "hung")
            assert b.alarms == [(ON_BATTERY, None, False)]
            assert b.states[-1] is Health.DEGRADED
            assert await answer == api.Done(False, ["annunciation.tested"])
            assert await b.ordered(Verb.SILENCE, order="o-2") == api.Done(False, ["annunciation.silenced"])
            b.disk.free.set()
            await until(lambda: b.corridor.health.health is Health.HEALTHY)
            epoch = str(b.corridor.health.epoch)
            assert b.alarms[-1] == (ON_BATTERY, (epoch, 1), True)
            await until(lambda: b.events == 3)
            b.corridor.watch_disk(now + 1000 * HUNG_AFTER)
            assert b.states[-1] is Health.HEALTHY

    run(story())


def test_a_slow_disk_is_not_a_hung_one(tmp_path: Path) -> None:
    """What counts is the time without any commit, not how long the list is; what was only counted owes none."""

    async def story() -> None:
        async with bench(tmp_path, Limits(entries=1)) as b:
            b.disk.free.clear()
            b.polled(ups_status="OB")
            b.polled(ups_status="OB", ups_temperature=50)
            assert b.writer.lost == 1
            b.disk.free.set()
            await until(lambda: not b.writer.waiting and HOT in [alarm for alarm, _, _ in b.alarms])
            b.corridor.watch_disk(time.clock_gettime(time.CLOCK_BOOTTIME) + 1000 * HUNG_AFTER)
            assert set(b.states) == {Health.HEALTHY}

    run(story())


def test_a_hung_disk_that_fails_at_last_is_a_failed_one(tmp_path: Path) -> None:
    """The word of the store overrules ours, and its next commit ends it as ever."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.free.clear()
            b.polled(ups_status="OB")
            b.corridor.watch_disk(time.clock_gettime(time.CLOCK_BOOTTIME) + 2 * HUNG_AFTER)
            b.disk.full = True
            b.disk.free.set()
            await until(lambda: b.corridor.health.reason == "full")
            await b.recover()
            await until(lambda: b.events == 1)
            assert b.alarms[-1][2]

    run(story())


def test_whoever_waits_when_the_disk_fails_is_told(tmp_path: Path) -> None:
    """And whoever orders while it is away has the answer at once, not durable."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.disk.full = True
            assert await b.ordered(Verb.LAMP_TEST) == api.Done(False, ["annunciation.tested"])
            await until(lambda: b.states[-1] is Health.DEGRADED)
            assert await b.ordered(Verb.SILENCE) == api.Done(False, ["annunciation.silenced"])
            answer = await b.ordered(Verb.CLOSE, ON_BATTERY)
            assert isinstance(answer, api.Failed)
            await b.recover()

    run(story())


def test_while_degraded_alarms_go_out_at_once_and_again_with_a_number(tmp_path: Path) -> None:
    """First not durable and without a place, then in the new epoch with one; nothing is lost on the disk."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            before = b.corridor.health.epoch
            await b.degrade()
            b.alarms.clear()
            b.polled(ups_status="OB")
            assert b.alarms == [(ON_BATTERY, None, False)]
            await b.recover()
            await until(lambda: len(b.alarms) == 2)
            alarm, place, durable = b.alarms[-1]
            assert (alarm, durable) == (ON_BATTERY, True)
            assert place is not None
            assert place[0] == str(b.corridor.health.epoch) != str(before)

    run(story())
    found = remember(tmp_path)
    assert found.engine is not None
    assert [record.entry.kind for record in found.engine.after(0, 0, 10)] == [
        "annunciation.tested",
        "alarm.raised",
    ]
    found.engine.close()
    assert list(found.durable.alarms.alarms) == [ON_BATTERY]


def test_after_an_overflow_the_snapshot_holds_what_the_lost_events_did(tmp_path: Path) -> None:
    """The journal says how many were lost, and a start after it knows the alarms all the same."""

    async def story() -> None:
        async with bench(tmp_path, Limits(entries=2, retry_first=0.01, retry_most=0.05)) as b:
            await b.degrade()
            b.polled(ups_status="OB")
            b.polled(ups_status="OB", ups_temperature=50)
            assert b.writer.lost == 1
            assert b.alarms[-1] == (HOT, None, False)
            await b.recover()
            await until(lambda: (HOT, None, True) in b.alarms)
            states.append(encode_snapshot(b.corridor.state.durable))

    states: list[bytes] = []
    run(story())
    found = remember(tmp_path)
    assert found.engine is not None
    kinds = [record.entry.kind for record in found.engine.after(0, 0, 10)]
    found.engine.close()
    assert kinds == ["annunciation.tested", "alarm.raised", "journal.overflowed"]
    assert encode_snapshot(found.durable) == states[0]


def test_an_overflow_on_a_slow_disk_leaves_no_alarm_untold(tmp_path: Path) -> None:
    """The store never failed, only its list was full: the alarm that was counted only is published nevertheless."""

    async def story() -> None:
        async with bench(tmp_path, Limits(entries=1)) as b:
            b.disk.free.clear()
            b.polled(ups_status="OB")
            b.polled(ups_status="OB", ups_temperature=50)
            assert b.writer.lost == 1
            b.disk.free.set()
            await until(lambda: HOT in [alarm for alarm, _, _ in b.alarms])
            await until(lambda: not b.writer.waiting)
            states.append(encode_snapshot(b.corridor.state.durable))

    states: list[bytes] = []
    run(story())
    found = remember(tmp_path)
    assert found.engine is not None
    found.engine.close()
    assert encode_snapshot(found.durable) == states[0]


def test_orders_that_nobody_waits_for_leave_nothing_behind(tmp_path: Path) -> None:
    """A button in the room waits for no answer; a client may go away before it comes."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.corridor.give(Order("button", Verb.SILENCE, LI))
            gone = asyncio.create_task(b.ordered(Verb.SILENCE))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await until(lambda: b.events == 2)
            assert (b.corridor._decided, b.corridor._replies) == ({}, {})  # nothing else shows a leak

    run(story())


def test_an_input_that_fails_takes_no_other_with_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The corridor goes on behind it without a pause, and tells it: an order of the same batch is carried out."""

    async def story() -> None:
        async with bench(tmp_path) as b:

            def stumble(_: Indication) -> None:
                b.show = b.shown.append
                raise RuntimeError("nobody foresaw this")

            b.show = stumble
            b.inbox.post(Polled("ups-1", {**GOOD, "ups.status": "OB"}))
            assert await b.ordered(Verb.SILENCE) == api.Done(True, ["annunciation.silenced"])
            ((part, error),) = b.died
            assert (part, error.split(":")[0]) == ("an input", "RuntimeError in test_corridor.py")

    run(story())
    assert "Polled(device='ups-1'" in caplog.text


def test_a_lamp_that_fails_loses_no_event(tmp_path: Path) -> None:
    """Whatever the lamps raise, what the core has decided reaches the journal."""

    def broken(_: Indication) -> None:
        raise RuntimeError("a driver nobody knew")

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.show = broken
            with pytest.raises(RuntimeError):
                b.polled(ups_status="OB")
            await until(lambda: b.alarms)

    run(story())


def test_a_start_need_not_replay_what_the_last_one_did(tmp_path: Path) -> None:
    """A box whose power is always cut never reaches its next snapshot: each start takes one."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.corridor.give(Started("test", "0"))
            await until(lambda: b.events == 1)

    run(story())
    engine = Engine(tmp_path, suffix=random_suffix)
    snapshot, tail = engine.load()
    assert snapshot is not None
    assert list(tail) == []
    engine.close()


def test_a_clean_end_is_no_trouble_of_the_journal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The store stops because it was told to: the last word to the outside is not `degraded`."""

    async def story() -> None:
        async with bench(tmp_path) as b:
            b.corridor.give(Stopping())
            assert await asyncio.to_thread(b.writer.stop, 60)
            await until(lambda: b.events == 1)
            await asyncio.sleep(0)
            assert b.corridor.health.health is Health.HEALTHY
            assert set(b.states) == {Health.HEALTHY}

    run(story())
    assert not caplog.records
