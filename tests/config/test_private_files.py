"""Secrets of the broker in files: everybody on the box being able to read one is a mistake."""

from pathlib import Path

import pytest

from agent.config.load import check

SITE = """
[site]
id = "sh-0042"
name = "Test"
timezone = "UTC"
[broker]
host = "mqtt"
user = "box"
"""


@pytest.mark.parametrize(
    ("mode", "mistakes"), [(0o600, 0), (0o640, 0), (0o400, 0), (0o644, 1), (0o666, 1), (0o602, 1)]
)
def test_who_may_read(tmp_path: Path, mode: int, mistakes: int) -> None:
    """Owner and group may read a secret; others may neither read nor write it, and the line says what to do."""
    word = tmp_path / "word"
    word.write_text("hunter2\n")
    word.chmod(mode)
    site = tmp_path / "site.toml"
    site.write_text(SITE + f'password_file = "{word}"\n')
    found = [str(one) for one in check(site)]
    assert len(found) == mistakes
    for line in found:
        assert f"may be read by everybody (mode {mode:o})" in line
        assert "chmod 640" in line
        assert "hunter2" not in line
