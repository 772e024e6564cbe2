"""What is told of times to come, when the clock of the box is set: by NTP after a start, or after a reboot without it."""

import asyncio
import time
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent import publications
from agent.clock_watch import ClockWatch
from agent.core.model import ClockQuality, Instant
from agent.core.state import decode_snapshot, encode_snapshot
from agent.core.suppression.held import REBOOT
from firmware.host.clock import STA_UNSYNC, kernel_clock
from tests.core.branch import BRANCH, Room
from tests.core.quiet import HOT, NOON, window
from tests.parts.listener import Listener
from tests.parts.lone_box import agent, believe, branch, root, shelve, until


def told(room: Room) -> tuple[float, float]:
    """Since and until when the one alarm is suppressed, as its leaf and the maintenance status say alike."""
    held = room.state.durable.suppressions
    one = room.state.durable.alarms.alarms[HOT]
    alarm = publications.alarm(one, [], held, "en", None, now=room.now, durable=True)
    (by,) = alarm.suppressed
    assert publications.maintenance(room.state, room.now).suppressions == [by]
    assert by.until
    return datetime.fromisoformat(by.since).timestamp(), datetime.fromisoformat(by.until).timestamp()


def shelved(room: Room) -> None:
    """The UPS is hot, and nobody wants to know for an hour."""
    room.polled(ups_temperature=50)
    room.shelve(HOT, 3600)


def set_clock(room: Room, wall: float) -> None:
    """NTP says what time it is."""
    room.offset, room.quality = wall - room.mono, ClockQuality.NTP


def test_a_shelf_from_before_the_clock_was_set_ends_in_the_time_that_is_now() -> None:
    """Begun in 1970 by a box without a battery, it has as long to go as it has."""
    room = Room(wall=1_000_000.0)
    shelved(room)
    assert told(room) == (1_000_000.0, 1_003_600.0)
    set_clock(room, NOON)
    room.wait(600)
    assert told(room) == (pytest.approx(NOON, abs=0.01), pytest.approx(NOON + 3600, abs=0.01))


def test_after_a_reboot_without_a_clock_the_end_lies_ahead() -> None:
    """Nobody knows how long the box was off: it has what was left but for a reboot, and the message says so."""
    room = Room(boot="a", quality=ClockQuality.NTP, wall=NOON)
    shelved(room)
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    again = Room(BRANCH, durable, mono=30.0, wall=NOON + 7200, boot="b")
    again.polled(ups_temperature=50)
    since, until = told(again)
    assert since == NOON
    assert until == pytest.approx(again.now.wall + 3600 - REBOOT, abs=0.01)


def test_an_end_stays_word_for_word_while_nobody_sets_the_clock() -> None:
    """A clock that is only slewed makes no new message."""
    room = Room(wall=NOON, quality=ClockQuality.NTP)
    shelved(room)
    first = told(room)
    room.wait(1000)
    room.offset += 0.7
    assert told(room) == first


def test_the_next_window_is_reckoned_from_the_time_that_is_now() -> None:
    """What was told at the birth is another window's time once the clock is set."""
    monthly = replace(BRANCH, windows=(window("ups-1", begins=(2026, 1, 1, 13), rule="FREQ=MONTHLY"),))
    room = Room(monthly, wall=NOON - 86_400 * 200)
    before = publications.maintenance(room.state, room.now).windows[0].next
    set_clock(room, NOON)
    after = publications.maintenance(room.state, room.now).windows[0].next
    assert before is not None
    assert after is not None
    assert datetime.fromisoformat(before).timestamp() < NOON < datetime.fromisoformat(after).timestamp()


START = Instant(100.0, NOON, ClockQuality.UNSYNCED, "a")


@pytest.mark.parametrize(
    ("seconds", "wall", "quality", "moved"),
    [
        (3600.0, 3600.0, ClockQuality.UNSYNCED, False),
        (3600.0, 3600.9, ClockQuality.UNSYNCED, False),
        (3600.0, 3601.5, ClockQuality.UNSYNCED, True),
        (1.0, -100.0, ClockQuality.UNSYNCED, True),
        (1.0, 1.0, ClockQuality.NTP, True),
    ],
)
def test_the_watch(seconds: float, wall: float, quality: ClockQuality, moved: bool) -> None:
    """It notices another quality, and a step of more than a second either way; each once."""
    watch = ClockWatch(START)
    now = Instant(START.mono + seconds, START.wall + wall, quality, "a")
    assert watch.moved(now) is moved
    assert not watch.moved(now)


def test_many_small_steps_are_a_large_one() -> None:
    """What counts is how far the clock is from what was told last."""
    watch = ClockWatch(START)
    found = [watch.moved(Instant(100.0 + n, NOON + n * 1.2, ClockQuality.UNSYNCED, "a")) for n in range(12)]
    assert found.count(True) == 1


@pytest.mark.slow
def test_the_agent_tells_the_papers_again_once_its_clock_is_believed(tmp_path: Path) -> None:
    """A box that wakes up without a clock says so; when the clock comes, what it told of times is told anew, once."""
    timex = kernel_clock()
    if timex is None or not timex.status & STA_UNSYNC:
        pytest.skip("the kernel's clock is disciplined here: it cannot be seen to come")

    async def story(noc: Listener) -> None:
        async with agent(tmp_path, "boot-1"):
            await until(lambda: noc.at("/maintenance"), "the first")
            believe(tmp_path)
            await until(lambda: len(noc.at("/maintenance")) > 1, "the second")

    with branch(tmp_path) as noc:
        asyncio.run(story(noc))
    assert noc.at("/status")[0].json["clock"] == "unsynced"
    assert len(noc.at("/maintenance")) == 2
    assert len(noc.at("/limits")) == 1


@pytest.mark.slow
def test_after_a_reboot_the_birth_tells_what_is_left(tmp_path: Path) -> None:
    """What was left is counted at the start of the agent: before that nothing is told of it."""
    root(tmp_path, "boot-1")
    believe(tmp_path)

    async def story(noc: Listener) -> None:
        async with agent(tmp_path, "boot-1"):
            await until(lambda: noc.at("/maintenance"), "the birth")
            await until(lambda: shelve(tmp_path / "control/sock"), "the order")
            await until(lambda: noc.at("/maintenance")[-1].json["suppressions"], "the shelf")
        off = time.monotonic()
        before = len(noc.at("/maintenance"))
        await until(lambda: time.monotonic() > off + 3, "the box to have been off for a while")
        async with agent(tmp_path, "boot-2"):
            await until(lambda: len(noc.at("/maintenance")) > before, "the next birth")

    with branch(tmp_path) as noc:
        asyncio.run(story(noc))
    shelves = [one.json["suppressions"][0] for one in noc.at("/maintenance") if one.json["suppressions"]]
    assert len(shelves) == 2
    assert shelves[1]["until"] == shelves[0]["until"]
