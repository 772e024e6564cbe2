"""The command that measures the quality of alarms; needs no running agent and disturbs none."""

import time
from pathlib import Path

import click
import msgspec

from agent.cli import words
from agent.cli.moments import clock, moment, zone_of
from agent.cli.options import site_option
from agent.cli.quality_report import QualityReport
from agent.cli.sites import load_site
from agent.cli.stored import offsets_of, was_stepped
from agent.core.quality.figures import Quality
from agent.core.quality.meter import Meter
from agent.core.quality.notes import RAISED, dated, read
from agent.core.quality.spans import Period

DAYS = 7
DAY = 86_400.0


@click.command()
@site_option
@click.option(
    "--from", "begin", default="", help="ISO 8601, in the site's time zone unless it says. [7 days back]"
)
@click.option("--days", type=click.FloatRange(0, min_open=True), help="So many days back instead of --from.")
@click.option("--to", "end", default="", help="Likewise; not beyond now. [now]")
@click.option("--json", "as_json", is_flag=True, help="The figures as data: one JSON object.")
def quality(site_path: Path, *, begin: str, days: float | None, end: str, as_json: bool) -> None:
    """Measure how much the alarms ask of people.

    By ISA-18.2 and EEMUA 191: load, floods, nuisances, what stands, how long it took.
    """
    loaded = load_site(site_path)
    site = loaded.site.site
    if begin and days:
        raise click.BadParameter("give --from or --days, not both", param_hint="--days")
    zone = zone_of(site.timezone)
    now = time.time()
    until = min(moment(end, zone, "--to") or now, now)
    since = moment(begin, zone, "--from") or until - (days or DAYS) * DAY
    try:
        period = Period(since, until)
    except ValueError as error:
        raise click.BadParameter(
            "the period must begin before it ends, and before now", param_hint="--from"
        ) from error
    measured = _measure(Path(str(loaded.site.agent.data_dir)), period)
    if as_json:
        click.echo(msgspec.json.encode(measured).decode())
        return
    language = words.language(site.language)
    report = QualityReport(measured, language, words.speaker(language), clock(zone))
    click.echo(report.text(f"{site.id} ({site.name})"))


def _measure(data_dir: Path, period: Period) -> Quality:
    """Reads the journal from where the period begins, and what stood there already."""
    from agent.store import stretch
    from agent.store.errors import StoreError

    meter, damaged = Meter(period), set[str]()
    offsets = offsets_of(data_dir)
    try:
        # a row that is no event may be met twice, at the end of a page and at the beginning of the next
        begin = 0.0 if was_stepped(data_dir) else period.begin
        for record in stretch.since(data_dir, begin, RAISED, lambda error: damaged.add(str(error))):
            note = read(record.entry.body)
            if note is None:
                meter.miss(record.entry.wall)
            else:
                meter.take(dated(note, offsets))
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    for _ in damaged:
        meter.miss()
    return meter.report()


COMMANDS = (quality,)
