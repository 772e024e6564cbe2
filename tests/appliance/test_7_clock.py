"""Show 5: a boot in 1970, time found later, a step of ten years: order right, offsets appended, nothing rewritten."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.appliance.branch import HOST
from tests.appliance.conftest import READY, Installed
from tests.appliance.vm_rig import AGENT, VmRig
from tests.parts.chronyd import PROGRAM
from tests.parts.mosquitto import free_port
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(3600)

BROKEN = "pbx-1.service-down"


@contextmanager
def time_server(folder: Path) -> Iterator[int]:
    """A time server on this machine, whose own clock it never touches; its port."""
    port = free_port()
    (folder / "ntp.conf").write_text(
        f"local stratum 3\nport {port}\nbindaddress 127.0.0.1\nallow 127.0.0.1\ncmdport 0\n"
        f"bindcmdaddress /\npidfile {folder}/ntp.pid\n"
    )
    command = [str(PROGRAM), "-x", "-d", "-u", Path.home().owner(), "-f", str(folder / "ntp.conf")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield port
        finally:
            process.terminate()


def stored(rig: VmRig) -> dict[str, str]:
    """Every event of the journal as it is stored, by its place."""
    query = (
        "import sqlite3; rows = sqlite3.connect('file:/var/lib/linewarden/journal.db?mode=ro', uri=True)"
        ".execute('SELECT epoch, seq, body, hash FROM event'); "
        "print('\\n'.join(f'{e}:{s} {b.hex()} {h.hex()}' for e, s, b, h in rows))"
    )
    lines = rig.machine.run(f'python3 -c "{query}"').splitlines()
    return {place: rest for place, _, rest in (line.partition(" ") for line in lines)}


def kinds(rig: VmRig) -> list[str]:
    """The kinds of all events, in order."""
    return [str(event["type"]).removeprefix("linewarden.") for event in rig.exported()]


def year(told: object) -> int:
    """Of a time in ISO 8601."""
    return datetime.fromisoformat(str(told)).year


def test_a_boot_in_1970_time_found_later_and_a_step_of_ten_years(
    installed: Installed, rig: VmRig, tmp_path: Path
) -> None:
    """By the machine's own clock, a real chronyd and a real server; systemd alone moves 1970 to the day it was built."""
    machine = installed.machine
    machine.off()
    machine.boot(qemu=("-rtc", "base=1970-01-02"))
    data = "/var/lib/linewarden"
    machine.run(f"systemctl stop {AGENT}; rm -rf {data}/*; date -s @600; systemctl start {AGENT}")
    rig.wait_until_watching()
    assert rig.branch().status.clock == "unsynced"
    rig.service(2)
    alarm = rig.subscriber.wait_for_alarm(BROKEN, is_cleared=False)
    assert year(alarm["last-raised"]) == 1970
    shelved = rig.cli("shelve", BROKEN, "--for", "1h", "--reason", "the clock is being set")
    assert shelved.returncode == 0, shelved.stderr
    before = stored(rig)

    with time_server(tmp_path) as port:
        machine.run(f"chronyc add server {HOST} port {port} iburst")
        wait_for(lambda: rig.branch().status.clock == "ntp", timeout=90, what="the time")
        wait_for(lambda: {"clock.stepped", "clock.offset"} <= set(kinds(rig)), what="its events")
        wait_for(
            lambda: year(rig.subscriber.alarms()[BROKEN]["last-raised"]) == datetime.now(UTC).year,
            what="the alarm, dated",
        )
        steps = kinds(rig).count("clock.stepped")
        machine.run("date -s '+10 years'")
        wait_for(lambda: kinds(rig).count("clock.stepped") > steps, timeout=90, what="the step by hand")
        wait_for(lambda: abs(rig.branch().status.now - time_here()) < 60, timeout=90, what="the step back")

    after = stored(rig)
    assert {place: after[place] for place in before} == before
    exported = rig.exported()
    places = [(int(str(event["epoch"]).split("-")[0]), event["seq"]) for event in exported]
    assert places == sorted(places)
    for epoch in {number for number, _ in places}:
        numbers = [seq for number, seq in places if number == epoch]
        assert numbers == list(range(1, len(numbers) + 1))
    assert "suppression.ended" not in kinds(rig)
    assert any(one.id == BROKEN and one.suppressed for one in rig.branch().alarms)
    assert rig.cli("export", "--verify").stdout.startswith("the chain holds up to ")
    machine.off()
    machine.boot(restore=READY)


def time_here() -> float:
    """Seconds since 1970, by this machine."""
    return time.time()
