"""The Pi itself: temperature, supply voltage, load, space, card wear and the quality of its clock.

`/sys` and `/proc` are reached below one root path, so a test shows any machine it likes. What a machine lacks is absent
from the answer, not invented.

Under-voltage, from the kernel's raspberrypi-hwmon driver: `in0_lcrit_alarm` of the hwmon device named `rpi_volt` says
whether the supply sagged since the driver's last look, two seconds ago at most. That look also clears the firmware's
"has occurred" bit, so `get_throttled` (raspberrypi/linux#2397) proves with a set bit that it happened since boot, and
proves nothing with a clear one while the driver is there. Whoever needs "since boot" must remember what it saw.
"""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Literal

import psutil
from msgspec import Struct

Readings = dict[str, float | bool | str]
ClockQuality = Literal["unsynced", "holdover", "rtc", "gsm", "ntp"]

UNDER_VOLTAGE_NOW = 1 << 0
UNDER_VOLTAGE_OCCURRED = 1 << 16

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


def read_host(root: Path = Path("/"), data_dir: Path = Path("/")) -> Readings:
    """Give the readings of this machine.

    Args:
        root: where /sys and /proc are found.
        data_dir: a directory on the file system whose space counts.

    Returns:
        Of these, what the machine has: `cpu.temperature` (°C), `cpu.load` (% of all cores, one-minute mean),
        `memory.available` (%), `disk.free` (%), `disk.free.bytes`, `uptime` (s), `boot_id`, `under_voltage`,
        `under_voltage.since_boot`, `card.wear` (% of rated life, upper bound), `card.pre_eol`.
    """
    return (
        _thermal(root)
        | _voltage(root)
        | _load(root)
        | _memory(root)
        | _disk(data_dir)
        | _boot(root)
        | _card(root)
    )


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
    since_epoch = _number(root / "sys/class/rtc/rtc0/since_epoch")
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


def _text(path: Path) -> str | None:
    """Read a small file of the kernel; None where it is absent or refuses."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def _number(path: Path) -> float | None:
    text = _text(path)
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _thermal(root: Path) -> Readings:
    millidegrees = _number(root / "sys/class/thermal/thermal_zone0/temp")
    return {} if millidegrees is None else {"cpu.temperature": round(millidegrees / 1000, 1)}


def _voltage(root: Path) -> Readings:
    alarm = _sagging(root)
    bits = _throttled(root)
    if alarm is None and bits is None:
        return {}
    now = bool(alarm) if alarm is not None else bool((bits or 0) & UNDER_VOLTAGE_NOW)
    readings: Readings = {"under_voltage": now}
    occurred = now or bool((bits or 0) & UNDER_VOLTAGE_OCCURRED)
    if occurred or alarm is None:
        readings["under_voltage.since_boot"] = occurred
    return readings


def _sagging(root: Path) -> float | None:
    """Find the device by name: hwmon numbers move between models and kernels."""
    for device in sorted(root.glob("sys/class/hwmon/hwmon*")):
        if _text(device / "name") == "rpi_volt":
            return _number(device / "in0_lcrit_alarm")
    return None


def _throttled(root: Path) -> int | None:
    for path in sorted(root.glob("sys/devices/platform/soc*/*firmware/get_throttled")):
        try:
            return int(_text(path) or "", 16)
        except ValueError:
            continue
    return None


def _load(root: Path) -> Readings:
    words = (_text(root / "proc/loadavg") or "").split()
    cores = len(list(root.glob("sys/devices/system/cpu/cpu[0-9]*"))) or os.cpu_count() or 1
    try:
        return {"cpu.load": round(float(words[0]) / cores * 100, 1)}
    except (IndexError, ValueError):
        return {}


def _memory(root: Path) -> Readings:
    lines = (_text(root / "proc/meminfo") or "").splitlines()
    sizes = {
        words[0]: float(words[1]) for words in map(str.split, lines) if len(words) > 1 and words[1].isdigit()
    }
    total, available = sizes.get("MemTotal:"), sizes.get("MemAvailable:")
    if not total or available is None:
        return {}
    return {"memory.available": round(available / total * 100, 1)}


def _disk(data_dir: Path) -> Readings:
    try:
        usage = psutil.disk_usage(str(data_dir))
    except OSError:
        return {}
    return {"disk.free": round(100 - usage.percent, 1), "disk.free.bytes": float(usage.free)}


def _boot(root: Path) -> Readings:
    readings: Readings = {}
    words = (_text(root / "proc/uptime") or "").split()
    if words and words[0].replace(".", "", 1).isdigit():
        readings["uptime"] = float(words[0])
    if boot_id := _text(root / "proc/sys/kernel/random/boot_id"):
        readings["boot_id"] = boot_id
    return readings


def _card(root: Path) -> Readings:
    """Read JEDEC eMMC 5.0 wear, in steps of ten per cent; SD cards do not offer it."""
    device = root / "sys/block/mmcblk0/device"
    readings: Readings = {}
    steps = [step for step in _hex_values(device / "life_time") if step]
    if steps:
        readings["card.wear"] = float(min(100, max(steps) * 10))
    names = {1: "normal", 2: "warning", 3: "urgent"}
    states = [names[state] for state in _hex_values(device / "pre_eol_info") if state in names]
    if states:
        readings["card.pre_eol"] = states[0]
    return readings


def _hex_values(path: Path) -> list[int]:
    try:
        return [int(word, 16) for word in (_text(path) or "").split()]
    except ValueError:
        return []


class Interface(Struct, frozen=True):
    """A network interface, without the addresses of its hardware."""

    name: str
    is_up: bool
    speed: int
    """Mbit/s; 0 where it does not tell."""
    mtu: int
    addresses: tuple[str, ...]
    """IPv4 and IPv6."""


def interfaces() -> list[Interface]:
    """The network interfaces of this machine."""
    addresses, states = psutil.net_if_addrs(), psutil.net_if_stats()
    return [
        Interface(
            name,
            state.isup,
            state.speed,
            state.mtu,
            tuple(one.address for one in addresses.get(name, ()) if one.family in (AF_INET, AF_INET6)),
        )
        for name, state in sorted(states.items())
    ]
