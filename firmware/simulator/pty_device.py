"""A device on a pseudo-terminal: a stable path that appears and goes as a USB serial adapter does."""

import os
import pty
import select
import threading
import tty
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

Reply = Iterable[tuple[float, bytes]]
"""Pieces of an answer, each with the seconds to wait before it."""
COMMAND_CAP = 4096


class PtyDevice:
    """Serves commands ended by CR on a pty, behind the symbolic link `link`. Starts plugged in.

    Args:
        link: where the line appears; a link left there before is replaced.
        answer: gives the reply to one whole command, from the device's thread.

    Raises:
        OSError: no pty to be had, or `link` cannot be made.
    """

    def __init__(self, link: Path, answer: Callable[[bytes], Reply]) -> None:
        self.link = link
        self._answer = answer
        self._thread: threading.Thread | None = None
        self._gone = threading.Event()
        self._open = threading.Lock()  # the descriptors are not closed while one is written
        self.plug()

    def plug(self) -> None:
        """Appear; nothing where it is plugged in already."""
        if self._thread is not None:
            return
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._wake_read, self._wake_write = os.pipe()
        self._gone.clear()
        _link(self.link, os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._serve, name=f"pty {self.link.name}", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Go away: whoever holds the line gets an error. Nothing where it is unplugged already."""
        if self._thread is None:
            return
        self.link.unlink(missing_ok=True)
        self._gone.set()
        os.write(self._wake_write, b"x")
        self._thread.join()
        self._thread = None
        with self._open:
            for descriptor in (self._master, self._slave, self._wake_read, self._wake_write):
                os.close(descriptor)

    def send(self, data: bytes) -> None:
        """Say something unasked, without limit of size; waits for the reader, and stops when unplugged."""
        while data:
            with self._open:
                if self._gone.is_set():
                    return
                data = data[self._write(data[:1024]) :]

    def close(self) -> None:
        """Unplug for good. May be called twice."""
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> int:
        _, writable, _ = select.select([], [self._master], [], 0.05)
        with suppress(BlockingIOError):
            return os.write(self._master, data) if writable else 0
        return 0

    def _serve(self) -> None:
        pending = b""
        while not self._gone.is_set():
            select.select([self._master, self._wake_read], [], [])
            if self._gone.is_set():
                return
            with suppress(OSError):  # a reader that closed the line is no end of the device
                pending = (pending + os.read(self._master, 1024))[-COMMAND_CAP:]
            *commands, pending = pending.split(b"\r")
            for command in commands:
                self._reply(command + b"\r")

    def _reply(self, command: bytes) -> None:
        for delay, data in self._answer(command):
            if self._gone.wait(delay):
                return
            self.send(data)


def _link(link: Path, target: str) -> None:
    fresh = link.with_name(link.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
