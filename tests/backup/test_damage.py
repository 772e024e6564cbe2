"""A backup that is not what was written is never taken for one, whatever happened to it."""

import io
import tarfile
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.backup import age, archive
from agent.backup.check import unpack
from agent.backup.errors import BackupError, Damaged
from agent.backup.manifest import FileEntry, Manifest, decode, digest, encode
from tests.backup.parts import Box, below


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Box, bytes]:
    """A box and the bytes of its backup."""
    box = Box(tmp_path_factory.mktemp("damage") / "box")
    return box, box.make()[0].read_bytes()


@settings(deadline=None, max_examples=60)
@given(offset=st.integers(0, 10**7), change=st.integers(1, 255))
def test_any_changed_byte_is_found(made, tmp_path_factory, offset: int, change: int) -> None:
    """By the encryption, before anything else is believed."""
    box, body = made
    damaged = bytearray(body)
    damaged[offset % len(body)] ^= change
    check_refused(box, bytes(damaged), tmp_path_factory.mktemp("flip"))


@settings(deadline=None, max_examples=40)
@given(length=st.integers(0, 10**7), tail=st.binary(max_size=3))
def test_any_cut_is_found(made, tmp_path_factory, length: int, tail: bytes) -> None:
    """Also with something behind it."""
    box, body = made
    check_refused(box, body[: length % len(body)] + tail, tmp_path_factory.mktemp("cut"))
    if tail:
        check_refused(box, body + tail, tmp_path_factory.mktemp("tail"))


def check_refused(box: Box, body: bytes, folder: Path) -> None:
    """The bytes are told to be damaged, or of no key."""
    (folder / "x.age").write_bytes(body)
    with pytest.raises(BackupError):
        unpack(folder / "x.age", age.read_identities(box.bank), folder / "out")


def forged(box: Box, members: list[tuple[str, bytes]], folder: Path) -> Path:
    """An archive of somebody who has the recipients, as everybody may."""
    packed, target = io.BytesIO(), folder / "forged.age"
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, body in members:
            header = tarfile.TarInfo(name)
            header.size = len(body)
            tar.addfile(header, io.BytesIO(body))
    with target.open("wb") as file:
        age.encrypt(io.BytesIO(packed.getvalue()), file, age.recipients_of([box.recipient]))
    return target


EVIL = FileEntry("config/../../evil", 1, digest(b"x"))
GOOD = FileEntry("config/a", 1, digest(b"x"))
WRONG = FileEntry("config/a", 1, digest(b"y"))
FORGED: dict[str, tuple[FileEntry | None, list[str], str]] = {
    "leads-out": (EVIL, ["config/../../evil"], "outside of the archive"),
    "more-than-named": (GOOD, ["config/a", "config/b"], "more than its manifest"),
    "another-name": (GOOD, ["config/b"], "config/a is missing"),
    "another-hash": (WRONG, ["config/a"], "not what the manifest says"),
    "missing": (GOOD, [], "config/a is missing"),
    "no-manifest": (None, ["config/a"], "does not begin with a manifest"),
    "no-journal": (GOOD, ["config/a"], "no journal in it"),
}


@pytest.mark.parametrize(("entry", "names", "why"), FORGED.values(), ids=FORGED)
def test_forged_archives_write_nothing_outside(
    box: Box, tmp_path: Path, entry: FileEntry | None, names: list[str], why: str
) -> None:
    """Paths that lead out, members that the manifest does not name, hashes that are others."""
    members = [(name, b"x") for name in names]
    if entry is not None:
        _, real = box.make()
        members.insert(0, ("manifest.json", encode(msgspec.structs.replace(real, files=(entry,)))))
    backup = forged(box, members, tmp_path)
    with pytest.raises(Damaged, match=why):
        unpack(backup, age.read_identities(box.bank), tmp_path / "in" / "out")
    assert below(tmp_path / "in") <= {"out/config/a"}
    assert not list(tmp_path.rglob("evil"))


def test_an_archive_of_a_journal_with_another_end_is_found(box: Box, tmp_path: Path) -> None:
    """The manifest says where it ends."""
    backup, real = box.make()
    into = tmp_path / "out"
    unpack(backup, age.read_identities(box.bank), into)
    wrong = msgspec.structs.replace(real, journal=msgspec.structs.replace(real.journal, events=49))
    target = tmp_path / "wrong.age"
    contents = {entry.name: into / entry.name for entry in real.files}
    with target.open("wb") as file:
        archive.write(file, wrong, contents, age.recipients_of([box.recipient]))
    with pytest.raises(Damaged, match="its journal ends at"):
        unpack(target, age.read_identities(box.bank), tmp_path / "again")


@given(body=st.binary(max_size=300))
def test_no_bytes_upset_the_manifest(body: bytes) -> None:
    """Whatever they are, they are a manifest or damage."""
    with suppress(Damaged):
        assert isinstance(decode(body), Manifest)
