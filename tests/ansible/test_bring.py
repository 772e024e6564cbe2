"""The role brings a box what it lacks and nothing else: real tasks, real program, on a file system of its own."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from agent.release.make_bundle import make_tool
from tests.ansible.lone_root import LoneRoot
from tests.ansible.rendering import ROOT
from tests.release.parts import key, name_of, packed, unpacked

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="root mounts"),
]
FILE = "linewarden.tar"


class Played(NamedTuple):
    """How a run ended."""

    code: int
    changed: int
    text: str

    @property
    def brought(self) -> list[int]:
        """The bytes of each file that was sent."""
        return [int(size) for size in re.findall(r'^changed: .*"size": (\d+)', self.text, re.MULTILINE)]


class Branch:
    """A box and its control node.

    Args:
        folder: for everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.signer = folder, LoneRoot(folder), key(folder)
        self.scratch, self.dist = folder / "scratch", folder / "dist"
        for place in (self.scratch, self.dist):
            place.mkdir()
        self.root.write(
            "etc/linewarden/allowed_signers", f"release {self.signer.with_suffix('.pub').read_text()}"
        )
        self.tool = make_tool(ROOT.parent, self.dist)
        self.root.write("opt/linewarden/linewarden-release.pyz", self.tool.read_bytes())
        (self.root.folder / "var/lib/linewarden-release").mkdir()

    def build(self, version: str) -> dict[str, str]:
        """A bundle, as the list of bundles has it."""
        version_of = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
        command = ["/usr/bin/python3", "-c", version_of]
        python = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        place = unpacked(self.folder / version, self.signer, version, pythons=(python,))
        packed(place, self.dist / FILE)
        return {"machine": platform.machine(), "file": FILE, "release": name_of(place)}

    def play(self, bundle: dict[str, str], *words: str, boxes: str = "box-42,") -> Played:
        """Bring a release."""
        role: dict[str, Any] = {"name": "appliance", "tasks_from": "bring"}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "vars": {"appliance_bundle": bundle, "appliance_bundles": str(self.dist)},
            "tasks": [{"ansible.builtin.import_role": role}],
        }
        (self.folder / "play.yml").write_text(yaml.safe_dump([play]))
        done = self.root.play("-v", "-i", boxes, "-c", "local", *words, str(self.folder / "play.yml"))
        text = done.stdout + done.stderr
        changed = re.search(r"changed=(\d+)", text)
        assert changed, text
        return Played(done.returncode, int(changed[1]), text)

    @property
    def releases(self) -> list[str]:
        """What is installed."""
        return sorted(
            one.parent.name for one in (self.root.folder / "opt/linewarden/releases").glob("*/complete")
        )

    def left(self) -> list[str]:
        """What is left of bundles, here and there."""
        memory = self.root.folder / "var/lib/linewarden-release"
        return sorted(str(path) for place in (memory, self.scratch) for path in place.rglob("*.tar*"))


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    """With a scratch folder for ansible of its own."""
    made = Branch(tmp_path)
    monkeypatch.setenv("ANSIBLE_LOCAL_TEMP", str(made.scratch))
    return made


def test_only_what_a_box_lacks_is_brought(branch: Branch) -> None:
    """A bare one gets all it needs, an update less; a second run changes nothing; bundles are left nowhere."""
    first = branch.build("1.0.0")
    bare = branch.play(first)
    assert (bare.code, bare.changed) == (0, 3), bare.text  # brought, installed, taken away
    whole = (branch.dist / FILE).stat().st_size
    assert bare.brought == [whole]
    again = branch.play(first)
    assert (again.code, again.changed, again.brought) == (0, 0, [])

    second = branch.build("1.1.0")
    checked = branch.play(second, "--check")
    assert (checked.code, checked.changed) == (0, 1), checked.text
    assert branch.releases == [first["release"]]
    update = branch.play(second)
    assert (update.code, update.changed) == (0, 3), update.text
    assert 0 < update.brought[0] < whole
    assert branch.releases == sorted([first["release"], second["release"]])
    assert branch.left() == []
    assert list(branch.scratch.iterdir()) == []


def test_boxes_that_lack_the_same_share_a_file(branch: Branch) -> None:
    """So a wave of bare boxes takes the room of one; here they are one box under three names, one after another."""
    played = branch.play(branch.build("1.0.0"), "--forks=1", boxes="box-1,box-2,box-3,")
    assert played.code == 0, played.text
    made = set(re.findall(r'\{\\"file\\": \\"(.+?)\\"', played.text))
    assert len(made) == 1
    assert list(branch.scratch.iterdir()) == []


def test_a_bundle_that_is_refused_is_left_nowhere(branch: Branch) -> None:
    """The reason is told; the next run is a first one again."""
    bundle = branch.build("1.0.0")
    branch.root.write("etc/linewarden/allowed_signers", "")
    refused = branch.play(bundle)
    assert refused.code != 0
    assert "not signed by anybody" in refused.text
    assert (branch.releases, branch.left()) == ([], [])
    assert list(branch.scratch.iterdir()) == []


def test_the_first_look_of_all_tells_the_truth(branch: Branch) -> None:
    """Check mode on a box that has not even the program yet."""
    (branch.root.folder / "opt/linewarden/linewarden-release.pyz").unlink()
    looked = branch.play(branch.build("1.0.0"), "--check")
    assert (looked.code, looked.changed) == (0, 1), looked.text
    assert (branch.releases, branch.left()) == ([], [])
