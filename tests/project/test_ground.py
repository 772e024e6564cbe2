"""The ground: requirements are pinned by hash, and no file names an index or this machine."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda p: p.stem)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    """Each line of a requirements file is `name==version` with at least one sha256."""
    entries = re.split(r"\n(?=\S)", path.read_text().strip())
    assert len(entries) > 10
    for entry in entries:
        assert re.match(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda p: p.stem)
def test_no_requirements_file_names_an_index(path: Path) -> None:
    """Where packages come from is the machine's business, not the project's."""
    text = path.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_every_run_time_dependency_is_in_the_run_set() -> None:
    """What pyproject asks for is what the pinned set installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = (ROOT / "requirements/run.txt").read_text()
    for requirement in project["dependencies"]:
        name = re.split(r"[><=; ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}==", pinned, re.MULTILINE), name
