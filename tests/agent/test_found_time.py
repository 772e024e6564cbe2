"""A real agent that wakes up in 1970, finds the time later, and is set by ten years: what its journal and the NOC have of that."""

import asyncio
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from agent import clock_offsets
from agent.clock import Clock, read_clocks
from agent.core.dating import Offset
from agent.core.model import ClockQuality
from agent.store import reader
from tests.core.quiet import NOON
from tests.parts.listener import Listener
from tests.parts.lone_box import Machine, agent, branch, root, shelve, until

YEARS = 10 * 365 * 86_400.0


def volts(folder: Path) -> None:
    """The supply of the box sags: an alarm that needs nothing but the box."""
    device = folder / "root/sys/class/hwmon/hwmon0"
    device.mkdir(parents=True)
    (device / "name").write_text("rpi_volt\n")
    (device / "in0_lcrit_alarm").write_text("1\n")


def stored(folder: Path) -> list[bytes]:
    """The bodies of the journal, as they are on the disk."""
    return [record.entry.body for record in reader.iterate(folder / "data")]


def kinds(noc: Listener) -> list[str]:
    """What the NOC heard of, in order."""
    return [event["type"].removeprefix("linewarden.") for event in noc.events()]


def seconds(told: str) -> float:
    """ISO 8601 as seconds since 1970."""
    return datetime.fromisoformat(told).timestamp()


@pytest.mark.slow
def test_a_boot_in_1970_time_found_later_and_a_step_of_ten_years(tmp_path: Path) -> None:
    """Order right, offsets appended, nothing written anew, no deadline fired falsely; the NOC is told what was true."""
    machine, found = Machine(30.0), 0.0
    clock = Clock(lambda: machine.quality, root(tmp_path, "boot-1"), machine.read)
    volts(tmp_path)
    before: list[bytes] = []

    def leaf(noc: Listener) -> float:
        told = noc.at("/alarm/box.under-voltage")
        return seconds(told[-1].json["last-raised"]) if told else 0.0

    async def story(noc: Listener) -> None:
        nonlocal found
        async with agent(tmp_path, "boot-1", clock):
            await until(lambda: noc.at("/maintenance"), "the birth")
            await until(lambda: shelve(tmp_path / "control/sock"), "the order")
            await until(lambda: leaf(noc), "the alarm of 1970")
            assert leaf(noc) < 86_400
            before.extend(stored(tmp_path))
            machine.set(NOON)
            machine.quality, found = ClockQuality.NTP, read_clocks().mono
            await until(lambda: leaf(noc) > NOON - 600, "the alarm, dated")
            machine.set(NOON + YEARS)
            machine.quality = ClockQuality.HOLDOVER  # the kernel knows no better
            await until(lambda: kinds(noc).count("clock.stepped") == 2, "the step by hand")
            machine.set(NOON + read_clocks().mono - found)
            machine.quality = ClockQuality.NTP
            await until(lambda: kinds(noc).count("clock.stepped") == 3, "the step back")
            await until(lambda: noc.at("/maintenance")[-1].json["suppressions"], "the shelf, told again")

    with branch(tmp_path) as noc:
        asyncio.run(story(noc))
        shelf = noc.at("/maintenance")[-1].json["suppressions"][0]
        events = noc.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert kinds(noc).count("clock.offset") == 1
    assert "suppression.ended" not in kinds(noc)
    assert seconds(shelf["until"]) - seconds(shelf["since"]) == pytest.approx(3600, abs=2)
    assert NOON - 600 < seconds(shelf["since"]) < NOON + 600
    assert stored(tmp_path)[: len(before)] == before
    assert reader.verify(tmp_path / "data") is None
    offsets: dict[str, Offset] = {}
    records = list(reader.iterate(tmp_path / "data"))
    clock_offsets.gather(records, offsets)
    true = [clock_offsets.wall_of(record, offsets) for record in records]
    assert max(b - a for a, b in pairwise(true)) < 600
    assert min(b - a for a, b in pairwise(true)) > -1.0
