"""The playbook that makes a box of a backup: its own part of it, on a file system of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from agent.backup import age
from agent.store import reader
from tests.ansible.lone_root import LoneRoot
from tests.ansible.rendering import ROOT
from tests.ansible.test_preflight import ansible
from tests.backup.parts import Box

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="root mounts"),
]
PROGRAM = """#!/bin/sh
for word in "$@"; do [ -f "$word" ] && cat "$word" >>{seen} && stat -c '%a %U' "$word" "$(dirname "$word")" >>{modes}; done
ls {told} >{before}
exec /opt/linewarden/current/release/bin/linewarden "$@"
"""


class NewPi:
    """A machine with what a new agent has journalled, beside the backup of the dead one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.box, self.root = folder, Box(folder / "box"), LoneRoot(folder)
        self.backup, _ = self.box.make()
        names = ("seen", "modes", "before")
        self.seen, self.modes, self.before = (folder / name for name in names)
        notes = dict(zip(names, map(str, (self.seen, self.modes, self.before)), strict=True))
        program = PROGRAM.format(told=self.root.told, **notes)
        self.program = self.root.write("usr/local/bin/noting", program, 0o755)
        self.data = self.root.folder / "var/lib/linewarden"
        self.root.copy(Box(folder / "other").data, "var/lib/linewarden")
        (folder / "inventory").mkdir()
        hosts = {"all": {"children": {"boxes": {"hosts": {"box-42": {"ansible_connection": "local"}}}}}}
        (folder / "inventory/hosts.yml").write_text(yaml.safe_dump(hosts))

    def play(self, key: Path) -> "subprocess.CompletedProcess[str]":
        """What a person starts; of the playbook the part that restores."""
        told = {
            "ansible_become": False,
            "restore_file": str(self.backup),
            "restore_identity": str(key),
            "restore_program": "/usr/local/bin/noting",
        }
        words = ["-i", str(self.folder / "inventory"), "-l", "box-42", "--tags", "restore"]
        return self.root.play(*words, "-e", json.dumps(told), "restore.yml")

    @staticmethod
    def left() -> list[Path]:
        """What is left of backup and key in memory and on the control node."""
        return [*Path("/run").glob("linewarden-restore.*"), *Path("/tmp").glob("linewarden-restore.*")]


def test_the_banks_key_never_reaches_the_box(tmp_path: Path) -> None:
    """What reaches it is a backup and a key of one use, root's alone, after everything was stopped; then they are gone."""
    new, before = NewPi(tmp_path), NewPi.left()
    done = new.play(new.box.bank)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = new.seen.read_bytes()
    bank = new.box.bank.read_text().split()[-1]
    assert age.SECRET.encode() in seen
    assert bank.encode() not in seen
    assert new.backup.read_bytes() not in seen
    assert set(new.modes.read_text().splitlines()) == {"600 root", "700 root"}
    assert {"linewarden-agent.service.stop", "linewarden-panel.service.stop"} <= set(
        new.before.read_text().split()
    )
    assert len(list(reader.iterate(new.data))) == 50
    assert new.left() == before
    assert bank not in done.stdout + done.stderr


def test_a_restore_that_failed_is_finished_by_the_same_command(tmp_path: Path) -> None:
    """By a wrong key nothing is touched and nothing started; with the right one the same command ends well."""
    new, before = NewPi(tmp_path), NewPi.left()
    wrong = tmp_path / "wrong.key"
    age.own_identity(wrong)
    was = {path.name: path.read_bytes() for path in new.data.iterdir()}
    failed = new.play(wrong)
    assert failed.returncode != 0
    assert "none of the keys opens" in failed.stdout + failed.stderr
    assert {path.name: path.read_bytes() for path in new.data.iterdir()} == was
    assert not list(new.root.told.glob("*.start"))
    assert new.left() == before
    assert new.play(new.box.bank).returncode == 0
    assert list(new.data.glob("before-restore-*/journal.db"))


def test_the_key_comes_before_the_first_apply() -> None:
    """And the agent is started by nothing but what stands behind it."""
    listed = ansible("ansible-playbook", "-i", "inventory/example", "restore.yml", "--list-tasks").stdout
    order = [
        "Install from the bundle",
        "Make a box of the backup",
        "Write the site file",
        "Have the release run",
    ]
    places = [listed.index(name) for name in (*order, "Have it run")]
    assert places == sorted(places)
    assert "started" not in (ROOT / "roles/restore/tasks/main.yml").read_text()
