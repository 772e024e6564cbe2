"""Whether a branch is worse off than before. Pure, but for the one function that asks."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.release.commands import run
from agent.release.errors import CommandError

ASK_SECONDS = 90.0


@dataclass(frozen=True)
class Health:
    """How a branch is watched at a moment; `error` says why nobody could tell."""

    version: str = ""
    config: str = ""
    """Hash of the configuration by which the agent works."""
    answering: frozenset[str] = frozenset()
    """Devices with a fresh answer."""
    broker: str = ""
    """`connected`, `lost` or `none`."""
    journal: str = ""
    """`healthy` or `degraded`."""
    panel: bool = False
    """Whether the panel runs and answers itself."""
    critical: tuple[str, ...] = ()
    """Critical alarms that stand."""
    seq: int = 0
    error: str = ""
    wanted: frozenset[str] = field(default=frozenset())
    """Devices that the configuration names."""


def read(told: str) -> Health:
    """What `linewarden health` told; keys of a later version are left out.

    Raises:
        ValueError: it is not that.
    """
    given = json.loads(told)
    answering = frozenset(map(str, given["answering"]))
    return Health(
        version=str(given["version"]),
        config=str(given.get("config", "")),
        answering=answering,
        broker=str(given["broker"]),
        journal=str(given["journal"]),
        critical=tuple(map(str, given["critical"])),
        seq=int(given["seq"]),
        wanted=answering | frozenset(map(str, given["silent"])),
    )


def ask(release: Path, *, panel: bool) -> Health:
    """Ask the agent that runs, in the words of its own release.

    Args:
        release: folder of the release that runs.
        panel: whether its panel runs.
    """
    try:
        return replace(read(run([release / "bin/linewarden", "health"], ASK_SECONDS)), panel=panel)
    except (CommandError, ValueError, KeyError, TypeError) as error:
        return Health(panel=panel, error=f"the agent cannot be asked: {error}")


def worse(before: Health, now: Health, *, panel_wanted: bool) -> list[str]:
    """What is worse than before, in words; empty where nothing is.

    A device that the new configuration does not name any more is not missed. Where nobody could tell how it was before
    (a first installation, or an agent that was down), it is enough that the new one can be asked.
    """
    if now.error:
        return [now.error]
    found = [
        f"{device} does not answer" for device in sorted((before.answering & now.wanted) - now.answering)
    ]
    if before.broker == "connected" and now.broker == "lost":
        found.append("the broker cannot be reached")
    if before.journal != "degraded" and now.journal == "degraded":
        found.append("the journal cannot be written")
    if panel_wanted and (before.panel or before.error) and not now.panel:
        found.append("the panel does not run")
    return found
