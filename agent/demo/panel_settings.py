"""The settings of the demo's panel, with one user and a password of this run."""

from agent.demo.site import Places
from web.passwords import hash_password

LOGIN = "demo"

_SETTINGS = """\
language = "{language}"

[listen]
port = {port}

[agent]
socket = "{socket}"

[session]
secret_file = "{folder}/session.key"

[users]
{login} = "{hash}"
"""


def write_panel_settings(places: Places, password: str) -> None:
    """Write panel.toml, readable for this user only."""
    path = places.folder / "panel.toml"
    path.touch(mode=0o600)
    path.write_text(
        _SETTINGS.format(
            language=places.language,
            port=places.panel_port,
            socket=places.socket,
            folder=places.folder,
            login=LOGIN,
            hash=hash_password(password),
        )
    )
