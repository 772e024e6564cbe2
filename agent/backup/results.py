"""What became of backups and drills, in a small file beside them that root writes and the agent reads."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agent.backup.guarded import own_directory

FILE = "backup.json"
SINCE = "backup-since"
"""In the agent's own directory: the wall second since when it expects backups. Nobody but the agent reads it."""
DRILL_MAX = 7200.0
"""Seconds after which a drill that has not ended was killed: its unit gives it an hour."""


class Results(Struct, frozen=True):
    """Wall seconds, 0 for never.

    Attributes:
        created: when the newest backup was made.
        bytes: its size.
        drilled: when the last drill ended.
        drill: `passed`, `failed`, or empty before the first.
        detail: why it failed.
        begun: when the drill began that has not ended; 0 if none.
    """

    created: float = 0.0
    bytes: int = 0
    drilled: float = 0.0
    drill: str = ""
    detail: str = ""
    begun: float = 0.0


def read(directory: Path) -> Results:
    """What the file says; nothing where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Results)
    except (OSError, msgspec.DecodeError):
        return Results()


def note(directory: Path, **changes: float | int | str) -> Results:
    """Changes what the file says, whole or not at all; everybody may read it.

    Raises:
        NotMade: others could change what is written there.
        OSError: it cannot be written.
    """
    own_directory(directory)
    found = replace(read(directory), **changes)
    _write(directory / FILE, msgspec.json.encode(found), 0o644)
    return found


def points(directory: Path, data_dir: Path, wall: float) -> dict[str, float | str]:
    """The points of the box about its backups: `backup.age` and `backup.drill.age` in seconds, `backup.drill`.

    Until the first of each its age counts from when one was first expected, so that none at all is noticed too.

    Args:
        directory: of the backups.
        data_dir: of the agent.
        wall: the present wall time.
    """
    found, since = read(directory), _expected(data_dir, wall)
    return {
        "backup.age": _minutes(wall - (found.created or since)),
        "backup.drill": "failed" if found.begun and wall - found.begun > DRILL_MAX else found.drill or "none",
        "backup.drill.age": _minutes(wall - (found.drilled or since)),
    }


def _expected(data_dir: Path, wall: float) -> float:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((data_dir / SINCE).read_bytes(), type=float)
    _write(data_dir / SINCE, msgspec.json.encode(wall), 0o600)
    return wall


def _write(path: Path, body: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _minutes(seconds: float) -> float:
    """Whole minutes: a point that changes with each reading is told for nothing. A wrong clock makes no age."""
    return max(0.0, seconds) // 60 * 60
