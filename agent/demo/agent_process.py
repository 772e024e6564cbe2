"""The real agent on simulated pins: `python -m agent.demo.agent_process SITE_FILE BENCH_SOCKET`.

Nothing of the agent is replaced but gpiozero's pin factory. The bench lets another process read the lamps, press the
buttons and move the contacts.
"""

import asyncio
import signal
import sys
from pathlib import Path

from agent import wiring
from agent.app import Agent
from agent.config.errors import ConfigError
from agent.config.load import Loaded, load
from agent.demo.child import end_with_parent
from agent.logs import configure
from agent.store.errors import StoreError
from firmware.board import Board
from firmware.pins import PinFactory, mock_factory
from firmware.simulator.pin_bench import PinBench


def rest(board: Board, bench: PinBench) -> None:
    """Put every contact where it rests: a simulated line starts at its pull, as if every wire were cut."""
    for contact in board.inputs:
        bench.obey({"contact": contact.name, "active": False})


async def _run(loaded: Loaded, socket: Path, factory: PinFactory) -> None:
    board = wiring.board(loaded.site)
    agent = Agent(loaded, factory)
    bench = PinBench(board, factory, socket)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        await agent.run(stop, ready=lambda: rest(board, bench))
    finally:
        bench.close()


def main() -> None:
    """Watch until told to end."""
    configure()
    end_with_parent()
    try:
        asyncio.run(_run(load(Path(sys.argv[1])), Path(sys.argv[2]), mock_factory()))
    except (ConfigError, StoreError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
