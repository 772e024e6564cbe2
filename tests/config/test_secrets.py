"""Secrets that stand in files of their own."""

from pathlib import Path

import pytest

from agent.config.device_entries import Snmp
from agent.config.errors import ConfigError
from agent.config.secrets import community_of, read_secret_file
from agent.config.words import Secret


@pytest.mark.parametrize("content", ["hunter2", "hunter2\n", " hunter2 \r\n# who made it\n"])
def test_the_first_line_is_the_secret(content: str, tmp_path: Path) -> None:
    """Line ends and outer spaces, which editors leave, are no part of it."""
    path = tmp_path / "community"
    path.write_text(content, encoding="utf-8")
    assert read_secret_file(str(path)) == Secret("hunter2")
    assert community_of(Snmp(community_file=str(path))) == Secret("hunter2")


def test_a_community_in_the_site_file_is_taken() -> None:
    """For a laboratory it may stand in the site file itself."""
    assert community_of(Snmp(community=Secret("public"))) == Secret("public")
    with pytest.raises(ConfigError, match="has no community"):
        community_of(Snmp())


@pytest.mark.parametrize(
    ("content", "problem"), [(b"", "is empty"), (b"\nhunter2", "is empty"), (b"hunter2\xff", "is not UTF-8")]
)
def test_a_bad_file_is_told_without_its_content(content: bytes, problem: str, tmp_path: Path) -> None:
    """The mistake names file and problem; what stands in the file is not told, not even as the cause."""
    path = tmp_path / "community"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_secret_file(str(path))
    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The path is named, since it is no secret."""
    with pytest.raises(ConfigError, match="no such file or directory"):
        read_secret_file(str(tmp_path / "community"))
