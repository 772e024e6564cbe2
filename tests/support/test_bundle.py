"""The support bundle as an archive: the same every time, bounded, for its owner only."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from agent.support import bundle


def unpacked(packed: bytes) -> dict[str, bytes]:
    """The files of an archive."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive.getmembers()}


def test_the_same_texts_give_the_same_bytes() -> None:
    """In whatever order they were gathered; nothing of the machine or the hour is in the headers."""
    first = bundle.pack({"b": "2", "a": "1"}, "box")
    assert bundle.pack({"a": "1", "b": "2"}, "box") == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        for one in archive.getmembers():
            assert (one.mtime, one.uid, one.gid, one.uname, one.mode) == (0, 0, 0, "", 0o600)


def test_the_manifest_vouches_for_every_file() -> None:
    """In the form that sha256sum reads."""
    files = unpacked(bundle.pack({"a/x.txt": "中", "b": ""}, "box"))
    rows = dict(reversed(row.split("  ")) for row in files.pop("box/MANIFEST").decode().splitlines())
    assert rows == {
        name.removeprefix("box/"): hashlib.sha256(body).hexdigest() for name, body in files.items()
    }


def test_beginning_and_end_of_a_long_text_are_kept() -> None:
    """And of all together no more than fits into a mail."""
    long = "".join(f"line {number}\n" for number in range(200_000))
    files = unpacked(bundle.pack({f"{n:02}": long for n in range(20)}, "box"))
    assert files["box/00"].startswith(b"line 0\n")
    assert files["box/00"].endswith(b"line 199999\n")
    assert b"left out" in files["box/00"]
    assert max(map(len, files.values())) <= bundle.FILE_MAX
    assert sum(map(len, files.values())) <= bundle.TOTAL_MAX + 4096


def test_every_text_is_cleaned() -> None:
    """Whoever wrote it."""
    files = unpacked(bundle.pack({"a": "the secret"}, "box", lambda text: text.replace("secret", "-")))
    assert files["box/a"] == b"the -"


def test_it_is_for_its_owner_only_and_never_over_another(tmp_path: Path) -> None:
    """A bundle that somebody made before may be the one that matters."""
    path = tmp_path / "box.tar.gz"
    bundle.write(path, b"first")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        bundle.write(path, b"second")
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == ["box.tar.gz"]
