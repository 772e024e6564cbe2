"""The program as IT runs it, of Python's own library alone: on a box, and on the control node."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from agent.release import wheels
from agent.release.layout import Layout
from agent.release.make_bundle import make_tool
from tests.release.served import World, held, runs


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file."""
    return make_tool(Path(__file__).parents[2], tmp_path_factory.mktemp("tool"))


def told(tool: Path, root: Path, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """What it says; without any site, as where nothing is installed."""
    command = [sys.executable, "-I", "-S", str(tool), "--root", str(root), *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def test_it_stands_on_python_alone(tool: Path, tmp_path: Path) -> None:
    """It has to run where nothing is installed, and when everything is broken."""
    done = told(tool, tmp_path, "status")
    assert done.returncode == 0, done.stderr
    assert '"generation": null' in done.stdout


def test_from_the_box_to_the_control_node_and_back(
    tool: Path, layout: Layout, world: World, into: Path
) -> None:
    """What `parts` prints, `thin` reads; what it makes, `install` takes."""
    said = told(tool, layout.root, "parts").stdout
    made = json.loads(told(tool, into, "thin", "--into", str(into), str(world.second), stdin=said).stdout)
    slim = Path(made["file"])
    assert (held(slim), slim.stat().st_size) == ({"linewarden"}, made["bytes"])
    done = json.loads(told(tool, layout.root, "install", str(slim)).stdout)
    assert done["changed"]
    assert runs(layout, done["release"])


def test_a_look_changes_nothing(tool: Path, tmp_path: Path, world: World) -> None:
    """Neither on a bare box nor on the control node, where it may write nothing but what it was asked for."""
    root = tmp_path / "bare"
    root.mkdir()
    done = told(tool, root, "parts")
    assert json.loads(done.stdout) == {"python": wheels.here(), "wheels": []}
    assert (
        told(tool, root, "thin", "--into", str(tmp_path), str(world.first), stdin=done.stdout).returncode == 0
    )
    assert list(root.iterdir()) == []


def test_a_look_waits_for_nobody(tool: Path, layout: Layout) -> None:
    """Whatever change is under way."""
    with layout.alone():
        assert told(tool, layout.root, "parts").returncode == 0
        assert told(tool, layout.root, "status").returncode == 17


@pytest.mark.parametrize(
    "said", ["", "no", "[]", "3", '{"python": "cp311"}', '{"python": 1, "wheels": 2}', "\0"]
)
def test_a_box_that_says_something_else_is_told(tool: Path, tmp_path: Path, world: World, said: str) -> None:
    """An older program on it, for one."""
    done = told(tool, tmp_path, "thin", "--into", str(tmp_path), str(world.first), stdin=said)
    assert (done.returncode, done.stdout) == (19, "")
    assert "what the box has cannot be understood" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("into", ["nowhere/deep", "file"])
def test_where_it_cannot_write_it_says_so(tool: Path, tmp_path: Path, world: World, into: str) -> None:
    """In one line."""
    (tmp_path / "file").write_text("")
    said = json.dumps({"python": "cp311", "wheels": []})
    done = told(tool, tmp_path, "thin", "--into", str(tmp_path / into), str(world.first), stdin=said)
    assert done.returncode == 10
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_fills_up_leaves_nothing(tool: Path, tmp_path: Path, world: World) -> None:
    """Neither half a bundle under its name nor under another one."""
    command = [
        sys.executable,
        "-I",
        "-S",
        str(tool),
        "thin",
        "--into",
        str(tmp_path / "into"),
        str(world.first),
    ]
    done = subprocess.run(
        command,
        input='{"python": "cp311", "wheels": []}',
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
    )
    assert (done.returncode, done.stdout) == (10, "")
    assert "cannot be made thinner" in done.stderr
    assert list((tmp_path / "into").iterdir()) == []
