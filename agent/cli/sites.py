"""The configuration for commands that need no running agent."""

from pathlib import Path

import click

from agent.config.errors import ConfigError
from agent.config.load import Loaded, load


def load_site(site_path: Path) -> Loaded:
    """The configuration of a branch.

    Raises:
        click.ClickException: with every mistake.
    """
    try:
        return load(site_path)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
