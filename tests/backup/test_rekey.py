"""The bank's key stays where it is: what goes to a new box opens by a key of one use."""

from pathlib import Path

import pytest

from agent.backup import age
from agent.backup.errors import BackupError, NoKey, NotMade
from agent.backup.rekey import rekey
from tests.backup.parts import Box, below


def test_what_was_encrypted_anew_opens_by_the_new_key_alone(box: Box, tmp_path: Path) -> None:
    """By the command; it restores the box, and the bank's key does not open it."""
    backup, _ = box.make()
    once, new = tmp_path / "once.key", tmp_path / "new.age"
    done = box.run("rekey", "--identity", box.bank, "--once", once, "--output", new, backup, site=False)
    assert done.exit_code == 0, done.output
    assert [path.stat().st_mode & 0o777 for path in (once, new)] == [0o600, 0o600]
    refused = box.run("verify", "--identity", box.bank, new, site=False)
    assert "none of the keys opens" in refused.output
    words = ("restore", "--identity", once, "--into", tmp_path / "root", new)
    assert "50 events" in box.run(*words, site=False).output


def test_a_damaged_backup_is_not_made_good_by_it(box: Box, tmp_path: Path) -> None:
    """Cut off at any place it would be whole again to whoever opens it: so nothing is left."""
    backup, _ = box.make()
    body = backup.read_bytes()
    for number, cut in enumerate((10, len(body) // 2, len(body) - 1)):
        backup.write_bytes(body[:cut])
        with pytest.raises(BackupError):
            rekey(backup, age.read_identities(box.bank), tmp_path / "new.age", tmp_path / f"{number}.key")
        assert not {name for name in below(tmp_path) if name.startswith("new.age")}


def test_a_wrong_key_and_names_that_are_taken(box: Box, tmp_path: Path) -> None:
    """Are told, and nothing is replaced."""
    backup, _ = box.make()
    wrong, once, new = (tmp_path / name for name in ("wrong.key", "once.key", "new.age"))
    age.own_identity(wrong)
    with pytest.raises(NoKey):
        rekey(backup, age.read_identities(wrong), new, once)
    once.write_text("x")
    with pytest.raises(NotMade, match="there already"):
        rekey(backup, age.read_identities(box.bank), new, once)
    assert once.read_text() == "x"
    assert not new.exists()
