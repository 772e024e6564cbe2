"""A process that writes batches for ever and says each that is on the disk; somebody kills it."""

import sys
from pathlib import Path

from tests.store.trends.parts import DEVICES, batch, now, open_writer
from tests.waiting import wait_for


def main(folder: Path, first: int) -> None:
    """Write batches from `first` on."""
    writer = open_writer(folder)
    for number in range(first, first + 100_000):
        wanted = writer.written + len(DEVICES)
        writer.submit(batch(number), now(number))
        wait_for(lambda count=wanted: writer.written >= count, timeout=60, what="a batch")
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
