"""What the whole machine writes to its disk in a day: the agent, the panel, the logs, the file system, all else that runs.

`LINEWARDEN_VM=… python -m tests.appliance.card`, on a machine that `make test-appliance` left installed (half an hour).
The counters of the disk and of the control groups are noted in the machine, in memory: who comes in to look is logged,
and each line of a log costs more than the agent at rest. One stretch is at rest, in one the PBX's service comes and goes;
both are whole intervals of the log's own writing (`SyncIntervalSec`). From them follows what an event adds.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.json import decode

from tests.appliance.conftest import BROKER, READY, SNMP
from tests.appliance.lab import Machine
from tests.appliance.vm_rig import VmRig
from tests.waiting import wait_for

DAY = 86_400.0
INTERVAL = 300.0
"""Seconds in which a line of the log reaches the disk."""
SETTLE, REST, BUSY = 1 * INTERVAL, 3 * INTERVAL, 1 * INTERVAL
UNITS = ("linewarden-agent.service", "linewarden-panel.service", "systemd-journald.service")
NOTES = "/run/card.jsonl"
COUNTER = f"""
import json, pathlib, time
def bytes_of(unit):
    text = pathlib.Path("/sys/fs/cgroup/system.slice", unit, "io.stat").read_text()
    return sum(int(word[7:]) for word in text.split() if word.startswith("wbytes="))
while True:
    written = {{unit: bytes_of(unit) for unit in {UNITS!r}}}
    written["disk"] = int(pathlib.Path("/sys/block/vda/stat").read_text().split()[6]) * 512
    with open("{NOTES}", "a") as notes:
        print(json.dumps({{"at": time.monotonic(), "written": written}}), file=notes)
    time.sleep(10)
"""


class Look(Struct):
    """The counters at one moment of the machine's own clock, in bytes."""

    at: float
    written: dict[str, int]


class Stretch(NamedTuple):
    """Between two looks."""

    first: Look
    last: Look

    def pace(self, what: str) -> float:
        """Bytes a second."""
        return (self.last.written[what] - self.first.written[what]) / (self.last.at - self.first.at)


def measure(rig: VmRig) -> tuple[Stretch, Stretch, float]:
    """At rest, with events, and how many events a second those were."""
    run = rig.machine.run
    run("cat > /run/card.py", stdin=COUNTER.encode())
    run("systemd-run --quiet --unit=card python3 /run/card.py")
    time.sleep(SETTLE + REST)  # what a quiet branch writes is what is measured
    events, lasted = make_events(rig)
    looks = [decode(line, type=Look) for line in run(f"cat {NOTES}").splitlines()]
    start = looks[0].at + SETTLE
    rest = Stretch(_at(looks, start), _at(looks, start + REST))
    return rest, Stretch(_at(looks, looks[-1].at - lasted), looks[-1]), events / lasted


def make_events(rig: VmRig) -> tuple[int, float]:
    """Alarms that are raised and cleared one by one; how many events that were, and in how many seconds."""
    before, begun, status = rig.branch().status.seq, time.monotonic(), 1
    while time.monotonic() - begun < BUSY:
        status = 3 - status
        rig.service(status)
        wait_for(lambda: _stands(rig) == (status == 2), timeout=90, what="the alarm")  # noqa: B023
        time.sleep(5)  # as alarms come: each is a commit of its own
    return rig.branch().status.seq - before, time.monotonic() - begun


def _at(looks: Sequence[Look], when: float) -> Look:
    return min(looks, key=lambda one: abs(one.at - when))


def _stands(rig: VmRig) -> bool:
    return any(one.id == "pbx-1.service-down" and not one.is_cleared for one in rig.branch().alarms)


def report(rest: Stretch, busy: Stretch, events: float) -> str:
    """A table in MB a day, and kB for each event."""
    lines = [
        f"{'what':<28}{'at rest':>12}{'an event':>12}{'with 120':>12}   ({events * 3600:.0f} events an hour)"
    ]
    for what in busy.last.written:
        day, extra = rest.pace(what) * DAY, (busy.pace(what) - rest.pace(what)) / events
        lines.append(
            f"{what:<28}{day / 1e6:>9.1f} MB{extra / 1e3:>9.1f} kB{(day + 120 * extra) / 1e6:>9.1f} MB"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, and leave the machine off."""
    machine = Machine(
        Path(os.environ["LINEWARDEN_VM"]).absolute(), int(os.environ.get("LINEWARDEN_VM_PORT", "2222"))
    )
    machine.off()
    machine.boot(restore=READY)
    with contextlib.ExitStack() as stack:
        stack.callback(machine.off)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rig = stack.enter_context(VmRig(machine, folder, BROKER, SNMP))
        rig.afresh()
        print(report(*measure(rig)), flush=True)


if __name__ == "__main__":
    main()
