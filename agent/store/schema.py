"""The tables of the journal as numbered versions, each with a way forward to it and a way back from it.

A version is told by its tables, not by the number in the file's header, which one damaged bit would change: so each
migration must change the tables (`sqlite_schema`), and its way back must leave exactly those of the version before.
"""

from collections.abc import Sequence
from contextlib import closing
from functools import cache
from importlib import resources

from msgspec import Struct

from agent.store.connection import Connection, Row
from agent.store.errors import StoreCorrupt, StoreFailed

APPLICATION_ID = 0x4C57_4A31  # "LWJ1", so that file(1) and we know our own


class Migration(Struct, frozen=True):
    """One version of the tables.

    Attributes:
        forward: SQL that makes this version of the one before; no `;` but between statements.
        backward: SQL that makes the one before of this version; empty for the first.
    """

    forward: str
    backward: str = ""


MIGRATIONS: tuple[Migration, ...] = (
    Migration((resources.files("agent.store") / "schema.sql").read_text()),
    # 2: the anchor of a journal whose beginning was pruned. Version 1 keeps it as a cursor that nobody moves.
    Migration(
        """
        CREATE TABLE anchor (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            hash TEXT NOT NULL,
            count INTEGER NOT NULL
        ) STRICT;
        INSERT INTO anchor SELECT 1, epoch, seq, substr(name, 8, 64), CAST(substr(name, 73) AS INTEGER)
            FROM cursor WHERE name LIKE 'anchor:%';
        DELETE FROM cursor WHERE name LIKE 'anchor:%'
        """,
        """
        INSERT INTO cursor SELECT 'anchor:' || hash || ':' || count, epoch, seq FROM anchor;
        DROP TABLE anchor
        """,
    ),
)
"""Only ever appended to: a version that was shipped stays as it is."""


class Schema(Struct, frozen=True):
    """All versions that this release knows; the last is the one that it works with.

    Attributes:
        migrations: version 1 and those after it.
    """

    migrations: tuple[Migration, ...] = MIGRATIONS

    @property
    def version(self) -> int:
        """The version this release works with."""
        return len(self.migrations)

    def version_of(self, tables: Sequence[Row]) -> int:
        """The version that has these tables; 0 where none has."""
        fits = (number for number in range(self.version, 0, -1) if list(tables) == self._tables(number))
        return next(fits, 0)

    def forward(self, version: int) -> list[str]:
        """The statements from a version to the present one, for one transaction; from 0 they make it all."""
        texts = [migration.forward for migration in self.migrations[version:]]
        return [*_statements(texts), *_head(self.version)]

    def backward(self, to: int) -> list[str]:
        """The statements from the present version back to an earlier one, for one transaction."""
        texts = [migration.backward for migration in reversed(self.migrations[to:])]
        return [*_statements(texts), *_head(to)]

    def _tables(self, version: int) -> list[Row]:
        return _made(self.migrations[:version])


SCHEMA = Schema()


def migrate(db: Connection, schema: Schema, statements: Sequence[str], to: int) -> None:
    """Runs the statements of a migration within an open transaction, and looks at what came of them.

    Raises:
        StoreFailed: they do not run on a sound file, or the tables are not those of version `to`: our mistake, for
            which nobody's journal is to be set aside. The caller rolls back.
    """
    try:
        for statement in statements:
            db.rows(statement)
    except StoreCorrupt as exc:
        db.quick_check()
        db.damage = ""
        raise StoreFailed(f"{db.path}: no migration to version {to}: {exc}") from exc
    if schema.version_of(db.tables()) != to:
        raise StoreFailed(f"{db.path}: the tables are not those of version {to} after the migration")


@cache
def _made(migrations: tuple[Migration, ...]) -> list[Row]:
    with closing(Connection(None)) as connection:
        for statement in _statements([migration.forward for migration in migrations]):
            connection.rows(statement)
        return connection.tables()


def _head(version: int) -> list[str]:
    return [f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {version}"]


def _statements(texts: Sequence[str]) -> list[str]:
    return [statement for text in texts for statement in text.split(";") if statement.strip()]
