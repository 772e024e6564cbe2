"""What the box says of itself."""

import asyncio
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.config.load import load
from agent.core.model import ClockQuality
from agent.core.state import new_state
from agent.corridor import Corridor
from agent.inbox import Inbox
from agent.ledger import Ledger
from agent.outlook import Outlook
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
        loaded, clock, ledger = load(site), Clock(lambda: ClockQuality.NTP), Ledger({})
        inbox = Inbox(asyncio.get_running_loop())
        corridor = Corridor(new_state(loaded.branch), clock, inbox, ledger, lambda _: None)
        if health is not None:
            corridor.store_changed(StoreState(health))
        return Outlook(loaded, corridor, ledger, clock).journal

    assert asyncio.run(story()) == word
