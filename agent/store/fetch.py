"""Reads for the loop: one thread that answers requests for pages of the journal through futures."""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from agent.store import reader
from agent.store.errors import StoreCorrupt, StoreError
from agent.store.records import Position, Record

log = logging.getLogger(__name__)

_Request = tuple[Position, int, "Future[list[Record]]"]


class Fetcher:
    """Serves `read` from a daemon thread, on a read-only connection for each page.

    A damaged record is left out, aloud: it will not get better, and those behind it must not wait for it.

    Args:
        data_dir: where the journal lives.
        durable: the last place known to be durable; nothing behind it is handed out.
    """

    def __init__(self, data_dir: Path, durable: Callable[[], Position]) -> None:
        self._dir = data_dir
        self._durable = durable
        self._told: set[str] = set()
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-read", daemon=True)
        self._thread.start()

    def read(self, position: Position, limit: int) -> "Future[list[Record]]":
        """At most `limit` records after `position`; an empty list when there are none. Never blocks."""
        future: Future[list[Record]] = Future()
        self._requests.put((position, limit, future))
        return future

    def stop(self, deadline_s: float) -> None:
        """Ends the thread after the requests before this one; a hung one is abandoned."""
        self._requests.put(None)
        self._thread.join(deadline_s)

    def _run(self) -> None:
        while (request := self._requests.get()) is not None:
            position, limit, future = request
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._page(position, limit))
            except StoreError as exc:
                future.set_exception(exc)

    def _page(self, position: Position, limit: int) -> list[Record]:
        # asked before the page is read: a commit still in doubt may already be visible to us
        durable = self._durable()
        if position >= durable:
            return []
        page = reader.page(self._dir, position, limit, self._damaged)
        return [record for record in page if record.position <= durable]

    def _damaged(self, exc: StoreCorrupt) -> None:
        if str(exc) not in self._told:
            self._told.add(str(exc))
            log.error("the journal is damaged; left out for good: %s", exc)
