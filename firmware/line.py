"""One supervised serial line: opened when needed, bounded in time and memory, reopened after an unplug.

A line is named by a stable path (`/dev/serial/by-id/…`, `/dev/serial/by-path/…`) or by a URL of pyserial. It blocks:
one worker thread per line calls it. Only here are errors of pyserial met.
"""

import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, Self

import serial
from msgspec import Struct

from firmware.errors import LineLost, LineTimeout, LineUrlError

SCHEMES = ("socket://", "rfc2217://", "loop://")
TICK = 0.05
"""Longest single wait in the kernel, seconds; a deadline is overrun by no more."""
CHUNK = 4096

Trace = Callable[[str, bytes], None]
"""Gets ("tx" | "rx" | "open" | "lost", bytes); its owner redacts before it stores anything."""


class LineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the wire is driven. The default fits Megatec: 2400 8N1, powered by a high DTR and a low RTS.

    Attributes:
        baudrate: bits per second.
        bytesize: data bits.
        parity: "N", "E" or "O".
        stopbits: stop bits.
        dtr: level of DTR while open.
        rts: level of RTS while open.
    """

    baudrate: int = 2400
    bytesize: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    dtr: bool = True
    rts: bool = False


MEGATEC = LineSettings()


class SerialLine:
    """A serial line that asks and is answered.

    Args:
        url: an absolute path, or a URL with one of `SCHEMES`.
        settings: how the wire is driven.
        trace: sees every byte in both directions.

    Raises:
        LineUrlError: the name is of neither kind.
    """

    def __init__(self, url: str, settings: LineSettings = MEGATEC, trace: Trace | None = None) -> None:
        if not url.startswith(("/", *SCHEMES)):
            raise LineUrlError(f"{url}: give an absolute path or one of {', '.join(SCHEMES)}")
        self.url = url
        self._settings = settings
        self._trace = trace
        self._port: serial.Serial | None = None
        self._buffer = b""

    @property
    def is_open(self) -> bool:
        """Whether the line is held open now."""
        return self._port is not None

    def open(self) -> None:
        """Open the line where it is not; `exchange` does it by itself. A network URL may take its own 5 s.

        Raises:
            LineLost: absent, busy, or not a serial line.
            LineUrlError: the URL has a form that pyserial rejects.
        """
        if self._port is not None:
            return
        with self._supervised():
            self._port = self._opened()
        self._note("open", b"")

    def close(self) -> None:
        """Close the line. May be called twice."""
        port, self._port = self._port, None
        self._buffer = b""
        if port is not None:
            port.close()

    def exchange(
        self, request: bytes, until: bytes = b"\r", deadline: float = 3.0, cap: int = CHUNK
    ) -> bytes:
        """Send a request and give the answer up to and including `until`.

        What came before the request is thrown away; one exact echo of the request before the answer is taken off.

        Args:
            request: the bytes to send.
            until: the bytes that end an answer.
            deadline: seconds for the whole exchange once the line is open.
            cap: bytes kept at most; older ones are dropped, the wait goes on.

        Raises:
            LineTimeout: no whole answer in time.
            LineLost: the line is absent or went away; it is closed and the next exchange opens it.
        """
        self.open()
        end = time.monotonic() + deadline
        self._discard(end)
        self.write(request)
        return self._receive(until, end, cap, echo=request)

    def write(self, data: bytes) -> None:
        """Send bytes; raises LineLost, and LineTimeout where the wire does not take them."""
        self.open()
        with self._supervised() as port:
            port.write(data)
        self._note("tx", data)

    def receive(self, until: bytes = b"\r", deadline: float = 3.0, cap: int = CHUNK) -> bytes:
        """Give the next frame of a line that talks unasked; the rest of what came is kept for the next call.

        Args and errors as in `exchange`.
        """
        self.open()
        return self._receive(until, time.monotonic() + deadline, cap, echo=b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self) -> serial.Serial:
        wire = self._settings
        try:
            port = serial.serial_for_url(
                self.url, do_not_open=True, timeout=TICK, write_timeout=2.0, exclusive=True,
                baudrate=wire.baudrate, bytesize=wire.bytesize, parity=wire.parity, stopbits=wire.stopbits,
            )  # fmt: skip
            port.dtr, port.rts = wire.dtr, wire.rts
            port.open()
        except ValueError as error:
            raise LineUrlError(f"{self.url}: {error}") from error
        return port

    @contextmanager
    def _supervised(self) -> Iterator[serial.Serial]:
        """Translate pyserial's errors. A line that failed is closed: nothing else makes an unplugged one work again."""
        try:
            yield self._port  # type: ignore[misc]  # None only within open, which does not look
        except serial.SerialTimeoutException as error:
            raise LineTimeout(f"{self.url}: the wire takes no bytes") from error
        except (OSError, termios.error) as error:
            if isinstance(error, LineUrlError):
                raise
            self._drop()
            raise LineLost(f"{self.url}: {error}") from error

    def _drop(self) -> None:
        self._note("lost", b"")
        try:
            self.close()
        except (OSError, termios.error):
            self._port = None  # a descriptor that will not close is the kernel's; ours is forgotten

    def _discard(self, end: float) -> None:
        """Throw away what came unasked, but not longer than until `end`: some lines never fall silent."""
        self._buffer = b""
        while stale := self._read_some(wait=False):
            del stale
            if time.monotonic() > end:
                raise LineTimeout(f"{self.url}: the line does not fall silent")

    def _receive(self, until: bytes, end: float, cap: int, echo: bytes) -> bytes:
        echoed = False
        while True:
            if echo and self._buffer.startswith(echo):
                self._buffer, echo, echoed = self._buffer[len(echo) :], b"", True
            maybe_echo = bool(echo) and echo.startswith(self._buffer)
            if not maybe_echo and (found := self._buffer.find(until)) >= 0:
                cut = found + len(until)
                frame, self._buffer = self._buffer[:cut], self._buffer[cut:]
                return frame
            if time.monotonic() > end:
                raise LineTimeout(
                    f"{self.url}: no whole answer, {len(self._buffer)} bytes came", echoed=echoed
                )
            self._buffer = (self._buffer + self._read_some())[-cap:]

    def _read_some(self, *, wait: bool = True) -> bytes:
        with self._supervised() as port:
            waiting = port.in_waiting
            data = port.read(min(max(1, waiting), CHUNK)) if waiting or wait else b""
        if data:
            self._note("rx", data)
        return data

    def _note(self, direction: str, data: bytes) -> None:
        if self._trace is not None:
            self._trace(direction, data)
