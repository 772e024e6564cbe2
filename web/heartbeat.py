"""Whether the panel answers, asked as a browser would ask; the service manager hears of it."""

import http.client
import logging
import ssl
import threading
from collections.abc import Callable

from agent.service_manager import ServiceManager

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds within which the panel answers itself."""
EVERY = 20.0
"""Seconds between two questions, unless the service manager waits less."""
FIRST_EVERY = 0.2
SHARE = 3
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # only compared with
_PATH = "/static/icon.svg"
"""Costs nothing, and needs neither a login nor the agent."""


class Heartbeat:
    """Runs beside the panel; does nothing where no service manager started it.

    Args:
        address: what the panel listens on; asked for once it listens.
        encrypted: whether it speaks TLS there.
        manager: who started this process.
    """

    def __init__(
        self, address: Callable[[], tuple[str, int]], manager: ServiceManager, *, encrypted: bool
    ) -> None:
        self._address = address
        self._encrypted = encrypted
        self._manager = manager
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._manager.is_there:
            self._thread.start()

    def stop(self) -> None:
        """End."""
        self._manager.ending()
        self._ended.set()

    def _run(self) -> None:
        while not self._answers():
            if self._ended.wait(FIRST_EVERY):
                return
        self._manager.ready()
        pause = min(EVERY, self._manager.patience / SHARE or EVERY)
        while not self._ended.wait(pause):
            if self._answers():
                self._manager.alive("serving")
            else:
                self._manager.troubled("does not answer itself")

    def _answers(self) -> bool:
        """Whether there is an answer, whatever it says; one who is turned away for a crowd has an answer too."""
        host, port = self._address()
        try:
            connection = self._connection(_ANYWHERE.get(host, host), port)
            try:
                connection.request("GET", _PATH, headers={"Connection": "close"})
                connection.getresponse().read()
            finally:
                connection.close()
        except (http.client.HTTPException, ConnectionResetError, ssl.SSLEOFError):
            return True
        except OSError as error:
            log.debug("the panel does not answer itself: %s", error)
            return False
        return True

    def _connection(self, host: str, port: int) -> http.client.HTTPConnection:
        if not self._encrypted:
            return http.client.HTTPConnection(host, port, timeout=PATIENCE)
        # It asks itself: whose certificate that is does not matter, not even whether it is still good.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)
