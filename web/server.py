"""The panel as a process: what it is made of, and the command that starts it."""

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from agent.logs import configure
from agent.service_manager import NOBODY, ServiceManager
from web.app import create_app
from web.errors import ListenError, PanelError, SettingsError
from web.extension import Extension
from web.heartbeat import Heartbeat
from web.memory import share_arenas
from web.passwords import PASSWORD_MAX, hash_password
from web.redirect import Redirect
from web.settings import DEFAULT_PATH, Settings, Tls, load, metrics_token
from web.tls import Pair, inspect, make_context
from web.wire import Companion, LateTls, PanelServer

log = logging.getLogger(__name__)


def build(
    settings: Settings, extensions: Sequence[Extension] = (), manager: ServiceManager = NOBODY
) -> PanelServer:
    """The server of a panel, listening already; `serve` runs it.

    Args:
        settings: panel.toml.
        extensions: pages from outside, behind the same login.
        manager: who is told that it serves.

    Raises:
        SettingsError: the session secret or the TLS files cannot be used.
        ListenError: the address cannot be listened on.
    """
    app = create_app(settings, extensions)
    companions: list[Companion] = [app.extensions["live"]]
    server = PanelServer((settings.listen.address, settings.listen.port), app, companions)
    companions.append(
        Heartbeat(lambda: (settings.listen.address, server.port), manager, encrypted=settings.tls is not None)
    )
    if settings.tls is not None:
        server.ssl_adapter = LateTls(Pair(settings.tls.certificate, settings.tls.key))
    with _listening(settings.listen.address, settings.listen.port):
        server.prepare()
    if settings.tls is not None and settings.tls.redirect_port:
        with _listening(settings.listen.address, settings.tls.redirect_port):
            address = (settings.listen.address, settings.tls.redirect_port)
            companions.append(Redirect(address, lambda: server.port))
    return server


@contextmanager
def _listening(address: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ListenError(
            f"cannot listen on {address}:{port} ({error}); "
            "choose another [listen] address or port, or end what listens there"
        ) from error


def serve(server: PanelServer, reload: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, then end what is under way and return.

    Args:
        server: what is served.
        reload: called for each SIGHUP.

    Raises:
        PanelError: the server ended though nobody asked it to.
    """
    happened: queue.SimpleQueue[int] = queue.SimpleQueue()
    for awaited in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # This queue is put without a lock: a signal may come while another is put.
        signal.signal(awaited, lambda number, _frame: happened.put(number))
    thread = threading.Thread(target=_run, args=(server, happened), name="panel")
    thread.start()
    while (number := happened.get()) == signal.SIGHUP:
        reload()
    server.stop()
    thread.join()
    if not number:
        raise PanelError("the server ended by itself; its last words are in the log")


def _run(server: PanelServer, happened: "queue.SimpleQueue[int]") -> None:
    try:
        server.serve()
    finally:
        happened.put(0)


def renew(server: PanelServer, path: Path, settings: Settings) -> None:
    """Take up what may change while the panel runs: the users and the certificate; all else needs a restart."""
    try:
        users = load(path).users
    except PanelError as error:
        log.error("the settings stay as they were: %s", error)  # noqa: TRY400  # the trace says no more
    else:
        gone = set(settings.users) - set(users)
        settings.users.update(users)
        for name in gone:
            del settings.users[name]
        log.info("the users are read anew: %d", len(users))
    if isinstance(server.ssl_adapter, LateTls):
        server.ssl_adapter.pair.renew()


@click.group(invoke_without_command=True)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_PATH,
    envvar="LINEWARDEN_PANEL",
    show_default=True,
    show_envvar=True,
    help="The settings of the panel.",
)
@click.pass_context
def main(context: click.Context, config: Path) -> None:
    """The panel of linewarden: the branch in a browser."""
    if context.invoked_subcommand is not None:
        return
    share_arenas()
    try:
        settings = load(config)
        configure(settings.log)
        server = build(settings, manager=ServiceManager(os.environ))
    except PanelError as error:
        raise click.ClickException(str(error)) from error
    _announce(settings, server)
    try:
        serve(server, lambda: renew(server, config, settings))
    except PanelError as error:
        raise click.ClickException(str(error)) from error


def _announce(settings: Settings, server: PanelServer) -> None:
    scheme = "https" if settings.tls else "http"
    log.info("the panel listens on %s://%s:%d/", scheme, settings.listen.address, server.port)


@main.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Say the mistakes of the settings, and how long the certificate is good; changes nothing."""
    path: Path = context.find_root().params["config"]
    try:
        settings = load(path)
        if settings.metrics is not None:
            metrics_token(Path(settings.metrics.token_file))
        if settings.tls is not None:
            _check_certificate(settings.tls)
    except PanelError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{path}: no mistakes")


def _check_certificate(tls: Tls) -> None:
    validity = inspect(make_context(tls.certificate, tls.key), tls.certificate)
    if validity.fault:
        raise SettingsError(f"[tls] {tls.certificate}: {validity.sentence(time.time())}")
    day = datetime.fromtimestamp(validity.until, UTC).strftime("%Y-%m-%d")
    click.echo(f"{tls.certificate}: {validity.sentence(time.time()) or f'good until {day}'}")


@main.command("hash")
@click.password_option("--password", help="Asked for where it is not given.")
def hash_command(password: str) -> None:
    """Print the hash of a password for [users] of the settings."""
    if not 8 <= len(password) <= PASSWORD_MAX:
        raise click.ClickException(f"a password has 8 to {PASSWORD_MAX} characters")
    click.echo(hash_password(password))
