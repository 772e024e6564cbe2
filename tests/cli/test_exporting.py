"""The journal as the command line exports it."""

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.store.engine import Engine
from agent.store.records import Entry

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "UTC"
language = "en"
[agent]
data_dir = "{data}"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A branch whose journal holds three events of epoch 1-first."""
    (tmp_path / "data").mkdir()
    with closing(Engine(tmp_path / "data", suffix=lambda: "first")) as engine:
        engine.append([Entry("test.happened", "", 1.8e9 + n, b"{}") for n in range(3)])
        engine.commit()
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(data=tmp_path / "data"))
    return path


@pytest.mark.parametrize(("after", "lines"), [("", 3), ("1-first:1", 2), ("1-first:3", 0)])
def test_what_comes_after_a_place(site: Path, after: str, lines: int) -> None:
    """One event a line."""
    given = ["--after", after] if after else []
    done = CliRunner().invoke(main, ["export", "--site", str(site), *given])
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, lines)


@pytest.mark.parametrize("after", ["9-first:1", "1-other:1", "1-first", "nonsense"])
def test_a_place_that_is_not_there_is_refused(site: Path, after: str) -> None:
    """Silence would be taken for "nothing new"."""
    done = CliRunner().invoke(main, ["export", "--site", str(site), "--after", after])
    assert done.exit_code == 2
    assert not done.stdout
