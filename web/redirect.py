"""The plain port beside TLS: it answers nothing, it sends browsers to the encrypted one."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from web.wire import PanelServer

_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")
THREADS = 1

Start = Callable[[str, list[tuple[str, str]]], Any]


class Redirect:
    """Runs beside the panel.

    Args:
        address: host and port.
        https_port: asked for when a request comes: the panel may have taken any free one.
    """

    def __init__(self, address: tuple[str, int], https_port: Callable[[], int]) -> None:
        self._https_port = https_port
        self._server = PanelServer(address, self.answer, threads=THREADS)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name="redirect", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join(10)

    def answer(self, environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        """Where to go instead. A form that was sent in plain words is not passed on: its password is lost already."""
        host = _HOST.fullmatch(str(environ.get("HTTP_HOST", "")))
        if host is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start("400 Bad Request", [("Content-Length", "0")])
            return []
        port = self._https_port()
        place = host[1] if port == 443 else f"{host[1]}:{port}"
        path = str(environ.get("REQUEST_URI", "/"))
        path = path if path.startswith("/") and path.isprintable() else "/"
        start("308 Permanent Redirect", [("Location", f"https://{place}{path}"), ("Content-Length", "0")])
        return []
