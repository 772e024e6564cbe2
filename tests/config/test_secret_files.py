"""What `check` says of the files that hold secrets."""

from pathlib import Path

import pytest

from agent.config.errors import Report
from agent.config.load import check
from agent.config.secret_checks import check_word
from agent.config.secrets import read_secret_file


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


def test_a_named_credential_is_looked_for_where_the_service_manager_takes_it_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a missing secret is a mistake before the roll-out, and the service finds its own copy."""
    monkeypatch.setattr("agent.config.secrets.CREDENTIALS_SOURCE", str(tmp_path))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    report = Report("site.toml")
    check_word("credential:pbx.community", "x", report)
    assert [mistake.problem for mistake in report.mistakes] == [
        f"file does not exist: {tmp_path}/pbx.community"
    ]
    handed = tmp_path / "handed"
    handed.mkdir()
    (handed / "pbx.community").write_text("a secret of the branch\n")
    (handed / "pbx.community").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    assert read_secret_file("credential:pbx.community").reveal() == "a secret of the branch"
    report = Report("site.toml")
    check_word("credential:pbx.community", "x", report)
    assert report.mistakes == []


def test_credentials_that_only_root_may_see_are_no_mistake_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may not look there cannot say that something is missing."""
    monkeypatch.setattr("agent.config.secrets.CREDENTIALS_SOURCE", str(tmp_path))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr("os.access", lambda *_: False)  # tests may run as root, who may look everywhere
    report = Report("site.toml")
    check_word("credential:pbx.community", "x", report)
    assert report.mistakes == []


@pytest.mark.parametrize(
    "given", ["credential:", "credential:../shadow", "credential:a/b", "public", "cred:x"]
)
def test_what_is_neither_path_nor_credential_is_not_quoted(tmp_path: Path, given: str) -> None:
    """Somebody may have written the secret itself there."""
    site = tmp_path / "site.toml"
    site.write_text(
        '[site]\nid = "a"\nname = "A"\ntimezone = "UTC"\n'
        f'[broker]\nhost = "m"\nuser = "u"\npassword_file = "{given}"\n'
    )
    said = [str(mistake) for mistake in check(site)]
    assert len(said) == 1
    assert "credential:NAME" in said[0]
    assert given == "credential:" or given not in said[0]
