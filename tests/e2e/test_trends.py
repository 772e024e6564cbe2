"""Trends of a running branch: from the wire to the command line, over a stop and over a kill."""

import csv
import io
import os
import threading

import pytest

from agent import api
from agent.control_client import ControlClient
from tests.e2e.rig import HostRig
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def told(rig: HostRig, point: str = "input.voltage") -> int:
    """How many values of the UPS the command line exports."""
    done = rig.cli("export", "trends", "--device", "ups-2", "--point", point)
    assert done.returncode == 0, done.stderr
    return sum(int(row["count"]) for row in csv.DictReader(io.StringIO(done.stdout)))


def test_what_the_wire_told_is_exported_at_once_and_survives_a_stop(rig: HostRig) -> None:
    """The unfinished bucket is told from memory, and written when the agent ends."""
    wait_for(lambda: told(rig) >= 3, timeout=60, what="three polls")
    assert told(rig, "ups.status") >= 3
    before = told(rig)
    rig.stop()
    rig.start()
    assert told(rig) > before
    rig.kill()
    rig.start()
    assert told(rig) > before, "what was on the disk before the kill"


def test_a_damaged_file_costs_the_trends_and_nothing_else(rig: HostRig) -> None:
    """Set aside at the start; the branch is watched and a new file is begun."""
    rig.stop()
    (rig.data / "trends.db").write_bytes(os.urandom(50_000))
    rig.start()
    wait_for(lambda: told(rig) >= 1, timeout=60, what="a poll")
    assert list(rig.data.glob("trends-aside-*.db"))


def test_many_questions_at_once_do_not_hold_up_the_agent(rig: HostRig) -> None:
    """Each gets an answer or a polite refusal, and meanwhile the branch is told at once."""
    answers: list[api.Answer] = []

    def ask() -> None:
        with ControlClient(rig.socket, timeout=60) as client:
            answers.append(client.ask(api.AskTrend("ups-2", span=30 * 86_400.0)))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        assert rig.branch().devices
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert any(isinstance(one, api.TrendView) for one in answers)
    assert {one.code for one in answers if isinstance(one, api.Failed)} <= {"busy", "late"}
