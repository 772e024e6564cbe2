"""The unit that hands the agent what a dying kernel wrote: its own command, on files of a test."""

import os
import pwd
import re
import shlex
import subprocess
import time
from pathlib import Path

from firmware.host.ended import find
from tests.firmware.test_ended import PANIC, put

UNIT = Path(__file__).parents[2] / "systemd/linewarden-crash.service"
PLACES = ("sys/fs/pstore", "var/lib/systemd/pstore", "run/linewarden")


def hand_over(root: Path) -> None:
    """What the unit does, below a root."""
    found = re.search(r"^ExecStart=(.+)$", UNIT.read_text(), re.MULTILINE)
    assert found is not None
    command = found[1].replace("%%", "%").replace("linewarden:", f"{pwd.getpwuid(os.getuid()).pw_name}:")
    for place in PLACES:
        (root / place).mkdir(parents=True, exist_ok=True)
        command = command.replace(f"/{place}", str(root / place))
    subprocess.run(shlex.split(command), check=True)


def test_what_is_handed_over_is_found_where_the_agent_may_look(tmp_path: Path) -> None:
    """The newest eight, also where boots left them under equal names, and of each its head; no more of what is root's."""
    now = time.time()
    for boot in range(11):
        record = PANIC.replace("Fatal exception", f"reason {boot}") + "x" * 100_000
        path = put(tmp_path, f"var/lib/systemd/pstore/{boot}/dmesg-ramoops-0", record.encode())
        os.utime(path, (now - 100 + boot, now - 100 + boot))
    hand_over(tmp_path)
    copies = list((tmp_path / "run/linewarden/pstore").iterdir())
    assert {one.stat().st_size for one in copies} == {65536}
    for kept in PLACES[:2]:
        (tmp_path / kept).rename(tmp_path / f"{kept}-root-only")
    reasons = [one.reason for one in find(tmp_path, tmp_path / "run/linewarden").records]
    assert [re.findall(r"reason (\d+)", reason) for reason in reasons] == [
        [str(boot)] for boot in range(10, 2, -1)
    ]
