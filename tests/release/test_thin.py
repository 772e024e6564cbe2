"""Thin bundles: a box is brought what it lacks and installs the very same release, or refuses in words."""

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release import bundle, parts, wheels
from agent.release.errors import BundleError, NoRoomError, ReleaseError, SignatureError
from agent.release.install import SPARE, install
from agent.release.layout import COMPLETE, Layout
from agent.release.thin import thin
from agent.release.wheels import Stock, Wheel
from tests.release.parts import box, key, packed, trust, unpacked, wheel

OTHER = "cp399"
"""A Python that no box has yet."""
NAMES = ("alpha", "beta", "gamma")


class World(NamedTuple):
    """Who signs, and two releases in turn that differ in linewarden alone, in bundles that serve two Pythons."""

    signer: Path
    first: Path
    second: Path

    def box(self, folder: Path) -> Layout:
        """A box that trusts the signer."""
        layout = box(folder)
        trust(layout, self.signer)
        return layout


def served(folder: Path, signer: Path, version: str) -> Path:
    """A bundle with parts for all Pythons, for ours alone and for another alone."""
    place = unpacked(folder, signer, version)
    for name in NAMES:
        code = {f"{name}/__init__.py": f"name = '{name}'\n", f"{name}/deep/data.txt": name * 2_000}
        wheel(place / "wheels", name, "1.0", code)
    for python in (wheels.here(), OTHER):
        made = wheel(place / "wheels", "fast", "2.0", {"fast/__init__.py": f"python = '{python}'\n"})
        made.rename(made.with_name(f"fast-2.0-{python}-{python}-manylinux_2_28_any.whl"))
    bundle.sign(place, signer)
    return packed(place, folder / f"linewarden-{version}.tar")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Made once: nothing changes it."""
    folder = tmp_path_factory.mktemp("world")
    signer = key(folder)
    return World(signer, served(folder, signer, "1.0.0"), served(folder, signer, "1.1.0"))


@pytest.fixture
def layout(tmp_path: Path, world: World) -> Layout:
    """A box on which the first release is installed."""
    made = world.box(tmp_path / "box")
    install(world.first, made)
    return made


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Where thin bundles are made."""
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def held(archive: Path) -> set[str]:
    """The projects whose wheels an archive has."""
    with tarfile.open(archive) as tar:
        return {name.split("/")[-1].split("-")[0] for name in tar.getnames() if name.endswith(".whl")}


def tree(folder: Path, layout: Layout) -> dict[str, str]:
    """What a release or part consists of, whichever box it is on; not compiled modules, which have dates."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            text = path.read_bytes().replace(str(layout.root).encode(), b"")
            if path.name != COMPLETE or folder.parent == layout.releases:
                found[path.relative_to(folder).as_posix()] = hashlib.sha256(text).hexdigest()
    return found


def part_of(layout: Layout, project: str) -> Path:
    """The part of a project."""
    return next(layout.parts.glob(f"{project}-*"))


def runs(layout: Layout, name: str) -> bool:
    """Whether a release starts and finds all of its parts."""
    python = layout.release(name) / "bin/python"
    code = "import agent.cli, common, fast, alpha, beta, gamma; print(fast.python)"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == wheels.here()


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


def sums(archive: Path) -> dict[str, str]:
    """What a bundle's sums tell."""
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if name.endswith(bundle.SUMS))
        file = tar.extractfile(name)
        assert file is not None
        with file:
            return bundle.read_sums(file.read().decode())


def test_a_thin_bundle_is_the_same_bytes_for_the_same_lack(
    layout: Layout, world: World, into: Path, tmp_path: Path
) -> None:
    """Whoever makes it; whatever else a box has; and with nothing left out it is the whole one."""
    stock = parts.stock(layout)
    slim = thin(world.second, stock, into)
    again = thin(world.second, Stock(stock.python, stock.wheels | {"f" * 64}), tmp_path)
    assert (slim.name, slim.read_bytes()) == (again.name, again.read_bytes())
    assert thin(world.first, stock, into).name != slim.name
    place = packed(unpacked(tmp_path, world.signer), tmp_path / "one-python.tar")
    assert thin(place, Stock(wheels.here()), into).read_bytes() == place.read_bytes()


def test_many_may_make_it_at_once(layout: Layout, world: World, into: Path) -> None:
    """As the forks of a roll-out do: nobody reads half of it, and nothing else is left."""
    stock = parts.stock(layout)

    def make(_: int) -> bytes:
        return thin(world.second, stock, into).read_bytes()

    with ThreadPoolExecutor(8) as many:
        assert len(set(many.map(make, range(40)))) == 1
    assert len(list(into.iterdir())) == 1


def test_a_part_that_went_meanwhile_is_named(layout: Layout, world: World, into: Path) -> None:
    """Between the look and the installation somebody pruned: nothing is installed, and the next run brings it."""
    slim = thin(world.second, parts.stock(layout), into)
    before = {one.name for one in layout.parts.iterdir()}
    gone = part_of(layout, "beta")
    shutil.rmtree(gone)
    with pytest.raises(
        BundleError, match=rf"lacks wheels/beta\S+, and the box has no whole part {gone.name}"
    ):
        install(slim, layout)
    assert len(layout.versions()) == 1
    assert {one.name for one in layout.parts.iterdir()} == before - {gone.name}
    assert runs(layout, install(thin(world.second, parts.stock(layout), into), layout)[0])


def test_prune_leaves_what_a_thin_bundle_relies_on(layout: Layout, world: World, into: Path) -> None:
    """What a release uses stays; what none uses goes, and then is lacking."""
    stock = parts.stock(layout)
    slim = thin(world.second, stock, into)
    assert parts.prune(layout) == []
    name, _ = install(slim, layout)
    for version in layout.versions():
        shutil.rmtree(layout.release(version))
    assert len(parts.prune(layout)) == len(stock.wheels) + 1
    assert parts.stock(layout).wheels == set()
    with pytest.raises(BundleError, match="the box has no whole part"):
        install(slim, layout)
    assert install(world.second, layout) == (name, True)


def other_wheel(part: Path) -> None:
    """Whole, but of another wheel than its name says."""
    text = (part / COMPLETE).read_text()
    (part / COMPLETE).write_text("0" * 64 + text[64:])


def renamed(part: Path) -> None:
    """Whole, but of a wheel of that name with another content."""
    other = next(one for one in part.parent.iterdir() if one.name.startswith("alpha-"))
    shutil.rmtree(part)
    shutil.copytree(other, part)


def unlisted(part: Path) -> None:
    """Unpacked by an earlier program, or half deleted: its list goes first."""
    (part / COMPLETE).unlink()


def emptied(part: Path) -> None:
    """An empty list vouches for nothing."""
    (part / COMPLETE).write_text((part / COMPLETE).read_text()[:65])


def rotten(part: Path) -> None:
    """A list that the card spoilt."""
    (part / COMPLETE).write_bytes(b"\xff\xfe" * 50)


def half_gone(part: Path) -> None:
    """One file less."""
    (part / "beta/deep/data.txt").unlink()


def overwritten(part: Path) -> None:
    """A file as long as before, of other content."""
    (part / "beta/deep/data.txt").write_text("atem" * 2_000)


def uncompiled(part: Path) -> None:
    """A compiled module that Python would stumble over."""
    next(part.rglob("*.pyc")).write_bytes(b"")


@pytest.mark.parametrize(
    "damage", [other_wheel, renamed, unlisted, emptied, rotten, half_gone, overwritten, uncompiled]
)
def test_a_part_that_is_not_whole_is_brought_again(
    layout: Layout, world: World, into: Path, damage: Callable[[Path], None]
) -> None:
    """Its name alone is never believed; the next bundle mends it for every release that uses it."""
    [first] = layout.versions()
    stale = thin(world.second, parts.stock(layout), into)
    damage(part_of(layout, "beta"))
    assert len(parts.stock(layout).wheels) == 5
    with pytest.raises(BundleError, match="the box has no whole part beta"):
        install(stale, layout)
    fresh = thin(world.second, parts.stock(layout), into)
    assert held(fresh) == {"linewarden", "beta"}
    name, _ = install(fresh, layout)
    assert runs(layout, name)
    assert runs(layout, first)
    assert (part_of(layout, "beta") / "beta/deep/data.txt").read_text() == "beta" * 2_000
    assert len(parts.stock(layout).wheels) == 7
    assert not list(layout.parts.glob(".*"))


def test_a_whole_bundle_mends_too(layout: Layout, world: World) -> None:
    """Whoever installs by hand gets no release on a broken part."""
    half_gone(part_of(layout, "beta"))
    assert runs(layout, install(world.second, layout)[0])
    assert (part_of(layout, "beta") / "beta/deep/data.txt").read_text() == "beta" * 2_000


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


def ready(folder: Path, world: World) -> tuple[Layout, Path]:
    """A box with the first release, and what it has to be brought for the second."""
    layout = world.box(folder / "box")
    install(world.first, layout)
    return layout, thin(world.second, parts.stock(layout), folder)


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


@pytest.mark.parametrize(
    ("tags", "pythons"),
    [
        ("py3-none-any", {"cp311", "cp313"}),
        ("py2.py3-none-any", {"cp311", "cp313"}),
        ("cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64", {"cp311"}),
        ("cp313-cp313-manylinux_2_28_x86_64", {"cp313"}),
        ("cp36-abi3-manylinux2014_aarch64", {"cp311", "cp313"}),
        ("cp313-abi3-manylinux2014_aarch64", {"cp313"}),
        ("cp313-none-any", {"cp313"}),
        ("py2-none-any", set()),
        ("pp311-pypy311_pp73-any", set()),
    ],
)
def test_which_python_takes_a_wheel(tags: str, pythons: set[str]) -> None:
    """By its tags; a limited interface (abi3) is taken by later Pythons, never by earlier ones."""
    one = Wheel(f"wheels/some_thing-1.0-{tags}.whl", "0" * 64)
    assert {python for python in ("cp311", "cp313") if one.serves(python)} == pythons
    assert one.part == f"some_thing-1.0-{'0' * 16}"


def test_only_wheels_may_be_missing() -> None:
    """Whatever lies in the folder of wheels and is not named as one is always brought."""
    names = ["wheels/a-1-py2-none-any.whl", "wheels/a-1.whl", "wheels/note.txt", "b-1-py2-none-any.whl"]
    assert wheels.spare(dict.fromkeys(names, "0"), Stock("cp311")) == {names[0]}


SIZES = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.(py|txt|so)", fullmatch=True),
    st.integers(0, 30_000),
    min_size=1,
    max_size=12,
)


@settings(max_examples=15)
@given(files=SIZES)
def test_the_room_of_a_part_is_never_told_too_small(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, int]
) -> None:
    """By what the disk really gives away for it, folders, list and compiled modules included."""
    folder = tmp_path_factory.mktemp("room")
    layout = box(folder / "box")
    layout.parts.mkdir(parents=True)
    line = "name = [1, 2, 3, 'some text']\n"
    contents = {f"it/{name}": line * (size // len(line)) for name, size in files.items()}
    file = wheel(folder, "some", "1.0", contents)
    part = parts.place(file, Wheel(f"wheels/{file.name}", bundle.digest(file)), layout)
    used = sum(path.lstat().st_blocks * 512 for path in [part, *part.rglob("*")])
    assert used <= parts.room(file)


def test_a_card_without_room_for_what_a_thin_bundle_becomes_is_told(
    layout: Layout, world: World, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kilobytes may become many megabytes; what is there already needs no room again."""
    place = unpacked(into, world.signer, "2.0.0")
    wheel(place / "wheels", "large", "1.0", {"large/data.txt": "0" * 20_000_000})
    bundle.sign(place, world.signer)
    whole = packed(place, into / "large.tar")
    slim = thin(whole, parts.stock(layout), into)
    before = sorted(one.name for one in layout.parts.iterdir())

    def left(free: int) -> None:
        usage = shutil.disk_usage(into)._replace(free=free)
        monkeypatch.setattr("agent.release.install.shutil.disk_usage", lambda _: usage)

    left(SPARE + slim.stat().st_size + 10_000_000)
    with pytest.raises(NoRoomError, match="needs 70 MB and 60 MB are free"):
        install(slim, layout)
    assert len(layout.versions()) == 1
    assert sorted(one.name for one in layout.parts.iterdir()) == before
    left(SPARE + slim.stat().st_size + 30_000_000)
    assert install(slim, layout)[1]
