"""The panel as a process: what it is made of, and the command that starts it."""

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from web.app import create_app
from web.errors import ListenError, PanelError, SettingsError
from web.extension import Extension
from web.passwords import PASSWORD_MAX, hash_password
from web.settings import DEFAULT_PATH, Settings, Tls, load
from web.wire import LateTls, PanelServer

log = logging.getLogger(__name__)


def build(settings: Settings, extensions: Sequence[Extension] = ()) -> PanelServer:
    """The server of a panel, listening already; `serve` runs it.

    Raises:
        SettingsError: the session secret or the TLS files cannot be used.
        ListenError: the address cannot be listened on.
    """
    listen = settings.listen
    app = create_app(settings, extensions)
    server = PanelServer((listen.address, listen.port), app, [app.extensions["live"]])
    if settings.tls is not None:
        server.ssl_adapter = _tls(settings.tls)
    try:
        server.prepare()
    except OSError as error:
        raise ListenError(
            f"cannot listen on {listen.address}:{listen.port} ({error}); "
            "choose another [listen] address or port, or end what listens there"
        ) from error
    return server


def _tls(tls: Tls) -> LateTls:
    try:
        return LateTls(tls.certificate, tls.key)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"[tls] {tls.certificate} with {tls.key} cannot be used ({error}); give a matching pair of PEM files"
        ) from error


def serve(server: PanelServer) -> None:
    """Serve until SIGTERM or SIGINT, then end what is under way and return.

    Raises:
        PanelError: the server ended though nobody asked it to.
    """
    ended = threading.Event()
    asked: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    thread = threading.Thread(target=_run, args=(server, ended), name="panel")
    thread.start()
    ended.wait()
    server.stop()
    thread.join()
    if not asked:
        raise PanelError("the server ended by itself; its last words are in the log")


def _run(server: PanelServer, ended: threading.Event) -> None:
    try:
        server.serve()
    finally:
        ended.set()


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
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        settings = load(config)
        server = build(settings)
    except PanelError as error:
        raise click.ClickException(str(error)) from error
    _announce(settings, server)
    try:
        serve(server)
    except PanelError as error:
        raise click.ClickException(str(error)) from error


def _announce(settings: Settings, server: PanelServer) -> None:
    scheme = "https" if settings.tls else "http"
    log.info("the panel listens on %s://%s:%d/", scheme, settings.listen.address, server.port)


@main.command("hash")
@click.password_option("--password", help="Asked for where it is not given.")
def hash_command(password: str) -> None:
    """Print the hash of a password for [users] of the settings."""
    if not 8 <= len(password) <= PASSWORD_MAX:
        raise click.ClickException(f"a password has 8 to {PASSWORD_MAX} characters")
    click.echo(hash_password(password))
