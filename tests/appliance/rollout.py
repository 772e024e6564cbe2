"""The real playbook from a real bundle against a machine of the laboratory."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.appliance.lab import Machine

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SECONDS = 3000.0


class Recap(NamedTuple):
    """How a run ended for one box."""

    ok: int
    changed: int
    failed: int
    text: str


class Keys:
    """Who signs bundles.

    Args:
        folder: for the keys.
    """

    def __init__(self, folder: Path) -> None:
        self.private = folder / "release-key"
        if not self.private.exists():
            command = [
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                "release",
                "-f",
                str(self.private),
            ]
            subprocess.run(command, check=True, capture_output=True)
        self.public = self.private.with_suffix(".pub").read_text().strip()


def bundle(source: Path, output: Path, keys: Keys) -> dict[str, Any]:
    """Make the bundle of a source tree for this kind of machine; its entry in the list of bundles."""
    words = [
        "--machine",
        "x86_64",
        "--key",
        str(keys.private),
        "--output",
        str(output),
        "--source",
        str(source),
    ]
    command = [sys.executable, "-m", "agent.release.make_bundle", *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=SECONDS)
    made: list[dict[str, Any]] = json.loads((output / "bundles.json").read_text())
    return made[0]


def inventory(folder: Path, machine: Machine, boxes: dict[str, dict[str, Any]], canaries: list[str]) -> Path:
    """An inventory whose boxes are all the same machine, each under a name of its own."""
    reached = {
        "ansible_host": "127.0.0.1",
        "ansible_port": machine.port,
        "ansible_user": "pi",
        "ansible_ssh_private_key_file": str(machine.key),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
    }
    groups = {
        "boxes": {"hosts": {name: reached | given for name, given in boxes.items()}},
        "canaries": {"hosts": dict.fromkeys(canaries)},
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "hosts.yml"
    path.write_text(json.dumps({"all": {"children": groups}}, indent=1))  # JSON is YAML
    return path


def play(hosts: Path, *options: str) -> tuple[int, dict[str, Recap]]:
    """Run the playbook; its exit status, and how it ended for each box."""
    command = [str(BIN / "ansible-playbook"), "-i", str(hosts), "site.yml", *options]
    environment = os.environ | {"ANSIBLE_NOCOLOR": "1", "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        command,
        cwd=ROOT / "ansible",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    text = done.stdout + done.stderr
    found = re.findall(
        r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", text, re.MULTILINE
    )
    recaps = {
        name: Recap(int(ok), int(changed), int(down) + int(bad), text)
        for name, ok, changed, down, bad in found
    }
    return done.returncode, recaps
