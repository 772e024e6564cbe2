"""The archive inside a backup: a gzipped tar stream, never plain on a disk; manifest first, then each file that it names."""

import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from agent.backup import age
from agent.backup.errors import BackupError, Damaged, NotMade
from agent.backup.manifest import NAME, FileEntry, Manifest, decode, encode

CHUNK = 1 << 20
MANIFEST_MAX = 1 << 20

Content = bytes | Path


def write(
    target: BinaryIO, manifest: Manifest, contents: Mapping[str, Content], recipients: Sequence[Any]
) -> None:
    """Writes an encrypted archive of the files that the manifest names.

    Raises:
        NotMade: something cannot be read or written; what was written so far is to be thrown away.
    """

    def pack(stream: BinaryIO) -> None:
        with tarfile.open(fileobj=stream, mode="w|gz", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, NAME, encode(manifest))
            for entry in manifest.files:
                _add(archive, entry.name, contents[entry.name])

    with piped(pack) as (reader, outcome):
        age.encrypt(reader, target, recipients)
        outcome()


def read(source: BinaryIO, identities: Sequence[age.Identity], into: Path) -> Manifest:
    """Reads an encrypted archive to its end and puts its files below a directory, each checked against the manifest.

    Nothing there may be trusted before this returns.

    Raises:
        NoKey: none of the identities opens it.
        Damaged: it is not what was written.
        NotMade: the files cannot be put there.
    """

    def unlock(stream: BinaryIO) -> None:
        age.decrypt(source, stream, identities)

    with piped(unlock) as (reader, outcome):
        try:
            with tarfile.open(fileobj=reader, mode="r|gz") as archive:
                manifest = _unpack(archive, into)
            _drain(reader)
        except (tarfile.TarError, EOFError, ValueError, OSError) as error:
            outcome()  # what the decryption says of it comes first
            if isinstance(error, BackupError):
                raise
            raise Damaged(f"the archive cannot be read: {error}") from error
        outcome()
        return manifest


def _add(archive: tarfile.TarFile, name: str, content: Content) -> None:
    header = tarfile.TarInfo(name)
    header.mode = 0o600
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        header.size = len(content) if isinstance(content, bytes) else os.fstat(file.fileno()).st_size
        archive.addfile(header, file)


def _unpack(archive: tarfile.TarFile, into: Path) -> Manifest:
    members = iter(archive)
    first = next(members, None)
    if first is None or first.name != NAME or first.size > MANIFEST_MAX:
        raise Damaged("the archive does not begin with a manifest")
    manifest = decode(_content(archive, first).read())
    for entry in manifest.files:
        member = next(members, None)
        if member is None or member.name != entry.name or not member.isreg():
            raise Damaged(f"{entry.name} is missing in the archive")
        _put(_content(archive, member), entry, into / entry.name)
    if next(members, None) is not None:
        raise Damaged("the archive holds more than its manifest names")
    return manifest


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    content = archive.extractfile(member)
    if content is None:
        raise Damaged(f"{member.name} is no file")
    return content


def _put(content: BinaryIO, entry: FileEntry, path: Path) -> None:
    seen, size = sha256(), 0
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        raise NotMade(str(error)) from error
    with file:
        while piece := content.read(CHUNK):
            seen.update(piece)
            size += len(piece)
            if size > entry.size:
                raise Damaged(f"{entry.name} is larger than the manifest says")
            try:
                file.write(piece)
            except OSError as error:
                raise NotMade(f"{path}: {error}") from error
    if seen.hexdigest() != entry.sha256:
        raise Damaged(f"{entry.name} is not what the manifest says")


def _drain(reader: BinaryIO) -> None:
    """What is behind the archive's end; the decryption must come to its own end, where it is known to be whole."""
    while reader.read(CHUNK):
        pass


@contextmanager
def piped(produce: Callable[[BinaryIO], None]) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """Runs a producer in a thread; gives what it writes, and a function that waits for its end and raises its error."""
    read_end, write_end = os.pipe()
    reader, writer = os.fdopen(read_end, "rb"), os.fdopen(write_end, "wb")
    errors: list[Exception] = []

    def run() -> None:
        try:
            with writer:
                produce(writer)
        except (BackupError, OSError, tarfile.TarError) as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="backup-pipe", daemon=True)
    thread.start()

    def outcome() -> None:
        reader.close()  # a producer that still writes ends by that
        thread.join()
        for error in errors:
            if isinstance(error, BackupError):
                raise error
            if not isinstance(error, BrokenPipeError):
                raise NotMade(str(error)) from error

    try:
        yield reader, outcome
    finally:
        reader.close()
        thread.join()
