"""What the agent knows of its own parts: who failed, of what, until when; and that the others go on."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from time import CLOCK_BOOTTIME, clock_gettime

import pytest

from agent import api, endings, parts
from agent.app import Agent
from agent.config.load import load
from agent.control_client import AgentError, ControlClient
from agent.core.annunciator import Indication, Show
from agent.core.inputs import Polled, Tick
from agent.outputs.lamps import LampOutput
from agent.parts import Parts
from agent.sources import room
from firmware.board import DEFAULT_BOARD
from firmware.errors import PinError
from firmware.inputs import Contacts
from firmware.lamps import StackLight
from firmware.pins import ContactPin, OutputPin, PinFactory, level, mock_factory
from tests.core.branch import Room
from tests.waiting import wait_for

RED, AMBER, DOOR, ACKNOWLEDGE = 17, 27, 5, 16
LIT, DARK = Indication(red=Show.STEADY), Indication()


class Time:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The present second."""
        return self.now


@pytest.fixture
def time() -> Time:
    """A clock that stands still by itself."""
    return Time()


def test_a_failure_is_over_when_the_part_has_run_for_a_while(time: Time) -> None:
    """Not when it has begun again: a part may die once a second."""
    known = Parts(time)
    assert known.readings() == {"parts.state": "fine", "wires.state": "fine"}
    known.told("trends", "OSError in trends.py:1")
    time.now += 1000
    assert known.readings()["parts.state"] == "failed trends: OSError in trends.py:1"
    known.told("trends", "")
    time.now += parts.STEADY - 1
    known.told("trends", "")
    assert known.readings()["parts.state"].startswith("failed")
    time.now += 1
    assert known.readings()["parts.state"] == "fine"


def test_what_hangs_on_pins_is_told_apart(time: Time) -> None:
    """A technician can do something about those; both lines stay short."""
    known = Parts(time)
    known.told("lamps", "lamp red on GPIO 17: busy")
    known.told("mqtt", "x" * 1000)
    told = known.readings()
    assert told["wires.state"] == "failed lamps: lamp red on GPIO 17: busy"
    assert len(str(told["parts.state"])) == parts.LONGEST


def test_a_part_that_posts_nothing_any_more_is_stuck(time: Time) -> None:
    """Whatever it posts shows that it gets on; a poller whose device is dead posts too."""
    known, posted = Parts(time), []
    post = known.beating("snmp pbx-1", 100, posted.append)
    time.now += 100
    post(Tick())
    time.now += 100
    assert known.readings()["parts.state"] == "fine"
    time.now += 1
    assert known.readings()["parts.state"] == "failed snmp pbx-1: does not get on"
    assert posted == [Tick()]


def test_lamps_that_cannot_be_opened_are_tried_again_ever_more_seldom(time: Time) -> None:
    """As long as somebody else holds one of the pins; then they show what they should."""
    pins, told, tries = mock_factory(), [], []
    taken = OutputPin("somebody else", AMBER, active_high=True, initial=False, factory=pins)

    def light() -> StackLight:
        tries.append(time.now)
        return StackLight(DEFAULT_BOARD, pins)

    lamps = LampOutput(light, lambda part, error: told.append((part, error)), time)
    for _ in range(20):
        lamps.show(LIT)
        time.now += 1
    assert [at - tries[0] for at in tries] == [0, 1, 3, 7, 15]
    assert told[0][0] == "lamps"
    assert "lamp amber on GPIO 27" in told[0][1]
    taken.close()
    time.now += 60
    lamps.show(LIT)
    assert level(pins, RED)
    assert told[-1] == ("lamps", "")
    lamps.close()


def test_a_pin_that_fails_is_told_and_tried_until_it_works(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines are opened anew after a few failures in a row; the other lamps go on."""
    pins, told, broken, opened = mock_factory(), [], [True], []
    write = OutputPin.write

    def fail(pin: OutputPin, *, on: bool) -> None:
        if broken[0] and pin._pin == AMBER:
            raise PinError("lamp amber on GPIO 27: input/output error")
        write(pin, on=on)

    def light() -> StackLight:
        opened.append(StackLight(DEFAULT_BOARD, pins))
        return opened[-1]

    lamps = LampOutput(light, lambda _part, error: told.append(error), time)
    lamps.show(DARK)
    monkeypatch.setattr(OutputPin, "write", fail)
    for _ in range(3):
        lamps.show(Indication(red=Show.STEADY, amber=Show.STEADY))
        assert level(pins, RED) or _ == 2
    time.now += 1
    broken[0] = False
    lamps.show(Indication(red=Show.STEADY, amber=Show.STEADY))
    assert (level(pins, RED), level(pins, AMBER), len(opened)) == (True, True, 2)
    assert told == ["", *["lamp amber on GPIO 27: input/output error"] * 3, ""]
    lamps.close()


def test_one_end_that_fails_keeps_no_other_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    """The lamps go dark and the journal is flushed whatever the socket does."""
    done: list[str] = []

    async def fine() -> None:
        done.append("journal")

    async def fails() -> None:
        raise OSError("socket")

    asyncio.run(endings.end_all([("control", fails), ("journal", fine)]))
    assert done == ["journal"]
    assert "the end of control died" in caplog.text


SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control/sock"
[board.lamps]
amber = {{ pin = 27 }}
[board.buttons]
acknowledge = {{ pin = 16 }}
[[input]]
name = "door"
pin = 5
severity = "minor"
text = {{ en = "Door open", zh = "门开" }}
"""


def standing(socket: Path) -> dict[str, str]:
    """The alarms that stand, with the reading that raised each."""
    with suppress(AgentError), ControlClient(socket) as client:
        branch = client.ask(api.AskBranch())
        assert isinstance(branch, api.BranchView)
        return {one.id: str(one.raised_by.value) for one in branch.alarms if not one.is_cleared}
    return {}


async def until(socket: Path, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    """Wait until the alarms are as they should be."""
    async with asyncio.timeout(60):
        while not wanted(found := await asyncio.to_thread(standing, socket)):  # noqa: ASYNC110  # asked, not told
            await asyncio.sleep(0.02)
    return found


@pytest.mark.parametrize("pin", [AMBER, DOOR, ACKNOWLEDGE])
def test_a_wire_that_is_taken_is_an_alarm_until_it_is_free(
    pin: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole agent: the alarm names the wire, and is over when the wire has worked for a while."""
    monkeypatch.setattr(parts, "STEADY", 0.2)
    monkeypatch.setattr("agent.sources.box.EVERY", 0.05)
    monkeypatch.setattr("agent.sources.room.EVERY", 0.05)
    (tmp_path / "site.toml").write_text(SITE.format(folder=tmp_path))
    pins: PinFactory = mock_factory()
    taken = OutputPin("somebody else", pin, active_high=True, initial=False, factory=pins)

    async def story() -> None:
        stop, socket = asyncio.Event(), tmp_path / "control/sock"
        running = asyncio.create_task(Agent(load(tmp_path / "site.toml"), pins).run(stop))
        try:
            found = await until(socket, lambda now: "box.wires-failed" in now)
            assert f"on GPIO {pin}" in found["box.wires-failed"]
            taken.close()
            await until(socket, lambda now: "box.wires-failed" not in now)
        finally:
            stop.set()
            await running

    asyncio.run(story())
    pins.close()


def test_all_essential_parts_of_a_running_agent_beat(tmp_path: Path) -> None:
    """What feeds the watchdog hears of each of them again and again; a part that forgot to tell would end the agent."""
    (tmp_path / "site.toml").write_text(SITE.format(folder=tmp_path))

    async def story() -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        agent = Agent(load(tmp_path / "site.toml"), mock_factory())
        running = asyncio.create_task(agent.run(stop, ready.set))
        await ready.wait()
        progress = agent.parts.progress
        late = clock_gettime(CLOCK_BOOTTIME) + parts.ESSENTIAL_SECONDS + 0.5
        assert progress.stuck(late, essential=True) == ("corridor", "own health", "store writer")
        async with asyncio.timeout(20):
            while progress.stuck(late, essential=True):  # noqa: ASYNC110  # asked, not told
                await asyncio.sleep(0.02)
        stop.set()
        await running

    asyncio.run(story())


def test_contacts_that_are_not_read_stand_behind_the_wires(tmp_path: Path) -> None:
    """One fault alerts once: who hears of the wires need not hear that the contacts are silent as well."""
    (tmp_path / "site.toml").write_text(SITE.format(folder=tmp_path))
    core = Room(load(tmp_path / "site.toml").branch)
    for _ in range(30):
        core.wait(10)
        core.give(Polled("box", {"wires.state": "failed room: input door on GPIO 5: busy"}))
    silence = core.state.durable.alarms.alarms["room.unreachable"]
    assert [cause.alarm for cause in silence.root_cause] == ["box.wires-failed"]


def test_contacts_that_cannot_be_read_any_more_are_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A position that is only remembered is none: the failure is told, and posting goes on when they can be read."""
    monkeypatch.setattr("firmware.inputs.RESAMPLE", 0.005)
    monkeypatch.setattr("agent.sources.room.EVERY", 0.01)
    pins, posted, errors, opened = mock_factory(), [], [], []
    broken, closed, start = Event(), ContactPin.closed, Contacts.__init__

    def fail(pin: ContactPin) -> bool:
        if broken.is_set():
            raise PinError("input door on GPIO 5: input/output error")
        return closed(pin)

    def count(contacts: Contacts, *given: object) -> None:
        opened.append(contacts)
        start(contacts, *given)

    monkeypatch.setattr(ContactPin, "closed", fail)
    monkeypatch.setattr(Contacts, "__init__", count)
    worker = room.contacts(DEFAULT_BOARD, pins, posted.append)
    worker.told = lambda _part, error: errors.append(error) if error else None
    worker.start()
    wait_for(lambda: posted)
    broken.set()
    wait_for(lambda: len(errors) > 3)  # opened again and again, and given back each time
    broken.clear()
    wait_for(lambda: len(opened) > 1)
    before = len(posted)
    wait_for(lambda: len(posted) > before)
    worker.stop()
    worker.join(20)
    assert errors[0] == "input door on GPIO 5: input/output error"


def test_the_link_to_the_noc_gets_on_without_a_broker(tmp_path: Path) -> None:
    """A broker that is away is no part that hangs."""
    broker = '[broker]\nhost = "127.0.0.1"\nport = 1\n'
    (tmp_path / "site.toml").write_text(SITE.format(folder=tmp_path) + broker)

    async def story() -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        agent = Agent(load(tmp_path / "site.toml"), mock_factory())
        running = asyncio.create_task(agent.run(stop, ready.set))
        await ready.wait()
        late = clock_gettime(CLOCK_BOOTTIME) + parts.MQTT_SECONDS + 0.5
        assert "mqtt" in agent.parts.progress.stuck(late)
        async with asyncio.timeout(30):
            while "mqtt" in agent.parts.progress.stuck(late):  # noqa: ASYNC110  # asked, not told
                await asyncio.sleep(0.02)
        stop.set()
        await running

    asyncio.run(story())
