"""A bundle without the wheels that a box needs not be brought: what goes over a thin line.

Sums and signature stay as they are, and the box checks both. What the sums tell and the archive lacks the box must have
as a part already, made of the very wheel that the sums tell.
"""

import contextlib
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from agent.release import bundle, wheels
from agent.release.errors import BundleError
from agent.release.wheels import Stock

DIGITS = 12


def thin(archive: Path, stock: Stock, into: Path) -> Path:
    """Make the bundle that a box with this stock has to be brought.

    Boxes that lack the same share a file: it is named by what it holds, is the same bytes whenever it is made, and has its
    name only once it is whole; so any number of runs may make it at once.

    Args:
        archive: a whole bundle.
        stock: what the box has.
        into: the folder for the file; made unless it is there.

    Raises:
        BundleError: it is no whole bundle, or there is no room for another.
    """
    try:
        with tarfile.open(archive, "r:") as source:
            sums = _sums(source)
            left_out = wheels.spare(sums, stock)
            _check_whole(source, set(sums) - left_out)
            into.mkdir(exist_ok=True)
            target = into / f"{archive.stem}-{_name(sums, left_out)}.tar"
            if not target.exists():
                with _replaced(target) as file:
                    _copy(source, left_out, file)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BundleError(f"{archive.name} cannot be made thinner: {error}") from error
    return target


def _sums(source: tarfile.TarFile) -> dict[str, str]:
    """What its sums tell; whether they are signed is for the box to see."""
    for entry in source:
        content = source.extractfile(entry) if _path(entry) == bundle.SUMS and entry.isreg() else None
        if content is not None:
            return bundle.read_sums(content.read().decode(errors="replace"))
    raise BundleError(f"the bundle has no {bundle.SUMS}: it was copied in part, or never finished")


def _check_whole(source: tarfile.TarFile, needed: set[str]) -> None:
    there = {_path(entry) for entry in source.getmembers()}
    for name in sorted({*needed, bundle.SIGNATURE} - there):
        raise BundleError(f"the bundle lacks {name}")


def _name(sums: dict[str, str], left_out: set[str]) -> str:
    """For what of which bundle is in it."""
    words = [*(f"{digest}  {name}" for name, digest in sorted(sums.items())), *sorted(left_out)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:DIGITS]


def _copy(source: tarfile.TarFile, left_out: set[str], file: BinaryIO) -> None:
    with tarfile.open(fileobj=file, mode="w") as target:
        for entry in source.getmembers():
            if _path(entry) not in left_out:
                target.addfile(entry, source.extractfile(entry) if entry.isreg() else None)


def _path(entry: tarfile.TarInfo) -> str:
    """Within the folder of the bundle."""
    return "/".join(PurePosixPath(entry.name).parts[1:])


@contextlib.contextmanager
def _replaced(target: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
