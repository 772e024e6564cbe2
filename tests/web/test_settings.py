"""panel.toml: what it may hold, and what is said of a mistake."""

from pathlib import Path

import pytest

from web.errors import SettingsError
from web.settings import load, session_secret

USER = '[users]\ndemo = "scrypt:16:8:1$salt$00ff"\n'


def written(folder: Path, text: str) -> Path:
    """A settings file."""
    path = folder / "panel.toml"
    path.write_text(text)
    return path


def test_users_are_enough(tmp_path: Path) -> None:
    """Everything else has a default that serves on the loopback only."""
    settings = load(written(tmp_path, USER))
    assert settings.listen.address == "127.0.0.1"
    assert settings.tls is None
    assert list(settings.users) == ["demo"]


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("", "users", "linewarden-panel hash"),
        ("[users]\n", "users", "linewarden-panel hash"),
        ('[users]\ndemo = "secret"\n', "users.demo", "linewarden-panel hash"),
        ("[users]\ndemo = 1\n", "users", "linewarden-panel hash"),
        (f"{USER}[lisen]\n", "top level", "listen"),
        (f"{USER}[listen]\nprt = 1\n", "listen", "address, port"),
        (f'{USER}[listen]\nport = "x"\n', "listen.port", "0 to 65535|1 to 65535"),
        (f"{USER}[listen]\nport = 70000\n", "listen.port", "1 to 65535"),
        (f"{USER}[agent]\ntimeout = 0\n", "agent.timeout", "seconds"),
        (f'{USER}[tls]\ncertificate = "x"\n', "tls", "certificate, key"),
        (f'{USER}[tls]\ncertificate = "/nowhere"\nkey = "/nowhere"\n', "tls.certificate", "PEM"),
        ("[users\n", "TOML", "correct the syntax"),
    ],
)
def test_a_mistake_is_told_with_its_path_and_a_remedy(
    tmp_path: Path, text: str, place: str, remedy: str
) -> None:
    """File, key, and what to write instead."""
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as told:
        load(path)
    message = str(told.value)
    assert message.startswith(str(path))
    assert place in message
    assert any(one in message for one in remedy.split("|"))


def test_a_password_in_the_place_of_a_hash_is_not_repeated(tmp_path: Path) -> None:
    """The mistake is told without the secret."""
    with pytest.raises(SettingsError) as told:
        load(written(tmp_path, '[users]\ndemo = "hunter2"\n'))
    assert "hunter2" not in str(told.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "none.toml")


def test_the_session_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """The second start finds what the first one made."""
    path = tmp_path / "state" / "session.key"
    secret = session_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert session_secret(path) == secret
    assert len(secret) >= 32
    assert [one.name for one in path.parent.iterdir()] == ["session.key"]


def test_a_secret_that_others_may_read_or_that_is_short_is_refused(tmp_path: Path) -> None:
    """It could have been copied, or guessed."""
    path = tmp_path / "session.key"
    path.write_bytes(b"x" * 32)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        session_secret(path)
    path.chmod(0o600)
    path.write_bytes(b"x")
    with pytest.raises(SettingsError, match="too short"):
        session_secret(path)


def test_a_secret_without_a_place_is_told(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "state").write_text("")
    with pytest.raises(SettingsError, match="give its folder"):
        session_secret(tmp_path / "state" / "session.key")
