"""The command line of the box."""

import click

from agent import __version__
from agent.cli import (
    asking,
    backing,
    demoing,
    forgetting,
    handling,
    health,
    limits,
    listing,
    measuring,
    running,
    storing,
    supporting,
    suppressing,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="linewarden")
def main() -> None:
    """Linewarden watches a bank branch's telephone room."""


for command in (
    *running.COMMANDS,
    *asking.COMMANDS,
    *health.COMMANDS,
    *handling.COMMANDS,
    *limits.COMMANDS,
    *suppressing.COMMANDS,
    *measuring.COMMANDS,
    *listing.COMMANDS,
    *storing.COMMANDS,
    *backing.COMMANDS,
    *forgetting.COMMANDS,
    *supporting.COMMANDS,
    *demoing.COMMANDS,
):
    main.add_command(command)
