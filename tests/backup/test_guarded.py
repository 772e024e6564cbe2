"""Root makes backups of what a taken-over agent may have prepared: it reads no file for it, and writes none where it can."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.backup import age, results, shelf
from agent.backup.age import read_identities
from agent.backup.check import unpack
from agent.backup.errors import NotMade
from agent.backup.gather import gather
from agent.backup.guarded import as_owner, own_directory, read_plain
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.errors import StoreFailed
from agent.store.lock import FILE as LOCK
from agent.store.lock import Lock
from tests.backup.parts import Box

ROOT = Path(__file__).parents[2]
AGENT = 12345
CAPABILITIES = "-all,+dac_override,+setuid,+setgid"
"""Those of the unit."""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has the rights of others")


@pytest.fixture
def theirs(box: Box) -> Iterator[Box]:
    """A box whose data belong to the agent's user."""
    for path in (box.data, *box.data.rglob("*")):
        os.chown(path, AGENT, AGENT)
    opened = [one for one in (box.folder, *box.folder.parents) if one.stat().st_mode & 0o005 != 0o005]
    modes = {one: one.stat().st_mode & 0o7777 for one in opened}
    for one in opened:
        one.chmod(0o755)
    box.data.chmod(0o700)
    yield box
    for one, mode in modes.items():
        one.chmod(mode)


def create(box: Box) -> "subprocess.CompletedProcess[str]":
    """The command as the unit calls it: root with few rights."""
    words = ["setpriv", f"--bounding-set={CAPABILITIES}", "--no-new-privs", "--inh-caps=-all", sys.executable]
    words += ["-m", "agent.cli", "backup", "create", "--site", str(box.site)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@needs_root
def test_the_unit_needs_no_more_rights_than_it_has(theirs: Box) -> None:
    """A backup beside the running agent; key and backup are root's alone, the results everybody's to read."""
    with closing(Engine(theirs.data, suffix=lambda: "box")) as engine:
        engine.commit()
        for path in theirs.data.iterdir():
            os.chown(path, AGENT, AGENT)
        done = create(theirs)
    assert done.returncode == 0, done.stderr
    backup = shelf.newest(theirs.backups, "sh-0042", time.time())
    found = {path: path.stat() for path in (backup, theirs.own_key, theirs.backups / results.FILE)}
    assert [one.st_uid for one in found.values()] == [0, 0, 0]
    assert [oct(one.st_mode & 0o777) for one in found.values()] == ["0o600", "0o600", "0o644"]
    assert {path.stat().st_uid for path in theirs.data.iterdir()} == {AGENT}
    assert unpack(backup, read_identities(theirs.bank), theirs.folder / "out").journal.events == 50


@needs_root
@pytest.mark.parametrize("name", ["epoch", FILE, "trends.db"])
def test_no_link_leads_a_backup_elsewhere(theirs: Box, name: str) -> None:
    """Whatever file of the machine it names: nothing is read, and the reason says which it is."""
    elsewhere = theirs.folder / "elsewhere"
    shutil.copy(theirs.data / name, elsewhere)
    elsewhere.chmod(0o600)
    os.chown(elsewhere, 0, 0)
    (theirs.data / name).unlink()
    (theirs.data / name).symlink_to(elsewhere)
    done = create(theirs)
    assert done.returncode == 1
    assert f"{name} is no plain file" in done.stderr
    assert shelf.backups(theirs.backups, "sh-0042", time.time()) == []


@needs_root
@pytest.mark.parametrize("name", [FILE, "trends.db"])
def test_nor_does_a_link_that_comes_after_the_look(
    theirs: Box, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is opened is opened with the agent's rights, so the race for it wins nothing."""
    elsewhere = theirs.folder / "elsewhere"
    (theirs.data / name).rename(elsewhere)
    elsewhere.chmod(0o600)
    os.chown(elsewhere, 0, 0)
    (theirs.data / name).symlink_to(elsewhere)
    monkeypatch.setattr("agent.backup.gather.check_plain", lambda *_: True)
    scratch = theirs.folder / "scratch"
    scratch.mkdir()
    if name == FILE:
        with pytest.raises(NotMade, match="unable to open"):
            gather(theirs.data, theirs.etc, scratch)
    else:
        assert "unable to open" in gather(theirs.data, theirs.etc, scratch).left_out[0]
    assert os.geteuid() == 0


@needs_root
def test_the_rights_of_another_are_all_there_is(theirs: Box) -> None:
    """Root's own files cannot be read meanwhile, nor by root's groups; afterwards they can."""
    secret = theirs.folder / "secret"
    secret.write_text("x")
    secret.chmod(0o040)
    with as_owner(theirs.data), pytest.raises(PermissionError):
        secret.read_text()
    assert secret.read_text() == "x"
    assert os.getegid() == 0


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    """Links, pipes and folders are refused at once, with nobody waiting for a pipe's other end."""
    (tmp_path / "real").write_text("text")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert read_plain(tmp_path, "real", 2) == b"te"
    for name in ("link", "pipe", "folder"):
        with pytest.raises(NotMade, match="no plain file"):
            read_plain(tmp_path, name, 10)


def test_backups_lie_where_nobody_else_can_write(tmp_path: Path) -> None:
    """Neither in a directory that others may change, nor below one."""
    own_directory(tmp_path / "a/b")
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o755 & ~_umask()
    (tmp_path / "a").chmod(0o777)
    for name in ("a", "a/b", "a/c/d"):
        with pytest.raises(NotMade, match="changed by others"):
            own_directory(tmp_path / name)
    assert not (tmp_path / "a/c").exists()


@needs_root
def test_a_directory_of_the_agents_takes_no_backup(theirs: Box) -> None:
    """The results would be written, and the key read, where the agent can put links."""
    text = theirs.site.read_text().replace(str(theirs.backups), str(theirs.data / "backups"))
    theirs.site.write_text(text)
    (theirs.data / "backups").mkdir()
    for words in (("create",), ("drill",)):
        assert "changed by others" in theirs.run(*words).output
    with pytest.raises(NotMade):
        results.note(theirs.data, created=1.0)


def test_results_follow_no_link(box: Box) -> None:
    """A name that somebody guessed is not opened: each has its own that nobody knows before."""
    victim = box.folder / "victim"
    victim.write_text("x")
    for name in (f"{results.FILE}.{os.getpid()}", results.FILE):
        (box.backups / name).symlink_to(victim)
    results.note(box.backups, created=1.0)
    assert victim.read_text() == "x"
    assert results.read(box.backups).created == 1.0
    assert not (box.backups / results.FILE).is_symlink()


def test_a_lock_is_no_link(tmp_path: Path) -> None:
    """Else root, by hand, makes or shortens a file that the agent names."""
    victim = tmp_path / "victim"
    (tmp_path / LOCK).symlink_to(victim)
    with pytest.raises(StoreFailed):
        Lock(tmp_path)
    assert not victim.exists()


def test_the_key_of_the_drill_is_made_once(tmp_path: Path) -> None:
    """And never through a link."""
    (tmp_path / age.OWN_KEY).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(age.NoKey):
        age.own_identity(tmp_path / age.OWN_KEY)
    assert not (tmp_path / "elsewhere").exists()


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found
