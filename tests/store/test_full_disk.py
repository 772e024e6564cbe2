"""A disk that is really full, in the middle of the load, and freed again."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from agent.store import reader
from agent.store.database import FILE
from agent.store.errors import StoreFull
from agent.store.index import RESERVED
from agent.store.state import Health
from tests.store.children import ROOT, make_image, mount, unmount
from tests.store.parts import Rig, check_numbers, entry, number_of, one_engine
from tests.waiting import wait_for

SIZE = 24 << 20


@pytest.fixture(params=["ext4", "tmpfs"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, where this machine lets us mount one."""
    image, path = tmp_path / "image", tmp_path / "mounted"
    if request.param == "ext4":
        make_image(image, SIZE)
        mount(path, "-o", "loop", image)
    else:
        mount(path, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs")
    yield path
    unmount(path)


def fill(path: Path) -> None:
    """Takes all room that is left."""
    with path.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            while _write(file.fileno(), bytes(size)):
                pass


def _write(descriptor: int, data: bytes) -> bool:
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_a_full_disk_loses_nothing(disk: Path) -> None:
    """Filled up under load the box is degraded; freed, it writes everything, once, in order, in a new epoch."""
    one = Rig(disk / "data")
    one.submit(range(500), 500)
    one.await_tokens(500)
    fill(disk / "ballast")
    submitted = 500
    while one.states[-1].health is Health.HEALTHY:
        one.submit(range(submitted, submitted + 20), 2000)
        submitted += 20
        assert submitted < 9_000, "the disk takes more than it has"
        wait_for(lambda: one.writer.waiting < 100 or one.states[-1].health is Health.DEGRADED, 60, "the disk")
    assert one.states[-1].reason == "full", one.states[-1]
    one.submit(range(submitted, submitted + 300), 2000)
    submitted += 300
    for attempts in range(2, 6):
        one.gate.pass_one()
        wait_for(lambda count=attempts: len(one.gate.pauses) == count, 60, "another attempt")
    assert one.states[-1].health is Health.DEGRADED
    known = len(one.committed)
    (disk / "ballast").unlink()
    one.gate.pass_one()
    one.await_tokens(submitted)
    assert one.stop()
    story = list(reader.iterate(disk / "data"))
    assert [number_of(record) for record in story] == list(range(submitted))
    assert story == one.records
    assert story[known].epoch > story[0].epoch
    check_numbers(story)
    assert reader.verify(disk / "data") is None
    assert one.writer.lost == 0


@pytest.mark.slow
@pytest.mark.parametrize("was_killed", [False, True])
def test_a_box_that_starts_on_a_full_disk_knows_what_it_knew(disk: Path, was_killed: bool) -> None:
    """The engine says that the disk is full; state and tail can be read all the same."""
    path = disk / "data"
    with closing(one_engine(path)) as engine:
        engine.append(map(entry, range(100)))
        engine.snapshot(b"state")
        engine.append([entry(100)])
        engine.commit()
        if was_killed:
            path = Path(shutil.copytree(path, disk / "killed"))
    fill(disk / "ballast")
    with pytest.raises(StoreFull):
        one_engine(path)
    with reader.view(path) as view:
        state, tail = view.load()
        assert state == b"state"
        assert [number_of(record) for record in tail] == [100]


TOUCHING = """
import faulthandler, sys
from pathlib import Path
from tests.store.test_full_disk import touch_the_index
faulthandler.enable()
touch_the_index(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True")
"""


def touch_the_index(path: Path, left: int, open_before: bool) -> None:
    """The child's part: the first commit after an opening, on a disk with so many bytes left; the index is all new."""
    with closing(one_engine(path / "data")) as engine:
        engine.append([entry(0)])
        engine.commit()
    with ExitStack() as stack:
        opened = stack.enter_context(closing(one_engine(path / "data"))) if open_before else None
        fill(path / "ballast")
        os.truncate(path / "ballast", (path / "ballast").stat().st_size - left)
        with suppress(StoreFull):
            engine = opened or stack.enter_context(closing(one_engine(path / "data")))
            engine.append([entry(1)])
            engine.commit()


@pytest.mark.slow
@pytest.mark.parametrize("open_before", [True, False])
@pytest.mark.parametrize("block", ["1024", "4096"])
def test_no_page_of_the_index_lacks_a_block(tmp_path: Path, block: str, open_before: bool) -> None:
    """Mapped memory without a block is a SIGBUS, which ends the agent: at any brim there is an error or success."""
    path = tmp_path / "mounted"
    for left in [8 << 10, 12 << 10, 20 << 10, 40 << 10, 600 << 10]:
        make_image(tmp_path / "image", SIZE, "-b", block)
        mount(path, "-o", "loop", tmp_path / "image")
        try:
            command = [sys.executable, "-c", TOUCHING, path, str(left), str(open_before)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        finally:
            unmount(path)
        assert done.returncode == 0, (left, done.stderr)


def test_the_index_of_the_wal_has_all_its_blocks(tmp_path: Path) -> None:
    """Also when it is made anew by a second opening; readers do not cut it off."""
    path = tmp_path / "data"
    for number in range(2):
        with closing(one_engine(path)) as engine:
            engine.append([entry(number)])
            engine.commit()
            command = (
                "import sys, pathlib, agent.store.reader as r; list(r.iterate(pathlib.Path(sys.argv[1])))"
            )
            assert len(list(reader.iterate(path))) == number + 1
            subprocess.run([sys.executable, "-c", command, path], cwd=ROOT, check=True)
            found = (path / f"{FILE}-shm").stat()
            assert found.st_size == RESERVED
            assert found.st_blocks * 512 >= RESERVED


LIMITED = """
import resource, sys
from pathlib import Path
from tests.store.parts import Rig, number_of
from tests.store.test_full_disk import limited
limited(Path(sys.argv[1]))
"""


def limited(path: Path) -> None:
    """The child's part: lets files grow to one megabyte, later to any size."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    one = Rig(path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, most))
    one.submit(range(1000), 2000)
    state = one.await_health(Health.DEGRADED)
    assert state.reason == "failed", state
    one.gate.pass_one()
    wait_for(lambda: len(one.gate.pauses) == 2, 60, "another attempt")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    one.gate.pass_one()
    one.await_tokens(1000)
    assert one.stop()
    assert [number_of(record) for record in one.records] == list(range(1000))


@pytest.mark.slow
def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    """Under RLIMIT_FSIZE, which needs no rights to mount, writes fail as I/O errors; everything is kept."""
    data = tmp_path / "data"
    subprocess.run([sys.executable, "-c", LIMITED, data], cwd=ROOT, check=True)
    story = list(reader.iterate(data))
    assert [number_of(record) for record in story] == list(range(1000))
    assert story[-1].epoch > story[0].epoch or story[0].epoch.number > 1
    check_numbers(story)
    assert reader.verify(data) is None
