"""What belongs to a box: its journal and trends as they are now, beside the running agent, and its configuration."""

import grp
import os
import pwd
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from agent.backup.archive import Content
from agent.backup.errors import NotMade
from agent.backup.guarded import as_owner, check_plain, read_plain
from agent.backup.manifest import CONFIG, EPOCH, JOURNAL, TRENDS, FileEntry, JournalFacts, digest
from agent.store import epochs, journal
from agent.store.connection import Connection
from agent.store.database import FILE, Database
from agent.store.errors import StoreError
from agent.store.records import START
from agent.store.trends.database import FILE as TRENDS_FILE

CONFIG_MAX = 4 << 20
"""Bytes of one file of the configuration: what is larger is none."""
EPOCH_MAX = 100
"""Bytes of the number of an epoch, amply."""


class Gathered(Struct, frozen=True):
    """What goes into a backup."""

    journal: JournalFacts
    files: tuple[FileEntry, ...]
    contents: Mapping[str, Content]
    left_out: tuple[str, ...]


def gather(
    data_dir: Path, config_dir: Path, scratch: Path, *, trends: bool = True, without: Sequence[Path] = ()
) -> Gathered:
    """Copies what changes while it is read into a scratch directory, and reads the rest.

    Args:
        data_dir: where journal and trends are.
        config_dir: where the configuration is; all below it goes, but for the data directory and those of `without`.
        scratch: takes the copies.
        trends: whether trends go too.
        without: directories that are no configuration, such as that of the backups.

    Raises:
        NotMade: something that belongs to the box cannot be read.
    """
    contents: dict[str, Content] = {}
    left_out: list[str] = [] if trends else ["trends: not asked for"]
    try:
        contents[JOURNAL] = copy_database(data_dir, FILE, scratch / FILE)
        facts = journal_facts(scratch / FILE)
    except StoreError as error:
        raise NotMade(f"the journal cannot be copied: {error}") from error
    if trends and check_plain(data_dir, TRENDS_FILE):
        try:
            contents[TRENDS] = copy_database(data_dir, TRENDS_FILE, scratch / TRENDS_FILE)
        except StoreError as error:
            left_out.append(
                f"trends: {error}"
            )  # worth less than the rest, and not a reason to have no backup
    if check_plain(data_dir, epochs.FILE):
        contents[EPOCH] = _epoch(data_dir)
    files = [_entry(name, content, data_dir) for name, content in contents.items()]
    for name, path in sorted(_config(config_dir, (data_dir, *without))):
        contents[name] = _read(path)
        files.append(_entry(name, contents[name], path))
    return Gathered(facts, tuple(files), contents, tuple(left_out))


def copy_database(data_dir: Path, name: str, target: Path) -> Path:
    """Copies a database of SQLite beside whoever writes it.

    It is opened with the rights of the directory's owner, and all its files with the first reading: SQLite itself
    follows links, and makes files beside it.
    """
    check_plain(data_dir, name)
    target.touch(mode=0o600)
    with as_owner(data_dir):
        db = Connection(data_dir / name, ("busy_timeout = 5000",), read_only=True)
    with closing(db):
        with as_owner(data_dir):
            db.tables()
        db.copy_to(target)
    return target


def journal_facts(path: Path) -> JournalFacts:
    """Where the journal in a file ends that nobody writes.

    Raises:
        StoreError: it cannot be read.
    """
    with closing(Database(path, read_only=True, frozen=True)) as db:
        version = db.check_schema()
        end = journal.last(db)
        page = journal.after(db, end._replace(seq=end.seq - 1), 1, lambda _: None)
        found = [record for record in page if record.position == end]
        [(epoch,)] = db.rows("SELECT coalesce(max(number), 0) FROM epoch")
        return JournalFacts(
            head=found[0].id if found else "",
            hash=found[0].hash.hex() if found else "",
            events=journal.count_after(db, START),
            pruned=journal.anchor(db).pruned,
            schema=version,
            epoch=epoch,
        )


def _config(config_dir: Path, without: Sequence[Path]) -> list[tuple[str, Path]]:
    """Every file below the directory of the site file, through links, by its name in the archive."""
    found = []
    others = {path.resolve() for path in without}
    for folder, folders, names in os.walk(config_dir, onerror=_refused, followlinks=False):
        folders[:] = [name for name in folders if (Path(folder) / name).resolve() not in others]
        paths = (Path(folder) / name for name in names)
        found += [(f"{CONFIG}/{path.relative_to(config_dir)}", path) for path in paths if path.is_file()]
    return found


def _refused(error: OSError) -> None:
    raise NotMade(f"{error}; run this as root")


def _epoch(data_dir: Path) -> bytes:
    try:
        with as_owner(data_dir):
            return read_plain(data_dir, epochs.FILE, EPOCH_MAX)
    except OSError as error:
        raise NotMade(f"{error}; run this as root") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(CONFIG_MAX + 1)
    except OSError as error:
        raise NotMade(f"{error}; run this as root") from error
    if len(body) > CONFIG_MAX:
        raise NotMade(f"{path} is too large for a file of the configuration: move it elsewhere")
    return body


def _entry(name: str, content: Content, like: Path) -> FileEntry:
    """The line of the manifest; rights and owner of a file of the data are those of their directory."""
    status = like.stat()
    if isinstance(content, bytes):
        size, hashed = len(content), digest(content)
    else:
        size, hashed = content.stat().st_size, _digest_of(content)
    mode = 0o600 if like.is_dir() else status.st_mode & 0o777
    return FileEntry(name, size, hashed, mode, _user(status.st_uid), _group(status.st_gid))


def _digest_of(path: Path) -> str:
    from hashlib import file_digest

    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""
