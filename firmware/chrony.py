"""Time offered to chrony: a reference clock of the driver SOCK (chrony.conf, `refclock SOCK path`).

chrony owns the clock of the box and decides what to make of a source; whoever knows the time only tells it, and needs no
privilege but to write to one socket. Each datagram is chrony's `struct sock_sample` of its `refclock_sock.c`, in the machine's own
byte order: seconds and microseconds of the system's clock, how far true time is ahead of it (a double, in seconds), whether it is a
pulse, a leap second to come, padding, and a magic number. With a 64-bit `time_t`, as all systems of ours have, that is 40 bytes.
"""

import socket
import struct
from pathlib import Path

from msgspec import Struct

from firmware.errors import RefclockAway

MAGIC = 0x534F434B
_LAYOUT = struct.Struct("=qqdiiii")
_NO_PULSE = _NO_LEAP = _PADDING = 0


class Sample(Struct, frozen=True):
    """One comparison of the system's clock with true time.

    Attributes:
        at: seconds since 1970 that the system's clock said.
        offset: seconds that true time was ahead of it.
    """

    at: float
    offset: float


def encode(sample: Sample) -> bytes:
    """The datagram of a sample."""
    micros = round(sample.at * 1e6)
    return _LAYOUT.pack(
        micros // 1_000_000, micros % 1_000_000, sample.offset, _NO_PULSE, _NO_LEAP, _PADDING, MAGIC
    )


class Refclock:
    """The socket at which chrony listens for one reference clock.

    Args:
        path: as in chrony.conf. chrony makes the socket at its start, and anew at each.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def offer(self, sample: Sample) -> None:
        """Tell chrony of a sample; never blocks.

        Raises:
            RefclockAway: nobody listens there, or takes no more at present.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(0)
            try:
                sender.sendto(encode(sample), str(self._path))
            except OSError as error:
                raise RefclockAway(f"{self._path}: {error.strerror or error}") from error
