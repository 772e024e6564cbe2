"""A restore that failed is run again, by the same command, until it has succeeded."""

from contextlib import closing
from pathlib import Path

import pyrage
import pytest

from agent.backup import age
from agent.backup.errors import NoKey
from agent.backup.restore import Restored, restore
from agent.store import reader
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.errors import StoreBusy
from tests.backup.parts import Box, below
from tests.store.parts import entry, suffixes


def finish(box: Box, backup: Path, root: Path, time: str = "1", key: Path | None = None) -> Restored:
    """Restores as the playbook does."""
    return restore(backup, age.read_identities(key or box.bank), root, suffixes(), time)


def journal(data_dir: Path, count: int = 1) -> None:
    """What a new box journals before it is restored, or after an attempt that failed."""
    with closing(Engine(data_dir, suffix=lambda: "new")) as engine:
        engine.append(entry(number) for number in range(count))
        engine.commit()


def test_the_second_run_finishes_what_the_first_could_not(box: Box, tmp_path: Path) -> None:
    """By a wrong key nothing is touched; and what was journalled since stands in nobody's way."""
    backup, _ = box.make()
    root, wrong = tmp_path / "new", tmp_path / "wrong.key"
    wrong.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    data = box.restored(root)
    journal(data)
    before = {name: (data / name).read_bytes() for name in below(data)}
    with pytest.raises(NoKey):
        finish(box, backup, root, key=wrong)
    assert {name: (data / name).read_bytes() for name in below(data)} == before
    journal(data, 3)
    done = finish(box, backup, root)
    assert [path.parent.name for path in done.aside] == ["before-restore-1"] * len(done.aside)
    assert len(list(reader.iterate(data))) == 50
    assert len(list(reader.iterate(data / "before-restore-1"))) == 4
    journal(data, 2)
    finish(box, backup, root, "2")
    assert len(list(reader.iterate(data))) == 50
    assert len(list(reader.iterate(data / "before-restore-2"))) == 52
    assert len(list(reader.iterate(data / "before-restore-1"))) == 4


def test_the_directory_itself_stays(box: Box, tmp_path: Path) -> None:
    """It may be a mount, which cannot be renamed: what is in it goes aside, one by one."""
    backup, _ = box.make()
    data = box.restored(tmp_path / "new")
    journal(data)
    number = data.stat().st_ino
    finish(box, backup, tmp_path / "new")
    assert data.stat().st_ino == number
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_running_agent_is_not_pushed_aside(box: Box, tmp_path: Path) -> None:
    """It holds its data: told, and nothing moved or given to anybody."""
    backup, _ = box.make()
    data = box.restored(tmp_path / "new")
    with closing(Engine(data, suffix=lambda: "new")) as engine:
        before = (below(data), data.stat().st_mode)
        with pytest.raises(StoreBusy):
            finish(box, backup, tmp_path / "new")
        assert (below(data), data.stat().st_mode) == before
        engine.append([entry(1)])
        engine.commit()


def test_the_key_that_the_branch_has_comes_back(box: Box, tmp_path: Path) -> None:
    """That which enrolment made on the new machine goes aside; the certificate is of the old one."""
    (box.etc / "credentials").mkdir()
    (box.etc / "credentials/box.key").write_text("old")
    backup, _ = box.make()
    place = tmp_path / "new/etc/linewarden/credentials"
    place.mkdir(parents=True)
    (place / "box.key").write_text("new")
    finish(box, backup, tmp_path / "new")
    assert (place / "box.key").read_text() == "old"
    assert (place / "box.key.before-restore-1").read_text() == "new"
    done = finish(box, backup, tmp_path / "new", "2")
    assert "config/credentials/box.key" in done.kept
    assert not (place / "box.key.before-restore-2").exists()


def test_the_command_says_what_it_did(box: Box, tmp_path: Path) -> None:
    """And is refused without the option, where there is a journal."""
    backup, _ = box.make()
    journal(box.restored(tmp_path / "new"))
    words = ("restore", "--identity", box.bank, "--into", tmp_path / "new", backup)
    assert "is there already" in box.run(*words, site=False).output
    done = box.run("restore", "--set-aside", *words[1:], site=False)
    assert done.exit_code == 0, done.output
    assert f"set aside: {box.restored(tmp_path / 'new')}/before-restore-2" in done.output
    assert (box.restored(tmp_path / "new") / FILE).exists()
