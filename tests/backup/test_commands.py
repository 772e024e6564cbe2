"""`linewarden backup`: what timers and people call; what the agent hears of it."""

import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from agent.backup import results, shelf
from agent.backup.age import read_identities
from agent.backup.check import unpack
from agent.config.convert import convert_all
from agent.config.load import SHIPPED, load_profile
from agent.core.inputs import Polled
from agent.sources.keeping import Keeping
from agent.store import reader
from agent.store.database import FILE
from agent.store.lock import Lock
from tests.backup.parts import Box
from tests.cli.journals import Branch

ROOT = Path(__file__).parents[2]
DAY = 86_400.0


def test_from_the_timer_to_the_new_pi(box: Box, tmp_path: Path) -> None:
    """Create, verify, drill, restore, by the words of the paper."""
    created = box.run("create")
    assert created.exit_code == 0, created.output
    backup = shelf.newest(box.backups, "sh-0042", time.time())
    assert f"{backup}: " in created.output
    assert "50 events up to 1-box:50" in created.output
    verified = box.run("verify", "--identity", box.bank, backup, site=False)
    assert "the chain of 50 events holds up to 1-box:50" in verified.output
    assert box.run("drill").output == f"{backup}: restored, 50 events up to 1-box:50\n"
    done = box.run("restore", "--identity", box.bank, "--into", tmp_path / "new", backup, site=False)
    assert "50 events, epoch 2-" in done.output
    assert (
        box.run("restore", "--identity", box.bank, "--into", tmp_path / "new", backup, site=False).exit_code
        == 1
    )


def test_old_backups_go_when_a_new_one_is_whole(box: Box) -> None:
    """Two are kept, as the site says."""
    for day in range(3):
        (box.backups / shelf.name_of("sh-0042", day * DAY)).write_text("old")
    assert box.run("create").output.count("deleted: ") == 2
    assert len(shelf.backups(box.backups, "sh-0042", time.time())) == 2


def test_one_backup_at_a_time(box: Box) -> None:
    """The second is told by its exit code."""
    lock = Lock(box.backups)
    assert box.run("create").exit_code == 3
    lock.release()
    assert box.run("create").exit_code == 0


def test_one_file_elsewhere_is_no_backup_of_the_timer(box: Box, tmp_path: Path) -> None:
    """It neither counts as made nor turns others out."""
    assert box.run("create", "--output", tmp_path / "x.age").exit_code == 0
    assert results.read(box.backups).created == 0
    assert box.run("create", "--output", tmp_path / "x.age").exit_code == 1


@pytest.mark.parametrize("trouble", ["none there", "cut off", "another key"])
def test_a_failed_drill_is_told(box: Box, trouble: str) -> None:
    """As its exit code, as a point of the box, and by a reason; the next that passes ends it."""
    if trouble != "none there":
        box.run("create")
        backup = shelf.newest(box.backups, "sh-0042", time.time())
        body = backup.read_bytes()
    if trouble == "cut off":
        backup.write_bytes(body[:-1])
    if trouble == "another key":
        box.own_key.write_text(box.bank.read_text().replace("# the", ""))
        box.own_key.unlink()
        box.run("create", "--output", box.folder / "y.age")
    failed = box.run("drill")
    assert failed.exit_code == 1
    found = results.read(box.backups)
    assert found.drill == "failed"
    assert found.detail
    assert found.detail in failed.output
    box.run("create", "--output", box.folder / "z.age")
    assert box.run("drill", box.folder / "z.age").exit_code == 0
    assert results.read(box.backups).drill == "passed"


def test_the_agent_tells_how_old_the_newest_is(box: Box) -> None:
    """And from when one was expected, where there is none yet; nothing by a clock that nobody believes."""
    wall, believed = [1e9], [True]
    keeping = Keeping(
        box.data, backups=lambda: box.backups, is_believed=lambda: believed[0], wall=lambda: wall[0]
    )
    assert keeping.readings() == {"backup.age": 0.0, "backup.drill": "none", "backup.drill.age": 0.0}
    wall[0] += 10 * DAY
    assert keeping.readings() == {
        "backup.age": 10 * DAY,
        "backup.drill": "none",
        "backup.drill.age": 10 * DAY,
    }
    results.note(box.backups, created=wall[0] - DAY, drilled=wall[0] - 7200.0, drill="passed")
    assert keeping.readings() == {"backup.age": DAY, "backup.drill": "passed", "backup.drill.age": 7200.0}
    wall[0] -= 5 * DAY
    assert keeping.readings()["backup.age"] == 0.0
    believed[0] = False
    assert keeping.readings() == {}
    believed[0] = True
    (box.backups / results.FILE).write_text("rubbish")
    (box.data / results.SINCE).write_text("rubbish")
    assert keeping.readings()["backup.age"] == 0.0
    assert Keeping(box.data, backups=lambda: None, is_believed=lambda: True).readings() == {}


@pytest.mark.parametrize(
    ("told", "alarm"),
    [
        ({"backup.age": 10 * DAY}, "box.backup-stale"),
        ({"backup.age": DAY, "backup.drill": "failed"}, "box.backup-drill-failed"),
        (
            {"backup.age": DAY, "backup.drill": "passed", "backup.drill.age": 41 * DAY},
            "box.backup-drill-stale",
        ),
        ({"backup.age": DAY, "backup.drill": "passed", "backup.drill.age": 31 * DAY}, None),
        ({"backup.age": DAY, "backup.drill": "passed", "backup.drill.age": 5.0}, None),
        ({}, None),
    ],
)
def test_what_is_wrong_becomes_an_alarm(tmp_path: Path, told: dict, alarm: str | None) -> None:
    """Of the box, by its shipped profile."""
    branch = Branch(tmp_path, 1_800_000_000.0)
    profile = load_profile(SHIPPED / "raspberry-pi.toml")
    for _ in range(4000 // 20):
        branch.give(Polled("box", convert_all(profile.point, told)))
        branch.live(20, every=20)
    found = {id_ for id_ in branch.state.durable.alarms.alarms if "backup" in id_}
    assert found == ({alarm} if alarm else set())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_in_mid_backup(box: Box) -> None:
    """What has its name is whole, what was there stays, and the next run sweeps the rest away."""
    box.write(50, 6000)
    assert box.run("create").exit_code == 0
    command = [sys.executable, "-m", "agent.cli", "backup", "create", "--site", box.site]
    begin = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    whole = time.monotonic() - begin
    for part in range(12):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as child:
            try:
                child.wait(whole * (part + 1) / 12)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
        for backup in shelf.backups(box.backups, "sh-0042", time.time()):
            folder = box.folder / f"out-{part}-{backup.stem}"
            assert unpack(backup, read_identities(box.bank), folder).journal.events == 6000
    assert box.run("create").exit_code == 0
    assert not list(box.backups.glob("*.part"))
    assert len(shelf.backups(box.backups, "sh-0042", time.time())) == 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_in_mid_restore(box: Box, tmp_path: Path) -> None:
    """A second run finishes what the first began."""
    box.write(50, 6000)
    backup, _ = box.make()
    command = [sys.executable, "-m", "agent.cli", "backup", "restore", "--identity", box.bank]
    begin = time.monotonic()
    subprocess.run(
        [*command, "--into", tmp_path / "first", backup], cwd=ROOT, check=True, capture_output=True
    )
    whole = time.monotonic() - begin
    for part in range(10):
        root = tmp_path / f"new-{part}"
        with subprocess.Popen(
            [*command, "--into", root, backup], cwd=ROOT, stdout=subprocess.DEVNULL
        ) as child:
            try:
                child.wait(whole * (part + 2) / 12)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
        if not (box.restored(root) / FILE).exists():
            subprocess.run([*command, "--into", root, backup], cwd=ROOT, check=True, capture_output=True)
        with closing(reader.iterate(box.restored(root))) as records:
            assert sum(1 for _ in records) == 6000
        assert reader.verify(box.restored(root)) is None
