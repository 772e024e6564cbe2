"""The tables of `trends.db` and how older versions of them become the present one."""

from collections.abc import Sequence
from typing import NamedTuple

from agent.store.trends.bucket import BUCKET, HOUR

APPLICATION_ID = 0x4C57_5431  # "LWT1"

MIGRATIONS: tuple[str, ...] = (
    # 1: as first shipped. Rows of trends are in tables of periods, which are made when they are needed.
    """
    CREATE TABLE device (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE shape (number INTEGER PRIMARY KEY, points TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE word (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
    """,
)
"""Each brings a file from the version before to its own; only ever appended to, and without `;` but at the ends."""


def statements(migrations: Sequence[str], version: int) -> list[str]:
    """The statements that bring a file of `version` up to the present one, to be run in one transaction."""
    texts = [text for migration in migrations[version:] for text in migration.split(";") if text.strip()]
    return [*texts, f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {len(migrations)}"]


class Period(NamedTuple):
    """Tables of buckets of one length: each holds those of one period of time and is dropped as a whole."""

    name: str
    seconds: int

    def table(self, number: int) -> str:
        """The name of the table of period `number` since 1970."""
        return f"{self.name}_{number}"

    def create(self, number: int) -> str:
        """The statement that makes the table of a period.

        `place` is the number of the bucket since 1970, shifted left by 20 bits, plus the device's number: rows arrive
        in the order of the table, so that only its last page grows.
        """
        return f"CREATE TABLE {self.table(number)} (place INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"


PERIODS = {BUCKET: Period("bucket", 7 * 86_400), HOUR: Period("hour", 84 * 86_400)}
"""By the length of a bucket in seconds."""
