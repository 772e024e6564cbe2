"""What the whole machine writes to its disk in a day: the agent, the panel, the logs, the file system, all else that runs.

`LINEWARDEN_VM=… python -m tests.appliance.card`, on a machine that `make test-appliance` left installed (three quarters of an hour).
It looks at the counters of the disk and of the control groups once at rest and once while the PBX's service comes and
goes, each time over whole commits of the logs (`SyncIntervalSec`), and scales what an event adds.
"""

import contextlib
import os
import tempfile
import time
from pathlib import Path

from msgspec import Struct, json

from tests.appliance.conftest import BROKER, READY, SNMP
from tests.appliance.lab import Machine
from tests.appliance.vm_rig import VmRig
from tests.waiting import wait_for

DAY = 86_400.0
SETTLE, REST, FLAPS = 300.0, 1800.0, 20
UNITS = ("linewarden-agent.service", "linewarden-panel.service", "systemd-journald.service")
COUNTERS = f"""
import json, pathlib
def bytes_of(unit):
    text = pathlib.Path("/sys/fs/cgroup/system.slice", unit, "io.stat").read_text()
    return sum(int(word[7:]) for word in text.split() if word.startswith("wbytes="))
told = {{unit: bytes_of(unit) for unit in {UNITS!r}}}
told["disk"] = int(pathlib.Path("/sys/block/vda/stat").read_text().split()[6]) * 512
print(json.dumps(told))
"""


class Look(Struct):
    """The counters at one moment, in bytes."""

    at: float
    written: dict[str, int]
    events: int


class Card:
    """The counters of a branch's machine.

    Args:
        rig: the branch around it.
    """

    def __init__(self, rig: VmRig) -> None:
        self._rig = rig

    def look(self) -> Look:
        """After everything that was written has reached the disk."""
        told = self._rig.machine.run("journalctl --sync; sync; python3 -", stdin=COUNTERS.encode())
        return Look(time.monotonic(), json.decode(told, type=dict[str, int]), self._rig.branch().status.seq)

    def at_rest(self) -> tuple[Look, Look]:
        """Polls, and nothing that happens."""
        first = self.look()
        time.sleep(REST)  # what a quiet branch writes is what is measured
        return first, self.look()

    def with_events(self) -> tuple[Look, Look]:
        """Alarms that are raised and cleared one by one."""
        first = self.look()
        for _ in range(FLAPS):
            for status in (2, 1):
                self._rig.service(status)
                wait_for(lambda: self._stands() == (status == 2), timeout=90, what="the alarm")  # noqa: B023
        return first, self.look()

    def _stands(self) -> bool:
        return any(one.id == "pbx-1.service-down" and not one.is_cleared for one in self._rig.branch().alarms)


def pace(first: Look, last: Look, what: str) -> float:
    """Bytes a second."""
    return (last.written[what] - first.written[what]) / (last.at - first.at)


def report(rest: tuple[Look, Look], busy: tuple[Look, Look]) -> str:
    """A table in MB a day, and bytes for each event."""
    events = busy[1].events - busy[0].events
    lines = [f"{'what':<28}{'at rest':>12}{'an event':>12}{'with 120':>12}   ({events} events)"]
    for what in busy[0].written:
        quiet = pace(*rest, what)
        extra = (pace(*busy, what) - quiet) * (busy[1].at - busy[0].at) / events
        day = quiet * DAY / 1e6
        lines.append(f"{what:<28}{day:>9.1f} MB{extra / 1e3:>9.1f} kB{day + 120 * extra / 1e6:>9.1f} MB")
    return "\n".join(lines)


def main() -> None:
    """Measure, and leave the machine off."""
    os.environ.setdefault("LINEWARDEN_TEST_PATIENCE", "4")
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
        card = Card(rig)
        card.look()
        time.sleep(SETTLE)  # until what a start writes is written
        print(report(card.at_rest(), card.with_events()), flush=True)


if __name__ == "__main__":
    main()
