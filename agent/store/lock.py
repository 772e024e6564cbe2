"""One agent per data directory: an advisory lock on a file that says who holds it."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from agent.store.errors import StoreBusy, of_os_error

FILE = "lock"


class Lock:
    """Held from construction to `release`; the kernel frees it when the process dies.

    Args:
        data_dir: the directory to hold.

    Raises:
        StoreBusy: another process, or another engine of this one, holds it.
    """

    def __init__(self, data_dir: Path) -> None:
        path = data_dir / FILE
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise of_os_error(exc, str(path)) from exc
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise StoreBusy(f"{data_dir} is held by process {holder}") from exc
        # the number is for people: on a full disk the lock must hold without it
        with suppress(OSError):
            text = f"{os.getpid()}\n".encode()
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))

    def release(self) -> None:
        """Lets go; the file stays, since removing it would race with the next holder."""
        os.close(self._file)
