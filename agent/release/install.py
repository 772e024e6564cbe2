"""From a bundle to a release beside the others; nothing that runs is touched."""

import platform
import shutil
import sys
import tempfile
import venv
from pathlib import Path

from agent.release import bundle, parts, wheels
from agent.release.bundle import Manifest
from agent.release.commands import run
from agent.release.errors import NoRoomError, ReleaseError, WrongMachineError
from agent.release.layout import COMPLETE, Layout, remove, sync, write
from agent.release.wheels import Stock

SPARE = 50_000_000
"""Bytes that must be left for the journal."""
DIGITS = 8
COMMANDS = {"linewarden": "agent.cli:main", "linewarden-panel": "web.server:main"}


def install(archive: Path, layout: Layout) -> tuple[str, bool]:
    """Install the release of a bundle, which may be a thin one.

    Returns:
        The name of the release, and whether anything was to be done.

    Raises:
        ReleaseError: it cannot be used; nothing of it is left.
    """
    _check_room(archive.stat().st_size, layout)
    layout.memory.mkdir(parents=True, exist_ok=True)
    stock = parts.stock(layout)
    with tempfile.TemporaryDirectory(dir=layout.memory, prefix=".bundle-") as scratch:
        folder = bundle.unpack(archive, Path(scratch))
        manifest = bundle.verify(folder, layout.signers, stock)
        _check_machine(manifest)
        name = release_name(folder, manifest)
        if layout.is_complete(name):
            return name, False
        target = layout.release(name)
        remove(target)
        try:
            _build(folder, target, layout, stock)
        except ReleaseError:
            remove(target)
            raise
    return name, True


def release_name(folder: Path, manifest: Manifest) -> str:
    """Version and the beginning of its sum: two bundles of one version are two releases."""
    return f"{manifest.version}-{bundle.digest(folder / bundle.SUMS)[:DIGITS]}"


def _check_room(size: int, layout: Layout) -> None:
    layout.releases.mkdir(parents=True, exist_ok=True)
    needed = size + SPARE
    free = shutil.disk_usage(layout.releases).free
    if free < needed:
        raise NoRoomError(
            f"the release needs {needed // 1_000_000} MB and {free // 1_000_000} MB are free; "
            "remove old releases (linewarden-release prune) or files that do not belong here"
        )


def _check_machine(manifest: Manifest) -> None:
    ours = platform.machine()
    if manifest.machine != ours:
        raise WrongMachineError(f"the bundle is for {manifest.machine}, this machine is {ours}")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python not in manifest.pythons:
        raise WrongMachineError(f"the bundle serves Python {', '.join(manifest.pythons)}; here is {python}")


def _build(folder: Path, target: Path, layout: Layout, stock: Stock) -> None:
    """An environment that finds the parts of the bundle; whole only when its mark is written."""
    sums = bundle.read_sums((folder / bundle.SUMS).read_text())
    _place(folder, sums, layout, stock)
    # Debian's own packages serve where no wheel exists (python3-lgpio on Debian 13).
    venv.create(target, system_site_packages=True, symlinks=True)
    [packages] = target.glob("lib/python3*/site-packages")
    found = [layout.parts / wheel.part for wheel in wheels.taken(sums, stock.python)]
    (packages / parts.PATHS).write_text("".join(f"{path}\n" for path in found))
    for name, entry in COMMANDS.items():
        _command(target / "bin" / name, target / "bin/python", entry)
    (target / "bundle").mkdir()
    for name in ("systemd", bundle.MANIFEST, "sbom.cdx.json"):
        shutil.move(folder / name, target / "bundle" / name)
    run([target / "bin/linewarden", "--version"])
    # The mark must not reach the disk before what it vouches for.
    run(["sync", "-f", target])
    write(target / COMPLETE, (folder / bundle.SUMS).read_text())
    sync(target.parent)


def _place(folder: Path, sums: dict[str, str], layout: Layout, stock: Stock) -> None:
    """Have every part that the box lacks."""
    lacking = wheels.lacking(sums, stock)
    _check_room(sum(parts.room(folder / wheel.path) for wheel in lacking), layout)
    layout.parts.mkdir(parents=True, exist_ok=True)
    for wheel in lacking:
        parts.place(folder / wheel.path, wheel, layout)


def _command(place: Path, python: Path, entry: str) -> None:
    module, function = entry.split(":")
    place.write_text(f"#!{python} -I\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    place.chmod(0o755)
