"""What goes in comes out: journal, trends, configuration, secrets; for whom it is meant, and for nobody else."""

import shutil
from contextlib import closing
from pathlib import Path

import pyrage
import pytest

from agent.backup import age, make, restore, shelf
from agent.backup.age import OWN_KEY
from agent.backup.check import unpack
from agent.backup.errors import InTheWay, NoKey, NotMade
from agent.backup.restore import Restored
from agent.store import reader
from agent.store.database import FILE
from agent.store.engine import Engine
from tests.backup.parts import WALL, Box, below
from tests.store.parts import entry, number_of, suffixes


def restored(box: Box, backup: Path, root: Path, key: Path | None = None) -> Restored:
    """Restores below a root, by the bank's key unless another is given."""
    return restore.restore(backup, age.read_identities(key or box.bank), root, suffixes())


def test_a_new_pi_is_what_the_old_one_was(box: Box, tmp_path: Path) -> None:
    """Every event, every file with its rights; the numbering goes on in a new epoch whose reason says why."""
    backup, manifest = box.make()
    before = list(reader.iterate(box.data))
    done = restored(box, backup, tmp_path / "new")
    data = box.restored(tmp_path / "new")
    assert done.data_dir == data
    assert list(reader.iterate(data)) == before
    assert reader.verify(data) is None
    assert (done.config_dir / "site.toml").read_bytes() == box.site.read_bytes()
    secret = done.config_dir / "tls/box.key"
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("the secret of this box", 0o640)
    assert below(data) >= {FILE, "trends.db", "epoch"}
    assert done.epoch.number == manifest.journal.epoch + 1
    with closing(Engine(data, suffix=lambda: "next")) as engine:
        assert engine.epoch == done.epoch
        assert engine.opened.path is None
        [(reason,)] = engine._db.rows("SELECT reason FROM epoch ORDER BY number DESC LIMIT 1")
        assert reason == b"restored from one.age"
        assert engine.append([entry(50)])[0].position == (done.epoch.number, 1)


def test_a_backup_is_made_beside_the_running_agent(box: Box, tmp_path: Path) -> None:
    """It holds what was committed when it was made, also what was only in the WAL."""
    with closing(Engine(box.data, suffix=lambda: "box")) as engine:
        engine.append([entry(50)])
        engine.commit()
        engine.append([entry(51)])
        backup, manifest = box.make()
        engine.commit()
    assert manifest.journal.events == 51
    restored(box, backup, tmp_path / "new")
    assert [number_of(record) for record in reader.iterate(box.restored(tmp_path / "new"))] == list(range(51))


def test_only_those_who_are_meant_can_open_it(box: Box, tmp_path: Path) -> None:
    """The bank by its key, the box by its own; nobody else; and nothing can be read without."""
    backup, _ = box.make()
    body = backup.read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600
    assert box.own_key.stat().st_mode & 0o777 == 0o600
    for text in (b"the secret of this box", b"sh-0042", b"SQLite format"):
        assert text not in body
    other = tmp_path / "other.key"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(NoKey, match="none of the keys"):
        restored(box, backup, tmp_path / "a", other)
    restored(box, backup, tmp_path / "b", box.own_key)
    restored(box, backup, tmp_path / "c")


def test_keys_that_open_backups_are_in_none(box: Box, tmp_path: Path) -> None:
    """Else who opens one opens all."""
    shutil.copytree(box.data, box.etc / "data")  # a site file whose data lie beside it
    box.data = box.etc / "data"
    box.make("first.age")
    backup, manifest = box.make("second.age")
    assert not any("backup.key" in entry.name or "journal" in entry.name for entry in manifest.files[3:])
    found = unpack(backup, age.read_identities(box.bank), tmp_path / "out")
    assert {entry.name for entry in found.files} == below(tmp_path / "out")


def test_a_backup_that_only_the_box_could_open_is_none(box: Box) -> None:
    """When the card dies, its key dies with it; a key that is none is told before anything is written."""
    box.site.write_text(box.site.read_text().replace(f'"{box.recipient}"', ""))
    assert "name the bank's recovery keys" in box.run("create").output
    with pytest.raises(NoKey, match="no public key"):
        age.recipients_of(["age1" + "q" * 58])
    assert below(box.backups) <= {"lock", OWN_KEY}


def test_a_file_without_a_key_is_told(tmp_path: Path) -> None:
    """Also one that is not there."""
    (tmp_path / "empty").write_text("# nothing\n")
    for name in ("empty", "missing"):
        with pytest.raises(NoKey, match=name):
            age.read_identities(tmp_path / name)


def test_nothing_is_restored_over_a_journal(box: Box, tmp_path: Path) -> None:
    """Nor is a file of the configuration replaced: those may be of ansible, and newer."""
    backup, _ = box.make()
    root = tmp_path / "new"
    etc = root / "etc/linewarden"
    etc.mkdir(parents=True)
    (etc / "site.toml").write_text("newer")
    done = restored(box, backup, root)
    assert done.kept == ("config/site.toml",)
    assert (etc / "site.toml").read_text() == "newer"
    before = (box.restored(root) / FILE).read_bytes()
    with pytest.raises(InTheWay, match="there already"):
        restored(box, backup, root)
    assert (box.restored(root) / FILE).read_bytes() == before


def test_what_cannot_be_read_fails_the_whole(box: Box) -> None:
    """Half a backup would be found out on the worst day."""
    (box.data / FILE).write_bytes(b"rubbish" * 1000)
    with pytest.raises(NotMade, match="journal"):
        box.make()
    assert below(box.backups) <= {OWN_KEY}


def test_trends_that_cannot_be_read_are_left_out_and_told(box: Box) -> None:
    """They are worth less than the rest."""
    (box.data / "trends.db").write_bytes(b"rubbish" * 1000)
    _, manifest = box.make()
    assert [one.split(":")[0] for one in manifest.left_out] == ["trends"]


def test_a_backup_needs_room(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journal and trends beside it need theirs."""
    monkeypatch.setattr(make, "MARGIN", shutil.disk_usage(box.backups).total)
    with pytest.raises(NotMade, match="MiB needed"):
        box.make()
    assert below(box.backups) <= {OWN_KEY}


def test_a_backup_is_never_over_another(box: Box) -> None:
    """Two in one second are one too many."""
    backup, _ = box.make()
    before = backup.read_bytes()
    with pytest.raises(NotMade, match="there already"):
        box.make()
    assert backup.read_bytes() == before


def test_the_newest_are_kept(box: Box) -> None:
    """With what a power cut left half-made swept away, and others' files left alone."""
    names = [shelf.name_of("sh-0042", day * 86_400.0) for day in range(5)]
    for name in [*names, f"{names[0]}.part", "linewarden-sh-0042-other.txt", shelf.name_of("sh-0001", 1.0)]:
        (box.backups / name).write_text("x")
    assert shelf.newest(box.backups, "sh-0042", WALL).name == names[-1]
    assert [path.name for path in shelf.rotate(box.backups, "sh-0042", 2, WALL)] == names[:3]
    assert below(box.backups) == {*names[3:], "linewarden-sh-0042-other.txt", shelf.name_of("sh-0001", 1.0)}


def test_what_was_made_last_is_the_newest(box: Box) -> None:
    """Also where others are dated in the future, by a clock that was wrong once: those go, it stays."""
    future = [shelf.name_of("sh-0042", WALL + year * 3e7) for year in (10, 11)]
    past = [shelf.name_of("sh-0042", WALL - day * 86_400.0) for day in (2, 1, 0)]
    for name in (*future, *past):
        (box.backups / name).write_text("x")
    assert shelf.newest(box.backups, "sh-0042", WALL).name == past[-1]
    assert [path.name for path in shelf.rotate(box.backups, "sh-0042", 4, WALL)] == future[:1]
    assert [path.name for path in shelf.rotate(box.backups, "sh-0042", 1, WALL)] == [future[1], *past[:2]]
    assert below(box.backups) == {past[-1]}


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_what_was_just_made_is_never_deleted(box: Box, keep: int) -> None:
    """Also at a clock that has fallen back behind all others."""
    for year in range(1, 5):
        (box.backups / shelf.name_of("sh-0042", WALL + year * 3e7)).write_text("x")
    made = box.backups / shelf.name_of("sh-0042", WALL)
    made.write_text("x")
    shelf.rotate(box.backups, "sh-0042", keep, WALL)
    assert made.exists()
    assert len(below(box.backups)) == keep


def test_backups_of_a_branch_with_a_longer_name_are_not_its_own(box: Box) -> None:
    """`sh-0042` is no prefix of anything."""
    other = box.backups / shelf.name_of("sh-0042-annex", WALL)
    other.write_text("x")
    assert shelf.backups(box.backups, "sh-0042", WALL) == []
