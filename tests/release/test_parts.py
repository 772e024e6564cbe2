"""What a box has of earlier releases: relied on where it is whole, mended where it is not, and never by its name alone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release import bundle, parts, wheels
from agent.release.errors import BundleError, NoRoomError
from agent.release.install import SPARE, install
from agent.release.layout import COMPLETE, Layout
from agent.release.thin import thin
from agent.release.wheels import Stock, Wheel
from tests.release.parts import box, packed, unpacked, wheel
from tests.release.served import World, held, part_of, runs

ROOT = Path(__file__).parents[2]


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


def not_renamed(part: Path) -> None:
    """Power was cut before it got its name: nobody knows whether all of it had reached the card."""
    part.rename(part.with_name(f".{part.name}.new"))


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
    "damage",
    [other_wheel, renamed, unlisted, emptied, rotten, not_renamed, half_gone, overwritten, uncompiled],
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


def test_the_room_of_real_code_is_told_too(tmp_path: Path) -> None:
    """Ours is the densest there is: compiled it is nearly twice as long."""
    layout = box(tmp_path / "box")
    layout.parts.mkdir(parents=True)
    code = "".join(path.read_text() for path in sorted((ROOT / "agent/core").glob("*.py")))
    file = wheel(tmp_path, "dense", "1.0", {"dense.py": code})
    part = parts.place(file, Wheel(f"wheels/{file.name}", bundle.digest(file)), layout)
    assert next(part.rglob("*.pyc")).stat().st_size > len(code) * 1.2
    assert sum(path.lstat().st_blocks * 512 for path in [part, *part.rglob("*")]) <= parts.room(file)


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
