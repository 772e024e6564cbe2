"""Generations: a release together with the configuration and the units that go with it."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from agent.release.commands import run
from agent.release.errors import BundleError
from agent.release.layout import COMPLETE, Layout, prepare, remove, shared, sync, write

PREFIX = "linewarden"
KEPT = 3
PROVEN = "proven"
"""The mark of a generation with which the branch was no worse off; written when that is known."""
MARKS = (COMPLETE, PROVEN)
SETTINGS = ("site.toml", "panel.toml")


def stage(layout: Layout, version: str) -> int:
    """Make a generation of a release and the configuration as it is wanted now; gives its number.

    It is made where only root looks in: a copy of a secret has its owner and mode only after it was written.
    """
    number = max([0, layout.running or 0, *_taken(layout)]) + 1
    shared(layout.generations)
    new = layout.generations / f".{number}.new"
    remove(new)
    try:
        _fill(layout, version, new)
    except OSError:
        remove(new)
        raise
    new.rename(layout.generation(number))
    sync(layout.generations)
    return number


def _fill(layout: Layout, version: str, new: Path) -> None:
    new.mkdir(mode=0o700)
    (new / "release").symlink_to(os.path.relpath(layout.release(version), new))
    _copy(layout.wanted, new / "etc")
    _name_its_own(layout, new / "etc")
    _copy(layout.release(version) / "bundle/systemd", new / "systemd")
    if (layout.wanted / "systemd").is_dir():
        _copy(layout.wanted / "systemd", new / "systemd")
    run(["sync", "-f", new])
    write(new / COMPLETE, fingerprint(new) + "\n")
    new.chmod(0o755)


def _name_its_own(layout: Layout, etc: Path) -> None:
    """Have settings name the generation's own certificates and keys, not those that the next run of IT writes over."""
    wanted, own = f"{layout.wanted}/".encode(), f"{layout.current / 'etc'}/".encode()
    for path in (etc / name for name in SETTINGS):
        if path.is_file() and wanted in (text := path.read_bytes()):
            path.write_bytes(text.replace(wanted, own))  # in place: owner and mode stay


def _taken(layout: Layout) -> list[int]:
    """The numbers of all generations, also of what an earlier program made in part."""
    return [int(one.name) for one in layout.generations.glob("*") if one.name.isdigit()]


def fingerprint(folder: Path) -> str:
    """What tells two generations apart: release, configuration, units, with owners and modes."""
    return hashlib.sha256(b"".join(_states(folder).values())).hexdigest()


def differ_in(one: Path, other: Path) -> set[str]:
    """The paths within two generations that are not the same in both."""
    before, after = _states(one), _states(other)
    return {path for path in {**before, **after} if before.get(path) != after.get(path)}


def _states(folder: Path) -> dict[str, bytes]:
    """A digest of each file and folder of a generation, by its path within."""
    found = {}
    for path in _all(folder):
        if path.parent == folder and path.name in MARKS:
            continue
        state = path.lstat()
        words = [
            path.relative_to(folder).as_posix(),
            oct(state.st_mode),
            str(state.st_uid),
            str(state.st_gid),
        ]
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        found[words[0]] = hashlib.sha256(repr(words).encode() + hashlib.sha256(content).digest()).digest()
    return found


def is_what_runs(layout: Layout, number: int) -> bool:
    """Whether a generation is the same as that which runs."""
    running = layout.running
    if running is None or not (layout.generation(running) / COMPLETE).is_file():
        return False
    return fingerprint(layout.generation(running)) == fingerprint(layout.generation(number))


def prove(layout: Layout, number: int) -> None:
    """Say that a generation is known to be good."""
    if not is_proven(layout, number):
        write(layout.generation(number) / PROVEN, "")


def disprove(layout: Layout, number: int) -> None:
    """Say that it is not, or not any more."""
    if is_proven(layout, number):
        (layout.generation(number) / PROVEN).unlink()
        sync(layout.generation(number))


def is_proven(layout: Layout, number: int) -> bool:
    """Whether a generation is known to be good."""
    return (layout.generation(number) / PROVEN).is_file()


def place_units(layout: Layout, number: int) -> bool:
    """Put the units of a generation where the system manager finds them; whether any changed.

    Copies, since the manager reads them before other file systems than the root are there.

    Raises:
        BundleError: there are none; those that are placed stay.
    """
    wanted = units_of(layout, number)
    gone = [place for place in _placed(layout) if place not in wanted]
    differ = {place: text for place, text in wanted.items() if not _says(place, text)}
    ready = _prepared(differ)
    for place in gone:
        place.unlink()
    for new, place in zip(ready, differ, strict=True):
        new.replace(place)
    for folder in {place.parent for place in (*gone, *differ)}:
        sync(folder)
    return bool(differ or gone)


def units_of(layout: Layout, number: int) -> dict[Path, str]:
    """What the units of a generation say, by where they are to be placed.

    Raises:
        BundleError: it has none.
    """
    source = layout.generation(number) / "systemd"
    files = [path for path in source.rglob("*") if path.is_file()]
    ours = [path for path in files if path.relative_to(source).parts[0].startswith(PREFIX)]
    if not ours:
        raise BundleError(f"{source} holds no unit of ours")
    return {layout.units / path.relative_to(source): path.read_text() for path in sorted(ours)}


def _prepared(files: dict[Path, str]) -> list[Path]:
    """All or none: a card that is full says so before the first of them is another."""
    ready: list[Path] = []
    try:
        ready += (prepare(place, text) for place, text in files.items())
    except OSError:
        for new in ready:
            new.unlink()
        raise
    return ready


def _says(place: Path, text: str) -> bool:
    return place.is_file() and place.read_text() == text


def prune(layout: Layout) -> None:
    """Delete all generations but that which runs and the newest that are known to be good, and what was made in part."""
    proven = [number for number in layout.numbers() if is_proven(layout, number)]
    kept = {str(number) for number in (*proven[-KEPT:], layout.running)}
    for one in layout.generations.iterdir():
        if one.name not in kept:
            remove(one)


def _placed(layout: Layout) -> list[Path]:
    found = layout.units.glob(f"{PREFIX}*")
    files = [one for path in found for one in ([path] if path.is_file() else _all(path))]
    return [one for one in files if one.is_file() and not one.is_symlink()]


def _all(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.rglob("*")))


def _copy(source: Path, into: Path) -> None:
    """A copy with owners and modes, as the parts that read it need them."""
    shutil.copytree(source, into, symlinks=True, dirs_exist_ok=True, copy_function=_copy_file)
    for path in [source, *source.rglob("*")]:
        state, place = path.lstat(), into / path.relative_to(source)
        os.chown(place, state.st_uid, state.st_gid, follow_symlinks=False)


def _copy_file(source: str, target: str) -> str:
    return str(shutil.copy2(source, target, follow_symlinks=False))
