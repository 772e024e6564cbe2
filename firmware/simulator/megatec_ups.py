"""A Megatec UPS on a pseudo-terminal, with faults on command.

By hand: `python -m firmware.simulator.megatec_ups --link /tmp/ups`, then type `mains off`, `mains on`, `sag 3`, `test 10`,
`test low`, `test 0`, `drops on`, `fault garbage`, `fault none`, `unplug`, `plug` or `quit`. After `drops on` the link goes away
with the mains, as USB links of many makes do; `plug` brings it back.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Self

from firmware.simulator.megatec_model import UpsModel
from firmware.simulator.pty_device import PtyDevice, Reply


class Fault(Enum):
    """What goes wrong on the wire."""

    NONE = "none"
    SILENT = "silent"
    GARBAGE = "garbage"
    HALF = "half"
    ECHO = "echo"
    COMMAS = "commas"
    SLOW = "slow"
    SHORT = "short"
    DRIP = "drip"
    NOISE = "noise"


SLOW_SECONDS = 1.5


def distort(answer: bytes, command: bytes, fault: Fault, noise: random.Random) -> Reply:
    """Give the pieces of an answer as a wire with this fault would bring them."""
    match fault:
        case Fault.SILENT:
            return []
        case Fault.SLOW:
            return [(SLOW_SECONDS, answer)]
        case Fault.DRIP:
            return [(0.002, bytes([byte])) for byte in answer]
        case Fault.GARBAGE:
            return [(0.0, noise.randbytes(400))]
        case _:
            return [(0.0, _garbled(answer, command, fault))]


def _garbled(answer: bytes, command: bytes, fault: Fault) -> bytes:
    changed = {
        Fault.HALF: answer[: len(answer) // 2],
        Fault.ECHO: command + answer,
        Fault.COMMAS: answer.replace(b".", b","),
        Fault.SHORT: answer[:-2] + b"\r",  # the last flag is missing: 46 bytes
        Fault.NOISE: b"\xff\x00~" + answer,
    }
    return changed.get(fault, answer)


class MegatecUpsSimulator:
    """A real Megatec UPS at `link`, in this process.

    Args:
        link: the path of its serial line; the pty's name changes with each plugging, this one stays.
        model: the UPS behind it.
        clock: monotonic seconds for the model.
    """

    def __init__(
        self, link: Path, model: UpsModel | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._fault = Fault.NONE
        self._noise = random.Random(1)  # noqa: S311  # noise of a simulator, the same each time
        self.model = model or UpsModel()
        self.model.now = max(self.model.now, clock())
        self.drops = False
        """Whether its link goes away with the mains, until it is plugged in again."""
        self._device = PtyDevice(link, self._answer)

    @property
    def path(self) -> Path:
        """The stable path of the line."""
        return self._device.link

    def mains(self, present: bool) -> None:  # noqa: FBT001  # mains(False) is what a test wants to say
        """Lose or regain the mains."""
        with self._lock:
            self.model.set_mains(present, self._clock())
        if not present:
            self._drop()

    def sag(self, seconds: float) -> None:
        """Lose the mains for so long."""
        with self._lock:
            self.model.sag(seconds, self._clock())
        self._drop()

    def _drop(self) -> None:
        if self.drops:
            self.unplug()

    def test(self, seconds: float | None) -> None:
        """Test the battery for so long: 0 ends every test, None runs it down until it is low."""
        with self._lock:
            if seconds is None:
                self.model.calibrate(self._clock())
            else:
                self.model.test(seconds, self._clock())

    def fault(self, fault: Fault) -> None:
        """Let the wire have this fault from the next answer on."""
        with self._lock:
            self._fault = fault

    def unplug(self) -> None:
        """Pull the serial adapter."""
        self._device.unplug()

    def plug(self) -> None:
        """Put it back, under the same path."""
        self._device.plug()

    def close(self) -> None:
        """End the simulation. May be called twice."""
        self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, command: bytes) -> Reply:
        with self._lock:
            answer = self.model.answer(command, self._clock())
            return distort(answer, command, self._fault, self._noise) if answer else []


def obey(ups: MegatecUpsSimulator, words: list[str]) -> str:
    """Carry out one typed order and say what was done."""
    match words:
        case ["mains", "on" | "off" as position]:
            ups.mains(position == "on")
        case ["sag", seconds] if _is_number(seconds):
            ups.sag(float(seconds))
        case ["test", "low"]:
            ups.test(None)
        case ["test", seconds] if _is_number(seconds):
            ups.test(float(seconds))
        case ["drops", "on" | "off" as position]:
            ups.drops = position == "on"
        case ["fault", name] if name in {fault.value for fault in Fault}:
            ups.fault(Fault(name))
        case ["unplug"]:
            ups.unplug()
        case ["plug"]:
            ups.plug()
        case _:
            faults = "|".join(fault.value for fault in Fault)
            return f"orders: mains on|off, sag SECONDS, test SECONDS|low, drops on|off, fault {faults}, unplug, plug, quit"
    return "done"


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdecimal()


def main(arguments: list[str] | None = None) -> None:
    """Simulate until `quit` or the end of standard input."""
    parser = argparse.ArgumentParser(description="A Megatec UPS on a pseudo-terminal.")
    parser.add_argument("--link", type=Path, required=True, help="path at which the serial line appears")
    options = parser.parse_args(arguments)
    with MegatecUpsSimulator(options.link) as ups:
        print(f"UPS at {ups.path}", flush=True)  # noqa: T201  # a tool for the hand
        for order in sys.stdin:
            if order.strip() == "quit":
                break
            print(obey(ups, order.split()), flush=True)  # noqa: T201  # a tool for the hand


if __name__ == "__main__":
    main()
