"""Where the wall clock comes from, as the kernel tells it."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from firmware.host.files import number_of

ClockQuality = Literal["unsynced", "holdover", "rtc", "gsm", "ntp"]

STA_UNSYNC = 0x0040
HOLDOVER_ERROR = 4.0
"""Maximum error in seconds above which the last correction is long ago: the kernel adds 0.5 ms per second, and
daemons correct at least every 2048 s, so two corrections were missed."""
RTC_PLAUSIBLE = 1_735_689_600
"""2025-01-01: a battery-less clock chip starts before it."""


class Timex(Struct, frozen=True):
    """What adjtimex(2) tells: `status` bits and `max_error` in seconds."""

    status: int
    max_error: float


def clock_quality(
    root: Path = Path("/"), read: Callable[[], Timex | None] | None = None, *, gsm: bool = False
) -> ClockQuality:
    """Tell where the wall clock comes from.

    Args:
        root: where /sys and /run are found.
        read: gives the kernel's clock state; None asks the kernel.
        gsm: the clock was set from the mobile network and nothing better came since.

    Returns:
        "ntp" while the kernel is being disciplined; "holdover" when it was, in this boot, and is no more; then "gsm",
        "rtc" (a clock chip with a plausible time) or "unsynced". chrony clears the kernel's flag only with `rtcsync`.
    """
    timex = (read or kernel_clock)()
    disciplined = timex is not None and not timex.status & STA_UNSYNC
    if timex is not None and disciplined and timex.max_error <= HOLDOVER_ERROR:
        return "ntp"
    if gsm:
        return "gsm"
    if disciplined or (root / "run/systemd/timesync/synchronized").exists():
        return "holdover"
    since_epoch = number_of(root / "sys/class/rtc/rtc0/since_epoch")
    return "rtc" if since_epoch is not None and since_epoch >= RTC_PLAUSIBLE else "unsynced"


class _TimexBuffer(ctypes.Structure):
    """The head of the C library's struct timex, with room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_clock() -> Timex | None:
    """Read the kernel's clock state by adjtimex(2), which changes nothing with modes 0.

    Returns:
        None where the call is refused, as under systemd's `ProtectClock=yes`, or does not exist.
    """
    buffer = _TimexBuffer()
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    if adjtimex(ctypes.byref(buffer)) < 0:
        return None
    return Timex(status=buffer.status, max_error=buffer.maxerror / 1e6)
