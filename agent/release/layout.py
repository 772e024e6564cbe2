"""Where releases and generations lie on a box.

    /opt/linewarden/
        parts/…                    Python parts, each once, whatever releases use it
        releases/0.1.0-4f2a91c0/         a Python environment that names its parts; `complete` is written last
        generations/7/             what runs together: `release` (a link), `etc/` and `systemd/` as they were
        current -> generations/7
    /etc/linewarden/               what ansible wants: the configuration of the next generation
    /var/lib/linewarden-release/   what was tried when, and how it ended

A generation is a release with the configuration that was in force with it: going back takes both back.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from agent.release.errors import BusyError, NoRoomError, on_disk

COMPLETE = "complete"


@dataclass(frozen=True)
class Layout:
    """All places, below one root: `/` on a box."""

    root: Path = Path("/")

    @property
    def releases(self) -> Path:
        """One folder a release, by version."""
        return self.root / "opt/linewarden/releases"

    @property
    def parts(self) -> Path:
        """One folder a part, by name, version and hash."""
        return self.root / "opt/linewarden/parts"

    @property
    def generations(self) -> Path:
        """One folder a generation, by number."""
        return self.root / "opt/linewarden/generations"

    @property
    def current(self) -> Path:
        """The link to the generation that runs."""
        return self.root / "opt/linewarden/current"

    @property
    def wanted(self) -> Path:
        """The configuration as ansible wants it."""
        return self.root / "etc/linewarden"

    @property
    def signers(self) -> Path:
        """Who may sign bundles."""
        return self.wanted / "allowed_signers"

    @property
    def units(self) -> Path:
        """Where the system manager finds units."""
        return self.root / "etc/systemd/system"

    @property
    def data(self) -> Path:
        """The agent's data."""
        return self.root / "var/lib/linewarden"

    @property
    def memory(self) -> Path:
        """What was tried, and how it ended."""
        return self.root / "var/lib/linewarden-release"

    def release(self, version: str) -> Path:
        """The folder of a release."""
        return self.releases / version

    def is_complete(self, version: str) -> bool:
        """Whether a release is there, whole."""
        return (self.release(version) / COMPLETE).is_file()

    def versions(self) -> list[str]:
        """All whole releases."""
        if not self.releases.is_dir():
            return []
        return sorted(one.name for one in self.releases.iterdir() if self.is_complete(one.name))

    def generation(self, number: int) -> Path:
        """The folder of a generation."""
        return self.generations / str(number)

    def numbers(self) -> list[int]:
        """All whole generations, the oldest first."""
        if not self.generations.is_dir():
            return []
        found = (one for one in self.generations.iterdir() if one.name.isdigit())
        return sorted(int(one.name) for one in found if (one / COMPLETE).is_file())

    @property
    def running(self) -> int | None:
        """The generation that `current` names; None before the first."""
        try:
            return int(self.current.readlink().name)
        except (OSError, ValueError):
            return None

    def version_of(self, number: int | None) -> str:
        """The release of a generation; empty where there is none."""
        if number is None:
            return ""
        try:
            return (self.generation(number) / "release").readlink().name
        except OSError:
            return ""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other change of the release away.

        Raises:
            BusyError: one is under way.
        """
        shared(self.memory)
        # The kernel lets go of the lock when its holder ends, however it ends: none is left by nobody.
        # Root alone opens it: whoever can read a file can lock it.
        lock = os.open(self.memory / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(lock, 0o600)
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    "another change of the release is under way; try again when it is over"
                ) from error
            yield
        finally:
            os.close(lock)


def shared(folder: Path) -> None:
    """Have a folder that everybody may look into, whatever the umask; one that is there keeps its mode."""
    if not folder.is_dir():
        shared(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)


def link(place: Path, target: Path) -> None:
    """Have a link point elsewhere, so that a power cut leaves the old or the new one."""
    new = place.with_name(f".{place.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(os.path.relpath(target, place.parent))
    new.replace(place)
    sync(place.parent)


def write(place: Path, text: str) -> None:
    """Replace a file, so that a power cut leaves the old or the new one, whole."""
    prepare(place, text).replace(place)
    sync(place.parent)


def prepare(place: Path, text: str) -> Path:
    """Write what is to replace a file beside it; gives where that is. Nothing is left where it cannot be written."""
    shared(place.parent)
    new = place.with_name(f".{place.name}.new")
    try:
        with new.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o644)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    return new


def check_room(folder: Path, room: int) -> None:
    """See that bytes are free, before anything depends on it.

    Raises:
        NoRoomError: there are fewer.
    """
    free = shutil.disk_usage(folder).free if folder.is_dir() else room
    if free < room:
        raise NoRoomError(
            f"{folder} needs {room // 1_000_000} MB for a change and {free // 1_000_000} MB are free; "
            "remove old releases (linewarden-release prune) or files that do not belong here"
        )


def check_writable(folder: Path) -> None:
    """See that files can be made in a folder that only root writes to.

    Raises:
        DiskError: they cannot.
    """
    with on_disk():
        prepare(folder / "linewarden", "a card that is full or read-only says so here\n").unlink()


def sync(folder: Path) -> None:
    """Have what was renamed or linked in a folder reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(folder: Path) -> None:
    """Delete a folder in such an order that a half-deleted one is never taken for whole."""
    (folder / COMPLETE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
