"""A made-up later version of the journal's tables, and a child that migrates to it slowly."""

import sys
from pathlib import Path

from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.schema import SCHEMA, Migration, Schema

NEXT = SCHEMA.version + 1
LATER = Schema(
    (
        *SCHEMA.migrations,
        Migration(
            "CREATE TABLE later (a INTEGER) STRICT; ALTER TABLE cursor ADD COLUMN moved REAL",
            "ALTER TABLE cursor DROP COLUMN moved; DROP TABLE later",
        ),
    )
)
_MANY = "INSERT INTO later WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400000) SELECT i FROM n"
SLOW = Schema(
    (
        *SCHEMA.migrations,
        Migration(f"{LATER.migrations[-1].forward}; {_MANY}", LATER.migrations[-1].backward),
    )
)
"""The same tables, with work of some tenths of a second and some megabytes in the WAL."""


def main() -> None:
    """Usage: versions.py DATA_DIR. Opens the journal by the slow later version, then steps back, until killed."""
    path = Path(sys.argv[1])
    while True:
        engine = Engine(path, suffix=random_suffix, schema=SLOW)
        print("forward", flush=True)
        engine.step_back(SCHEMA.version, "test")
        engine.close()
        print("back", flush=True)


if __name__ == "__main__":
    main()
