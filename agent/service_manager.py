"""What a process tells the service manager: that it is ready, that it gets on, that it ends (sd_notify(3))."""

import logging
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


class ServiceManager:
    """The service manager that started this process; nobody, where it was started by hand.

    Args:
        environment: with `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where signs of life are awaited.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self.patience = _seconds(environment.get("WATCHDOG_USEC", ""))
        """Seconds without a sign of life after which this process is killed; 0 where nobody waits for one."""

    @property
    def is_there(self) -> bool:
        """Whether a service manager wants to be told."""
        return bool(self._address)

    def ready(self) -> None:
        """Say that everything runs."""
        self._tell("READY=1")

    def alive(self, status: str = "") -> None:
        """Say that there is progress, and in one line how things are."""
        self._tell("WATCHDOG=1", f"STATUS={status}")

    def troubled(self, status: str) -> None:
        """Say what is wrong, and by that give no sign of life."""
        self._tell(f"STATUS={status}")

    def ending(self) -> None:
        """Say that the end has begun, in good order."""
        self._tell("STOPPING=1")

    def _tell(self, *words: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
                # A manager that is itself hung must not hang what it watches.
                wire.settimeout(0)
                wire.sendto("\n".join(words).encode(), self._address)
        except OSError as error:
            log.warning("the service manager cannot be told %s: %s", words[0], error)


def _address(given: str) -> str:
    """The address of the manager's socket; `@` stands for the zero byte of an abstract one."""
    return "\0" + given[1:] if given.startswith("@") else given


def _seconds(microseconds: str) -> float:
    return int(microseconds) / 1e6 if microseconds.isdigit() else 0.0


NOBODY = ServiceManager({})
"""For a process that no service manager started."""
