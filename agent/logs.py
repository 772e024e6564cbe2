"""How the agent logs: plain lines for journald, and no message more than once a minute."""

import logging
import time

EVERY = 60.0
"""Seconds for which a message of the same kind about the same thing is held back."""

KEYS_MAX = 1000


class Quiet(logging.Filter):
    """Lets a warning or error through once a minute per message and first argument; says how many it held back."""

    def __init__(self, every: float = EVERY) -> None:
        super().__init__()
        self._every = every
        self._seen: dict[tuple[str, str, str], tuple[float, int]] = {}

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
            return False
        if len(self._seen) >= KEYS_MAX:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if held:
            record.msg = f"{record.msg} (and {held} more like it)"
        return True


def configure(*, verbose: bool = False) -> None:
    """Log to standard error; journald adds time and unit."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(Quiet())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)


def held_back() -> int:
    """Lines held back since the start."""
    return 0
