"""The command that ends what the broker knows of a branch: for a box that goes, or is gone.

Exit codes: 0 nothing is retained any more; 1 failed, the broker may still retain some; 2 wrong usage; 3 the agent runs.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from agent.cli import words
from agent.cli.options import site_option
from agent.cli.sites import load_site
from agent.cli.storing import store_errors
from agent.config.site import NOC

_SITE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""As `Slug` has it: a wildcard here would empty the whole bank."""


def _site_id(_context: click.Context, _option: click.Parameter, given: str | None) -> str | None:
    if given is not None and (not _SITE_ID.fullmatch(given) or given == NOC):
        raise click.BadParameter(f"{given!r} is not the id of a branch")
    return given


@click.command()
@site_option
@click.option(
    "--of",
    "other",
    metavar="SITE-ID",
    callback=_site_id,
    help="Another site: for the NOC, with a site file and a certificate of its own.",
)
def forget(site_path: Path, other: str | None) -> None:
    """Empty all that the broker retains of a site.

    Status, devices, alarms and whatever else; a second look proves that nothing is left. The agent has to be stopped.
    """
    from agent.outputs.mqtt_errors import BrokerError
    from agent.outputs.mqtt_forget import forget as empty

    loaded = load_site(site_path)
    broker, site = loaded.site.broker, other or loaded.site.site.id
    if broker is None:
        raise click.ClickException(f"{site_path} has no [broker]: nothing was ever published")
    with _agent_stopped(Path(str(loaded.site.agent.data_dir))):
        try:
            count = empty(broker, loaded.site.client_id, site)
        except BrokerError as error:
            where = f"{broker.host}:{broker.resolved_port}"
            raise click.ClickException(
                f"{where} may still retain some of {site}: {error.word}: {error}"
            ) from error
    say = words.speaker(words.language(loaded.site.site.language))
    text = (
        "{count} retained messages of {site} emptied, none is left"
        if count
        else "nothing is retained of {site}"
    )
    click.echo(say(text).format(count=count, site=site))


@contextmanager
def _agent_stopped(data_dir: Path) -> Iterator[None]:
    """Keeps an agent from starting meanwhile; it would publish everything anew. Makes no file where there is no agent."""
    from agent.store.lock import FILE, Lock

    if not (data_dir / FILE).exists():
        yield
        return
    with store_errors():
        lock = Lock(data_dir)
    try:
        yield
    finally:
        lock.release()


COMMANDS = (forget,)
