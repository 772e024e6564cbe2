"""Which library asks an agent: the fast one where its wheel exists, the portable one elsewhere."""

import importlib.util
from typing import TYPE_CHECKING

from agent.sources.snmp.client import Access, Client
from agent.sources.snmp.diagnosis import Diagnosis
from agent.sources.timers import Bell, Deadlines

if TYPE_CHECKING:
    from agent.sources.snmp.pysnmp_client import Engines


class Libraries:
    """Makes clients, and keeps what they share."""

    def __init__(self) -> None:
        self.diagnosis = Diagnosis()
        self.bell = Bell()
        self._clients: list[Client] = []
        self._deadlines: dict[float, Deadlines] = {}
        self._engines: Engines | None = None

    def client(self, access: Access, library: str = "auto") -> Client:
        """A client of an agent by `gufo-snmp`, `pysnmp`, or (`auto`) the best that is installed.

        A library is imported when it is first wanted: pysnmp alone takes twenty megabytes.
        """
        if library == "auto":
            library = "gufo-snmp" if importlib.util.find_spec("gufo") else "pysnmp"
        client = self._by_gufo(access) if library == "gufo-snmp" else self._by_pysnmp(access)
        self._clients.append(client)
        return client

    def close(self) -> None:
        """Let go of all sockets."""
        while self._clients:
            self._clients.pop().close()
        if self._engines is not None:
            self._engines.close()

    def _by_gufo(self, access: Access) -> Client:
        from agent.sources.snmp.gufo_client import GufoClient

        deadlines = self._deadlines.setdefault(access.timeout, Deadlines(access.timeout))
        return GufoClient(access, deadlines)

    def _by_pysnmp(self, access: Access) -> Client:
        from agent.sources.snmp.pysnmp_client import Engines, PysnmpClient

        self._engines = self._engines or Engines()
        return PysnmpClient(access, self._engines)
