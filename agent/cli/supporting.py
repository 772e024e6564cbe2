"""The command that packs a support bundle; works beside the agent and without it."""

from pathlib import Path

import click
import msgspec

from agent import api
from agent.cli.options import site_option, socket_option
from agent.control_client import AgentError, ControlClient
from agent.log_lines import blot


@click.command()
@site_option
@socket_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The archive to write, such as box.tar.gz; never over an older one.",
)
def support(site_path: Path, socket_path: Path, output: Path) -> None:
    """Pack what somebody far away needs to see of this box.

    No secret is in it; look yourself before you send it.
    """
    from agent.support import box, bundle

    files = box.gather(site_path) | _ask(socket_path)
    packed = bundle.pack(
        files, output.name.removesuffix(".gz").removesuffix(".tar").removesuffix(".tgz"), blot
    )
    try:
        bundle.write(output, packed)
    except OSError as error:
        raise click.ClickException(
            f"{output} cannot be written ({error}); name another file by --output"
        ) from error
    alive = "agent/log.txt" in files
    click.echo(
        f"{output}: {len(files)} files, {len(packed)} bytes" + ("" if alive else "; the agent did not answer")
    )


def _ask(socket_path: Path) -> dict[str, str]:
    """What the agent says of itself and of the branch; where it does not answer, that."""
    files: dict[str, str] = {}
    try:
        with ControlClient(socket_path) as client:
            branch = client.ask(api.AskBranch())
            devices = [one.id for one in branch.devices] if isinstance(branch, api.BranchView) else []
            files["agent/branch.json"] = _json(branch)
            files["agent/devices.json"] = _json([client.ask(api.AskDevice(one)) for one in devices])
            files["agent/figures.json"] = _json(client.ask(api.AskFigures()))
            own = client.ask(api.AskSupport())
    except AgentError as error:
        return files | {"agent/silent.txt": f"{error}\n"}
    return files | (dict(own.files) if isinstance(own, api.Support) else {"agent/refused.txt": str(own)})


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"


COMMANDS = (support,)
