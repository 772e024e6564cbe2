"""The one property, end to end: whatever is killed or full, a reader by id sees each event once, in order."""

import json
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import api
from agent.control_client import AgentError
from agent.core.inputs import Verb
from tests.e2e.rig import HostRig
from tests.e2e.test_corridor import BROKEN
from tests.store.children import make_image, mount, unmount
from tests.store.test_full_disk import fill
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 50
FULL_AT = 25
DISK = 48 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own for the agent's data."""
    mounted = tmp_path / "mounted"
    make_image(tmp_path / "image", DISK)
    mount(mounted, "-o", "loop", tmp_path / "image")
    yield mounted
    unmount(mounted)


class Load:
    """Moves a contact and gives orders without a pause, whether or not the agent lives; remembers what was promised."""

    def __init__(self, rig: HostRig) -> None:
        self._rig = rig
        self._ending = threading.Event()
        self._active = False
        self.promised = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Stop and leave the door shut."""
        self._ending.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._active = not self._active
                self._rig.contact("door", active=self._active)
                answer = self._rig.order(Verb.SILENCE)
                self._rig.order(Verb.ACKNOWLEDGE, "room.door-open")
            except (AgentError, OSError, ValueError):
                self._ending.wait(0.02)
                continue
            self.promised += isinstance(answer, api.Done) and answer.durable


def fill_up(rig: HostRig, disk: Path) -> None:
    """Fill the disk under load until the agent says so, then free it."""
    fill(disk / "ballast")
    wait_for(lambda: rig.branch().status.journal == "degraded", timeout=60, what="degraded")
    rig.subscriber.wait_for_alarm("journal.journal-degraded", is_cleared=False, durable=False)
    wait_for(lambda: rig.lamp("red") == "flash", timeout=30, what="the lamp tells it")
    (disk / "ballast").unlink()
    wait_for(lambda: rig.branch().status.journal == "healthy", timeout=120, what="healthy again")


def exported(rig: HostRig) -> list[dict]:
    """The journal as a reader of the disk sees it."""
    done = rig.cli("export")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_numbers(events: list[dict]) -> None:
    """Within an epoch the numbers count 1, 2, 3; epochs rise."""
    by_epoch: dict[str, list[int]] = {}
    for event in events:
        by_epoch.setdefault(event["epoch"], []).append(event["seq"])
    for seqs in by_epoch.values():
        assert seqs == list(range(1, len(seqs) + 1))
    numbers = [int(epoch.partition("-")[0]) for epoch in by_epoch]
    assert numbers == sorted(set(numbers))


def check_alarms(rig: HostRig, events: list[dict]) -> None:
    """List, topics and lamps are what the events say."""
    state: dict[str, str] = {}
    for event in events:
        if event["type"] in ("linewarden.alarm.raised", "linewarden.alarm.cleared"):
            state[event["subject"]] = event["type"]
    raised = {alarm for alarm, kind in state.items() if kind == "linewarden.alarm.raised"}
    listed = {one.id for one in rig.branch().alarms if not one.is_cleared}
    assert listed == raised
    wait_for(
        lambda: {id_ for id_, one in rig.subscriber.alarms().items() if not one["is-cleared"]} == listed,
        what=f"the topics show {listed}",
    )


def test_fifty_kills_and_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """Killed at random moments under load, the disk full once: nothing is lost, doubled or out of order."""
    seed = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(1 << 30)))
    chance = random.Random(seed)
    print(f"KILL_SEED={seed}")
    with HostRig(tmp_path, disk / "data") as rig:
        load = Load(rig)
        try:
            for kill in range(KILLS):
                rig.spawn()
                wait_for(rig.answers, timeout=60, what="the agent answers")
                if kill == FULL_AT:
                    fill_up(rig, disk)
                threading.Event().wait(chance.uniform(0.0, 1.2))
                rig.kill()
        finally:
            load.end()
        rig.service(2)
        rig.start()
        rig.subscriber.wait_for_alarm(BROKEN, is_cleared=False)
        rig.contact("door", active=False)
        for one in rig.branch().alarms:
            rig.order(Verb.ACKNOWLEDGE, one.id)
        wait_for(lambda: rig.lamp("red") == "steady", timeout=30, what="red as the list says")
        wait_for(
            lambda: "room.door-open" not in {one.id for one in rig.branch().alarms if not one.is_cleared}
        )
        wait_for(lambda: rig.branch().status.backlog == 0, timeout=60, what="the backlog is told")
        rig.stop()
        events = exported(rig)
        wait_for(
            lambda: len(rig.subscriber.events) >= len(events) - 1,
            timeout=60,
            what="the subscriber has them all",
        )
        seen = [event["id"] for event in rig.subscriber.events]
        assert seen == [event["id"] for event in events][: len(seen)]
        assert len(events) > KILLS
        assert rig.cli("export", "--verify").stdout.startswith("the chain holds up to ")
        check_numbers(events)
        silenced = sum(event["type"] == "linewarden.annunciation.silenced" for event in events)
        assert silenced >= load.promised > 0
        rig.start()
        check_alarms(rig, exported(rig))
        wait_for(lambda: rig.lamp("red") == "steady", timeout=30, what="the lamp as journalled")
