"""A session of the store, recorded write by write, cut at each of them, and opened again: nothing acknowledged is lost."""

import hashlib
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.store import reader
from agent.store.engine import Engine
from agent.store.opening import Found
from agent.store.records import START, Entry, Position
from tests.store.parts import check_numbers
from tests.store.writelog.disk import Disk, Image
from tests.store.writelog.recording import Said, Step, Sync, Write, record

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")


class Promise:
    """What the session has acknowledged so far."""

    def __init__(self, said: list[tuple[str, ...]]) -> None:
        self.events = [(words[1], words[2]) for words in said if words[0] == "event"]
        self.snapshots = [words[1].encode() for words in said if words[0] == "snapshot"]
        self.epoch = max((int(words[1]) for words in said if words[0] == "epoch"), default=0)
        self.cursor = max((Position(int(w[1]), int(w[2])) for w in said if w[0] == "cursor"), default=START)
        self.pruned = max((Position(int(w[1]), int(w[2])) for w in said if w[0] == "pruning"), default=START)

    def check(self, path: Path) -> None:
        """Opens what was found, as the agent would after the power came back."""
        with closing(Engine(path, suffix=lambda: "found")) as engine:
            assert engine.opened.found is not Found.SET_ASIDE, engine.opened.cause
            assert engine.verify() is None
            self._check_marks(engine)
            story = list(reader.iterate(path))
            check_numbers(story) if not reader.anchor(path).pruned else None
            told = [(record.id, record.entry.body.decode()[:8]) for record in story]
            missing = [one for one in self.events if one not in set(told)]
            assert all(_place(id_) <= self.pruned for id_, _ in missing), f"lost: {missing}"
            kept = [one for one in self.events if one not in missing]
            assert [one for one in told if one in set(kept)] == kept, "doubled or out of order"
            numbers = [int(body.split(":")[0]) for _, body in told]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
            [new] = engine.append([Entry("kind", "", 0.0, b"after")])
            engine.commit()
            assert new.id not in {id_ for id_, _ in self.events}
            assert not self.events or new.position > _place(self.events[-1][0])
        assert reader.verify(path) is None

    def _check_marks(self, engine: Engine) -> None:
        state, tail = engine.load()
        list(tail)
        assert engine.epoch.number >= self.epoch
        assert (engine.cursor("mqtt") or START) >= self.cursor
        later = [b"one", b"two", b"three"]
        if self.snapshots:
            assert state is not None
            assert later.index(state) >= later.index(self.snapshots[-1]), "an older state came back"


def _place(id_: str) -> Position:
    epoch, _, seq = id_.partition(":")
    return Position(int(epoch.partition("-")[0]), int(seq))


def cuts(steps: list[Step]) -> Iterator[tuple[Image, int]]:
    """Every image that a cut after some step may leave, with how much had been said then."""
    disk, chance, said = Disk(), random.Random(4207), 0
    for step in steps:
        disk.take(step)
        said += isinstance(step, Said)
        for image in disk.images(chance):
            yield image, said


def put(image: Image, path: Path) -> None:
    """Writes an image."""
    path.mkdir()
    for name, content in image.items():
        (path / name).write_bytes(content)


@pytest.fixture(scope="module")
def steps(tmp_path_factory) -> list[Step]:
    """The recording."""
    folder = tmp_path_factory.mktemp("session")
    command = [sys.executable, "-m", "tests.store.writelog.session", folder / "data"]
    return record(command, folder / "data", folder / "strace.log", ROOT)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_cut_after_any_write_loses_nothing_acknowledged(steps: list[Step]) -> None:
    """Each image is opened once, with the most that had been promised while it could be found."""
    said = [step.words for step in steps if isinstance(step, Said)]
    assert said[-1] == ("end",)
    assert sum(isinstance(step, Write) for step in steps) > 150
    images: dict[bytes, tuple[Image, int]] = {}
    for image, count in cuts(steps):
        key = hashlib.sha256(repr(sorted((n, hashlib.sha256(c).digest()) for n, c in image.items())).encode())
        images[key.digest()] = (image, count)
    assert len(images) > 500
    where = MEMORY if MEMORY.is_dir() else None
    for number, (image, count) in enumerate(images.values()):
        with tempfile.TemporaryDirectory(dir=where) as folder:
            put(image, Path(folder) / "data")
            try:
                Promise(said[:count]).check(Path(folder) / "data")
            except Exception as error:
                raise AssertionError(f"image {number}, after {count} lines: {error}") from error


@pytest.mark.slow
def test_the_model_notices_a_missing_sync(steps: list[Step]) -> None:
    """Without what the store does for it, acknowledged events would be lost: the check can fail."""
    careless = [step for step in steps if not (isinstance(step, Sync) and step.name.endswith("-wal"))]
    said = [step.words for step in steps if isinstance(step, Said)]
    lost = 0
    for number, (image, count) in enumerate(cuts(careless)):
        if number % 7 or count < 3:
            continue
        with tempfile.TemporaryDirectory() as folder:
            put(image, Path(folder) / "data")
            try:
                Promise(said[:count]).check(Path(folder) / "data")
            except AssertionError as error:
                lost += "lost: " in str(error)
                if lost > 3:
                    return
    pytest.fail("nothing was lost")
