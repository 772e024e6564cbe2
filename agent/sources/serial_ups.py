"""A UPS on a serial wire as a source: one worker thread, so that a hung wire delays nothing else."""

import logging
import time
from collections.abc import Callable, Mapping

from agent.core.inputs import Input, Polled, PollFailed
from agent.core.model import Bad, Value
from agent.sources.revival import Revival
from agent.sources.worker import Worker
from firmware.errors import FirmwareError, FrameError, LineTimeout
from firmware.line import SerialLine
from firmware.ups.session import MegatecUps

log = logging.getLogger(__name__)

Reading = float | bool | str | None
Convert = Callable[[Mapping[str, Reading]], Mapping[str, Value | Bad]]


def serial_ups(
    device: str,
    line: SerialLine,
    convert: Convert,
    interval: float,
    post: Callable[[Input], None],
    *,
    revival: Revival,
    reset: Callable[[str], bool],
) -> Worker:
    """A worker that asks the UPS on a line and posts what came of it.

    Args:
        device: the device's id.
        line: the wire; closed when the worker ends.
        convert: from the dialect's readings to values by point.
        interval: seconds between two questions.
        post: takes `Polled` and `PollFailed`.
        revival: when a silent wire is worth a reset.
        reset: asks for a reset of the adapter of a wire that stays silent; whether somebody will do it.
    """
    ups = MegatecUps(line)

    def ask() -> None:
        try:
            post(Polled(device, convert(ups.poll())))
            revival.heard(time.monotonic())
        except FirmwareError as error:
            post(PollFailed(device, _cause(error), str(error)))
            if revival.is_due(time.monotonic()):
                line.close()  # held, it would come back under another number
                if reset(line.url):
                    log.warning("%s: silent for long; a reset of its USB adapter is asked for", device)

    return Worker(f"ups {device}", interval, ask, line.close)


def _cause(error: FirmwareError) -> str:
    if isinstance(error, LineTimeout):
        return "timeout"
    return "garbled" if isinstance(error, FrameError) else "lost"
