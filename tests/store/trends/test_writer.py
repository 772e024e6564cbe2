"""The writer's thread: batches, roll-ups, retention, and disks that fail."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.core.model import ClockQuality
from agent.store.trends.bucket import BUCKET, HOUR
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.opening import open_or_set_aside
from agent.store.trends.writer import HOURS_AT_ONCE, WAITING_MAX, Keep
from tests.store.children import ROOT, make_image, mount, unmount
from tests.store.test_full_disk import fill
from tests.store.trends.parts import DEVICES, START, batch, now, open_writer, stored, write
from tests.waiting import wait_for

KILLS = 20
CUTS = 10
DAY = 86_400


def test_batches_are_stored_and_hours_follow(tmp_path: Path) -> None:
    """Hours are rolled up once some of them are over; readers see all of it meanwhile."""
    writer = open_writer(tmp_path)
    write(writer, range(HOURS_AT_ONCE * 12 + 1))
    wait_for(lambda: stored(tmp_path, HOUR, DEVICES[0], range(4)), what="the hours")
    assert len(stored(tmp_path, device=DEVICES[3])) == HOURS_AT_ONCE * 12 + 1
    assert writer.state.word == "healthy"
    assert writer.stop(60)
    assert writer.state.word == "stopped"
    hours = stored(tmp_path, HOUR, DEVICES[0], range(9))
    assert [hour.columns["v"].count for hour in hours] == [12 * 30] * HOURS_AT_ONCE


def test_an_hour_that_a_kill_left_is_rolled_up_later(tmp_path: Path) -> None:
    """By whoever comes next, however much later."""
    with closing(TrendDatabase(tmp_path / FILE)) as db:
        for number in range(14):
            db.write(batch(number))
    writer = open_writer(tmp_path)
    write(writer, [400])
    assert writer.stop(60)
    [hour] = stored(tmp_path, HOUR, DEVICES[0], range(1))
    assert hour.polls == 12 * 30


def test_old_weeks_go_but_not_by_a_clock_that_is_known_to_be_wrong(tmp_path: Path) -> None:
    """Whole weeks, once there are more than are to be kept."""
    later = 20 * DAY // BUCKET
    for quality, left in ((ClockQuality.UNSYNCED, 1), (ClockQuality.NTP, 0)):
        writer = open_writer(tmp_path, Keep(7.0 * DAY, 7.0 * DAY))
        if quality is ClockQuality.UNSYNCED:
            write(writer, [0, later // 2])
        wanted = writer.written + len(DEVICES)
        writer.submit(batch(later), now(later, quality))
        wait_for(lambda one=writer, count=wanted: one.written >= count, what="the batch")
        assert writer.stop(60)
        assert len(stored(tmp_path, device=DEVICES[0], numbers=range(1))) == left


def test_a_disk_that_is_too_slow_costs_trends_and_is_counted(tmp_path: Path) -> None:
    """The list of what waits does not grow without end."""
    TrendDatabase(tmp_path / FILE).close()  # two that make the file at once are another matter
    writer = open_writer(tmp_path)
    with closing(TrendDatabase(tmp_path / FILE)) as held:
        held._db.begin()
        for number in range(WAITING_MAX // len(DEVICES) + 10):
            writer.submit(batch(number), now(number))
        assert writer.dropped > 0
        held._db.rollback()
    assert writer.stop(60)
    assert writer.written + writer.dropped == WAITING_MAX + 10 * len(DEVICES)


def test_a_file_that_turns_out_to_be_damaged_is_set_aside_and_writing_goes_on(tmp_path: Path) -> None:
    """Without a restart, and without losing the batch that met the damage."""
    first = open_writer(tmp_path)
    write(first, range(20))
    assert first.stop(60)
    with (tmp_path / FILE).open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(1024)
        file.write(b"\xff" * (size - 1024))
    writer = open_writer(tmp_path)
    write(writer, [20])
    assert writer.stop(60)
    assert (tmp_path / "trends-aside-aside.db").exists()
    assert len(stored(tmp_path, device=DEVICES[0])) == 1


@pytest.mark.parametrize("head", [bytes(8), b"not zero"], ids=["ended", "cut"])
def test_only_after_a_cut_all_pages_are_looked_through(tmp_path: Path, head: bytes) -> None:
    """The journal that stays beside the file says by its head whether a transaction was under way."""
    writer = open_writer(tmp_path)
    write(writer, list(range(12)))
    assert writer.stop(60)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        [(page,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_word%'")
    with (tmp_path / FILE).open("r+b") as file:
        file.seek((page - 1) * 1024)
        file.write(b"\x0a" + bytes(1023))  # an empty index of a table that is not empty
    journal = tmp_path / f"{FILE}-journal"
    assert not any(journal.read_bytes()[:8]), "the journal stays, its head zeroed"
    journal.write_bytes(head + bytes(504))
    database, aside = open_or_set_aside(tmp_path / FILE, lambda: "x")
    database.close()
    assert (aside is not None) == any(head)


def test_a_file_of_a_later_version_is_set_aside_once(tmp_path: Path) -> None:
    """After a roll-out was taken back trends go on at once; of the files set aside for that only the last is kept."""
    for number in (1, 2):
        TrendDatabase(tmp_path / FILE).close()
        with closing(sqlite3.connect(tmp_path / FILE)) as newer:
            newer.execute(f"PRAGMA user_version = {98 + number}")
        writer = open_writer(tmp_path)
        write(writer, [number])
        assert writer.state.word == "healthy"
        assert writer.stop(60)
        with closing(sqlite3.connect(tmp_path / "trends-newer.db")) as kept:
            assert kept.execute("PRAGMA user_version").fetchone() == (98 + number,)
    assert len(stored(tmp_path, device=DEVICES[0])) == 1


def run_and_kill(folder: Path, first: int, acknowledged: int) -> int:
    """Run the load from batch `first` on, kill it after some batches; returns the last that it called stored."""
    command = [sys.executable, "-m", "tests.store.trends.load", str(folder), str(first)]
    last = first - 1
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(acknowledged):
            last = int(child.stdout.readline())
        child.kill()
        for line in child.stdout.readlines():
            last = int(line) if line.endswith(b"\n") else last
    assert child.returncode == -9, "the child ended by itself"
    return last


def check(folder: Path, last: int) -> None:
    """All that was called stored is there, once, and the file is sound."""
    with closing(TrendDatabase(folder / FILE, suspect=True)) as db:
        for number in range(last + 1):
            one = db.one(BUCKET, DEVICES[number % 10], START + number * BUCKET)
            assert one is not None, number
            assert one.columns["v"].low == number
            assert one.polls in (30, 60), "a batch may come twice only if it was not called stored"
    assert not list(folder.glob("*aside*"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_was_stored_survives_any_kill(tmp_path: Path) -> None:
    """Kills at random moments, in the middle of writing, rolling up and opening."""
    chance = random.Random(15)
    last = -1
    for _ in range(KILLS):
        last = run_and_kill(tmp_path, last + 1, chance.randrange(40))
    assert last > 100, "the load did not get far enough to prove anything"
    check(tmp_path, last)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_power_cut_never_damages_the_file(tmp_path: Path) -> None:
    """What the kernel had not sent to the disk is gone; what is there is sound, and every stored batch is."""
    image, mounted = tmp_path / "image", tmp_path / "mounted"
    make_image(image, 64 << 20)
    chance = random.Random(16)
    last = -1
    for _ in range(CUTS):
        mount(mounted, "-o", "loop", image)
        try:
            last = run_and_kill(mounted, last + 1, 1 + chance.randrange(30))
            copy = shutil.copy(image, image.with_suffix(".cut"))
        finally:
            unmount(mounted)
        Path(copy).replace(image)
    mount(mounted, "-o", "loop", image)
    try:
        check(mounted, last)
    finally:
        unmount(mounted)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, where this machine lets us mount one."""
    image, path = tmp_path / "image", tmp_path / "mounted"
    make_image(image, 16 << 20)
    mount(path, "-o", "loop", image)
    yield path
    unmount(path)


@pytest.mark.slow
def test_a_full_disk_costs_the_trends_of_that_time_and_no_more(disk: Path) -> None:
    """They are dropped and counted; freed, the next batch is stored, and the file was never damaged."""
    writer = open_writer(disk)
    write(writer, range(5))
    fill(disk / "ballast")
    dropped = 0
    number = 5
    while not writer.dropped:
        writer.submit(batch(number), now(number))
        wanted = (number - 4) * len(DEVICES)
        wait_for(lambda count=wanted: writer.written + writer.dropped >= 50 + count, 60, "the batch")
        number += 1
        assert number < 3000, "the disk takes more than it has"
    assert writer.state.word == "full", writer.state
    dropped = writer.dropped
    (disk / "ballast").unlink()
    os.sync()
    write(writer, [number])
    assert writer.state.word == "healthy"
    assert writer.dropped == dropped
    assert writer.stop(60)
    with closing(TrendDatabase(disk / FILE, suspect=True)) as db:
        assert db.one(BUCKET, DEVICES[0], START) is not None
        assert db.one(BUCKET, DEVICES[0], START + number * BUCKET) is not None
