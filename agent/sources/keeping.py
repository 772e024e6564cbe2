"""What the agent knows of how the box is kept, beside the machine itself: how old its backups are."""

import time
from collections.abc import Callable
from pathlib import Path

from agent.backup import results

Readings = dict[str, float | bool | str]


class Keeping:
    """Readings of the device `box`.

    Args:
        data_dir: where the data are.
        backups: whether backups are to be made of this box.
        is_believed: whether the wall clock may be believed now; without it no age can be told.
        wall: wall seconds.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        backups: bool,
        is_believed: Callable[[], bool],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._data_dir, self._backups = data_dir, backups
        self._is_believed, self._wall = is_believed, wall

    def readings(self) -> Readings:
        """What can be told now."""
        if not self._backups or not self._is_believed():
            return {}
        try:
            return dict(results.points(self._data_dir, self._wall()))
        except OSError:
            return {}  # a disk that takes nothing has an alarm of its own
