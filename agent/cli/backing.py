"""The commands about backups. For timers and for the worst day; English.

Exit codes: 0 done; 1 failed, nothing half-made was left; 2 wrong usage; 3 another backup or drill is under way, or the agent runs.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from agent.cli.options import site_option
from agent.cli.sites import load_site
from agent.cli.storing import store_errors

_file = click.Path(path_type=Path, dir_okay=False)
_identity = click.option(
    "--identity",
    "key",
    type=_file,
    required=True,
    help="File with a secret key of age, as age-keygen writes it.",
)


@contextmanager
def _errors() -> Iterator[None]:
    """Ends the command with what went wrong."""
    from agent.backup.errors import BackupError

    with store_errors():
        try:
            yield
        except BackupError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(str(error)) from error


@click.group()
def backup() -> None:
    """Encrypted backups of this box."""


@backup.command()
@site_option
@click.option("--output", type=_file, help="One file, instead of one in the directory of backups.")
@click.option("--trends/--no-trends", default=True, help="Whether trends go into it.")
def create(site_path: Path, output: Path | None, *, trends: bool) -> None:
    """Make a backup, also while the agent runs.

    Without --output in [backup] directory, of which the newest are kept.
    """
    from agent.backup import guarded, results, shelf
    from agent.backup.age import OWN_KEY
    from agent.backup.make import make
    from agent.store.lock import Lock

    loaded = load_site(site_path)
    site, settings, data_dir = loaded.site.site.id, loaded.site.backup, Path(str(loaded.site.agent.data_dir))
    directory, now = Path(str(settings.directory)), time.time()
    with _errors():
        guarded.own_directory(directory)
        lock = Lock(directory)
        try:
            target = output or directory / shelf.name_of(site, now)
            manifest = make(
                target,
                site=site,
                data_dir=data_dir,
                config_dir=site_path.parent,
                recipients=settings.recipients,
                own_key=directory / OWN_KEY,
                wall=now,
                trends=trends,
            )
            gone = [] if output else shelf.rotate(directory, site, settings.keep, now)
            size = target.stat().st_size
            if not output:
                results.note(directory, created=now, bytes=size)
        finally:
            lock.release()
    click.echo(
        f"{target}: {size} bytes, {manifest.journal.events} events up to {manifest.journal.head or '-'}"
    )
    for one in manifest.left_out:
        click.echo(f"left out: {one}", err=True)
    for path in gone:
        click.echo(f"deleted: {path}")


@backup.command()
@_identity
@click.argument("file", type=_file)
def verify(key: Path, file: Path) -> None:
    """Look whether FILE is whole, and opens by a key.

    Its journal is looked through too.
    """
    from agent.backup import age
    from agent.backup.check import unpack
    from agent.backup.restore import UNPACKED
    from agent.backup.scratch import scratch

    with _errors(), scratch(file.parent, UNPACKED * file.stat().st_size) as folder:
        manifest = unpack(file, age.read_identities(key), folder)
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(manifest.created))
    head = manifest.journal
    click.echo(f"{manifest.site}, made {made} by {manifest.version}: {len(manifest.files)} files")
    click.echo(f"the chain of {head.events} events holds up to {head.head or '-'}, hash {head.hash or '-'}")
    for one in manifest.left_out:
        click.echo(f"left out: {one}")


@backup.command()
@site_option
@click.argument("file", type=_file, required=False)
def drill(site_path: Path, file: Path | None) -> None:
    """Rehearse a restore of the newest backup, or of FILE.

    Into a scratch place, by the box's own key. What came of it is told as a point of the box, and a failure as an alarm.
    """
    from agent.backup import guarded, results, shelf
    from agent.backup.age import OWN_KEY
    from agent.backup.drill import drill as rehearse
    from agent.backup.errors import BackupError
    from agent.store.epochs import random_suffix
    from agent.store.lock import Lock

    loaded = load_site(site_path)
    directory = Path(str(loaded.site.backup.directory))
    with _errors():
        guarded.own_directory(directory)
        lock = Lock(directory)
        results.note(directory, begun=time.time())
        try:
            newest = file or shelf.newest(directory, loaded.site.site.id, time.time())
            manifest = rehearse(newest, directory / OWN_KEY, random_suffix)
        except BackupError as error:
            results.note(directory, begun=0.0, drilled=time.time(), drill="failed", detail=str(error))
            raise
        finally:
            lock.release()
        results.note(directory, begun=0.0, drilled=time.time(), drill="passed", detail="")
    click.echo(f"{newest}: restored, {manifest.journal.events} events up to {manifest.journal.head or '-'}")


@backup.command()
@_identity
@click.option("--once", type=_file, required=True, help="File of the new key, which is made.")
@click.option("--output", type=_file, required=True, help="File to write.")
@click.argument("file", type=_file)
def rekey(key: Path, once: Path, output: Path, file: Path) -> None:
    """Encrypt FILE anew for a new key alone, where the bank's key is.

    What is restored with the new key needs no other there.
    """
    from agent.backup import age
    from agent.backup.rekey import rekey as encrypt_anew

    with _errors():
        encrypt_anew(file, age.read_identities(key), output, once)
    click.echo(f"{output}: opens by {once} alone")


@backup.command()
@_identity
@click.option(
    "--into",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The root below which everything goes: / for this machine.",
)
@click.option(
    "--set-aside",
    is_flag=True,
    help="Rename data, and a key of another box, that stand in the way, as soon as the backup is known to be whole.",
)
@click.argument("file", type=_file)
def restore(key: Path, root: Path, file: Path, *, set_aside: bool) -> None:
    """Make a box of the backup FILE, with the agent stopped.

    Data to var/lib/linewarden, configuration to etc/linewarden. Never over a journal; files of the configuration that are
    there already are left as they are. The journal goes on in a new epoch.
    """
    from agent.backup import age
    from agent.backup.restore import restore as make_box
    from agent.store.epochs import random_suffix

    with _errors():
        time_now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) if set_aside else ""
        done = make_box(file, age.read_identities(key), root, random_suffix, time_now)
    click.echo(f"{done.data_dir}: {done.manifest.journal.events} events, epoch {done.epoch}")
    count = sum(one.name.startswith("config/") for one in done.manifest.files)
    click.echo(f"{done.config_dir}: {count - len(done.kept) - len(done.not_taken)} files")
    for name in done.kept:
        click.echo(f"left as it was: {name}")
    for name in done.not_taken:
        click.echo(f"not taken, it belongs to the roll-out: {name}")
    for path in done.aside:
        click.echo(f"set aside: {path}")


COMMANDS = (backup,)
