"""How every process of linewarden logs: to standard error, one line per record, no message more than once a minute."""

import logging
import os
import sys
import threading
import time
from collections import deque
from types import TracebackType

from agent.log_lines import LineFormatter, Style, blot

EVERY = 60.0
"""Seconds for which a message of the same kind about the same thing is held back."""

KEYS_MAX = 1000
LINES_KEPT = 2000
BYTES_KEPT = 512 * 1024

log = logging.getLogger(__name__)


def hide(word: str) -> None:
    """Never let this word be read in a line; the last defence, for what some library puts into its errors."""
    blot.hide(word)


class Quiet(logging.Filter):
    """Lets a warning or error through once a minute per message and first argument; says how many it held back."""

    def __init__(self, every: float = EVERY) -> None:
        super().__init__()
        self._every = every
        self._seen: dict[tuple[str, str, str], tuple[float, int]] = {}
        self.held = 0
        """Lines held back since the start."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told now."""
        if record.levelno < logging.WARNING:
            return True
        first = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        key = (record.name, str(record.msg), str(first))
        now = time.monotonic()
        told, held = self._seen.get(key, (float("-inf"), 0))
        if now - told < self._every:
            self._seen[key] = (told, held + 1)
            self.held += 1
            return False
        if len(self._seen) >= KEYS_MAX:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if held:
            record.msg = f"{record.msg} (and {held} more like it)"
        return True


class Ring:
    """The last lines, within bounds of number and size."""

    def __init__(self, lines: int = LINES_KEPT, size: int = BYTES_KEPT) -> None:
        self._kept: deque[str] = deque(maxlen=lines)
        self._size = 0
        self._most = size

    def add(self, line: str) -> None:
        """Keep one line more, and as many of those before it as there is room for."""
        if len(self._kept) == self._kept.maxlen:
            self._size -= len(self._kept.popleft())
        self._kept.append(line)
        self._size += len(line)
        while self._size > self._most and len(self._kept) > 1:
            self._size -= len(self._kept.popleft())

    def lines(self) -> list[str]:
        """The lines, the oldest first."""
        return list(self._kept)


class Lines(logging.StreamHandler):  # type: ignore[type-arg]  # generic only for the type checker, from 3.11 on
    """Writes lines to standard error and keeps the last."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.quiet, self.ring = Quiet(), Ring()
        self.setFormatter(formatter)
        self.addFilter(self.quiet)

    def format(self, record: logging.LogRecord) -> str:
        """The line, which is kept too."""
        line = super().format(record)
        self.ring.add(line)
        return line


def _own() -> Lines | None:
    return next((one for one in logging.getLogger().handlers if isinstance(one, Lines)), None)


def held_back() -> int:
    """Lines held back since the start."""
    own = _own()
    return own.quiet.held if own else 0


def recent() -> list[str]:
    """The last lines, the oldest first."""
    own = _own()
    return own.ring.lines() if own else []


def configure(style: Style = "text", *, verbose: bool = False) -> None:
    """Log to standard error; journald, where it is there, adds time and unit itself."""
    handler = Lines(LineFormatter(style, journald=_is_journal()))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    sys.excepthook = _unforeseen
    threading.excepthook = _thread_died


def _is_journal() -> bool:
    """Whether standard error is journald's own socket (systemd.exec: JOURNAL_STREAM)."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is a line like any other."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("ended by %s", kind.__name__, exc_info=(kind, error, trace))


def _thread_died(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not issubclass(told.exc_type, SystemExit):
        name = told.thread.name if told.thread else "?"
        log.critical("thread %s died", name, exc_info=(told.exc_type, told.exc_value, told.exc_traceback))
