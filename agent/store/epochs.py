"""The side file: the highest epoch ever opened here, kept apart from the database so that it outlives it."""

import os
import secrets
import string
from pathlib import Path

from agent.store.errors import of_os_error
from agent.store.records import Epoch

FILE = "epoch"
_ALPHABET = string.ascii_lowercase + string.digits


def random_suffix() -> str:
    """Four characters that tell two epochs of one number apart (1 in 1.7 million)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def read_side(data_dir: Path) -> Epoch | None:
    """The epoch in the side file; None where there is none or it cannot be understood."""
    try:
        return Epoch.parse((data_dir / FILE).read_text().strip())
    except (FileNotFoundError, ValueError):
        return None
    except OSError as exc:
        raise of_os_error(exc, str(data_dir / FILE)) from exc


def write_side(data_dir: Path, epoch: Epoch) -> None:
    """Replaces the side file so that a power cut leaves the old or the new one, whole."""
    path = data_dir / FILE
    temporary = data_dir / f"{FILE}.new"
    try:
        with temporary.open("w") as file:
            file.write(f"{epoch}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_directory(data_dir)
    except OSError as exc:
        raise of_os_error(exc, str(path)) from exc


def sync_directory(path: Path) -> None:
    """Makes renames within a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
