"""A bench for a board of simulated pins: another process reads the lamps, presses buttons and moves contacts.

One JSON object a line over a unix socket: `{"lamps": true}` answers which lamps are lit; `{"press": NAME}` presses a
button for a moment; `{"contact": NAME, "active": true}` puts a dry contact into its alarm position.
"""

import json
import socketserver
import threading
import time
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any

from firmware.board import Board, Input, PushButton
from firmware.pins import PinFactory, drive, level

PRESS_SECONDS = 0.15
"""How long a finger rests on a button; longer than any debounce time of a push button."""


class PinBench:
    """Serves the bench of one board.

    Args:
        board: the wiring map.
        factory: the simulated pins that the board's parts were opened on.
        path: where the socket is.
    """

    def __init__(self, board: Board, factory: PinFactory, path: Path) -> None:
        self._board = board
        self._factory = factory
        self._path = path
        path.unlink(missing_ok=True)
        bench = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    self.wfile.write(json.dumps(bench.obey(json.loads(line))).encode() + b"\n")

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="pin bench", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command; what is not understood is said so."""
        if "lamps" in command:
            return self.lamps()
        if "press" in command:
            return self._on(self._board.buttons, command["press"], self._press)
        if "contact" in command:
            active = bool(command.get("active"))
            return self._on(
                self._board.inputs, command["contact"], lambda one: self._contact(one, active=active)
            )
        return {"error": "not understood"}

    def lamps(self) -> dict[str, bool]:
        """Which lamps are lit now, read from the pins."""
        return {lamp.name: level(self._factory, lamp.pin) == lamp.active_high for lamp in self._board.lamps}

    @staticmethod
    def _on(parts: Any, name: str, act: Any) -> dict[str, Any]:
        found = [part for part in parts if part.name == name]
        for part in found:
            act(part)
        return {"ok": True} if found else {"error": f"nothing is called {name}"}

    def _press(self, button: PushButton) -> None:
        self._close_contact(button.pin, button.pull, closed=True)
        time.sleep(PRESS_SECONDS)
        self._close_contact(button.pin, button.pull, closed=False)

    def _contact(self, contact: Input, *, active: bool) -> None:
        closed = active == (contact.normally == "open")
        self._close_contact(contact.pin, contact.pull, closed=closed)

    def _close_contact(self, pin: int, pull: str, *, closed: bool) -> None:
        drive(self._factory, pin, high=closed == (pull == "down"))


class PinBenchClient:
    """The other end of the bench.

    Args:
        path: the socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def lamps(self) -> dict[str, bool]:
        """Which lamps are lit now."""
        return self._ask({"lamps": True})

    def press(self, button: str) -> None:
        """Press a button and let it go."""
        self._ask({"press": button})

    def contact(self, name: str, *, active: bool) -> None:
        """Put a dry contact into its alarm position, or back."""
        self._ask({"contact": name, "active": active})

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        with socket(AF_UNIX, SOCK_STREAM) as connection:
            connection.connect(str(self._path))
            connection.sendall(json.dumps(command).encode() + b"\n")
            answer: dict[str, Any] = json.loads(connection.makefile("rb").readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer
