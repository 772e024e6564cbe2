"""A certificate authority for a bank that has none: for its broker, its NOC and its boxes (docs/enrolment.md).

Boxes and the NOC get certificates for clients only, brokers for servers only; what a certificate is for says the
command, never the request. Keep its folder where few can read.
Exit codes: 0 done; 1 refused or failed, what was refused changed nothing; 2 wrong usage.
"""

import datetime as dt
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from authority import Authority
from ledger import AuthorityError, write

_file = click.Path(path_type=Path, dir_okay=False)


def _common_options(command: Callable[..., None]) -> Callable[..., None]:
    folder = click.option(
        "--ca", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Its folder."
    )
    passphrase = click.option(
        "--passphrase-file",
        type=_file,
        help="File whose first line opens the key; without it the key is open.",
    )
    return folder(passphrase(command))


_days_option = click.option(
    "--days", type=click.IntRange(1, 3650), default=825, show_default=True, help="How long each lasts."
)


@contextmanager
def _authority(folder: Path, passphrase_file: Path | None) -> Iterator[Authority]:
    """The authority, held so that two people do not lose each other's work; its refusals end the command."""
    lock = None
    try:
        passphrase = _first_line(passphrase_file) if passphrase_file else None
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Authority(folder, passphrase)
    except (AuthorityError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        if lock is not None:
            os.close(lock)


def _first_line(file: Path) -> bytes:
    line = file.read_bytes().split(b"\n")[0].strip()
    if not line:
        raise AuthorityError(f"{file}: line 1 is empty")
    return line


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Certificates for a broker, a NOC and boxes."""


@main.command()
@_common_options
@click.option("--name", default="linewarden branches", show_default=True, help="The authority's own name.")
@click.option(
    "--days", type=click.IntRange(1, 7300), default=3650, show_default=True, help="How long it lasts."
)
@click.option(
    "--reserved",
    multiple=True,
    help="A name of the NOC besides noc, which no branch may have; repeatable; see reserve.",
)
def init(folder: Path, passphrase_file: Path | None, name: str, days: int, reserved: tuple[str, ...]) -> None:
    """Found an authority."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _authority(folder, passphrase_file) as authority:
        authority.found(name, days, reserved, _now())
    click.echo(f"{folder / 'ca.pem'}: for broker_ca; {folder / 'crl.pem'}: for broker_revoked")


@main.command()
@_common_options
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def reserve(folder: Path, passphrase_file: Path | None, names: tuple[str, ...]) -> None:
    """Keep more names for the NOC: each of broker_noc_users and broker_readers."""
    with _authority(folder, passphrase_file) as authority:
        authority.reserve(names)


@main.command()
@_common_options
@_days_option
@click.argument("requests", metavar="CSR...", type=_file, nargs=-1, required=True)
def sign(folder: Path, passphrase_file: Path | None, days: int, requests: tuple[Path, ...]) -> None:
    """Sign requests of boxes; the certificate of NAME.csr becomes NAME.pem beside it."""
    with _authority(folder, passphrase_file) as authority:
        _sign(authority, requests, days, lambda csr: authority.sign_branch(csr, days, _now()))


@main.command()
@_common_options
@_days_option
@click.argument("request", metavar="CSR", type=_file)
def noc(folder: Path, passphrase_file: Path | None, days: int, request: Path) -> None:
    """Sign the request of a program of the NOC; its name is noc or was reserved."""
    with _authority(folder, passphrase_file) as authority:
        _sign(authority, (request,), days, lambda csr: authority.sign_noc(csr, days, _now()))


@main.command()
@_common_options
@_days_option
@click.option(
    "--host",
    "hosts",
    multiple=True,
    required=True,
    help="A name or address that boxes and the NOC reach it by; repeatable.",
)
@click.argument("request", metavar="CSR", type=_file)
def broker(
    folder: Path, passphrase_file: Path | None, days: int, hosts: tuple[str, ...], request: Path
) -> None:
    """Sign the request of a broker."""
    with _authority(folder, passphrase_file) as authority:
        _sign(authority, (request,), days, lambda csr: authority.sign_broker(csr, hosts, days, _now()))


def _sign(
    authority: Authority, requests: tuple[Path, ...], days: int, signed: Callable[[bytes], tuple[str, bytes]]
) -> None:
    """Sign what may be signed; what may not holds up nothing else, and is told by the exit code."""
    refused = 0
    if authority.until < _now() + dt.timedelta(days=days):
        click.echo(
            f"The authority ends on {authority.until:%Y-%m-%d}: nothing it signs lasts longer", err=True
        )
    for request in requests:
        try:
            name, certificate = signed(request.read_bytes())
            write(request.with_suffix(".pem"), certificate, 0o644)
            click.echo(f"{request.with_suffix('.pem')}: {name}")
        except (AuthorityError, OSError) as error:
            refused += 1
            click.echo(f"Error: {request}: {error}", err=True)
    if refused:
        raise SystemExit(1)


@main.command()
@_common_options
@click.argument("which", metavar="NAME|CERTIFICATE")
def revoke(folder: Path, passphrase_file: Path | None, which: str) -> None:
    """Revoke all certificates of a name, or one, and write the list anew."""
    with _authority(folder, passphrase_file) as authority:
        count = authority.revoke(which, _now())
    said = f"{count} revoked, {folder / 'crl.pem'} is new" if count else "was revoked before"
    click.echo(f"{which}: {said}")


@main.command()
@_common_options
def crl(folder: Path, passphrase_file: Path | None) -> None:
    """Write the list of what is revoked anew, as of today."""
    with _authority(folder, passphrase_file) as authority:
        click.echo(authority.publish(_now()))


@main.command()
@_common_options
@click.argument("name", required=False, default="")
def check(folder: Path, passphrase_file: Path | None, name: str) -> None:
    """See that it could revoke now (that NAME); changes nothing."""
    with _authority(folder, passphrase_file) as authority:
        authority.prove(name)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


if __name__ == "__main__":
    main()
