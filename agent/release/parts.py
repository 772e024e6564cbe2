"""The Python parts of releases, each unpacked once, whatever releases share it: an update writes only what is new.

A part is a wheel unpacked below a name that ends in its SHA-256, as the wheel's specification has it (PyPA binary
distribution format, "installing a wheel"), and compiled. Nothing is built, and no installer runs on the box.

Each has a list, `complete`: the SHA-256 of its wheel, then that of every file. Only a part that is as its list says is
relied on, since half of one may be left of a deletion that a power cut ended, and cards lose what they were given.
"""

import compileall
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from agent.release import bundle, wheels
from agent.release.commands import run
from agent.release.errors import BundleError
from agent.release.layout import COMPLETE, Layout, remove, sync
from agent.release.wheels import Stock, Wheel

PATHS = "linewarden.pth"
"""The file by which a release's Python finds its parts (see Python's `site`)."""
BLOCK = 4096
"""Bytes that a file takes at least."""


def stock(layout: Layout) -> Stock:
    """What the box has. Reads every part wholly."""
    return Stock(wheels.here(), frozenset(filter(None, map(_wheel_of, _all(layout)))))


def place(file: Path, wheel: Wheel, layout: Layout) -> Path:
    """Make the part of a wheel, or mend what there is of it; gives its folder.

    Raises:
        BundleError: it is a wheel that wants more than to be unpacked.
    """
    part = layout.parts / wheel.part
    new = part.with_name(f".{part.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    _unpack(file, new)
    # The release runs where nothing can be written. What cannot be compiled is for other Pythons.
    compileall.compile_dir(new, quiet=2, force=True, stripdir=str(layout.parts))
    (new / COMPLETE).write_text(f"{wheel.digest}\n{bundle.sums(new)}")
    run(["sync", "-f", new])  # its name must not reach the disk before its content
    if part.is_dir():
        _mend(part, new)
    else:
        new.rename(part)
    sync(layout.parts)
    return part


def room(file: Path) -> int:
    """Bytes that the part of a wheel takes at most: whole blocks, compiled modules of up to twice their source, folders."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    folders = {folder for entry in entries for folder in PurePosixPath(entry.filename).parents}
    # Each file also makes its folder and the list longer; each folder may have one of compiled modules.
    blocks = [
        (3 if entry.filename.endswith(".py") else 1) * (entry.file_size // BLOCK + 2) for entry in entries
    ]
    return (sum(blocks) + 2 * len(folders)) * BLOCK


def _wheel_of(part: Path) -> str:
    """The SHA-256 of the wheel that a part was made of; empty unless the part is whole."""
    try:
        digest, _, sums = (part / COMPLETE).read_text().partition("\n")
        files = bundle.read_sums(sums).items()
        whole = all(bundle.digest(part / name) == sum_ for name, sum_ in files)
    except (OSError, ValueError):
        return ""
    return digest if whole and files and part.name.endswith(f"-{digest[: wheels.DIGITS]}") else ""


def _unpack(wheel: Path, into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("/") or ".." in name.split("/"):
                raise BundleError(f"{wheel.name} holds {name!r}, which reaches out of its folder")
            if ".data/" in name:
                raise BundleError(f"{wheel.name} holds {name!r}: it wants more than to be unpacked")
        archive.extractall(into)


def _mend(part: Path, new: Path) -> None:
    """Put each file in its place, so that a release that runs with the part is never worse off than it is."""
    for path in sorted(filter(Path.is_file, new.rglob("*"))):
        target = part / path.relative_to(new)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    shutil.rmtree(new, ignore_errors=True)


def _all(layout: Layout) -> Iterator[Path]:
    return iter(sorted(layout.parts.iterdir()) if layout.parts.is_dir() else [])


def prune(layout: Layout) -> list[str]:
    """Delete parts that no release uses any more; gives their names."""
    used = {line for version in layout.versions() for line in uses(layout.release(version))}
    gone = [one for one in _all(layout) if one.name not in used]
    for one in gone:
        remove(one)
    return [one.name for one in gone]


def uses(release: Path) -> list[str]:
    """The names of the parts that a release uses."""
    lists = release.glob(f"lib/python3*/site-packages/{PATHS}")
    return [Path(line).name for one in lists for line in one.read_text().splitlines()]
