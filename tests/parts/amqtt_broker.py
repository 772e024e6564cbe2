"""A real amqtt, the broker of the demo, which speaks 3.1.1 only: as a part, and as the program of its process.

Run as a program: `python -m tests.parts.amqtt_broker CONFIGURATION_JSON`.
"""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.parts.mosquitto import free_port
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]


class Amqtt:
    """Runs the broker in a process of its own.

    Args:
        folder: for its log.
        listener: more of its one listener, such as its certificate.
        plugins: its plugins; anybody may connect unless given.
    """

    def __init__(
        self,
        folder: Path,
        listener: dict[str, Any] | None = None,
        plugins: dict[str, Any] | None = None,
    ) -> None:
        self.port = free_port()
        anybody = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        one = {"type": "tcp", "bind": f"127.0.0.1:{self.port}"} | (listener or {})
        self._settings = json.dumps({"listeners": {"default": one}, "plugins": plugins or anybody})
        self._log = folder / f"amqtt-{self.port}.log"

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.parts.amqtt_broker", self._settings]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        wait_for(self._listens, 60, what="amqtt to listen")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(20)

    def _listens(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


async def _serve(settings: dict[str, Any]) -> None:
    from amqtt.broker import Broker

    await Broker(settings).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
