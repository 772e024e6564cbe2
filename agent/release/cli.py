"""`linewarden-release`, for root: install bundles, switch, go back, tell."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.release.errors import ReleaseError
from agent.release.install import install
from agent.release.layout import Layout


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; what it did is one line of JSON, what stood in the way one line on the error output."""
    given = _parser().parse_args(arguments)
    layout = Layout(given.root)
    try:
        with layout.alone():
            told = given.do(given, layout)
    except ReleaseError as error:
        print(f"linewarden-release: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.status)
    print(json.dumps(told))  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linewarden-release", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("install", help="install the release of a bundle beside the others")
    command.add_argument("bundle", type=Path)
    command.set_defaults(do=_install)
    return parser


def _install(given: argparse.Namespace, layout: Layout) -> dict[str, object]:
    version, changed = install(given.bundle, layout)
    return {"version": version, "changed": changed}
