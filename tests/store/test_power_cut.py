"""Power cut: only what the disk was told to keep is left, and that is everything that was acknowledged."""

import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.store import reader
from tests.store.children import make_image, mount, run_and_kill, unmount
from tests.store.parts import check_numbers

CUTS = 25


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    """What is to be undone after the test, whatever happens."""
    with ExitStack() as stack:
        yield stack


def cut_power(image: Path, mounted: Path, run: int, chance: random.Random) -> list[str]:
    """Runs the load on the image until it is killed, and leaves the image as the disk is at that moment.

    The kernel's dirty pages are not in the copy: they are what a power cut destroys.
    """
    mount(mounted, "-o", "loop", image)
    try:
        acknowledged = run_and_kill(mounted / "data", run, chance)
        copy = shutil.copy(image, image.with_suffix(".cut"))
    finally:
        unmount(mounted)
    Path(copy).replace(image)
    return acknowledged


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_was_acknowledged_survives_a_power_cut(tmp_path: Path, undo: ExitStack) -> None:
    """Many power cuts under load: each acknowledged id is on the disk, once, in order, and the chain is sound."""
    image, mounted = tmp_path / "image", tmp_path / "mounted"
    make_image(image, 96 << 20)
    chance = random.Random(815)
    acknowledged: list[str] = []
    for run in range(CUTS):
        acknowledged += cut_power(image, mounted, 2 * run + 1, chance)
    assert len(acknowledged) > 10 * CUTS, "the load did not get far enough to prove anything"
    mount(mounted, "-o", "loop", image)
    undo.callback(unmount, mounted)
    story = list(reader.iterate(mounted / "data"))
    check_numbers(story)
    assert {record.epoch for record in story} == {story[0].epoch}, "something was taken for a loss"
    told = [f"{record.id} {record.entry.body.decode()}" for record in story]
    known = set(acknowledged)
    assert [line for line in told if line in known] == acknowledged, "lost, doubled or out of order"
    assert reader.verify(mounted / "data") is None
