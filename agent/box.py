"""The box as a device of its own: how to read the machine, its parts, its last run, its upkeep and its last update."""

from collections.abc import Callable
from pathlib import Path

from agent import wiring
from agent.config.load import Loaded
from agent.config.site import SiteFile
from agent.core.inputs import Polled
from agent.parts import Parts
from agent.sources import updates
from agent.sources.box import Told, reader
from agent.sources.certificate import Certificate
from agent.sources.keeping import Keeping
from firmware.host.files import Readings


def box_reader(
    loaded: Loaded,
    root: Path,
    parts: Parts,
    last_run: Readings,
    *,
    is_believed: Callable[[], bool],
    in_force: Callable[[], SiteFile],
) -> Callable[[], Polled]:
    """How to read the box.

    Args:
        loaded: the configuration at the start.
        root: what stands before /sys, /proc and /var.
        parts: of the agent.
        last_run: what is told of how it ended.
        is_believed: whether the wall clock may be believed now.
        in_force: the site file by which the agent works now.
    """
    data_dir = Path(str(loaded.site.agent.data_dir))
    keeping = Keeping(data_dir, root, backups=lambda: _backups(in_force()), is_believed=is_believed)
    own = Certificate("certificate.left", lambda: _own_certificate(in_force()), is_believed)
    panel = Certificate("panel.certificate.left", lambda: in_force().panel.certificate, is_believed)

    def also() -> Told:
        certificates = own.readings() | panel.readings()
        return {
            **parts.readings(),
            **last_run,
            **keeping.readings(),
            **certificates,
            **updates.readings(root),
        }

    return reader(wiring.reader(loaded.profiles["raspberry-pi"]), data_dir, root, also)


def _backups(site: SiteFile) -> Path | None:
    """Where somebody's backups are to be made."""
    return Path(str(site.backup.directory)) if site.backup.recipients else None


def _own_certificate(site: SiteFile) -> str | None:
    """By which the broker knows the box."""
    return site.broker.cert_file if site.broker is not None else None
