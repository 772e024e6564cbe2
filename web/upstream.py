"""The panel's one subscription to the agent, in a thread of its own; taken up again, ever more slowly, when it is lost."""

import logging
import random
import threading
from pathlib import Path

from agent.control_client import AgentError, ControlClient
from web.news import News

log = logging.getLogger(__name__)

SILENCE = 12.0
"""Seconds without a word after which the agent counts as lost; it speaks every five."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0


class Upstream:
    """Follows the agent and hands what it tells to `news`.

    Args:
        socket: the agent's control socket.
        news: takes it.
    """

    def __init__(self, socket: Path, news: News) -> None:
        self._news = news
        self._client = ControlClient(socket, SILENCE)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upstream", daemon=True)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up and wait for the end."""
        self._ending.set()
        self._client.hang_up()
        if self._thread.ident is not None:
            self._thread.join(SILENCE)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            if self._follow():
                pause = FIRST_PAUSE
            self._news.lost()
            # Spread, so that the panels of a box that was just switched on do not all knock at once.
            self._ending.wait(pause * random.uniform(0.7, 1.0))  # noqa: S311  # no secret
            pause = min(2 * pause, LONGEST_PAUSE)

    def _follow(self) -> bool:
        """Follow until the agent is lost; whether it was there at all."""
        heard = False
        try:
            for change in self._client.follow():
                if not heard:
                    log.info("the agent tells its changes")
                heard = True
                self._news.take(change)
                if self._ending.is_set():
                    break
        except AgentError as error:
            if not self._ending.is_set():
                log.warning("the agent does not tell its changes: %s", error)
        finally:
            self._client.close()
        return heard
