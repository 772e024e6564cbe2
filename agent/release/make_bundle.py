"""Makes a bundle of a source tree: `python -m agent.release.make_bundle --machine aarch64 --key KEY`.

Reaches a package index, which the box never does. The same tree and pins give the same file, but for the signature.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import zipapp
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging.requirements import Requirement

from agent.release import bundle
from agent.release.bundle import Manifest
from agent.release.commands import run
from agent.release.errors import CommandError
from agent.release.install import release_name

PYTHONS = ("3.11", "3.13")
"""Of Raspberry Pi OS on Debian 12 and 13."""
MACHINES = ("aarch64", "x86_64")
GLIBC = ("2014", "_2_17", "_2_28", "_2_34")
"""The manylinux platforms that Debian 12 (glibc 2.36) takes."""
DOWNLOAD_SECONDS = 900.0
LIST = "bundles.json"
DATED = {"SOURCE_DATE_EPOCH": "315532800"}
"""1980, where the dates of zip files begin, instead of the time of day (reproducible-builds.org, SOURCE_DATE_EPOCH)."""


@dataclass(frozen=True)
class Made:
    """A bundle, as the list of bundles has it for the roll-out."""

    machine: str
    file: str
    release: str
    """The name that its release will have on a box."""


def make(source: Path, output: Path, machine: str, key: Path, commit: str) -> Made:
    """Make a bundle."""
    with tempfile.TemporaryDirectory() as scratch:
        wheels = Path(scratch) / "wheels"
        own = own_wheel(source, wheels)
        version = own.name.split("-")[1]
        folder = Path(scratch) / f"linewarden-{version}"
        folder.mkdir()
        wheels.rename(folder / "wheels")
        _fill(folder, source, machine, own.name)
        manifest = Manifest(version, machine, list(PYTHONS), commit)
        (folder / bundle.MANIFEST).write_text(manifest.encode())
        bundle.sign(folder, key)
        packed = _pack(folder, output / f"linewarden-{version}-{machine}.tar")
        return Made(machine, packed.name, release_name(folder, manifest))


def make_tool(source: Path, output: Path) -> Path:
    """Make the program that installs bundles: one file, for the box's own Python."""
    target = output / "linewarden-release.pyz"
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch) / "agent"
        package.mkdir()
        shutil.copy(source / "agent/__init__.py", package)
        shutil.copytree(
            source / "agent/release",
            package / "release",
            ignore=shutil.ignore_patterns("__pycache__", Path(__file__).name),
        )
        zipapp.create_archive(scratch, target, "/usr/bin/python3", "agent.release.cli:main")
    return target


def own_wheel(source: Path, wheels: Path) -> Path:
    """Build the project itself: the same bytes of the same tree, whenever and wherever it was checked out.

    From a copy, so that the tree stays as it is.
    """
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "source"
        copy.mkdir()
        for name in ("agent", "firmware", "web"):
            shutil.copytree(
                source / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(source / name, copy)
        for path in filter(Path.is_file, copy.rglob("*")):
            path.chmod(0o644)  # whatever the umask of the checkout
        words = _pip("wheel", "--no-deps", "--no-build-isolation", "-w", wheels, copy)
        run(words, DOWNLOAD_SECONDS, also=DATED)
    return next(wheels.glob("linewarden-*.whl"))


def _fill(folder: Path, source: Path, machine: str, own: str) -> None:
    pins = source / "requirements/box.txt"
    for python in PYTHONS:
        wanted = folder / "wanted.txt"
        wanted.write_text(pinned(pins.read_text(), machine, python))
        run(_download(folder / "wheels", wanted, machine, python), DOWNLOAD_SECONDS)
        wanted.unlink()
    named = f"./wheels/{own} --hash=sha256:{bundle.digest(folder / 'wheels' / own)}\n"
    (folder / "requirements.txt").write_text(named + pins.read_text())
    shutil.copytree(source / "systemd", folder / "systemd")
    sbom = folder / "sbom.cdx.json"
    parts: list[str | Path] = [
        "--output-reproducible",
        "--pyproject",
        source / "pyproject.toml",
        "-o",
        sbom,
        pins,
    ]
    run([Path(sys.executable).with_name("cyclonedx-py"), "requirements", *parts])


def pinned(pins: str, machine: str, python: str) -> str:
    """The entries of a requirements file that such a machine installs; pip itself would ask the machine it runs on."""
    target = {"platform_machine": machine, "python_version": python, "python_full_version": f"{python}.0"}
    target |= {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
    kept = []
    for entry in re.split(r"\n(?=\S)", pins.strip()):
        marker = Requirement(entry.split(" \\\n")[0]).marker
        if marker is None or marker.evaluate(target):
            kept.append(entry)
    return "\n".join(kept) + "\n"


def _download(wheels: Path, pins: Path, machine: str, python: str) -> list[str | Path]:
    platforms = [word for glibc in GLIBC for word in ("--platform", f"manylinux{glibc}_{machine}")]
    abis = [word for abi in (f"cp{python.replace('.', '')}", "abi3", "none") for word in ("--abi", abi)]
    which = [
        "--only-binary",
        ":all:",
        "--implementation",
        "cp",
        "--python-version",
        python,
        *platforms,
        *abis,
    ]
    return _pip("download", *which, "--require-hashes", "-r", pins, "-d", wheels)


def _pip(*words: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]


def _pack(folder: Path, target: Path) -> Path:
    """One file, the same for the same content: no times, no owners, names in order."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with tarfile.open(partial, "w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            tar.add(path, f"{folder.name}/{path.relative_to(folder)}", recursive=False, filter=_plain)
    partial.replace(target)
    return target


def _commit(source: Path) -> str:
    """What git calls a source tree; empty for one that is no checkout."""
    try:
        return run(["git", "-C", source, "describe", "--always", "--dirty"]).strip()
    except CommandError:
        return ""


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "root", "root"
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="make_bundle", description=__doc__)
    parser.add_argument("--machine", action="append", choices=MACHINES, help="both unless given")
    parser.add_argument(
        "--key", type=Path, required=True, help="private key that signs (ssh-keygen -t ed25519)"
    )
    parser.add_argument("--source", type=Path, default=Path.cwd())
    parser.add_argument("--output", type=Path, default=Path("dist"))
    given = parser.parse_args(arguments)
    os.umask(0o022)  # the modes of what is built are part of it
    commit = _commit(given.source)
    given.output.mkdir(parents=True, exist_ok=True)
    made = [make(given.source, given.output, one, given.key, commit) for one in given.machine or MACHINES]
    (given.output / LIST).write_text(json.dumps([asdict(one) for one in made], indent=2) + "\n")
    tool = make_tool(given.source, given.output)
    bundle.sign_file(tool, given.key)
    for path in (*(given.output / one.file for one in made), tool):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB  sha256 {bundle.digest(path)}")  # noqa: T201


if __name__ == "__main__":
    main()
