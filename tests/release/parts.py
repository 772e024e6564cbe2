"""Small but real bundles and releases: real wheels, real signatures, programs that say what a test wants."""

import json
import platform
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from agent.release import bundle
from agent.release.bundle import Manifest
from agent.release.install import release_name
from agent.release.layout import Layout, write
from agent.release.switch import Switch, Terms

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

CLI = """
import json, pathlib, sys
def main():
    words = sys.argv[1:]
    if words == ["--version"]:
        print("linewarden, version {version}")
    return 0
"""


def key(folder: Path, name: str = "key") -> Path:
    """A key that signs."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def trust(layout: Layout, signer: Path) -> None:
    """Have a box trust a signer."""
    layout.wanted.mkdir(parents=True, exist_ok=True)
    layout.signers.write_text(f"release {signer.with_suffix('.pub').read_text()}")


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """A wheel with these files."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        told = {f"{name}-{version}.dist-info/METADATA": f"Name: {name}\nVersion: {version}\n"}
        for place, text in (files | told).items():
            # without the time of day, so that the same is the same
            archive.writestr(zipfile.ZipInfo(place), text, zipfile.ZIP_DEFLATED)
    return path


def unpacked(
    folder: Path, signer: Path, version: str = "1.0.0", machine: str = "", pythons: tuple[str, ...] = ()
) -> Path:
    """The folder of a signed bundle."""
    place = folder / f"linewarden-{version}"
    (place / "wheels").mkdir(parents=True)
    code = CLI.replace("{version}", version)
    wheel(place / "wheels", "linewarden", version, {"agent/__init__.py": "", "agent/cli.py": code})
    wheel(place / "wheels", "common", "3.0", {"common/__init__.py": "shared = True\n"})
    (place / "systemd").mkdir()
    (place / "systemd/linewarden-agent.service").write_text(f"# {version}\n")
    (place / "requirements.txt").write_text("")
    (place / "sbom.cdx.json").write_text("{}")
    manifest = Manifest(version, machine or platform.machine(), list(pythons or (PYTHON,)))
    (place / bundle.MANIFEST).write_text(manifest.encode())
    bundle.sign(place, signer)
    return place


def packed(place: Path, target: Path) -> Path:
    """A bundle of its folder."""
    with tarfile.open(target, "w") as tar:
        tar.add(place, place.name)
    return target


def name_of(place: Path) -> str:
    """The name of the release of an unpacked bundle."""
    return release_name(place, Manifest.read(place))


PROGRAM = """#!{python} -ISE
import json, pathlib, sys
here = pathlib.Path(__file__).resolve().parents[1]
said = json.loads((here / "said.json").read_text())
words = sys.argv[1:]
if words[0] == "check" and said["check"]:
    sys.exit(said["check"])
if words[0] == "check" and "--reloadable-from" in words:
    print(pathlib.Path(words[words.index("--site") + 1]).read_text()) if said["reloadable"] else sys.exit(3)
if words[0] == "health":
    if said["health"] is None:
        sys.exit("nobody answers")
    heard = here.parents[3] / "config"
    config = heard.read_text().strip() if heard.exists() else ""
    print(json.dumps(said["health"] | {{"config": config}}))
if words[0] == "store":
    state = here.parents[3] / "schema"
    if words[1] == "schema":
        print(json.dumps({{"code": said["schema"], "file": int(state.read_text()) if state.exists() else None}}))
    if words[1] == "step-back":
        if said["cannot_step_back"]:
            sys.exit("this release is too broken for that")
        state.write_text(words[-1])
    if words[1] == "copy":
        pathlib.Path(words[-1]).write_text(state.read_text())
    if words[1] == "put-back" and said["cannot_put_back"]:
        sys.exit("the copy is damaged")
    if words[1] == "put-back":
        state.write_text(pathlib.Path(words[-1]).read_text())
"""

WELL = {
    "version": "1",
    "answering": ["pbx-1", "ups-1"],
    "silent": [],
    "broker": "connected",
    "journal": "healthy",
    "critical": [],
    "seq": 1,
}
WORSE = WELL | {"answering": ["ups-1"], "silent": ["pbx-1"]}


def release(layout: Layout, version: str, **said: object) -> str:
    """An installed release whose program says what a test wants."""
    folder = layout.release(version)
    (folder / "bin").mkdir(parents=True)
    told = {"check": "", "health": WELL | {"version": version}, "schema": 1, "cannot_step_back": False}
    told |= {"reloadable": False, "cannot_put_back": False}
    (folder / "said.json").write_text(json.dumps(told | said))
    program = folder / "bin/linewarden"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    units = folder / "bundle/systemd/linewarden-agent.service"
    units.parent.mkdir(parents=True)
    units.write_text(f"# unit of {version}\n")
    write(folder / "complete", version)
    return version


class Machine:
    """The units of a box, as an object: a second implementation of `Units`.

    Args:
        layout: of the box.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.active = layout.running is not None
        self.stopped: set[str] = set()
        """Units that were stopped by hand."""
        self.broken: set[str] = set()
        """Releases that do not start."""
        self.happened: list[str] = []
        self.deaf = False
        """Whether the agent does not take up what it is told to."""
        self.cut_at = -1
        """The number of the call at which the power is cut."""

    def _note(self, what: str) -> None:
        if len(self.happened) == self.cut_at:
            raise PowerCut(what)
        self.happened.append(what)

    def reload(self) -> None:
        """As the protocol has it."""
        self._note("reload")

    def reload_agent(self) -> None:
        """The running agent reads its configuration anew."""
        self._note("reload-agent")
        if not self.deaf:
            self._read()

    def _read(self) -> None:
        (self.layout.root / "config").write_text((self.layout.current / "etc/site.toml").read_text())

    def stop(self) -> None:
        """As the protocol has it."""
        self._note("stop")
        self.active = False

    def start(self, *, panel: bool) -> None:  # noqa: ARG002  # the protocol's
        """The newer release writes the journal its own way as soon as it runs."""
        version = self.layout.version_of(self.layout.running)
        self._note(f"start {version}")
        if version in self.broken:
            from agent.release.errors import CommandError

            raise CommandError(f"{version} did not become ready")
        said = json.loads((self.layout.release(version) / "said.json").read_text())
        (self.layout.root / "schema").write_text(str(said["schema"]))
        self._read()
        self.active = True
        self.stopped.clear()

    def is_active(self, unit: str) -> bool:
        """As the protocol has it."""
        return self.active and unit not in self.stopped

    def enable(self, *, panel: bool) -> None:  # noqa: ARG002  # the protocol's
        """As the protocol has it."""
        self._note("enable")

    def wait(self, seconds: float) -> None:  # noqa: ARG002  # the protocol's
        """Time that passes at once."""
        self._note("wait")


class PowerCut(BaseException):
    """What nothing survives that is not on the disk."""


def box(root: Path) -> Layout:
    """A box without any release."""
    layout = Layout(root)
    for folder in (layout.wanted, layout.units, layout.data, layout.memory):
        folder.mkdir(parents=True)
    (layout.wanted / "site.toml").write_text("first\n")
    return layout


def switch(layout: Layout, machine: Machine, **terms: object) -> Switch:
    """A switch whose time passes at once."""
    return Switch(layout, machine, Terms(**{"patience": 20.0, "settle": 6.0} | terms), wait=machine.wait)


def running(root: Path) -> Layout:
    """A box on which release 1 runs."""
    layout = box(root)
    release(layout, "1")
    switch(layout, Machine(layout)).apply("1")
    return layout
