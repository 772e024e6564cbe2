"""Bundles: whole, signed, for this machine, or refused in words; nothing of a refused one is left."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release import bundle, parts
from agent.release.errors import BundleError, NoRoomError, ReleaseError, SignatureError, WrongMachineError
from agent.release.install import install
from agent.release.layout import Layout
from tests.parts.source_tree import tree
from tests.release.parts import box, key, name_of, packed, trust, unpacked, wheel


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whoever signs, and is trusted."""
    return key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, signer: Path) -> Path:
    """A bundle that is all right."""
    folder = tmp_path_factory.mktemp("good")
    return packed(unpacked(folder, signer), folder / "good.tar")


@pytest.fixture
def layout(tmp_path: Path, signer: Path) -> Layout:
    """A box that trusts the signer."""
    made = box(tmp_path / "box")
    trust(made, signer)
    return made


def nothing_is_left(layout: Layout) -> bool:
    """No release, no part, no half-unpacked bundle."""
    parts_there = layout.parts.is_dir() and any(layout.parts.iterdir())
    return not layout.versions() and not parts_there and not list(layout.memory.glob(".bundle-*"))


def test_a_good_bundle_becomes_a_release_that_runs(layout: Layout, good: Path) -> None:
    """From the bundle alone; a second time there is nothing to do."""
    name, changed = install(good, layout)
    assert (changed, layout.versions()) == (True, [name])
    program = layout.release(name) / "bin/linewarden"
    assert (
        "version 1.0.0"
        in subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    )
    assert install(good, layout) == (name, False)


def test_releases_share_the_parts_that_are_the_same(
    layout: Layout, good: Path, signer: Path, tmp_path: Path
) -> None:
    """An update writes only what is new; what no release uses any more goes."""
    first, _ = install(good, layout)
    newer = packed(unpacked(tmp_path, signer, "1.1.0"), tmp_path / "newer.tar")
    second, _ = install(newer, layout)
    assert len(list(layout.parts.iterdir())) == 3
    shutil.rmtree(layout.release(first))
    gone = parts.prune(layout)
    assert [one.split("-")[:2] for one in gone] == [["linewarden", "1.0.0"]]
    program = layout.release(second) / "bin/linewarden"
    assert (
        "version 1.1.0"
        in subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    )


def test_two_bundles_of_one_version_are_two_releases(
    layout: Layout, good: Path, signer: Path, tmp_path: Path
) -> None:
    """Whoever builds a version again must not change what runs under its name."""
    place = unpacked(tmp_path, signer)
    (place / "requirements.txt").write_text("# built again\n")
    bundle.sign(place, signer)
    first, _ = install(good, layout)
    second, changed = install(packed(place, tmp_path / "again.tar"), layout)
    assert changed
    assert first != second
    assert second == name_of(place)


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.0, 0.999))
def test_a_half_copied_bundle_is_refused(
    tmp_path_factory: pytest.TempPathFactory, good: Path, signer: Path, share: float
) -> None:
    """Wherever the copy ended; but for the padding at the very end, which holds nothing."""
    layout = box(tmp_path_factory.mktemp("box"))
    trust(layout, signer)
    whole = good.read_bytes()
    half = layout.root / "half.tar"
    half.write_bytes(whole[: int(len(whole.rstrip(b"\0")) * share)])
    with pytest.raises(BundleError):
        install(half, layout)
    assert nothing_is_left(layout)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(place=st.floats(0.0, 0.999), bit=st.integers(0, 7))
def test_a_bundle_with_a_turned_bit_never_installs_anything_else(
    tmp_path_factory: pytest.TempPathFactory, good: Path, signer: Path, place: float, bit: int
) -> None:
    """It is refused, or the bit was one that means nothing, and the release is the very same."""
    layout = box(tmp_path_factory.mktemp("box"))
    trust(layout, signer)
    content = bytearray(good.read_bytes())
    content[int(len(content) * place)] ^= 1 << bit
    damaged = layout.root / "damaged.tar"
    damaged.write_bytes(content)
    try:
        name, _ = install(damaged, layout)
    except ReleaseError:
        assert nothing_is_left(layout)
    else:
        assert name == "1.0.0-" + name.rpartition("-")[2]
        assert len(layout.versions()) == 1


def change(place: Path) -> None:
    """A wheel with other content."""
    target = next((place / "wheels").glob("common*"))
    target.unlink()
    wheel(place / "wheels", "common", "3.0", {"common/__init__.py": "shared = 'evil'\n"})


def add(place: Path) -> None:
    """A wheel more."""
    wheel(place / "wheels", "evil", "1.0", {"evil/__init__.py": ""})


def take(place: Path) -> None:
    """A wheel less."""
    next((place / "wheels").glob("common*")).unlink()


def unsign(place: Path) -> None:
    """No signature."""
    (place / bundle.SIGNATURE).unlink()


def resum(place: Path) -> None:
    """Changed, and summed again by somebody without the key."""
    change(place)
    (place / bundle.SUMS).write_text(bundle.sums(place))


@pytest.mark.parametrize(
    ("damage", "kind", "words"),
    [
        (change, BundleError, "common-3.0-py3-none-any.whl in the bundle is damaged"),
        (add, BundleError, "has in addition wheels/evil"),
        (take, BundleError, "lacks wheels/common"),
        (unsign, BundleError, "has no SHA256SUMS.sig"),
        (resum, SignatureError, "is not signed by anybody in"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_refused(  # noqa: PLR0917  # a table and its fixtures
    layout: Layout,
    tmp_path: Path,
    signer: Path,
    damage: Callable[[Path], None],
    kind: type[Exception],
    words: str,
) -> None:
    """And says what is wrong with it."""
    place = unpacked(tmp_path, signer)
    damage(place)
    with pytest.raises(kind, match=words):
        install(packed(place, tmp_path / "bad.tar"), layout)
    assert nothing_is_left(layout)


def test_a_stranger_may_not_sign(layout: Layout, tmp_path: Path) -> None:
    """Nor anybody, where the box trusts nobody yet."""
    place = unpacked(tmp_path, key(tmp_path, "stranger"))
    archive = packed(place, tmp_path / "strange.tar")
    with pytest.raises(SignatureError, match="not signed by anybody"):
        install(archive, layout)
    layout.signers.unlink()
    with pytest.raises(SignatureError, match="nobody is trusted"):
        install(archive, layout)


@pytest.mark.parametrize(("machine", "pythons"), [("riscv64", ()), ("", ("2.7",))])
def test_a_bundle_for_another_machine_is_refused(
    layout: Layout, tmp_path: Path, signer: Path, machine: str, pythons: tuple[str, ...]
) -> None:
    """Its wheels would not run."""
    place = unpacked(tmp_path, signer, machine=machine, pythons=pythons)
    with pytest.raises(WrongMachineError):
        install(packed(place, tmp_path / "other.tar"), layout)


@pytest.mark.parametrize("name", ["/etc/passwd", "a/../../escaped", "a/link", "a/device"])
def test_an_archive_that_reaches_out_is_refused(layout: Layout, tmp_path: Path, name: str) -> None:
    """Before anything is checked by signature, so before anything of it is written outside."""
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        entry = tarfile.TarInfo(name)
        if name == "a/link":
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
        if name == "a/device":
            entry.type = tarfile.CHRTYPE
        tar.addfile(entry, io.BytesIO(b""))
    with pytest.raises(BundleError, match="no plain file"):
        install(archive, layout)
    assert not (tmp_path / "escaped").exists()


def test_a_card_without_room_is_told_before_anything_is_written(
    layout: Layout, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how much is needed, and what to do."""
    monkeypatch.setattr("agent.release.install.SPARE", 1 << 60)
    with pytest.raises(NoRoomError, match="remove old releases"):
        install(good, layout)
    assert nothing_is_left(layout)


@pytest.mark.slow
def test_the_same_tree_is_the_same_wheel(tmp_path: Path) -> None:
    """A release is named by its content: what nobody changed must not be a new one, whoever checked it out when."""
    from agent.release.make_bundle import own_wheel

    digests = set()
    for number, mode in enumerate([0o644, 0o660]):
        copy = tree(tmp_path / str(number), "1.0.0")
        for path in filter(Path.is_file, copy.rglob("*")):
            path.chmod(mode)
            os.utime(path, (1e9 * (number + 1),) * 2)
        digests.add(bundle.digest(own_wheel(copy, tmp_path / f"wheels-{number}")))
    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "wheels-0/linewarden-1.0.0-py3-none-any.whl") as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}
