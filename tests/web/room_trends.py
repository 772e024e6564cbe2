"""The trends of a room under virtual time: the agent's own recorder, store and reader, and a history to look at."""

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from agent.config.load import Loaded
from agent.core.model import Bad, ClockQuality, Instant, Value
from agent.store.trends.bucket import BUCKET, HOUR, Bucket, add_poll
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.writer import Keep, TrendWriter
from agent.trends import Trends


class RoomTrends(Trends):
    """What the agent has, on a clock that the test moves.

    Args:
        now: tells the virtual now.
        loaded: the configuration.
    """

    def __init__(self, now: Callable[[], Instant], loaded: Loaded) -> None:
        self.now = now
        self.folder = Path(str(loaded.site.agent.data_dir))
        self.folder.mkdir(parents=True, exist_ok=True)
        super().__init__(loaded.branch, self.folder, Keep(), self)  # type: ignore[arg-type]  # it tells now

    def remember(self, device: str, values: Mapping[str, Value | Bad], hours: int) -> None:
        """Fill the hours before now: numbers swing over the day, and from noon on nothing was heard for a while."""
        # One connection writes at a time, as in a box.
        assert self.writer.stop(60)
        last = int(self.now().wall // BUCKET) * BUCKET
        starts = range(last // HOUR * HOUR - hours * HOUR, last, BUCKET)
        with closing(TrendDatabase(self.folder / FILE)) as db:
            db.write(bucket for start in starts if (bucket := _bucket(device, values, start)) is not None)
            for hour in range(starts[0], last // HOUR * HOUR, HOUR):
                db.roll_up([hour])
        self.writer = TrendWriter(self.folder, Keep(), lambda: "aside")


def _bucket(device: str, values: Mapping[str, Value | Bad], start: int) -> Bucket | None:
    hour = start % 86_400 / HOUR
    if 4 <= hour < 5.5:
        return None
    bucket = Bucket(device, start, ClockQuality.NTP, 0, {})
    for number in range(3):
        swing = 1 + 0.03 * math.sin(hour * math.pi / 12) + 0.004 * math.sin(start / 700 + number * 2)
        moved = {
            name: round(value * swing, 1) if isinstance(value, float) else value
            for name, value in values.items()
        }
        add_poll(bucket, moved, 10)
        bucket.polls += 10
    return bucket
