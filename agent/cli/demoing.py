"""The command that runs the software branch, or plays on one that runs."""

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import click

from agent.demo.scenarios import CALM, SCENARIOS


@click.command()
@click.option("--scenario", type=click.Choice([*SCENARIOS, CALM]), help="What shall happen.")
@click.option("--end", is_flag=True, help="End the scenario instead of beginning it.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the branch."
)
def demo(scenario: str | None, language: str, *, end: bool) -> None:
    """Run a whole branch in software, without root.

    With --scenario, play on the one that runs.
    """
    if importlib.util.find_spec("amqtt") is None or importlib.util.find_spec("pysnmp") is None:
        raise click.ClickException(
            "the demo's parts are not installed: make demo, or pip install 'linewarden[demo]'"
        )
    if end and scenario is None:
        raise click.UsageError("--end needs --scenario")
    from agent.demo import run, stage

    running = run.find_stage()
    if running is not None and scenario is not None:
        _play(stage, running, scenario, end=end)
    elif running is not None:
        raise click.ClickException(f"a demo runs already ({running.parent}); --scenario plays on it")
    else:
        try:
            asyncio.run(run.run_demo(language, None if scenario == CALM else scenario, click.echo))
        except (run.DiedError, OSError) as error:
            raise click.ClickException(str(error)) from error


def _play(stage: ModuleType, running: Path, scenario: str, *, end: bool) -> None:
    try:
        answer = stage.ask(running, {"play": scenario, "begin": not end})
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"playing: {', '.join(answer['playing']) or 'nothing'}")


COMMANDS = (demo,)
