"""What `check` says of the files that hold secrets."""

from pathlib import Path

import pytest

from agent.config.errors import Report
from agent.config.secret_checks import check_word


@pytest.mark.parametrize(
    ("content", "mode", "least", "said"),
    [
        ("a long enough phrase\n", 0o640, 8, []),
        ("a long enough phrase\n", 0o644, 8, ["may be read by everybody (mode 644)"]),
        ("tiny-1\n", 0o600, 8, ["is shorter than 8 characters"]),
        ("tiny-1\n", 0o600, 1, []),
        ("\n", 0o600, 1, ["is empty"]),
        ("", 0o600, 8, ["is empty"]),
    ],
)
def test_a_secret_that_cannot_be_used_is_a_mistake(
    tmp_path: Path, content: str, mode: int, least: int, said: list[str]
) -> None:
    """Before anything is rolled out, not when the device is first asked; never with the secret in it."""
    path, report = tmp_path / "secret", Report("site.toml")
    path.write_text(content)
    path.chmod(mode)
    check_word(str(path), "device[x].snmp.auth_file", report, least)
    problems = [mistake.problem for mistake in report.mistakes]
    assert len(problems) == len(said)
    for problem, part in zip(problems, said, strict=True):
        assert part in problem
        assert content.strip() not in problem or not content.strip()


def test_a_credential_of_systemd_is_not_looked_for(tmp_path: Path) -> None:
    """It is there only while the service runs."""
    report = Report("site.toml")
    check_word("/run/credentials/linewarden.service/auth", "x", report)
    check_word(None, "x", report)
    check_word(str(tmp_path / "nowhere"), "x", report)
    assert [mistake.problem for mistake in report.mistakes] == [f"file does not exist: {tmp_path}/nowhere"]
