"""The commands about the journal's file: its version, the way back after a roll-out, copies. For roll-out tools; English.

Exit codes: 0 done, or nothing to do; 1 failed, nothing changed; 2 wrong usage; 3 the agent runs.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from agent.cli.options import site_option
from agent.cli.sites import load_site

BUSY = 3


class BusyError(click.ClickException):
    """The agent, or another command, holds the data."""

    exit_code = BUSY


@contextmanager
def store_errors() -> Iterator[None]:
    """Ends the command with what the store says."""
    from agent.store.errors import StoreBusy, StoreError

    try:
        yield
    except StoreBusy as error:
        raise BusyError(f"{error}; stop the agent first") from error
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def data_dir_of(site_path: Path, *, writing: bool = False) -> Path:
    """The data directory of a branch.

    Args:
        site_path: the site file.
        writing: the command makes files there, which must belong to the agent's user.
    """
    path = Path(str(load_site(site_path).site.agent.data_dir))
    if writing and path.exists() and path.stat().st_uid != os.geteuid():
        owner = path.stat().st_uid
        raise click.ClickException(
            f"{path} belongs to user {owner}; run this as that user (sudo -u '#{owner}')"
        )
    return path


@click.group()
def store() -> None:
    """The journal's file: version, way back, copies."""


@store.command()
@site_option
@click.option("--json", "as_json", is_flag=True, help="As data: one JSON object.")
def schema(site_path: Path, *, as_json: bool) -> None:
    """The version of the tables: of this release, and of the file."""
    from agent.store.schema import SCHEMA
    from agent.store.stepping import file_version

    with store_errors():
        found = file_version(data_dir_of(site_path))
    if as_json:
        click.echo(msgspec.json.encode({"code": SCHEMA.version, "file": found}).decode())
    else:
        click.echo(f"code {SCHEMA.version}\nfile {found or '-'}")


@store.command("step-back")
@site_option
@click.option("--to", "version", type=click.IntRange(1), required=True, help="The older release's version.")
def step_back(site_path: Path, version: int) -> None:
    """Bring the journal back to an older version of its tables.

    To be run by the newer release, with the agent stopped, before the older one starts. Nothing is lost; a new epoch
    opens.
    """
    from agent.store import stepping
    from agent.store.epochs import random_suffix

    data_dir = data_dir_of(site_path, writing=True)
    try:
        with store_errors():
            epoch = stepping.step_back(data_dir, version, random_suffix)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--to") from error
    click.echo(f"version {version}, epoch {epoch}" if epoch else f"nothing to do: not later than {version}")


@store.command()
@site_option
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def copy(site_path: Path, target: Path) -> None:
    """Copy the journal to TARGET, also while the agent runs.

    Never over another file. The copy is not encrypted: it belongs on the box; `linewarden backup` leaves it.
    """
    from agent.store import stepping

    with store_errors():
        stepping.copy_journal(data_dir_of(site_path), target)
    click.echo(f"{target}: {target.stat().st_size} bytes")


@store.command("put-back")
@site_option
@click.option("--reason", required=True, help="Why; it is kept with the new epoch.")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def put_back(site_path: Path, reason: str, source: Path) -> None:
    """Put a copy, SOURCE, in the journal's place.

    With the agent stopped; for a journal that this release cannot open and the newer one could not step back. What is there is renamed, not
    deleted; what happened since the copy is only in it.
    """
    from agent.store import stepping
    from agent.store.epochs import random_suffix

    data_dir = data_dir_of(site_path, writing=True)
    with store_errors():
        done = stepping.put_back(data_dir, source, random_suffix, f"copy put back: {reason}")
    click.echo(f"epoch {done.epoch}" + (f"; the newer journal is kept as {done.aside}" if done.aside else ""))


COMMANDS = (store,)
