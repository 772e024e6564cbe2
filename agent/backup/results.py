"""What became of backups and drills, in a small file of the data directory that the agent reads."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

FILE = "backup.json"


class Results(Struct, frozen=True):
    """Wall seconds, 0 for never.

    Attributes:
        since: when backups were first expected here.
        created: when the newest backup was made.
        bytes: its size.
        drilled: when the last drill ended.
        drill: `passed`, `failed`, or empty before the first.
        detail: why it failed.
    """

    since: float = 0.0
    created: float = 0.0
    bytes: int = 0
    drilled: float = 0.0
    drill: str = ""
    detail: str = ""


def read(data_dir: Path) -> Results:
    """What the file says; nothing where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((data_dir / FILE).read_bytes(), type=Results)
    except (OSError, msgspec.DecodeError):
        return Results()


def note(data_dir: Path, **changes: float | int | str) -> Results:
    """Changes what the file says, whole or not at all; it belongs to whom the directory belongs.

    Raises:
        OSError: it cannot be written.
    """
    found = replace(read(data_dir), **changes)
    temporary = data_dir / f"{FILE}.{os.getpid()}"
    status = data_dir.stat()
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(found))
        file.flush()
        os.fsync(file.fileno())
    if os.geteuid() == 0:
        os.chown(temporary, status.st_uid, status.st_gid)
    temporary.replace(data_dir / FILE)
    return found


def points(data_dir: Path, wall: float) -> dict[str, float | str]:
    """The points of the box about its backups: `backup.age` and `backup.drill.age` in seconds, `backup.drill`.

    Until the first backup its age counts from when one was first expected, so that none at all is noticed too.
    """
    found = read(data_dir)
    if not (found.since or found.created):
        found = note(data_dir, since=wall)
    age = max(0.0, wall - (found.created or found.since))
    told: dict[str, float | str] = {"backup.age": _minutes(age), "backup.drill": found.drill or "none"}
    if found.drilled:
        told["backup.drill.age"] = _minutes(max(0.0, wall - found.drilled))
    return told


def _minutes(seconds: float) -> float:
    """Whole minutes: a point that changes with each reading is told for nothing."""
    return seconds // 60 * 60
