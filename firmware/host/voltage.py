"""Whether the supply voltage sags.

The kernel's raspberrypi-hwmon driver: `in0_lcrit_alarm` of the hwmon device named `rpi_volt` says
whether the supply sagged since the driver's last look, two seconds ago at most. That look also clears the firmware's
"has occurred" bit, so `get_throttled` (raspberrypi/linux#2397) proves with a set bit that it happened since boot, and
proves nothing with a clear one while the driver is there. Whoever needs "since boot" must remember what it saw.
"""

from pathlib import Path

from firmware.host.files import Readings, number_of, text_of

UNDER_VOLTAGE_NOW = 1 << 0
UNDER_VOLTAGE_OCCURRED = 1 << 16


def read_voltage(root: Path) -> Readings:
    """`under_voltage` and `under_voltage.since_boot`, as far as the machine tells them."""
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
        if text_of(device / "name") == "rpi_volt":
            return number_of(device / "in0_lcrit_alarm")
    return None


def _throttled(root: Path) -> int | None:
    for path in sorted(root.glob("sys/devices/platform/soc*/*firmware/get_throttled")):
        try:
            return int(text_of(path) or "", 16)
        except ValueError:
            continue
    return None
