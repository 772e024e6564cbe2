"""The whole agent with simulated wires: lamps, a contact and the buttons of a room, over a change of the sequence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from agent import api
from agent.app import Agent
from agent.config.load import load
from agent.control_client import AgentError, ControlClient
from agent.core.annunciator import Show
from firmware.pins import PinFactory, drive, level, mock_factory

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control/sock"
[annunciator]
sequence = "{sequence}"
heartbeat = true
[board.lamps]
amber = {{ pin = 27 }}
green = {{ pin = 22 }}
blue = {{ pin = 23 }}
horn = {{ pin = 24 }}
[board.buttons]
acknowledge = {{ pin = 16, debounce = "5ms" }}
reset = {{ pin = 19, debounce = "5ms" }}
[[input]]
name = "door"
pin = 5
severity = "minor"
text = {{ en = "Door open", zh = "门开" }}
"""
DOOR, ACKNOWLEDGE, RESET, BLUE = 5, 16, 19, 23


def lamps(socket: Path) -> api.Indication | None:
    """What the agent says that it shows; None before it answers."""
    with suppress(AgentError), ControlClient(socket) as client:
        branch = client.ask(api.AskBranch())
        assert isinstance(branch, api.BranchView)
        return branch.lamps
    return None


async def until(socket: Path, *wanted: tuple[str, object]) -> None:
    """Wait until the agent shows all of this."""
    async with asyncio.timeout(60):
        while True:
            now = await asyncio.to_thread(lamps, socket)
            if now is not None and all(getattr(now, name) == value for name, value in wanted):
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def agent(folder: Path, pins: PinFactory, sequence: str) -> AsyncIterator[Path]:
    """An agent that runs meanwhile; gives its socket."""
    (folder / "site.toml").write_text(SITE.format(folder=folder, sequence=sequence))
    stop = asyncio.Event()
    running = asyncio.create_task(Agent(load(folder / "site.toml"), pins).run(stop))
    try:
        yield folder / "control/sock"
    finally:
        stop.set()
        await running


def test_a_door_in_sequence_r_and_a_box_that_is_changed_to_m(tmp_path: Path) -> None:
    """Opened, acknowledged at the button, closed: it rings back; as M after the restart it waits lit for the reset."""
    pins = mock_factory()

    async def story() -> None:
        async with agent(tmp_path, pins, "R") as box:
            await until(box, ("amber", Show.OFF), ("green", Show.HEARTBEAT))
            drive(pins, DOOR, high=False)
            await until(box, ("amber", Show.FAST_FLASH), ("horn", True))
            drive(pins, ACKNOWLEDGE, high=False)
            await until(box, ("amber", Show.STEADY), ("horn", False), ("blue", Show.OFF))
            drive(pins, DOOR, high=True)
            await until(box, ("amber", Show.SLOW_FLASH), ("ringback", True), ("blue", Show.STEADY))
            assert level(pins, BLUE)
        async with agent(tmp_path, pins, "M") as box:
            await until(box, ("amber", Show.STEADY), ("ringback", False), ("blue", Show.STEADY))
            drive(pins, RESET, high=False)
            await until(box, ("amber", Show.OFF), ("blue", Show.OFF))
            assert not level(pins, BLUE)

    try:
        asyncio.run(story())
    finally:
        pins.close()
