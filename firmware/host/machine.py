"""Temperature, load, memory, space and uptime of the Pi, with what its voltage and its card tell.

`/sys` and `/proc` are reached below one root path, so a test shows any machine it likes. What a machine lacks is absent
from the answer, not invented.
"""

import os
from pathlib import Path

import psutil

from firmware.host.card import read_card
from firmware.host.files import Readings, number_of, text_of
from firmware.host.voltage import read_voltage


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
        | read_voltage(root)
        | _load(root)
        | _memory(root)
        | _disk(data_dir)
        | _boot(root)
        | read_card(root)
    )


def _thermal(root: Path) -> Readings:
    millidegrees = number_of(root / "sys/class/thermal/thermal_zone0/temp")
    return {} if millidegrees is None else {"cpu.temperature": round(millidegrees / 1000, 1)}


def _load(root: Path) -> Readings:
    words = (text_of(root / "proc/loadavg") or "").split()
    cores = len(list(root.glob("sys/devices/system/cpu/cpu[0-9]*"))) or os.cpu_count() or 1
    try:
        return {"cpu.load": round(float(words[0]) / cores * 100, 1)}
    except (IndexError, ValueError):
        return {}


def _memory(root: Path) -> Readings:
    lines = (text_of(root / "proc/meminfo") or "").splitlines()
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
    words = (text_of(root / "proc/uptime") or "").split()
    if words and words[0].replace(".", "", 1).isdigit():
        readings["uptime"] = float(words[0])
    if boot_id := text_of(root / "proc/sys/kernel/random/boot_id"):
        readings["boot_id"] = boot_id
    return readings
