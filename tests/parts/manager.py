"""A service manager's notification socket, and what it was told."""

import socket
from pathlib import Path
from types import TracebackType


class Manager:
    """Listens as systemd does; each message is a list of words.

    Args:
        path: of the socket.
        patience: seconds that it waits for a sign of life; 0 where it does not.
    """

    def __init__(self, path: Path, patience: float = 0.0) -> None:
        self._path, self._patience = path, patience
        self._wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._wire.bind(str(path))
        self.told: list[list[str]] = []

    def __enter__(self) -> "Manager":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process that it starts finds."""
        watchdog = {"WATCHDOG_USEC": str(int(self._patience * 1e6))} if self._patience else {}
        return {"NOTIFY_SOCKET": str(self._path)} | watchdog

    def heard(self) -> list[list[str]]:
        """Everything that it was told so far."""
        while True:
            try:
                self.told.append(self._wire.recv(4096).decode().split("\n"))
            except BlockingIOError:
                return self.told

    def count(self, word: str) -> int:
        """How often it was told a word."""
        return sum(word in message for message in self.heard())
