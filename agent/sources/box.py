"""The Pi itself as a source."""

from collections.abc import Callable, Mapping
from pathlib import Path

from agent.core.inputs import Input, Polled
from agent.core.model import Bad, ClockQuality, Value
from agent.sources.worker import Worker
from firmware.host import clock_quality, read_host

BOX = "box"
"""The id of the box itself as a device."""

EVERY = 10.0

Convert = Callable[[Mapping[str, float | bool | str | None]], Mapping[str, Value | Bad]]


def box(
    convert: Convert,
    data_dir: Path,
    root: Path,
    post: Callable[[Input], None],
    also: Callable[[], Mapping[str, float | bool | str]] = dict,
) -> Worker:
    """A worker that reads the machine's own health.

    Args:
        convert: from the readings to values by point.
        data_dir: a directory on the file system whose free space counts.
        root: what stands before /sys and /proc.
        post: takes `Polled`.
        also: what the agent knows of itself.
    """

    def read() -> None:
        readings = read_host(root, data_dir) | dict(also())
        readings["clock.quality"] = clock_quality(root)
        post(Polled(BOX, convert(readings)))

    return Worker("box", EVERY, read)


def wall_clock_quality(root: Path) -> ClockQuality:
    """How far wall time may be believed, as the core's word."""
    return ClockQuality(clock_quality(root))
