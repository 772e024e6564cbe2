"""A serial adapter that hangs is reset at its USB port: who may not do it asks, and a helper with the right does it.

A request is a file, named as the kernel names the adapter's serial line (`ttyUSB0`), in a folder in which the agent may
write. The helper (`python -m firmware.usb_reset FOLDER`, started by the system manager as soon as the folder is not empty)
looks at names only and takes none for true: it follows the kernel's own links from the line to its USB device, has
its port reset (USBDEVFS_RESET of the kernel's `usbdevice_fs.h`) and throws every request away, whatever it was.
"""

import fcntl
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

LINE = re.compile(r"tty(USB|ACM)[0-9]{1,3}")
PAUSE = 5.0
"""Seconds without a driver."""
RESET = 0x5514
"""USBDEVFS_RESET: `_IO('U', 20)`."""


class UsbReset:
    """Where the resets of adapters are asked for.

    Args:
        folder: of the requests; where there is none, nobody would hear them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(self, wire: str) -> bool:
        """Ask for a reset of the adapter of a wire; whether somebody hears it.

        Args:
            wire: the path by which the line is opened; a stable name is followed to the kernel's own.
        """
        name = os.path.basename(os.path.realpath(wire))  # noqa: PTH119  # a wire may be a URL
        if not LINE.fullmatch(name) or not os.path.exists(wire):  # noqa: PTH110  # as above
            return False
        try:
            (self._folder / name).touch()
        except OSError:
            return False
        return True


def usb_device(line: str, sys_folder: Path) -> Path | None:
    """The USB device of a serial line below the kernel's `/sys`; None where it has none."""
    place = (sys_folder / "class/tty" / line / "device").resolve()
    return next((one for one in (place, *place.parents) if (one / "busnum").is_file()), None)


def taken(folder: Path) -> Iterator[str]:
    """The lines that a reset was asked for; every request is gone afterwards."""
    for name in sorted(os.listdir(folder)):  # noqa: PTH208  # names alone matter
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
            continue
        path.unlink()
        if LINE.fullmatch(name):
            yield name


def reset(device: Path) -> None:
    """Take a USB device from its driver, reset its port, and give it back.

    Between the two, whoever holds its line open has time to see it hung up and to let go: a line that is still held
    would come back under another number.

    Raises:
        OSError: the kernel refused, or the device went away.
    """
    bus, number = (int((device / name).read_text()) for name in ("busnum", "devnum"))
    node = os.open(f"/dev/bus/usb/{bus:03}/{number:03}", os.O_WRONLY)
    try:
        (device / "authorized").write_text("0")
        time.sleep(PAUSE)
        fcntl.ioctl(node, RESET)
    finally:
        os.close(node)
        (device / "authorized").write_text("1")


def main(folder: Path) -> int:
    """Do what is asked for; 1 where something could not be done."""
    failures = 0
    for line in taken(folder):
        device = usb_device(line, Path("/sys"))
        try:
            if device is None:
                raise FileNotFoundError(f"{line} is not on USB")
            reset(device)
        except OSError as error:
            failures += 1
            sys.stderr.write(f"{line}: not reset: {error}\n")
        else:
            sys.stdout.write(f"{line}: reset at its USB port\n")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
