"""What the agent knows of how the box is kept, beside the machine itself: what it writes, how old its backups are."""

import time
from collections.abc import Callable
from pathlib import Path

from agent.backup import results
from agent.write_budget import WriteBudget
from firmware.host.files import Readings
from firmware.host.writes import written_bytes

MEGA = 1_000_000


class Keeping:
    """Readings of the device `box`.

    Args:
        data_dir: where the data are.
        root: what stands before /proc and /sys.
        backups: where backups of this box are to be made, None for nowhere; asked each time.
        is_believed: whether the wall clock may be believed now; without it no age can be told.
        wall: wall seconds.
        mono: monotonic seconds.
    """

    def __init__(
        self,
        data_dir: Path,
        root: Path = Path("/"),
        *,
        backups: Callable[[], Path | None],
        is_believed: Callable[[], bool],
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data_dir, self._root, self._backups = data_dir, root, backups
        self._is_believed, self._wall, self._mono = is_believed, wall, mono
        self._budget = WriteBudget()

    def readings(self) -> Readings:
        """What can be told now."""
        return self._written() | self._backed_up()

    def _written(self) -> Readings:
        counted, mono = written_bytes(self._root), self._mono()
        if counted is None:
            return {}
        self._budget.count(mono, counted)
        a_day = self._budget.a_day(mono, counted)
        return {} if a_day is None else {"card.written": round(a_day / MEGA, 1)}

    def _backed_up(self) -> Readings:
        directory = self._backups()
        if directory is None or not self._is_believed():
            return {}
        try:
            return dict(results.points(directory, self._data_dir, self._wall()))
        except OSError:
            return {}  # a disk that takes nothing has an alarm of its own
