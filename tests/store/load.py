"""A child under load: submits entries through the writer and prints each acknowledged id, until it is killed.

Usage: load.py DATA_DIR RUN. Prints `open`, and then a line `id body` for each durable event. The line of an event
is one write of less than a pipe's atomic size.
"""

import itertools
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.store.batch import Committed
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.records import Entry
from agent.store.writer import Writer

IN_FLIGHT = 40


def main() -> None:
    """Runs until killed."""
    path, run = Path(sys.argv[1]), sys.argv[2]
    room = threading.Semaphore(IN_FLIGHT)

    def acknowledge(committed: Sequence[Committed]) -> None:
        for one in committed:
            for record in one.records:
                os.write(1, f"{record.id} {record.entry.body.decode()}\n".encode())
            room.release()
        writer.set_cursor("mqtt", *committed[-1].records[-1].position)

    def summarise(counts: Mapping[str, int]) -> Entry:
        raise AssertionError(counts)

    def open_engine(reason: str) -> Engine:
        return Engine(path, suffix=random_suffix, reason=reason)

    engine = open_engine("")
    os.write(1, b"open\n")
    writer = Writer(path, open_engine, acknowledge, lambda _: None, summarise, engine=engine)
    for number in itertools.count():
        room.acquire()
        pair = [Entry("load", run, float(number), f"{run}:{2 * number + n}".encode()) for n in range(2)]
        writer.submit(pair)
        if number % 50 == 49:
            writer.submit_snapshot(f"{run}:{2 * number + 1}".encode())


if __name__ == "__main__":
    main()
