"""A box without devices, with a broker: a real agent in this process, on a machine whose boot and clocks a test chooses."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from agent import api
from agent.app import Agent
from agent.clock import Clock, Reading, read_clocks
from agent.config.load import load
from agent.control import user_name
from agent.control_client import ControlClient
from agent.core.inputs import Verb
from agent.core.model import ClockQuality
from tests.parts.listener import Listener
from tests.parts.mosquitto import PROGRAM, Mosquitto
from tests.waiting import wait_for

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control/sock"
[rights.people]
"{user}" = "supervisor"
[broker]
host = "127.0.0.1"
port = {port}
"""


def root(folder: Path, boot: str) -> Path:
    """A machine of this boot, whose clock nobody has set."""
    path = folder / "root/proc/sys/kernel/random/boot_id"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{boot}\n")
    (folder / "root/run/systemd/timesync").mkdir(parents=True, exist_ok=True)
    return folder / "root"


def believe(folder: Path) -> None:
    """The clock of the machine was set."""
    (folder / "root/run/systemd/timesync/synchronized").write_text("")


@asynccontextmanager
async def agent(folder: Path, boot: str, clock: Clock | None = None) -> AsyncIterator[Agent]:
    """An agent that runs meanwhile."""
    stop = asyncio.Event()
    site = folder / "site.toml"
    one = Agent(load(site), root=root(folder, boot), clock=clock, read=lambda: load(site))
    running = asyncio.create_task(one.run(stop))
    try:
        yield one
    finally:
        stop.set()
        await running


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait while the agent runs."""
    await asyncio.to_thread(wait_for, condition, 60, what)


@contextmanager
def branch(folder: Path) -> Iterator[Listener]:
    """A site file, a broker, and the NOC's ear at it."""
    if PROGRAM is None:
        pytest.skip("no mosquitto here: make parts")
    with Mosquitto(folder) as broker, Listener(broker.port) as noc:
        site = SITE.format(folder=folder, port=broker.port, user=user_name(os.getuid()))
        (folder / "site.toml").write_text(site)
        yield noc


def shelve(socket: Path) -> bool:
    """Somebody puts the loss of the broker aside for an hour."""
    with ControlClient(socket) as client:
        given = api.GiveOrder(Verb.SHELVE, "broker.broker-lost", note="the WAN is worked on", seconds=3600.0)
        return isinstance(client.ask(given), api.Done)


class Machine:
    """A machine whose wall clock a test sets; the monotonic one is that of the real machine."""

    def __init__(self, wall: float) -> None:
        self.quality = ClockQuality.UNSYNCED
        self.set(wall)

    def set(self, wall: float) -> None:
        """Somebody sets the wall clock."""
        self.offset = wall - read_clocks().mono

    def read(self) -> Reading:
        """Both clocks."""
        mono = read_clocks().mono
        return Reading(mono, self.offset + mono)
