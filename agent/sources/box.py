"""The Pi itself as a source."""

from collections.abc import Callable, Mapping
from pathlib import Path

from agent.core.inputs import Input, Polled
from agent.core.model import Bad, ClockQuality, Value
from agent.sources.worker import Worker
from firmware.host.clock import clock_quality
from firmware.host.machine import read_host

BOX = "box"
"""The id of the box itself as a device."""

EVERY = 10.0

Told = Mapping[str, float | bool | str | None]
"""Values by the name of their point; None where there should be one and is none."""
Convert = Callable[[Told], Mapping[str, Value | Bad]]


def reader(
    convert: Convert, data_dir: Path, root: Path, also: Callable[[], Told] = dict
) -> Callable[[], Polled]:
    """How to read the machine's own health.

    Args:
        convert: from the readings to values by point.
        data_dir: a directory on the file system whose free space counts.
        root: what stands before /sys and /proc.
        also: what the agent knows of itself.
    """

    def read() -> Polled:
        readings = {**read_host(root, data_dir), **also(), "clock.quality": clock_quality(root)}
        return Polled(BOX, convert(readings))

    return read


def box(read: Callable[[], Polled], post: Callable[[Input], None]) -> Worker:
    """A worker that reads the machine's own health and posts it."""
    return Worker(BOX, EVERY, lambda: post(read()))


def wall_clock_quality(root: Path) -> ClockQuality:
    """How far wall time may be believed, as the core's word."""
    return ClockQuality(clock_quality(root))
