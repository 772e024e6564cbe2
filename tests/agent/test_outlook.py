"""What the box says of itself."""

import asyncio
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent import api
from agent.cli.asking import broker_line
from agent.clock import Clock
from agent.config.load import load
from agent.core.model import ClockQuality
from agent.core.state import new_state
from agent.corridor import Corridor
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.outlook import Outlook
from agent.outputs.mqtt_happenings import LinkState
from agent.store.state import Health, StoreState

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
"""


@pytest.mark.parametrize(
    ("health", "word"),
    [
        (None, "healthy"),
        (Health.HEALTHY, "healthy"),
        (Health.DEGRADED, "degraded"),
        (Health.STOPPED, "degraded"),
    ],
)
def test_the_journal_is_degraded_only_once_the_store_says_so(
    tmp_path: Path, health: Health | None, word: str
) -> None:
    """A start that is quicker than the store's first word must not sound the horn."""
    site = tmp_path / "site.toml"
    site.write_text(SITE)

    async def story() -> str:
        outlook, corridor = made(site)
        if health is not None:
            corridor.store_changed(StoreState(health))
        return outlook.journal

    assert asyncio.run(story()) == word


def made(site: Path) -> tuple[Outlook, Corridor]:
    """An outlook on a corridor in which nothing has happened."""
    loaded, clock, ledger = load(site), Clock(lambda: ClockQuality.NTP), Ledger({})
    inbox = Inbox(asyncio.get_running_loop())
    corridor = Corridor(new_state(loaded.branch), clock, inbox, ledger, lambda _: None)
    return Outlook(loaded, corridor, ledger, clock), corridor


def test_status_says_why_the_broker_is_lost_and_when_it_is_tried_next(tmp_path: Path) -> None:
    """The word and the words of the trouble, and the next attempt as wall time, are in the status and its line."""
    site = tmp_path / "site.toml"
    site.write_text(f'{SITE}[broker]\nhost = "mqtt"\n')

    async def story() -> api.Status:
        outlook, _ = made(site)
        in_a_minute = time.monotonic() + 60
        lost = LinkState(
            connected=False,
            version="5",
            trouble="certificate-expired",
            detail="over since May",
            next_try=in_a_minute,
        )
        outlook.uplink = lambda: lost
        return outlook.branch().status

    status = asyncio.run(story())
    assert (status.broker, status.mqtt, status.trouble) == ("lost", "5", "certificate-expired")
    assert status.now + 50 < status.next_try <= status.now + 60.5
    assert (
        broker_line(status, lambda _: "12:00", str)
        == "lost (certificate-expired: over since May), tried again at 12:00"
    )
    trying = replace(status, next_try=0.0)
    assert broker_line(trying, str, str).endswith("being tried now")
    well = replace(status, broker="connected", trouble="", trouble_detail="")
    assert broker_line(well, str, str) == "connected (MQTT 5)"
    narrow = replace(well, trouble="packets-too-small", trouble_detail="2 shortened")
    assert broker_line(narrow, str, str) == "connected (MQTT 5), packets-too-small: 2 shortened"
    assert broker_line(replace(status, broker="none"), str, str) == "none"
