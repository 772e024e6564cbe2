"""`linewarden-release`, for root: install bundles, switch, go back, tell. On the control node: make bundles thinner."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from agent.release import parts, record
from agent.release.errors import ReleaseError, on_disk
from agent.release.install import install
from agent.release.layout import Layout, remove
from agent.release.record import Attempt
from agent.release.switch import Switch, Terms
from agent.release.thin import thin
from agent.release.units import SystemdUnits
from agent.release.wheels import Stock

Told = dict[str, object]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; what it did is one line of JSON, what stood in the way one line on the error output."""
    given = _parser().parse_args(arguments)
    os.umask(0o077)
    layout = Layout(given.root)
    try:
        with on_disk(), layout.alone() if given.alone else contextlib.nullcontext():
            told = given.do(given, layout)
    except ReleaseError as error:
        print(f"linewarden-release: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.status)
    print(json.dumps(told))  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linewarden-release", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    parser.set_defaults(alone=True)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("install", help="install the release of a bundle beside the others")
    command.add_argument("bundle", type=Path)
    command.set_defaults(do=_install)

    command = commands.add_parser(
        "apply", help="have a release run with the configuration as it is wanted now"
    )
    command.add_argument("release", help="as install, or status, names it")
    command.add_argument("--patience", type=float, default=Terms.patience, help="seconds (%(default)s)")
    command.add_argument("--settle", type=float, default=Terms.settle, help="seconds (%(default)s)")
    command.add_argument("--days", type=float, default=Terms.days, help="see docs/rollout.md (%(default)s)")
    command.add_argument(
        "--override",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="also while something critical stands, and whatever the old release says",
    )
    command.add_argument("--dry-run", action="store_true", help="only say whether anything would change")
    command.set_defaults(do=_apply)

    command = commands.add_parser("back", help="go back to the generation before")
    command.add_argument("--reason", default="ordered by hand")
    command.set_defaults(do=lambda given, layout: asdict(_switch(layout).back(given.reason)))

    command = commands.add_parser("recover", help="undo a change that the machine went down in")
    command.set_defaults(do=_recover)

    command = commands.add_parser("status", help="what runs, what is installed, how the last change ended")
    command.set_defaults(do=lambda _, layout: _status(layout))

    command = commands.add_parser("prune", help="delete releases that no generation uses")
    command.set_defaults(do=lambda _, layout: _prune(layout))

    command = commands.add_parser("parts", help="say which Python parts the box has, whole")
    command.set_defaults(do=lambda _, layout: parts.stock(layout).encode(), alone=False)

    command = commands.add_parser(
        "thin",
        help="on the control node: make a bundle of what a box lacks, given what `parts` printed there",
    )
    command.add_argument("bundle", type=Path)
    command.add_argument("--into", type=Path, default=Path(), help="folder for it (%(default)s)")
    command.set_defaults(do=_thin, alone=False)
    return parser


def _switch(layout: Layout, terms: Terms | None = None) -> Switch:
    return Switch(layout, SystemdUnits(), terms)


def _install(given: argparse.Namespace, layout: Layout) -> Told:
    os.umask(0o022)  # code is for everybody, and a bundle holds no secret
    name, changed = install(given.bundle, layout)
    return {"release": name, "changed": changed}


def _apply(given: argparse.Namespace, layout: Layout) -> Told:
    if given.dry_run:
        return {"release": given.release, "changed": _switch(layout).would_change(given.release)}
    terms = Terms(given.patience, given.settle, given.days, given.override)
    return _ended(_switch(layout, terms).apply(given.release))


def _recover(_: argparse.Namespace, layout: Layout) -> Told:
    return _ended(_switch(layout).recover())


def _ended(attempt: Attempt | None) -> Told:
    return {"changed": attempt is not None} | (asdict(attempt) if attempt else {})


def _status(layout: Layout) -> Told:
    last = record.read(layout)
    return {
        "generation": layout.running,
        "version": layout.version_of(layout.running),
        "releases": layout.versions(),
        "generations": {str(number): layout.version_of(number) for number in layout.numbers()},
        "last": asdict(last) if last else None,
        "under_way": record.read(layout, record.TRYING) is not None,
    }


def _thin(given: argparse.Namespace, _: Layout) -> Told:
    made = thin(given.bundle, Stock.read(sys.stdin.buffer.read()), given.into)
    return {"file": str(made.absolute()), "bytes": made.stat().st_size}


def _prune(layout: Layout) -> Told:
    used = {layout.version_of(number) for number in layout.numbers()}
    gone = [version for version in layout.versions() if version not in used]
    for version in gone:
        remove(layout.release(version))
    deleted = parts.prune(layout)
    return {"changed": bool(gone or deleted), "releases": gone, "parts": deleted}
