"""The wires of a branch as worker threads: the machine itself, serial UPSs, the contacts and buttons of the room."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from agent import wiring
from agent.config.load import Loaded
from agent.core.inputs import Order, Polled
from agent.parts import Parts, Post, patience
from agent.sources import room
from agent.sources.box import BOX, box
from agent.sources.revival import Revival
from agent.sources.serial_ups import serial_ups
from agent.sources.worker import Worker
from firmware.line import SerialLine
from firmware.pins import PinFactory

END_SECONDS = 1.0
"""How long the end waits for all wires together."""


class Wires:
    """All workers of a branch; each is told of to `parts`, and what it posts shows that it gets on.

    Args:
        loaded: the checked configuration.
        factory: gpiozero's pin factory.
        parts: hears how they do.
        post: takes what they read.
        read_box: reads the machine itself.
        pressed: takes the order of a button.
        reset: asks for a reset of a wire's USB adapter; whether somebody will do it.

    Attributes:
        hurries: how to have a device asked out of turn, by its id.
    """

    def __init__(
        self,
        loaded: Loaded,
        factory: PinFactory,
        parts: Parts,
        post: Post,
        *,
        read_box: Callable[[], Polled],
        pressed: Callable[[Order], None],
        reset: Callable[[str], bool],
    ) -> None:
        self.hurries: dict[str, Callable[[], None]] = {}
        self._workers = [box(read_box, parts.beating(BOX, patience(), post))]
        for entry, profile in wiring.serial_upses(loaded):
            posted = parts.beating(f"ups {entry.id}", patience(entry.interval), post)
            line = SerialLine(entry.serial or "")
            worker = serial_ups(
                entry.id,
                line,
                wiring.reader(profile),
                entry.interval,
                posted,
                revival=Revival(time.monotonic()),
                reset=reset,
            )
            self.hurries[entry.id] = worker.hurry
            self._workers.append(worker)
        self._workers += _of_the_room(loaded, factory, post, pressed)
        for worker in self._workers:
            worker.told = parts.told

    def start(self) -> None:
        """Begin with all of them at once."""
        for worker in self._workers:
            worker.start()

    async def end(self) -> None:
        """Tell all to end and wait a moment; a thread that hangs in the kernel is left behind."""
        for worker in self._workers:
            worker.stop()
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        end = time.monotonic() + END_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))


def _of_the_room(loaded: Loaded, factory: Any, post: Post, pressed: Callable[[Order], None]) -> list[Worker]:
    board = wiring.board(loaded.site)
    contacts = [room.contacts(board, factory, post)] if board.inputs else []
    buttons = [room.buttons(board, factory, pressed)] if board.buttons else []
    return [*contacts, *buttons]
