"""The Python parts of releases, each unpacked once, whatever releases share it: an update writes only what is new.

A part is a wheel unpacked below a name that ends in its SHA-256, as the wheel's specification has it (PyPA binary
distribution format, "installing a wheel"), and compiled. Nothing is built, and no installer runs on the box.
"""

import compileall
import shutil
import zipfile
from pathlib import Path

from agent.release import bundle
from agent.release.commands import run
from agent.release.errors import BundleError
from agent.release.layout import Layout, sync

PATHS = "linewarden.pth"
"""The file by which a release's Python finds its parts (see Python's `site`)."""
DIGITS = 16
"""Of the SHA-256 in a part's name: the sums of the whole bundle are checked before."""


def name_of(wheel: Path) -> str:
    """The name of the part that a wheel becomes."""
    project, version = wheel.name.split("-")[:2]
    return f"{project}-{version}-{bundle.digest(wheel)[:DIGITS]}"


def place(wheel: Path, layout: Layout) -> Path:
    """Have the part of a wheel; gives its folder.

    Raises:
        BundleError: it is a wheel that wants more than to be unpacked.
    """
    part = layout.parts / name_of(wheel)
    if part.is_dir():
        return part
    new = part.with_name(f".{part.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    _unpack(wheel, new)
    # The release runs where nothing can be written. What cannot be compiled is for other Pythons.
    compileall.compile_dir(new, quiet=2, force=True, stripdir=str(layout.parts))
    run(["sync", "-f", new])  # its name must not reach the disk before its content
    new.rename(part)
    sync(layout.parts)
    return part


def _unpack(wheel: Path, into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("/") or ".." in name.split("/"):
                raise BundleError(f"{wheel.name} holds {name!r}, which reaches out of its folder")
            if ".data/" in name:
                raise BundleError(f"{wheel.name} holds {name!r}: it wants more than to be unpacked")
        archive.extractall(into)


def prune(layout: Layout) -> list[str]:
    """Delete parts that no release uses any more; gives their names."""
    used = {line for version in layout.versions() for line in uses(layout.release(version))}
    gone = [one for one in sorted(layout.parts.iterdir()) if one.name not in used]
    for one in gone:
        shutil.rmtree(one, ignore_errors=True)
    return [one.name for one in gone]


def uses(release: Path) -> list[str]:
    """The names of the parts that a release uses."""
    lists = release.glob(f"lib/python3*/site-packages/{PATHS}")
    return [Path(line).name for one in lists for line in one.read_text().splitlines()]
