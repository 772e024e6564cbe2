"""A box's file system for a playbook that deletes: this machine's, with scratch folders mounted where it would delete.

Everything happens in a mount namespace of its own, so that nothing of this machine can be meant. systemd is played by
a program that notes what it is told.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.ansible.rendering import ROOT
from tests.ansible.test_preflight import BIN

PLACES = ("etc", "opt", "var/lib", "usr/local/bin")
UNITS = (
    "agent.service",
    "panel.service",
    "release.service",
    "crash.service",
    "usb-reset.path",
    "backup.timer",
    "drill.timer",
)
SYSTEMCTL = """#!/bin/sh
told={told}
unit=$(echo "$2" | tr / _)
case "$1" in
show) echo LoadState=loaded; [ -e "$told/$unit.stop" ] && echo ActiveState=inactive || echo ActiveState=active;;
is-enabled) [ -e "$told/$unit.disable" ] && {{ echo disabled; exit 1; }}; echo enabled;;
*) touch "$told/$unit.$1";;
esac
"""
LINEWARDEN = """#!/bin/sh
cd {repository} && PYTHONDONTWRITEBYTECODE=1 exec {python} -m agent.cli "$@"
"""


class LoneRoot:
    """Scratch folders in the place of those of this machine.

    Args:
        folder: for them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder / "root", folder / "systemctl"
        self.told.mkdir()
        for place in PLACES:
            (self.folder / place).mkdir(parents=True)
        subprocess.run(["cp", "-a", "/etc/.", str(self.folder / "etc")], check=True)
        self.write("usr/local/bin/systemctl", SYSTEMCTL.format(told=self.told), 0o755)
        repository, release = ROOT.parent, "opt/linewarden/current/release/bin/linewarden"
        self.write(release, LINEWARDEN.format(repository=repository, python=sys.executable), 0o755)
        (self.folder / "usr/local/bin/linewarden").symlink_to(f"/{release}")
        for unit in UNITS:
            self.write(f"etc/systemd/system/linewarden-{unit}", "[Unit]\n")
        self.write("etc/systemd/system/other.service", "[Unit]\n")

    def write(self, place: str, text: str | bytes, mode: int = 0o600) -> Path:
        """Put a file somewhere."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    def copy(self, source: Path, place: str) -> None:
        """Put a folder somewhere."""
        shutil.copytree(source, self.folder / place)

    def left(self) -> set[str]:
        """What there is of linewarden."""
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*linewarden*")}

    def play(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run ansible-playbook on it."""
        mounts = "".join(f"mount --bind {self.folder / place} /{place} && " for place in PLACES)
        script = f'{mounts}exec "$0" "$@"'
        given = ["unshare", "--mount", "sh", "-c", script, str(BIN / "ansible-playbook"), *words]
        path = f"/usr/local/bin:{BIN}:{os.environ['PATH']}"
        environment = os.environ | {"ANSIBLE_NOCOLOR": "1", "PATH": path}
        return subprocess.run(given, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
