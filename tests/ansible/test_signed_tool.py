"""The program that installs is taken only as somebody signed it, by the very command of the role."""

import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from agent.release import bundle
from tests.ansible.rendering import ROOT

TASK = "Have the program that installs and switches"


def is_taken(folder: Path, program: Path) -> bool:
    """What the task's validation says of a file."""
    tasks = yaml.safe_load((ROOT / "roles/appliance/tasks/install.yml").read_text())
    (command,) = (task["ansible.builtin.copy"]["validate"] for task in tasks if task["name"] == TASK)
    for place in ("/etc/linewarden/allowed_signers", "/opt/linewarden/linewarden-release.pyz.sig"):
        assert place in command
        command = command.replace(place, str(folder / Path(place).name))
    done = subprocess.run(shlex.split(command % program), capture_output=True, check=False, timeout=60)
    return done.returncode == 0


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that is signed."""
    key = tmp_path / "key"
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    (tmp_path / "allowed_signers").write_text(f"release {key.with_suffix('.pub').read_text()}")
    program = tmp_path / "linewarden-release.pyz"
    program.write_bytes(b"a program")
    bundle.sign_file(program, key)
    return program


def test_what_was_signed_is_taken(program: Path, tmp_path: Path) -> None:
    """By the signature beside it."""
    assert is_taken(tmp_path, program)


def test_what_was_changed_afterwards_is_not(program: Path, tmp_path: Path) -> None:
    """Whoever writes into the folder of bundles is not root on every box."""
    program.write_bytes(b"another program")
    assert not is_taken(tmp_path, program)


def test_what_a_stranger_signed_is_not(program: Path, tmp_path: Path) -> None:
    """Nor with any key but those of the inventory."""
    (tmp_path / "allowed_signers").write_text("release ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA\n")
    assert not is_taken(tmp_path, program)
