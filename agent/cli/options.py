"""The options that commands share."""

from pathlib import Path

import click

DEFAULT_SITE = "/etc/linewarden/site.toml"
DEFAULT_SOCKET = "/run/linewarden/control.sock"

site_option = click.option(
    "--site",
    "site_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_SITE,
    envvar="LINEWARDEN_SITE",
    show_default=True,
    show_envvar=True,
    help="The branch's configuration.",
)

socket_option = click.option(
    "--socket",
    "socket_path",
    type=click.Path(path_type=Path),
    default=DEFAULT_SOCKET,
    envvar="LINEWARDEN_SOCKET",
    show_default=True,
    show_envvar=True,
    help="The agent's control socket.",
)
