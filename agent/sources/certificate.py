"""How long the box's own certificate, by which the broker knows it, is still good. The only file that knows cryptography."""

import time
from collections.abc import Callable
from pathlib import Path

from firmware.host.files import Readings

HOUR = 3600.0


class Certificate:
    """Readings of the device `box`.

    Args:
        file: PEM with the certificate, the box's own first; None where it has none.
        is_believed: whether the wall clock may be believed now; without it nobody knows what is left.
        wall: wall seconds.
    """

    def __init__(
        self, file: str | None, is_believed: Callable[[], bool], wall: Callable[[], float] = time.time
    ) -> None:
        self._path = Path(file) if file is not None else None
        self._is_believed, self._wall = is_believed, wall
        self._seen: tuple[int, int, int] | None = None
        self._until: float | None = None

    def readings(self) -> Readings:
        """`certificate.left`: seconds until it ends, in whole hours, below 0 once it has.

        Absent where it cannot be read: the link to the broker tells of that.
        """
        until = self._end(self._path) if self._path is not None and self._is_believed() else None
        return {} if until is None else {"certificate.left": (until - self._wall()) // HOUR * HOUR}

    def _end(self, path: Path) -> float | None:
        """When it ends; read anew only when the file is another."""
        try:
            state = path.stat()
            seen = (state.st_ino, state.st_mtime_ns, state.st_size)
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
