"""A session of the store that does everything once, and says what is acknowledged: `session.py DATA_DIR`.

Each line is one write to standard output, so that a recording of all system calls has it in its place between the writes
to the disk. `event ID BODY`, `snapshot BODY` and `cursor EPOCH SEQ`, `epoch NUMBER`: from here on that must last.
`pruning EPOCH SEQ`: up to there events may be gone from here on.
"""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent.store import opening, stepping
from agent.store.engine import Engine
from agent.store.records import Entry, Record
from agent.store.schema import MIGRATIONS, SCHEMA, Schema

_suffixes = (f"s{number}" for number in itertools.count())
_numbers = itertools.count()


def say(*words: object) -> None:
    """One line, one write."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def suffix() -> str:
    """Suffixes that never repeat."""
    return next(_suffixes)


@contextmanager
def opened(path: Path, schema: Schema = SCHEMA) -> Iterator[Engine]:
    """An engine, whose epoch is told."""
    with closing(Engine(path, suffix=suffix, schema=schema)) as engine:
        say("epoch", engine.epoch.number)
        yield engine


def write(
    engine: Engine, count: int, size: int = 60, also: Callable[[], None] = lambda: None
) -> list[Record]:
    """One commit of so many events."""
    numbers = [next(_numbers) for _ in range(count)]
    entries = [Entry("kind", f"subject-{n % 3}", float(n), f"{n}:".encode() + b"x" * size) for n in numbers]
    records = engine.append(entries)
    also()
    engine.commit()
    for record in records:
        say("event", record.id, record.entry.body.decode()[:8])
    return records


def snapshot(engine: Engine, body: str) -> None:
    """A snapshot, together with an event."""
    write(engine, 1, also=lambda: engine.snapshot(body.encode()))
    say("snapshot", body)


def main() -> None:
    """Opens, appends, snapshots, moves a cursor, checkpoints, opens epochs, prunes, migrates, steps back, puts back."""
    path = Path(sys.argv[1])
    opening.TAIL = 4  # pruning leaves more than an opening checks, here as with the thousands of events of a real journal
    with opened(path, Schema(MIGRATIONS[:1])) as engine:  # as an earlier release
        write(engine, 2)
        snapshot(engine, "one")
    with opened(path) as engine:  # brought forward
        for _ in range(3):
            write(engine, 1)
        records = write(engine, 12, 700)
        write(engine, 1, also=lambda: engine.set_cursor("mqtt", *records[3].position))
        say("cursor", *records[3].position)
        engine._db.checkpoint()
        write(engine, 2)
        engine.open_epoch("test")
        engine.commit()
        say("epoch", engine.epoch.number)
        write(engine, 3, 5000)
        snapshot(engine, "two")
        say("pruning", *records[3].position)
        while engine.prune(records[3].position, ("mqtt",), 4):
            engine.commit()
        write(engine, 2)
    stepping.copy_journal(path, path / "copy.db")
    say("stepping back")
    stepping.step_back(path, 1, suffix)
    with opened(path, Schema(MIGRATIONS[:1])) as engine:  # the earlier release again
        write(engine, 2)
    with opened(path) as engine:
        write(engine, 2)
        snapshot(engine, "three")
    say("end")


if __name__ == "__main__":
    main()
