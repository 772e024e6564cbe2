"""Texts as one archive: the same texts give the same bytes; bounded; for its owner only. Knows nothing of a box."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

FILE_MAX = 512 * 1024
TOTAL_MAX = 6 * 1024 * 1024
"""Bytes before packing; a bundle travels by mail."""
MANIFEST = "MANIFEST"

_CUT = b"\n[the middle is left out: %d bytes in all]\n"


def pack(files: Mapping[str, str], folder: str, clean: Callable[[str], str] = str) -> bytes:
    """A gzipped tar archive with the files below one folder, and a manifest of their SHA-256.

    Args:
        files: text by path.
        folder: that all of them unpack into.
        clean: takes secrets away; every text goes through it, whoever wrote it.
    """
    contents: dict[str, bytes] = {}
    room = TOTAL_MAX
    for name in sorted(files):
        contents[name] = _bounded(clean(files[name]).encode("utf-8", "backslashreplace"), min(FILE_MAX, room))
        room -= len(contents[name])
    contents[MANIFEST] = manifest(contents).encode()
    packed = io.BytesIO()
    # Time and names in the headers would make two bundles of the same box differ.
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(contents):
            archive.addfile(_header(f"{folder}/{name}", len(contents[name])), io.BytesIO(contents[name]))
    return packed.getvalue()


def manifest(contents: Mapping[str, bytes]) -> str:
    """SHA-256, size and name of each file; `sha256sum --check` reads the first and the last."""
    rows = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(contents.items())]
    return "".join(rows)


def _bounded(body: bytes, most: int) -> bytes:
    """Beginning and end: the one says what it is, the other what happened last."""
    if len(body) <= most:
        return body
    note = _CUT % len(body)
    half = max(0, most - len(note)) // 2
    return body[:half] + note + body[len(body) - half :] if half else b""


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


def write(path: Path, packed: bytes) -> None:
    """Write an archive for its owner only, whole or not at all.

    Raises:
        OSError: there is such a file already, or it cannot be written.
    """
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # refuses a file that somebody made meanwhile
    finally:
        temporary.unlink()
