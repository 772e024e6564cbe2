"""A thread of its own for a source that blocks: a serial line, the files of the kernel."""

import threading
import time
from collections.abc import Callable

from agent.tasks import Told, surviving, untold


class Worker:
    """Does a piece of blocking work every so many seconds, in a daemon thread.

    A thread that hangs in the kernel is abandoned: `join` does not wait for it longer than a moment. What it posts
    late reaches a closed inbox and is dropped there.

    Args:
        name: of the thread, for whoever looks at a stuck box.
        interval: seconds between two beginnings.
        work: called again and again, also after an error that nobody foresaw.
        close: called by the thread when it ends.

    Attributes:
        interval: as given.
        told: hears of each piece of work done, and of what one died of; to be set before the start.
    """

    def __init__(
        self, name: str, interval: float, work: Callable[[], None], close: Callable[[], None] = lambda: None
    ) -> None:
        self.interval = interval
        self.told: Told = untold
        self._work = work
        self._close = close
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def name(self) -> str:
        """The name of its thread, by which it is told of."""
        return self._thread.name

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """Tell it to end after the work in hand; does not wait."""
        self._stopping.set()
        self._woken.set()

    def hurry(self) -> None:
        """Work now instead of when it is due; once more where the work is under way."""
        self._woken.set()

    def join(self, patience: float) -> None:
        """Wait for the end, so many seconds at most; then the thread is left behind."""
        if self._thread.ident is not None:
            self._thread.join(patience)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            with surviving(self.name, self.told):
                self._work()
                self.told(self.name, "")
            now = time.monotonic()
            if now >= due:  # lateness does not add up, and missed turns are not made up for
                due = max(due + self.interval, now)
            self._woken.wait(due - now)
            self._woken.clear()
        with surviving(self.name, self.told):
            self._close()
