"""A backup can be written by anybody who has the public keys: what it asks for is bounded by the box that restores it."""

import os
import stat
from pathlib import Path

import msgspec
import pytest

from agent.backup import age, archive, placing
from agent.backup.drill import drill
from agent.backup.errors import BackupError, Damaged, InTheWay
from agent.backup.gather import gather
from agent.backup.manifest import FileEntry, Manifest, digest, encode
from agent.backup.restore import Restored, restore
from tests.backup.parts import WALL, Box, below
from tests.store.parts import suffixes

DROP_IN = "config/systemd/linewarden-agent.service.d/70-x.conf"


def forged(box: Box, *extra: tuple[str, int, str], **fields: object) -> Path:
    """A backup of the box's own journal with other files beside it: name, mode, owner; and other fields."""
    scratch = box.folder / "scratch"
    scratch.mkdir(exist_ok=True)
    found = gather(box.data, box.etc, scratch, trends=False)
    files = tuple(one for one in found.files if one.name.startswith("data/"))
    body = b"#!ELF"
    files += tuple(FileEntry(name, len(body), digest(body), mode, who, who) for name, mode, who in extra)
    contents = dict(found.contents) | {name: body for name, _, _ in extra}
    manifest = Manifest("sh-0042", "0.1.0", WALL, found.journal, files)
    told = msgspec.json.decode(encode(manifest)) | fields
    own = age.own_identity(box.own_key).to_public()
    target = box.backups / "linewarden-sh-0042-20270101T000000.000Z.age"
    with target.open("wb") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "encode", lambda _: msgspec.json.encode(told))
        archive.write(file, manifest, contents, [*age.recipients_of([box.recipient]), own])
    return target


def restored(box: Box, backup: Path, root: Path) -> Restored:
    """Restores by the bank's key."""
    return restore(backup, age.read_identities(box.bank), root, suffixes())


@pytest.mark.parametrize("place", ["/etc/sudoers.d", "/../../../../../escaped", "../escaped"])
def test_a_backup_does_not_say_where_it_goes(box: Box, tmp_path: Path, place: str) -> None:
    """Whatever places it names, all of it goes where a box has its data and its configuration; in a drill too."""
    backup = forged(box, ("config/site.toml", 0o640, "root"), data_dir=place, config_dir=place)
    root = tmp_path / "a/b/new"
    root.mkdir(parents=True)
    restored(box, backup, root)
    assert {name.rpartition("/")[0] for name in below(root)} == {"etc/linewarden", "var/lib/linewarden"}
    assert below(tmp_path / "a") == {f"b/new/{name}" for name in below(root)}
    drill(backup, box.own_key, suffixes())
    assert not list(box.backups.rglob("*escaped*"))


@pytest.mark.parametrize("name", [DROP_IN, "config/allowed_signers", "config/wires", "config/any"])
def test_what_root_runs_by_comes_from_no_backup(box: Box, tmp_path: Path, name: str) -> None:
    """Settings of units, signers of releases: told, and not taken."""
    done = restored(box, forged(box, (name, 0o644, "root")), tmp_path / "new")
    assert done.not_taken == (name,)
    assert not list((tmp_path / "new").rglob(Path(name).name))


@pytest.mark.parametrize("mode", [0o4755, 0o2777, 0o7777, 0o666])
@pytest.mark.parametrize("where", ["tls/sh", "credentials/sh"])
def test_nothing_restored_can_be_run_or_changed_by_others(
    box: Box, tmp_path: Path, mode: int, where: str
) -> None:
    """Bits beyond reading are dropped; a secret is for root alone whatever it asks for."""
    done = restored(box, forged(box, (f"config/{where}", mode, "root")), tmp_path / "new")
    found = (done.config_dir / where).stat()
    assert stat.S_IMODE(found.st_mode) == (0o600 if where.startswith("cred") else mode & 0o644)
    assert stat.S_IMODE((done.config_dir / where).parent.stat().st_mode) & 0o022 == 0


def test_owners_are_those_of_a_box() -> None:
    """A name that is no user of linewarden is root, and a secret always."""
    asked = [FileEntry("config/a", 0, "", 0o640, who, who) for who in ("www-data", "linewarden-panel", "")]
    found = [placing.rights_of(one, secret=False) for one in asked]
    assert [one.owner for one in found] == ["root", "linewarden-panel", "root"]
    assert [one.group for one in found] == ["root", "linewarden-panel", "root"]
    assert placing.rights_of(asked[1], secret=True) == ("root", "root", 0o600)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owners_are_given(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To whom the backup says, where that is one of a box, and data to the agent."""
    numbers = {"root": 0, "linewarden": 11111, "linewarden-panel": 22222, "linewarden-control": 33333}
    monkeypatch.setattr(placing, "_user", numbers.__getitem__)
    monkeypatch.setattr(placing, "_group", numbers.__getitem__)
    files = ("config/panel.toml", 0o640, "linewarden-panel"), ("config/site.toml", 0o640, "daemon")
    done = restored(box, forged(box, *files), tmp_path / "new")
    assert (done.config_dir / "panel.toml").stat().st_uid == 22222
    assert (done.config_dir / "site.toml").stat().st_uid == 0
    found = [done.data_dir, *done.data_dir.iterdir()]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in found} == {(11111, 33333)}


def test_nothing_is_restored_through_a_link(box: Box, tmp_path: Path) -> None:
    """Neither a folder that leads elsewhere nor a name that does."""
    backup = forged(box, ("config/tls/box.pem", 0o644, "root"))
    root, elsewhere = tmp_path / "new", tmp_path / "elsewhere"
    (root / "etc/linewarden").mkdir(parents=True)
    elsewhere.mkdir()
    (root / "etc/linewarden/tls").symlink_to(elsewhere)
    with pytest.raises(InTheWay, match="is a link"):
        restored(box, backup, root)
    (root / "etc/linewarden/tls").unlink()
    (root / "etc/linewarden/tls").mkdir()
    (root / "etc/linewarden/tls/box.pem").symlink_to(elsewhere / "made")
    assert restored(box, backup, root).kept == ("config/tls/box.pem",)
    assert below(elsewhere) == set()
    other = tmp_path / "other"
    (other / "var/lib").mkdir(parents=True)
    (other / "var/lib/linewarden").symlink_to(elsewhere)
    with pytest.raises(InTheWay, match="is a link"):
        restored(box, backup, other)


@pytest.mark.parametrize(
    "name", ["config/../x", "/etc/x", "config/a/../../x", "config", "config/", "data/x", "a\0b"]
)
def test_names_that_lead_out_are_refused(box: Box, tmp_path: Path, name: str) -> None:
    """Before a single file is unpacked."""
    backup = forged(box, (name.replace("\0", "?"), 0o644, "root"))
    with pytest.raises(BackupError):
        restored(box, backup, tmp_path / "new")
    assert below(tmp_path / "new") == set()


def test_a_file_is_no_larger_than_it_says(box: Box, tmp_path: Path) -> None:
    """Else a small backup fills the card."""
    backup, real = box.make()
    files = tuple(msgspec.structs.replace(one, size=min(one.size, 10)) for one in real.files)
    told = msgspec.json.decode(encode(real)) | {"files": msgspec.to_builtins(files)}
    backup = forged(box, **told)
    with pytest.raises(Damaged, match="larger than the manifest says"):
        restored(box, backup, tmp_path / "new")
