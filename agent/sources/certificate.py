"""How long a certificate of the box is still good: its own, or its panel's. The only file that knows cryptography."""

import time
from collections.abc import Callable
from pathlib import Path

HOUR = 3600.0

State = tuple[str, int, int, int]
"""What tells a file from the one that was read before: path, inode, time of change, size."""


class Certificate:
    """A reading of the device `box`.

    Args:
        point: that it tells.
        file: PEM with the certificate, before those that vouch for it; None where there is none. Asked each time.
        is_believed: whether the wall clock may be believed now; without it nobody knows what is left.
        wall: wall seconds.
    """

    def __init__(
        self,
        point: str,
        file: Callable[[], str | None],
        is_believed: Callable[[], bool],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._point, self._file = point, file
        self._is_believed, self._wall = is_believed, wall
        self._seen: State | None = None
        self._until: float | None = None

    def readings(self) -> dict[str, float | None]:
        """Seconds until it ends, in whole hours, below 0 once it has.

        None where its file cannot be read: people then see that the value is missing. Absent without a certificate.
        """
        file = self._file()
        if file is None or not self._is_believed():
            return {}
        until = self._end(Path(file))
        return {self._point: None if until is None else (until - self._wall()) // HOUR * HOUR}

    def _end(self, path: Path) -> float | None:
        """When it ends; read anew only when the file is another."""
        try:
            state = path.stat()
            seen = (str(path), state.st_ino, state.st_mtime_ns, state.st_size)
            if seen != self._seen:
                self._until = _end_of(path.read_bytes())
                self._seen = seen
        except OSError:
            self._seen = self._until = None
        return self._until


def _end_of(pem: bytes) -> float | None:
    from cryptography import x509  # several MB, which a box without a certificate need not have

    try:
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()
    except ValueError:
        return None
