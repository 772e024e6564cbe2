"""The unit that undoes an update at the start of the machine may do what that takes, and has the time for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.release import commands, journal
from tests.conftest import ROOT

UNIT = ROOT / "systemd/linewarden-release.service"
EXCEPTIONS = ROOT / "systemd/linewarden-release.service.d/50-exceptions.conf"
AS_NOBODY = """
import pwd
from agent.release.commands import run
print(run(["/usr/bin/id", "-un"], owner=pwd.getpwnam("nobody")))
"""


def words(path: Path, key: str) -> list[str]:
    """What a unit says for a key."""
    lines = path.read_text().splitlines()
    return [word for line in lines if line.startswith(f"{key}=") for word in line.split("=", 1)[1].split()]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_it_runs_the_releases_commands_as_the_journals_owner() -> None:
    """With the capabilities that the unit leaves to root, and no other."""
    kept = [f"+{name.removeprefix('CAP_').lower()}" for name in words(EXCEPTIONS, "CapabilityBoundingSet")]
    limits = ["setpriv", f"--bounding-set=-all,{','.join(kept)}", "--no-new-privs"]
    command = [*limits, sys.executable, "-c", AS_NOBODY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("nobody", "")


def test_the_calls_for_that_are_not_filtered() -> None:
    """The shared hardening takes them away."""
    assert "@setuid" in words(EXCEPTIONS, "SystemCallFilter")


def test_it_has_the_time_that_its_steps_may_take() -> None:
    """To ask, to step back, to put the copy in place instead, to have the manager read the units."""
    [seconds] = words(UNIT, "TimeoutStartSec")
    assert int(seconds) >= journal.ASK_SECONDS + 2 * journal.STORE_SECONDS + commands.SECONDS
