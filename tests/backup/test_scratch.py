"""Plain copies: where they lie, that none stays, and that a run that was killed is noticed."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from agent.backup import results, scratch
from agent.store.lock import Lock
from tests.backup.parts import Box
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
DAY = 86_400.0
HELD = """
import sys
import tempfile
from pathlib import Path
from agent.backup import scratch
with scratch.scratch(Path(sys.argv[1]), 1 << 40) as folder:
    (folder / "plain").write_text("secret")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_is_large_does_not_lie_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There it would count to the unit, which is killed above its bound."""
    memory, card = tmp_path / "memory", tmp_path / "card"
    memory.mkdir()
    card.mkdir()
    monkeypatch.setattr(scratch, "MEMORY", memory)
    for size, place in ((scratch.MEMORY_MAX, memory), (scratch.MEMORY_MAX + 1, card)):
        with scratch.scratch(card, size) as folder:
            assert folder.parent == place
            assert folder.stat().st_mode & 0o777 == 0o700
        assert not folder.exists()


def test_the_bound_fits_into_the_unit() -> None:
    """Twice in a drill, beside a program of its size."""
    for unit in ("backup", "drill"):
        text = (ROOT / f"systemd/linewarden-{unit}.service").read_text()
        (line,) = [one for one in text.splitlines() if one.startswith("MemoryMax=")]
        assert int(line[10:-1]) << 20 >= 2 * scratch.MEMORY_MAX + (96 << 20)


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    """And what another is at work in stays."""
    command = [sys.executable, "-c", HELD, str(tmp_path)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with running[0], running[1]:
        folders = []
        for one in running:
            assert one.stdout is not None
            folders.append(Path(one.stdout.readline().strip()))
        (tmp_path / f"{scratch.PREFIX}link").symlink_to(ROOT)
        running[0].send_signal(signal.SIGKILL)
        running[0].wait()
        assert folders[0].exists()
        with scratch.scratch(tmp_path, 1 << 40):
            assert not folders[0].exists()
            assert folders[1].exists()
        running[1].communicate("")
        assert not folders[1].exists()
    assert ROOT.exists()


@pytest.mark.parametrize("step", ["open", "flock"])
def test_what_is_swept_before_it_is_held_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Two that begin at once: what the other finds between the making and the holding is nobody's."""
    module = os if step == "open" else fcntl
    real = getattr(module, step)
    swept = []

    def late(*args: object, **said: object) -> object:
        monkeypatch.setattr(module, step, real)
        scratch.sweep([tmp_path])
        swept.append(list(tmp_path.iterdir()))
        return real(*args, **said)

    monkeypatch.setattr(scratch, "MEMORY", tmp_path / "none")
    made = tempfile.mkdtemp

    def make(**said: str) -> str:
        if not swept:
            monkeypatch.setattr(module, step, late)
        return made(**said)

    monkeypatch.setattr(tempfile, "mkdtemp", make)
    with scratch.scratch(tmp_path, 1) as folder:
        assert swept == [[]]
        (folder / "plain").write_text("whole")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has what belongs to others")
def test_what_belongs_to_others_is_left_alone(tmp_path: Path) -> None:
    """Memory is everybody's place."""
    theirs = tmp_path / f"{scratch.PREFIX}theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    scratch.sweep([tmp_path])
    assert theirs.exists()


def test_a_drill_that_was_killed_is_told(box: Box) -> None:
    """It cannot say so itself: what began and did not end in time has failed."""
    box.run("create")
    backup = next(box.backups.glob("*.age"))
    backup.unlink()
    os.mkfifo(backup)
    command = [sys.executable, "-m", "agent.cli", "backup", "drill", "--site", box.site]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            begun = wait_for(lambda: results.read(box.backups).begun, what="the drill to begin")
        finally:
            child.kill()
    told = [results.points(box.backups, box.data, begun + after) for after in (60.0, 8000.0)]
    assert [one["backup.drill"] for one in told] == ["none", "failed"]
    backup.unlink()
    box.run("create")
    assert box.run("drill").exit_code == 0
    assert results.read(box.backups).begun == 0.0
    now = results.read(box.backups).drilled
    assert results.points(box.backups, box.data, now + DAY)["backup.drill"] == "passed"


def test_one_at_a_time(box: Box) -> None:
    """A drill waits for no backup that is being made: it is told by its exit code, and counts for nothing."""
    box.run("create")
    lock = Lock(box.backups)
    assert box.run("drill").exit_code == 3
    lock.release()
    assert results.read(box.backups).drilled == 0.0
