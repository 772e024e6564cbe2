"""What is left of earlier runs, shown as files below a root of the test's own."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.host.ended import Remains, Reset, ServiceEnd, find

ONE, TWO = "1" * 32, "2" * 32
RSTS = "proc/device-tree/chosen/bootloader/rsts"
CHIP = "proc/device-tree/chosen/power/power_reset"
STATUS = "sys/class/watchdog/watchdog0/bootstatus"
PANIC = """Panic#1 Part1
<4>[  123.456789] CPU: 2 PID: 4242 Comm: bash Not tainted 6.6.31+rpt-rpi-v8
<1>[  123.456790][ T4242] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
<0>[  123.456791] Kernel panic - not syncing: Fatal exception at 0xffffffc0085a1234 \x1b[31m
"""
OOPS = "Oops#1 Part1\n<1>[    9.000001] Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP\n"


def put(root: Path, name: str, body: bytes) -> Path:
    """Make one file below a root."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def look(root: Path) -> Remains:
    """Look below the root; the service's directory lies there too."""
    return find(root, root / "run/linewarden")


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    """What is absent is absent: no guess."""
    assert look(tmp_path) == Remains()


def test_the_ends_of_the_service_in_their_order(tmp_path: Path) -> None:
    """One line an end; each is known by its invocation."""
    lines = f"watchdog killed ABRT {ONE}\nexit-code exited 1 {TWO}\n"
    put(tmp_path, "run/linewarden/ended", lines.encode())
    put(tmp_path, "proc/sys/kernel/random/boot_id", b"boot-2\n")
    found = look(tmp_path)
    assert found.boot == "boot-2"
    assert found.services == (
        ServiceEnd("watchdog", "killed ABRT", ONE),
        ServiceEnd("exit-code", "exited 1", TWO),
    )


def test_a_line_without_an_invocation_is_known_by_when_it_was_written(tmp_path: Path) -> None:
    """A unit that writes the last end alone, over the one before: the same line again is another end."""
    path = put(tmp_path, "run/linewarden/ended", b"success exited 0\noom-kill killed KILL\n")
    os.utime(path, ns=(1, 1))
    first = look(tmp_path).services
    os.utime(path, ns=(2, 2))
    assert first == (ServiceEnd("oom-kill", "killed KILL", "1"),)
    assert look(tmp_path).services == (ServiceEnd("oom-kill", "killed KILL", "2"),)


def test_a_service_that_could_not_even_be_started(tmp_path: Path) -> None:
    """Then there is no exit code, and still a line."""
    put(tmp_path, "run/linewarden/ended", f"resources   {ONE}\n".encode())
    assert look(tmp_path).services == (ServiceEnd("resources", "", ONE),)


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (RSTS, b"\x00\x00\x10\x00", Reset(warm=False)),
        (RSTS, b"\x00\x00\x00\x20", Reset(warm=True)),
        (RSTS, b"\x00\x00\x10\x20", Reset(warm=True)),
        (RSTS, b"\x00\x00\x00\x00", Reset()),
        (RSTS, b"\x10\x00", Reset()),
        (CHIP, b"\x00\x00\x00\x02", Reset(voltage=True)),
        (CHIP, b"\x00\x00\x00\x04", Reset(hot=True)),
        (CHIP, b"\x00\x00\x00\x10", Reset(watchdog=True)),
        (STATUS, b"32\n", Reset(watchdog=True)),
        (STATUS, b"1\n", Reset(hot=True)),
        (STATUS, b"16\n", Reset(voltage=True)),
        (STATUS, b"0\n", Reset()),
        (STATUS, b"garbage\n", Reset()),
    ],
)
def test_what_reset_the_machine(tmp_path: Path, name: str, body: bytes, expected: Reset) -> None:
    """Reset register and power chip of the Pi, and the flags of watchdog drivers that have any."""
    put(tmp_path, name, body)
    assert look(tmp_path).reset == expected


def test_a_panic_gives_its_reason_without_addresses(tmp_path: Path) -> None:
    """One printable line, the panic's own before whatever led to it."""
    put(tmp_path, "sys/fs/pstore/dmesg-ramoops-0", PANIC.encode())
    (record,) = look(tmp_path).records
    assert record.fatal
    assert record.reason == "Kernel panic - not syncing: Fatal exception at …  [31m"


def test_a_record_that_was_moved_is_the_same(tmp_path: Path) -> None:
    """systemd-pstore moves records, a unit of ours copies them: each is one, known by what it says."""
    put(tmp_path, "sys/fs/pstore/dmesg-ramoops-0", PANIC.encode())
    before = look(tmp_path).records
    put(tmp_path, "var/lib/systemd/pstore/1700000000/dmesg-ramoops-0", PANIC.encode())
    put(tmp_path, "run/linewarden/pstore/dmesg-ramoops-0", PANIC.encode())
    assert look(tmp_path).records == before


def test_an_oops_is_not_fatal(tmp_path: Path) -> None:
    """The kernel may live on after it."""
    put(tmp_path, "var/lib/systemd/pstore/dmesg-ramoops-1", OOPS.encode())
    (record,) = look(tmp_path).records
    assert not record.fatal
    assert record.reason == "Internal error: Oops: … [#1] PREEMPT SMP"


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=8))
def test_whatever_stands_there_harms_nothing(
    tmp_path_factory: pytest.TempPathFactory, line: bytes, record: bytes, cell: bytes
) -> None:
    """Half-written and foreign files give nothing, or something short and printable."""
    root = tmp_path_factory.mktemp("root")
    put(root, "run/linewarden/ended", line)
    put(root, "sys/fs/pstore/dmesg-ramoops-0", record)
    for name in (RSTS, CHIP, STATUS):
        put(root, name, cell)
    found = look(root)
    told = [end.result + end.how for end in found.services] + [one.reason for one in found.records]
    assert all(text.isprintable() and len(text) <= 300 for text in told)
