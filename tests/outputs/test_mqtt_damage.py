"""The MQTT output over a journal with damaged records: each is left out once and aloud, and nothing waits for it."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.store.database import FILE
from tests.outputs.box import Box
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto
from tests.parts.relay import Relay
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

DAMAGES = (
    "UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE seq = 2",
    "UPDATE event SET body = x'7b' WHERE seq = 3",
    "UPDATE event SET body = x'22ff22' WHERE seq = 4",
    "UPDATE event SET wall = 1e300 WHERE seq = 5",
)
"""No row of ours; no JSON; no UTF-8; no time."""


def test_what_is_damaged_is_left_out_and_the_rest_arrives(
    broker: Mosquitto, box: Callable[..., Box], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One loud line for each damaged record; those around them arrive, and the cursor moves behind them all."""
    with Listener(broker.port) as noc, Relay(broker.port) as relay:
        relay.shut()
        one = box(relay.port)
        one.submit(6)
        wait_for(lambda: one.committed == 6, 60, "the commits")
        [file] = tmp_path.rglob(FILE)
        with closing(sqlite3.connect(file)) as db:
            for damage in DAMAGES:
                db.execute(damage)
            db.commit()
        relay.open()
        wait_for(lambda: len(noc.events()) >= 2, 60, "the sound events")
        one.await_drained()
        assert one.links == [False, True], "the link never broke over it"
        assert one.output._outbox.window.cursor.seq == 6
    assert [event["seq"] for event in noc.events()] == [1, 6]
    told = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == len(DAMAGES)
