"""Thin bundles: a box is brought what it lacks and installs the very same release, or refuses in words."""

import hashlib
import shutil
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release import bundle, parts, wheels
from agent.release.errors import BundleError, ReleaseError, SignatureError
from agent.release.install import install
from agent.release.layout import COMPLETE, Layout
from agent.release.thin import thin
from agent.release.wheels import Stock
from tests.release.parts import packed, unpacked, wheel
from tests.release.served import NAMES, OTHER, World, held, part_of, ready, runs, sums


def tree(folder: Path, layout: Layout) -> dict[str, str]:
    """What a release or part consists of, whichever box it is on; not compiled modules, which have dates."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            text = path.read_bytes().replace(str(layout.root).encode(), b"")
            if path.name != COMPLETE or folder.parent == layout.releases:
                found[path.relative_to(folder).as_posix()] = hashlib.sha256(text).hexdigest()
    return found


def test_an_update_brings_what_is_new_and_nothing_else(layout: Layout, world: World, into: Path) -> None:
    """A box that has run an earlier release lacks linewarden's own wheel; the release is the one of the whole bundle."""
    slim = thin(world.second, parts.stock(layout), into)
    assert held(slim) == {"linewarden"}
    name, changed = install(slim, layout)
    whole = world.box(into / "whole")
    assert (name, changed) == (install(world.second, whole)[0], True)
    assert runs(layout, name)
    assert tree(layout.release(name), layout) == tree(whole.release(name), whole)


def test_a_bare_box_is_brought_what_its_python_takes(world: World, tmp_path: Path, into: Path) -> None:
    """The wheels of other Pythons stay where they are."""
    bare = world.box(tmp_path / "bare")
    slim = thin(world.first, parts.stock(bare), into)
    assert held(slim) == held(world.first)
    with tarfile.open(slim) as tar:
        assert not [name for name in tar.getnames() if OTHER in name]
    assert runs(bare, install(slim, bare)[0])
    assert sorted(one.name.split("-")[0] for one in bare.parts.iterdir()) == sorted(held(world.first))


@pytest.mark.slow
@settings(max_examples=15)
@given(gone=st.sets(st.sampled_from([*NAMES, "common", "fast", "linewarden"])))
def test_whatever_a_box_has_it_gets_the_same_release(
    tmp_path_factory: pytest.TempPathFactory, world: World, gone: set[str]
) -> None:
    """It is brought just what it lacks, and has all of it afterwards."""
    folder = tmp_path_factory.mktemp("any")
    layout = world.box(folder / "box")
    name, _ = install(world.first, layout)
    for project in gone:
        shutil.rmtree(part_of(layout, project))
    shutil.rmtree(layout.release(name))
    slim = thin(world.first, parts.stock(layout), folder)
    assert held(slim) == gone
    assert install(slim, layout) == (name, True)
    assert runs(layout, name)
    assert parts.stock(layout).wheels == {
        one.digest for one in wheels.taken(sums(world.first), wheels.here())
    }


def test_a_thin_bundle_is_the_same_bytes_for_the_same_lack(
    layout: Layout, world: World, into: Path, tmp_path: Path
) -> None:
    """Whoever makes it; whatever else a box has; and with nothing left out it is the whole one."""
    stock = parts.stock(layout)
    slim = thin(world.second, stock, into)
    again = thin(world.second, Stock(stock.python, stock.wheels | {"f" * 64}), tmp_path)
    assert (slim.name, slim.read_bytes()) == (again.name, again.read_bytes())
    other = Path(shutil.copy(world.first, tmp_path / world.second.name))
    assert thin(other, Stock(stock.python), into).name != thin(world.second, Stock(stock.python), into).name
    place = packed(unpacked(tmp_path, world.signer), tmp_path / "one-python.tar")
    assert thin(place, Stock(wheels.here()), into).read_bytes() == place.read_bytes()


def test_many_may_make_it_at_once(world: World, into: Path, tmp_path: Path) -> None:
    """As the forks of a roll-out do: nobody reads half of it, and nothing else is left."""
    place = unpacked(tmp_path, world.signer)
    (place / "systemd/long.service").write_bytes(b"#" * 20_000_000)
    bundle.sign(place, world.signer)
    whole = packed(place, tmp_path / "long.tar")

    def make(_: int) -> str:
        return bundle.digest(thin(whole, Stock(wheels.here()), into))

    with ThreadPoolExecutor(8) as many:
        assert set(many.map(make, range(24))) == {bundle.digest(whole)}
    assert len(list(into.iterdir())) == 1


@pytest.mark.slow
@settings(max_examples=25)
@given(share=st.floats(0.0, 0.999))
def test_a_half_copied_thin_bundle_is_refused(
    tmp_path_factory: pytest.TempPathFactory, world: World, share: float
) -> None:
    """Wherever the copy ended, although the box has most of what may be missing."""
    folder = tmp_path_factory.mktemp("half")
    layout, slim = ready(folder, world)
    whole = slim.read_bytes()
    half = folder / "half.tar"
    half.write_bytes(whole[: int(len(whole.rstrip(b"\0")) * share)])
    with pytest.raises(BundleError):
        install(half, layout)
    assert (len(layout.versions()), len(list(layout.parts.iterdir()))) == (1, 6)


@pytest.mark.slow
@settings(max_examples=40)
@given(place=st.floats(0.0, 0.999), bit=st.integers(0, 7))
def test_a_thin_bundle_with_a_turned_bit_never_installs_anything_else(
    tmp_path_factory: pytest.TempPathFactory, world: World, place: float, bit: int
) -> None:
    """It is refused, or the bit was one that means nothing, and the release is the very same."""
    folder = tmp_path_factory.mktemp("bit")
    layout, slim = ready(folder, world)
    content = bytearray(slim.read_bytes())
    content[int(len(content) * place)] ^= 1 << bit
    damaged = folder / "damaged.tar"
    damaged.write_bytes(content)
    try:
        name, _ = install(damaged, layout)
    except ReleaseError:
        assert (len(layout.versions()), len(list(layout.parts.iterdir()))) == (1, 6)
    else:
        assert runs(layout, name)
        assert {one.digest for one in wheels.taken(sums(world.second), wheels.here())} < parts.stock(
            layout
        ).wheels


def repacked(archive: Path, folder: Path, change: Callable[[Path], None]) -> Path:
    """An archive that somebody on the way has changed."""
    place = bundle.unpack(archive, folder)
    change(place)
    return packed(place, folder / "changed.tar")


def drop(place: Path) -> None:
    """The wheel that the box lacks."""
    next((place / "wheels").glob("linewarden-*")).unlink()


def drop_unit(place: Path) -> None:
    """What is no wheel is never to be missing."""
    (place / "systemd/linewarden-agent.service").unlink()


def exchange(place: Path) -> None:
    """Another wheel in the place of one that was left out."""
    wheel(place / "wheels", "common", "3.0", {"common/__init__.py": "shared = 'evil'\n"})


def forge(place: Path) -> None:
    """Sums that do not ask for what is missing."""
    (place / bundle.SUMS).write_text(bundle.sums(place))


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (drop, BundleError, "lacks wheels/linewarden-1.1.0"),
        (drop_unit, BundleError, r"lacks systemd/linewarden-agent\.service$"),
        (exchange, BundleError, "common-3.0-py3-none-any.whl in the bundle is damaged"),
        (forge, SignatureError, "is not signed by anybody"),
    ],
)
def test_a_thin_bundle_that_was_tampered_with_is_refused(  # noqa: PLR0917  # a table and its fixtures
    layout: Layout,
    world: World,
    into: Path,
    change: Callable[[Path], None],
    kind: type[Exception],
    words: str,
) -> None:
    """Thinness opens nothing: signature and sums are the same."""
    slim = repacked(thin(world.second, parts.stock(layout), into), into, change)
    with pytest.raises(kind, match=words):
        install(slim, layout)
    assert len(layout.versions()) == 1


def test_a_bundle_that_is_not_whole_is_not_made_thinner(
    layout: Layout, world: World, into: Path, tmp_path: Path
) -> None:
    """What the box lacks and the source too is told where it can be mended, before anything is sent."""
    stock = parts.stock(layout)
    for change, words in ((drop, "lacks wheels/linewarden-1.1.0"), (unsign, "lacks SHA256SUMS.sig")):
        folder = tmp_path / change.__name__
        folder.mkdir()
        with pytest.raises(BundleError, match=words):
            thin(repacked(world.second, folder, change), stock, into)
    torn = tmp_path / "torn.tar"
    torn.write_bytes(world.second.read_bytes()[:5_000])
    for source in (torn, tmp_path / "nowhere.tar"):
        with pytest.raises(BundleError):
            thin(source, stock, into)
    assert list(into.iterdir()) == []


def unsign(place: Path) -> None:
    """No signature."""
    (place / bundle.SIGNATURE).unlink()
