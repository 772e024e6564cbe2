"""A box to be backed up: a site with secrets, a journal, trends, and the bank's key."""

import os
from contextlib import closing
from pathlib import Path

import pyrage
from click.testing import CliRunner, Result

from agent.backup.age import OWN_KEY
from agent.backup.make import make
from agent.backup.manifest import Manifest
from agent.cli import main
from agent.store.engine import Engine
from agent.store.trends.database import FILE as TRENDS
from agent.store.trends.database import TrendDatabase
from tests.store.parts import entry

WALL = 1_800_000_000.0
SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"

[agent]
data_dir = "{data}"

[backup]
recipients = ["{recipient}"]
directory = "{backups}"
keep = 2
"""


class Box:
    """A box below a directory: `etc`, `data`, `backups`, and `bank.key`, which would not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc, self.data, self.backups = folder / "etc", folder / "data", folder / "backups"
        self.site, self.bank = self.etc / "site.toml", folder / "bank.key"
        (self.etc / "tls").mkdir(parents=True)
        self.backups.mkdir()
        key = pyrage.x25519.Identity.generate()
        self.recipient = str(key.to_public())
        self.bank.write_text(f"# the bank's\n{key}\n")
        text = SITE.format(data=self.data, backups=self.backups, recipient=self.recipient)
        self.site.write_text(text)
        (self.etc / "tls" / "box.key").write_text("the secret of this box")
        (self.etc / "tls" / "box.key").chmod(0o640)
        self.write(0, 50)
        TrendDatabase(self.data / TRENDS).close()

    @property
    def own_key(self) -> Path:
        """The box's own key."""
        return self.backups / OWN_KEY

    def write(self, first: int, last: int) -> None:
        """Events by their numbers."""
        with closing(Engine(self.data, suffix=lambda: "box")) as engine:
            engine.append(entry(number, 100) for number in range(first, last))
            engine.commit()

    def make(self, name: str = "one.age", wall: float = WALL) -> tuple[Path, Manifest]:
        """Makes a backup."""
        target = self.backups / name
        manifest = make(
            target,
            site="sh-0042",
            data_dir=self.data,
            config_dir=self.etc,
            recipients=[self.recipient],
            own_key=self.own_key,
            wall=wall,
        )
        return target, manifest

    def run(self, *words: str | Path, site: bool = True) -> Result:
        """A command about backups."""
        arguments = ["backup", *map(str, words), *(["--site", str(self.site)] if site else [])]
        return CliRunner().invoke(main, arguments)

    def restored(self, root: Path) -> Path:
        """Where the data are after a restore below a root."""
        return root / "var/lib/linewarden"


def below(root: Path) -> set[str]:
    """All files below a directory."""
    return {
        str((Path(folder) / name).relative_to(root)) for folder, _, names in os.walk(root) for name in names
    }
