"""A certificate authority for the boxes of a bank that has none: init, sign, revoke, crl (docs/enrolment.md).

It signs for clients of the broker only, with the id of a branch as the name. Keep its folder where few can read.
Exit codes: 0 done; 1 refused or failed, what was refused changed nothing; 2 wrong usage.
"""

import datetime as dt
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from authority import Authority, AuthorityError, write

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
    """Certificates for boxes."""


@main.command()
@_common_options
@click.option("--name", default="linewarden branches", show_default=True, help="The authority's own name.")
@click.option(
    "--days", type=click.IntRange(1, 7300), default=3650, show_default=True, help="How long it lasts."
)
@click.option(
    "--reserved",
    multiple=True,
    help="A name no branch may have, such as one of broker_noc_users; repeatable.",
)
def init(folder: Path, passphrase_file: Path | None, name: str, days: int, reserved: tuple[str, ...]) -> None:
    """Found an authority."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _authority(folder, passphrase_file) as authority:
        authority.found(name, days, reserved, _now())
    click.echo(f"{folder / 'ca.pem'}: for broker_ca; {folder / 'crl.pem'}: for broker_revoked")


@main.command()
@_common_options
@click.option(
    "--days", type=click.IntRange(1, 3650), default=825, show_default=True, help="How long each lasts."
)
@click.argument("requests", metavar="CSR...", type=_file, nargs=-1, required=True)
def sign(folder: Path, passphrase_file: Path | None, days: int, requests: tuple[Path, ...]) -> None:
    """Sign requests; the certificate of NAME.csr becomes NAME.pem beside it."""
    refused = 0
    with _authority(folder, passphrase_file) as authority:
        if authority.until < _now() + dt.timedelta(days=days):
            click.echo(
                f"The authority ends on {authority.until:%Y-%m-%d}: nothing it signs lasts longer", err=True
            )
        for request in requests:
            try:
                site, certificate = authority.sign(request.read_bytes(), days, _now())
                write(request.with_suffix(".pem"), certificate, 0o644)
                click.echo(f"{request.with_suffix('.pem')}: {site}")
            except (AuthorityError, OSError) as error:
                refused += 1
                click.echo(f"Error: {request}: {error}", err=True)
    if refused:
        raise SystemExit(1)


@main.command()
@_common_options
@click.argument("which", metavar="SITE|CERTIFICATE")
def revoke(folder: Path, passphrase_file: Path | None, which: str) -> None:
    """Revoke all certificates of a branch, or one, and write the list anew."""
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


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


if __name__ == "__main__":
    main()
