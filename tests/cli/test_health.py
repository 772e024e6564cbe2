"""What the roll-out is told of a branch, and that it understands it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.release import health
from tests.web.panel_room import Room, serving


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A branch with a UPS on battery and a PBX that does not answer."""
    room = Room(tmp_path, "en").live(30)
    room.values["ups-1"]["ups.status"] = "OB"
    room.silent["pbx-1"] = "timeout"
    with serving(room.live(60)):
        yield room


def test_a_branch_is_told_and_understood(room: Room) -> None:
    """Who answers, who does not, what is critical; consequences and the box's own parts are left out."""
    result = CliRunner().invoke(main, ["health"], env={"LINEWARDEN_SOCKET": str(room.socket)})
    assert result.exit_code == 0, result.output
    given = json.loads(result.output)
    found = health.read(result.output)
    assert "pbx-1" in given["silent"]
    assert "ups-1" in found.answering
    assert "pbx-1" in found.wanted - found.answering
    assert not {"journal", "broker", "box"} & found.wanted
    assert list(found.critical) == [one for one in given["critical"] if one]
    assert health.worse(found, found, panel_wanted=False) == []


def test_what_is_out_of_service_holds_up_no_update(room: Room) -> None:
    """People work on it and have said so: as where its credential is changed, and the box has to be given the new one."""

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, list(words), env={"LINEWARDEN_SOCKET": str(room.socket)})
        assert result.exit_code == 0, result.output
        return result.output

    assert "pbx-1.unreachable" in health.read(run("health")).critical
    run("shelve", "pbx-1.unreachable", "--for", "1h", "--reason", "we know")
    assert "pbx-1.unreachable" in health.read(run("health")).critical, "known is not harmless"
    run("out-of-service", "pbx-1", "--for", "1h", "--reason", "a new community")
    assert health.read(run("health")).critical == ()


def test_nobody_to_ask_is_an_error_of_its_own(tmp_path: Path) -> None:
    """Not a branch in which nothing answers."""
    release = tmp_path / "release"
    (release / "bin").mkdir(parents=True)
    program = release / "bin/linewarden"
    program.write_text("#!/bin/sh\necho 'no agent there' >&2; exit 1\n")
    program.chmod(0o755)
    assert "no agent there" in health.ask(release, panel=True).error
    program.write_text('#!/bin/sh\necho "{}"\n')
    assert "cannot be asked" in health.ask(release, panel=True).error
