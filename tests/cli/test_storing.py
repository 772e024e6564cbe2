"""`linewarden store`: what a roll-out tool calls, and what it is told by words and exit codes."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli import main
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.schema import SCHEMA
from tests.cli.journals import Branch


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """A site with a journal of some events."""
    branch = Branch(tmp_path, 1_800_000_000.0)
    branch.live(60, ups_status="OB")
    branch.write()
    return branch


def run(branch: Branch, *words: str | Path) -> Result:
    """The command, on this branch."""
    return CliRunner().invoke(main, ["store", *map(str, words), "--site", str(branch.site)])


def test_the_versions_are_told(branch: Branch) -> None:
    """For people and for tools."""
    assert run(branch, "schema").output == f"code {SCHEMA.version}\nfile {SCHEMA.version}\n"
    assert json.loads(run(branch, "schema", "--json").output) == {
        "code": SCHEMA.version,
        "file": SCHEMA.version,
    }
    (branch.data / FILE).unlink()
    assert json.loads(run(branch, "schema", "--json").output) == {"code": SCHEMA.version, "file": None}


def test_the_version_of_a_later_release_is_told_too(branch: Branch) -> None:
    """The roll-out tool must learn that there is something to step back from."""
    with closing(sqlite3.connect(branch.data / FILE)) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("CREATE TABLE later (a)")
    assert json.loads(run(branch, "schema", "--json").output)["file"] == 99


def test_stepping_back_to_the_present_version_is_nothing(branch: Branch) -> None:
    """A second run of a playbook changes nothing."""
    result = run(branch, "step-back", "--to", str(SCHEMA.version))
    assert (result.exit_code, result.output) == (0, f"nothing to do: not later than {SCHEMA.version}\n")
    assert run(branch, "step-back", "--to", "99").exit_code == 2


def test_a_copy_goes_out_and_back(branch: Branch, tmp_path: Path) -> None:
    """Beside the running agent out; back only without it, which the exit code 3 tells."""
    copy = tmp_path / "copy.db"
    with closing(Engine(branch.data, suffix=lambda: "test")):
        assert run(branch, "copy", copy).exit_code == 0
        assert run(branch, "copy", copy).exit_code == 1
        held = run(branch, "put-back", "--reason", "it could not poll", copy)
        assert held.exit_code == 3
        assert "stop the agent first" in held.output
    done = run(branch, "put-back", "--reason", "it could not poll", copy)
    assert done.exit_code == 0
    assert done.output.startswith("epoch 3-")
    assert "is kept as" in done.output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_files_are_not_made_for_another_user(branch: Branch) -> None:
    """Else the agent could not open them any more."""
    os.chown(branch.data, 4711, 4711)
    refused = run(branch, "step-back", "--to", "1")
    assert refused.exit_code == 1
    assert "sudo -u '#4711'" in refused.output
