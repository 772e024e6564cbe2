"""Generations: made out of everybody's sight, whole or not at all."""

import os
import stat
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from agent.release import generation
from agent.release.cli import main
from agent.release.layout import Layout, link
from tests.release.parts import box, release

SECRETS = {"etc/credentials/ups-1.auth": 0o600, "etc/box.key": 0o600, "etc/tls/panel.key": 0o640}


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """A box whose configuration holds secrets, handled with the umask that most shells have."""
    made = box(tmp_path)
    release(made, "1")
    for name, mode in SECRETS.items():
        path = made.wanted / Path(name).relative_to("etc")
        path.parent.mkdir(exist_ok=True)
        path.write_text("secret\n")
        path.chmod(mode)
    (made.wanted / "credentials").chmod(0o700)
    before = os.umask(0o022)
    yield made
    os.umask(before)


@contextmanager
def seen_by_others(folder: Path) -> Iterator[set[str]]:
    """The names of all files below a folder that any user could have read at any step of what is done meanwhile."""
    found: set[str] = set()

    def look(_frame: FrameType, event: str, _given: object) -> None:
        if event in ("c_return", "return"):
            sys.setprofile(None)
            found.update(_readable(folder))
            sys.setprofile(look)

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


def _readable(folder: Path) -> Iterator[str]:
    if not folder.is_dir() or not folder.stat().st_mode & stat.S_IXOTH:
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _readable(path)
        elif path.is_file() and path.stat().st_mode & stat.S_IROTH:
            yield path.name


def test_secrets_are_nobody_elses_at_any_moment(layout: Layout) -> None:
    """Neither while a generation is made nor after; what all may read they can."""
    with seen_by_others(layout.generations) as seen:
        number = generation.stage(layout, "1")
    assert not {Path(name).name for name in SECRETS} & seen
    assert "site.toml" in seen
    made = layout.generation(number)
    for name, mode in SECRETS.items():
        assert stat.S_IMODE((made / name).stat().st_mode) == mode
    assert stat.S_IMODE(made.stat().st_mode) == 0o755


def test_nothing_that_the_program_makes_is_for_others_by_chance(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the umask of who calls it."""
    main(["--root", str(layout.root), "apply", "--dry-run", "1"])
    assert '"changed": true' in capsys.readouterr().out
    assert os.umask(0o022) == 0o077


def test_a_generation_that_was_made_in_part_is_none(layout: Layout) -> None:
    """It neither has a number nor is in the way of the next."""
    left = layout.generations / ".1.new/etc"
    left.mkdir(parents=True)
    (layout.generations / "1/etc").mkdir(parents=True)
    assert layout.numbers() == []
    assert generation.stage(layout, "1") == 2
    assert layout.numbers() == [2]


def test_a_generation_names_its_own_certificates(layout: Layout) -> None:
    """What IT writes for the next one is none of its business: so a wrong certificate is taken back with the rest."""
    (layout.wanted / "tls/ca.pem").write_text("first\n")
    site = layout.wanted / "site.toml"
    site.write_text(f'ca_file = "{layout.wanted}/tls/ca.pem"\ndata_dir = "/var/lib/linewarden"\n')
    site.chmod(0o640)
    number = generation.stage(layout, "1")
    link(layout.current, layout.generation(number))
    (layout.wanted / "tls/ca.pem").write_text("wrong\n")
    made = layout.current / "etc/site.toml"
    settings = tomllib.loads(made.read_text())
    assert Path(settings["ca_file"]).read_text() == "first\n"
    assert settings["data_dir"] == "/var/lib/linewarden"
    assert stat.S_IMODE(made.stat().st_mode) == 0o640
    assert str(layout.wanted) in site.read_text()
