"""The embedded broker of the demo, a process of its own: `python -m agent.demo.broker PORT`. The only file on amqtt."""

import asyncio
import logging
import signal
import sys

from amqtt.broker import Broker

from agent.demo.child import end_with_parent


def configuration(port: int) -> dict[str, object]:
    """Anybody on this machine may connect: it is a demo, and it listens on loopback only."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    broker = Broker(configuration(port))
    await broker.start()
    await stop.wait()
    await broker.shutdown()


def main() -> None:
    """Serve until told to end."""
    logging.basicConfig(level=logging.WARNING)
    end_with_parent()
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
