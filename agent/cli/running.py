"""Commands that need no running agent: run, check, export."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from agent.cli.exporting import trends
from agent.cli.options import site_option
from agent.cli.sites import load_site
from agent.cli.stored import offsets_of
from agent.cli.verifying import begin_of, place_of, verify_chain
from agent.config.difference import difference
from agent.config.load import check as check_site
from agent.config.load import load
from agent.logs import configure
from agent.service_manager import ServiceManager
from agent.watchdog import attend

if TYPE_CHECKING:
    # Imported by the commands that use them: `check` must not load a broker client.
    from agent.app import Agent
    from agent.store.records import Position

NOT_WITHOUT_RESTART = 3
"""Exit status of `check --reloadable-from`."""


@click.command()
@site_option
@click.option("--verbose", is_flag=True, help="Log what the parts say to each other.")
def run(site_path: Path, *, verbose: bool) -> None:
    """Watch the branch, in the foreground, until told to end.

    SIGHUP has it take up a changed configuration, where that needs no restart, and renewed certificates of the link to the NOC.
    """
    from agent.app import Agent
    from agent.store.errors import StoreError
    from firmware.pins import header_factory

    loaded = load_site(site_path)
    configure(loaded.site.agent.log, verbose=verbose)
    try:
        agent = Agent(loaded, header_factory(), read=lambda: load(site_path))
        asyncio.run(_until_signalled(agent))
    except StoreError as error:
        raise click.ClickException(str(error)) from error


async def _until_signalled(agent: "Agent") -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, agent.reload)
    told = loop.create_task(attend(ServiceManager(os.environ), ready, stop, agent.stuck))
    try:
        await agent.run(stop, ready.set)
    finally:
        told.cancel()


@click.command()
@site_option
@click.option(
    "--profiles",
    "profiles",
    type=click.Path(path_type=Path, file_okay=False),
    multiple=True,
    help="A folder of device kinds of one's own, beside `profiles` next to the site file.",
)
@click.option(
    "--reloadable-from",
    "before",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only say whether an agent that runs with this site file can take up the other as it runs.",
)
def check(site_path: Path, profiles: tuple[Path, ...], before: Path | None) -> None:
    """Check the configuration: every mistake and its remedy.

    Changes nothing. Settings of the panel beside the site file are checked too, with the certificate that they name.

    With --reloadable-from the hash of the configuration is printed where no restart is needed; else what needs one, and the exit status is 3.
    """
    if before is not None:
        _check_reloadable(before, site_path)
        return
    mistakes = check_site(site_path, profiles)
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    if mistakes:
        click.echo(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}", err=True)
    else:
        click.echo(f"{site_path}: no mistakes")
    panel = site_path.with_name("panel.toml")
    # Only who may read them can check them; the panel is a part of its own, which only its own process knows.
    panel_is_wrong = os.access(panel, os.R_OK) and not _check_panel(panel)
    if mistakes or panel_is_wrong:
        sys.exit(1)


def _check_reloadable(before: Path, after: Path) -> None:
    loaded = load_site(after)
    found = difference(load_site(before), loaded)
    if found.restart:
        click.echo(f"a restart is needed for: {', '.join(found.restart)}", err=True)
        sys.exit(NOT_WITHOUT_RESTART)
    click.echo(loaded.config_hash)


def _check_panel(path: Path) -> bool:
    command = [sys.executable, "-m", "web", "--config", str(path.absolute()), "check"]
    return subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode == 0  # noqa: S603  # our own


@click.group(invoke_without_command=True)
@click.pass_context
@site_option
@click.option("--after", default="", help="Only events after this one, by EPOCH:SEQ such as 3-9f2a:120.")
@click.option("--verify", is_flag=True, help="Only check the hash chain and say where it is broken.")
@click.option(
    "--noted",
    nargs=2,
    metavar="ID HASH",
    help="With --verify: the last event of an earlier check must still be the same.",
)
def export(
    context: click.Context, site_path: Path, after: str, noted: tuple[str, str] | None, *, verify: bool
) -> None:
    """Write the journal as CloudEvents, one JSON a line.

    Works beside the running agent.
    """
    if context.invoked_subcommand is None:
        _export(site_path, after, noted, verify=verify or noted is not None)


def _export(site_path: Path, after: str, noted: tuple[str, str] | None, *, verify: bool) -> None:
    from agent import publications
    from agent.store import reader
    from agent.store.errors import StoreError

    loaded = load_site(site_path)
    data_dir = Path(str(loaded.site.agent.data_dir))
    try:
        if verify:
            verify_chain(data_dir, noted)
            return
        position, offsets = _position(after, data_dir), offsets_of(data_dir)
        for record in reader.iterate(data_dir, position):
            try:
                event = publications.event(loaded.site.site.id, record, record.entry.wall, offsets)
            except ValueError as error:
                click.echo(f"left out: {error}", err=True)
                continue
            sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def _position(text: str, data_dir: Path) -> "Position":
    """The place after which to export; the beginning where none is given."""
    from agent.store import reader
    from agent.store.records import START

    if not text:
        return START
    epoch, position = place_of(text, "--after")
    if not reader.knows(data_dir, epoch):
        # Silence would be taken for "nothing new".
        raise click.BadParameter(f"this journal has no epoch {epoch}", param_hint="--after")
    if position < (begin := reader.anchor(data_dir)).position:
        click.echo(f"left out: what was pruned, up to {begin_of(begin)}", err=True)
    return position


export.add_command(trends)
COMMANDS = (run, check, export)
