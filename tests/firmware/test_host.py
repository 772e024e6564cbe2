"""The Pi itself, shown as files below a root of the test's own."""

import pytest

from firmware.host.clock import STA_UNSYNC, Timex, clock_quality, kernel_clock
from firmware.host.machine import read_host

BOOT_ID = "3d2b7f5e-0000-4000-8000-000000000001"


def put(root, files):
    """Make the kernel's files below a root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


PI = {
    "sys/class/thermal/thermal_zone0/temp": "48312",
    "sys/class/hwmon/hwmon0/name": "cpu_thermal",
    "sys/class/hwmon/hwmon1/name": "rpi_volt",
    "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0",
    "sys/devices/system/cpu/cpu0/online": "1",
    "sys/devices/system/cpu/cpu1/online": "1",
    "sys/devices/system/cpu/cpu2/online": "1",
    "sys/devices/system/cpu/cpu3/online": "1",
    "proc/loadavg": "1.00 0.50 0.25 1/200 4242",
    "proc/meminfo": "MemTotal:        1000000 kB\nMemFree:          100000 kB\nMemAvailable:     640000 kB\nHugePages_Total:       0",
    "proc/uptime": "3600.25 14000.00",
    "proc/sys/kernel/random/boot_id": BOOT_ID,
    "sys/block/mmcblk0/device/life_time": "0x02 0x03",
    "sys/block/mmcblk0/device/pre_eol_info": "0x01",
}


def test_a_whole_pi(tmp_path):
    """Everything a Pi with an eMMC offers has its name and unit."""
    put(tmp_path, PI)
    values = read_host(tmp_path, tmp_path)
    assert 0 <= values.pop("disk.free") <= 100
    assert values.pop("disk.free.bytes") > 0
    assert values == {
        "cpu.temperature": 48.3,
        "cpu.load": 25.0,
        "memory.available": 64.0,
        "uptime": 3600.25,
        "boot_id": BOOT_ID,
        "under_voltage": False,
        "card.wear": 30.0,
        "card.pre_eol": "normal",
    }


def test_a_machine_that_lacks_everything(tmp_path):
    """What is not there is absent, not zero."""
    assert read_host(tmp_path / "nothing", tmp_path / "nowhere") == {}


def test_garbage_in_the_kernels_files_is_absent(tmp_path):
    """A file that cannot be read as what it should be gives nothing, and harms no other."""
    put(tmp_path, dict.fromkeys(PI, "garbage") | {"proc/uptime": "3600.25 1.0"})
    values = read_host(tmp_path, tmp_path / "nowhere")
    assert values == {"uptime": 3600.25, "boot_id": "garbage"}


def test_this_machine_answers():
    """On any Linux at least load, memory, uptime, boot id and space are known."""
    assert {"cpu.load", "memory.available", "uptime", "boot_id", "disk.free"} <= set(read_host())


@pytest.mark.parametrize(
    ("alarm", "throttled", "now", "since_boot"),
    [
        ("0", None, False, None),
        ("1", None, True, True),
        ("0", "0", False, None),
        ("0", "50000", False, True),
        ("1", "50005", True, True),
        (None, "0", False, False),
        (None, "50000", False, True),
        (None, "50005", True, True),
        (None, "20002", False, False),
        (None, "nonsense", None, None),
    ],
)
def test_under_voltage(tmp_path, alarm, throttled, now, since_boot):
    """The driver's alarm says now; since boot is said only where it is proven."""
    if alarm is not None:
        put(
            tmp_path,
            {"sys/class/hwmon/hwmon3/name": "rpi_volt", "sys/class/hwmon/hwmon3/in0_lcrit_alarm": alarm},
        )
    if throttled is not None:
        put(tmp_path, {"sys/devices/platform/soc/soc:firmware/get_throttled": throttled})
    values = read_host(tmp_path, tmp_path)
    assert values.get("under_voltage") is now
    assert values.get("under_voltage.since_boot") is since_boot


@pytest.mark.parametrize(
    ("life", "wear"),
    [
        ("0x01 0x01", 10.0),
        ("0x00 0x04", 40.0),
        ("0x00 0x00", None),
        ("0x0a 0x0b", 100.0),
        ("", None),
        ("0xzz", None),
    ],
)
def test_card_wear_is_the_upper_bound_of_the_worse_type(tmp_path, life, wear):
    """JEDEC steps of ten per cent; undefined is absent, exceeded is 100."""
    put(tmp_path, {"sys/block/mmcblk0/device/life_time": life})
    assert read_host(tmp_path, tmp_path).get("card.wear") == wear


SYNCED = Timex(status=0x2001, max_error=0.01)
FREE = Timex(status=0x2001, max_error=9.0)
UNSYNCED = Timex(status=STA_UNSYNC, max_error=16.0)


@pytest.mark.parametrize(
    ("timex", "gsm", "was_synced", "rtc", "quality"),
    [
        (SYNCED, False, False, None, "ntp"),
        (SYNCED, True, True, "1800000000", "ntp"),
        (FREE, False, False, None, "holdover"),
        (FREE, True, False, None, "gsm"),
        (UNSYNCED, False, True, "1800000000", "holdover"),
        (UNSYNCED, True, False, None, "gsm"),
        (UNSYNCED, False, False, "1800000000", "rtc"),
        (UNSYNCED, False, False, "12345", "unsynced"),
        (UNSYNCED, False, False, None, "unsynced"),
        (None, False, False, None, "unsynced"),
        (None, False, False, "1800000000", "rtc"),
        (None, False, True, None, "holdover"),
    ],
)
def test_clock_quality(tmp_path, timex, gsm, was_synced, rtc, quality):  # noqa: PLR0917  # a table's columns
    """Where the wall clock comes from, for every answer the kernel may give."""
    if was_synced:
        put(tmp_path, {"run/systemd/timesync/synchronized": ""})
    if rtc is not None:
        put(tmp_path, {"sys/class/rtc/rtc0/since_epoch": rtc})
    assert clock_quality(tmp_path, lambda: timex, gsm=gsm) == quality


def test_the_kernels_clock_can_be_read():
    """The call itself gives an error bound within the kernel's own limits, or is refused as a whole."""
    timex = kernel_clock()
    assert timex is None or 0 <= timex.max_error < 3600
    assert clock_quality() in ("unsynced", "holdover", "rtc", "ntp")
