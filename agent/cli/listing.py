"""The command that lists every alarm that can occur; needs no running agent."""

from itertools import groupby
from pathlib import Path

import click
import msgspec

from agent.cli import words
from agent.cli.limit_words import adjustable
from agent.cli.quality_report import duration
from agent.cli.sites import load_site
from agent.cli.tables import table
from agent.config import inventory as alarm_inventory
from agent.config.inventory import AlarmType
from agent.config.load import SHIPPED, load_profile


@click.command()
@click.option(
    "--site",
    "site_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="LINEWARDEN_SITE",
    show_envvar=True,
    help="A branch's configuration. Without it, what the shipped profiles can raise.",
)
@click.option("--json", "as_json", is_flag=True, help="As data: one JSON object an alarm type.")
def inventory(site_path: Path | None, *, as_json: bool) -> None:
    """List every alarm that can occur.

    The alarm-inventory of RFC 8632: limit, delays, meaning, causes and first action.
    """
    if site_path is None:
        profiles = [load_profile(path) for path in sorted(SHIPPED.glob("*.toml"))]
        found, language = alarm_inventory.of_profiles({one.id: one for one in profiles}), "en"
    else:
        loaded = load_site(site_path)
        found, language = alarm_inventory.of_site(loaded.branch), loaded.site.site.language
    if as_json:
        click.echo(msgspec.json.Encoder().encode_lines(found), nl=False)
        return
    language = words.language(language)
    for (resource, name), alarms in groupby(found, lambda one: (one.resource, one.resource_name)):
        click.echo(f"{resource} ({name.in_language(language)})\n")
        for one in alarms:
            click.echo(_block(one, language) + "\n")


def _block(one: AlarmType, language: str) -> str:
    say = words.speaker(language)
    severities = ", ".join(map(say, one.severity_levels))
    clears = "clears by itself" if one.will_clear else "stays until it is closed"
    rows = [
        (say("raised when"), one.raised_when.in_language(language)),
        (
            say("delays"),
            say("on-delay {on}, off-delay {off}; {clears}").format(
                on=duration(one.on_delay, say), off=duration(one.off_delay, say), clears=say(clears)
            ),
        ),
        (say("may be changed"), adjustable(one, language)),
        (say("causes"), one.causes.in_language(language)),
        (say("first action"), one.action.in_language(language)),
    ]
    told = table([row for row in rows if row[1]])
    title = f"  {one.name} ({severities}): {one.text.in_language(language)}"
    return "\n".join([title, *(f"    {line}" for line in told.splitlines())])


COMMANDS = (inventory,)
