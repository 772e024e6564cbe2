"""What is left of the runs before this one: how the service ended, what reset the machine, what its kernel died of.

Read below one root path; what a machine lacks is absent. What can be known:

- The service manager appends a line to `ended` when the agent ends (systemd.exec(5): `$SERVICE_RESULT $EXIT_CODE
  $EXIT_STATUS`, and `$INVOCATION_ID` as the mark by which it is told once). It lies in memory and dies with the boot.
- `/sys/class/watchdog/*/bootstatus` has the flags of linux/watchdog.h. The Pi's driver, bcm2835_wdt, never sets any.
- The Pi's firmware hands the reset register on (`chosen/bootloader/rsts`, PM_RSTS): bit 12 the power came, bit 5 a full
  reset by the watchdog block. Every restart of a Pi goes through that block, so the bit tells a reset from a power
  cut, and nothing more. A Pi 5 adds why its power chip cut the power (`chosen/power/power_reset`).
- A kernel that dies leaves a record in pstore, if it has a place that survives (ramoops, EFI); systemd-pstore(8) moves
  such records to `/var/lib/systemd/pstore`. Both are root's, so a unit may copy them to `pstore` beside `ended`.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from firmware.host.files import number_of, text_of

OVERHEAT, POWER_UNDER, CARD_RESET, POWER_OVER = 0x01, 0x10, 0x20, 0x40
"""Flags of linux/watchdog.h: WDIOF_OVERHEAT, WDIOF_POWERUNDER, WDIOF_CARDRESET, WDIOF_POWEROVER."""
RSTS_POWER_ON, RSTS_FULL_RESET = 1 << 12, 1 << 5
CHIP_OVER_VOLTAGE, CHIP_UNDER_VOLTAGE, CHIP_TOO_HOT, CHIP_WATCHDOG = 1 << 0, 1 << 1, 1 << 2, 1 << 4

ENDED = "ended"
"""The file with a line for each end of the agent in this boot."""
LONGEST_REASON = 160
RECORDS = 32
"""Kernel records that are looked at, the newest first."""
BYTES = 1 << 16
"""Bytes read of one file."""

_RESULT = re.compile(r"[a-z][a-z-]*")
_INVOCATION = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"^(<\d+>)?(\[ *[\d.]+\](\[[^\]]*\])? )?")
_ADDRESS = re.compile(r"\b(0x)?[0-9a-fA-F]{8,}\b")
_HEAD = re.compile(r"(Panic|Oops|Emergency)#\d+")
"""How pstore begins a record."""
_PANIC = re.compile(r"Kernel panic - not syncing")
_OOPS = re.compile(r"\bOops\b|\bBUG:|Unable to handle kernel|Internal error:")


class ServiceEnd(Struct, frozen=True):
    """One end of the agent's process in this boot, in the words of systemd.exec(5)."""

    result: str
    """Such as `success`, `watchdog`, `oom-kill`, `signal`, `exit-code`."""
    how: str
    """Exit code and status, such as `killed ABRT`; empty where no process was started."""
    mark: str
    """By which it is known again."""


class Reset(Struct, frozen=True):
    """What the machine tells of how it came to boot."""

    watchdog: bool = False
    """A watchdog reset it, beyond doubt."""
    hot: bool = False
    """It was too hot."""
    voltage: bool = False
    """The supply voltage was out of bounds."""
    warm: bool | None = None
    """Reset while the power stayed on; False where the power came; None where it does not tell."""


class KernelRecord(Struct, frozen=True):
    """What a kernel wrote when it stumbled."""

    mark: str
    reason: str
    """One line without addresses."""
    fatal: bool
    """A panic; an oops need not end anything."""


class Remains(Struct, frozen=True):
    """All that is left of the runs before this one."""

    boot: str = ""
    """The present boot."""
    services: tuple[ServiceEnd, ...] = ()
    """Ends in this boot, the oldest first."""
    reset: Reset = Reset()
    records: tuple[KernelRecord, ...] = ()
    """What is still there, old ones too."""


def find(root: Path, run_dir: Path) -> Remains:
    """Look for what is left.

    Args:
        root: where /sys, /proc and /var are found.
        run_dir: the directory in memory where the service manager writes `ended`.
    """
    places = (root / "sys/fs/pstore", root / "var/lib/systemd/pstore", run_dir / "pstore")
    return Remains(
        boot=text_of(root / "proc/sys/kernel/random/boot_id") or "",
        services=tuple(_services(run_dir / ENDED)),
        reset=_reset(root),
        records=tuple(_records(places)),
    )


def _services(path: Path) -> Iterator[ServiceEnd]:
    """Lines without an invocation cannot be told apart but by when the file was written: then only the last counts."""
    lines = [words for line in (text_of(path) or "")[-BYTES:].splitlines() if (words := _words(line))]
    named = [words for words in lines if _INVOCATION.fullmatch(words[-1])]
    for words in named:
        yield ServiceEnd(words[0], " ".join(words[1:-1]), words[-1])
    if lines and not named:
        try:
            yield ServiceEnd(lines[-1][0], " ".join(lines[-1][1:]), str(path.stat().st_mtime_ns))
        except OSError:
            return


def _words(line: str) -> list[str]:
    words = line.split()[:4]
    return words if words and _RESULT.fullmatch(words[0]) and line.isascii() and line.isprintable() else []


def _reset(root: Path) -> Reset:
    statuses = (number_of(path) for path in sorted(root.glob("sys/class/watchdog/watchdog*/bootstatus")))
    flags = 0
    for status in statuses:
        flags |= int(status or 0)
    chip = _cell(root / "proc/device-tree/chosen/power/power_reset") or 0
    rsts = _cell(root / "proc/device-tree/chosen/bootloader/rsts") or 0
    power_came = bool(rsts & RSTS_POWER_ON)
    return Reset(
        watchdog=bool(flags & CARD_RESET or chip & CHIP_WATCHDOG),
        hot=bool(flags & OVERHEAT or chip & CHIP_TOO_HOT),
        voltage=bool(flags & (POWER_UNDER | POWER_OVER) or chip & (CHIP_UNDER_VOLTAGE | CHIP_OVER_VOLTAGE)),
        warm=True if rsts & RSTS_FULL_RESET else False if power_came else None,
    )


def _cell(path: Path) -> int | None:
    """A number of the device tree: four bytes, the highest first."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return int.from_bytes(data, "big") if len(data) == 4 else None


def _records(places: tuple[Path, ...]) -> Iterator[KernelRecord]:
    files = sorted((file for place in places for file in _files(place)), reverse=True)
    seen: set[str] = set()
    for _, path in files[:RECORDS]:
        try:
            with path.open("rb") as file:
                body = file.read(BYTES)
        except OSError:
            continue
        mark = hashlib.blake2b(body, digest_size=8).hexdigest()
        if mark not in seen:  # it may have been moved meanwhile
            seen.add(mark)
            yield _record(mark, body.decode("utf-8", "replace"))


def _files(place: Path) -> Iterator[tuple[float, Path]]:
    try:
        for path in place.rglob("dmesg*"):
            if path.is_file():
                yield path.stat().st_mtime, path
    except OSError:
        return


def _record(mark: str, text: str) -> KernelRecord:
    lines = [_PREFIX.sub("", line) for line in text.splitlines() if not _HEAD.match(line)]
    panic = next((line for line in lines if _PANIC.search(line)), "")
    oops = next((line for line in lines if _OOPS.search(line)), "")
    fatal = bool(panic) or text.startswith("Panic#")
    return KernelRecord(mark, _masked(panic or oops or "no reason in the record"), fatal)


def _masked(line: str) -> str:
    """One printable line without what would help an attacker."""
    shown = "".join(sign if sign.isprintable() else " " for sign in _ADDRESS.sub("…", line))
    return shown.strip()[:LONGEST_REASON]
