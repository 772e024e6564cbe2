"""How the last run ended, told exactly once, whoever is killed when."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.app import Agent
from agent.config.load import load
from agent.core import events
from agent.core.branch import Branch
from agent.core.inputs import Polled, Started, Stopping
from agent.core.runs import Ended, How, Run
from agent.core.state import decode_snapshot, encode_snapshot
from agent.last_run import last_run
from agent.store import reader
from agent.store.errors import StoreError
from firmware.host.ended import KernelRecord, Remains, Reset, ServiceEnd
from tests.core.branch import Room

NOW, BEFORE = "boot-2", Run("boot-1", "1.0")
PANIC = KernelRecord("aa", "Kernel panic - not syncing: sysrq triggered crash", fatal=True)
OOPS = KernelRecord("bb", "Internal error: Oops", fatal=False)


def end(result: str, how: str = "", mark: str = "m1") -> ServiceEnd:
    """One end of the service."""
    return ServiceEnd(result, how, mark)


def ends(remains: Remains, before: Run | None = BEFORE, version: str = "1.0") -> list[str]:
    """The words of what is told."""
    return [ended.how.value for ended in last_run(remains, before, version).ended]


@pytest.mark.parametrize(
    ("reset", "records", "stopped", "expected"),
    [
        (Reset(warm=False), (), False, "power-lost"),
        (Reset(), (), False, "power-lost"),
        (Reset(voltage=True, warm=False), (), False, "power-lost"),
        (Reset(warm=True), (), False, "machine-watchdog"),
        (Reset(watchdog=True), (), False, "machine-watchdog"),
        (Reset(watchdog=True), (), True, "machine-watchdog"),
        (Reset(hot=True), (), False, "overheated"),
        (Reset(warm=True), (PANIC,), False, "kernel-panic"),
        (Reset(warm=True), (OOPS,), False, "kernel-panic"),
        (Reset(warm=True), (OOPS,), True, "ordered"),
        (Reset(warm=True), (PANIC,), True, "kernel-panic"),
        (Reset(warm=True), (), True, "ordered"),
        (Reset(warm=False), (), True, "ordered"),
    ],
)
def test_why_the_machine_went_down(
    reset: Reset, records: tuple[KernelRecord, ...], stopped: bool, expected: str
) -> None:
    """What its kernel wrote says most, then what the hardware tells; a Pi's warm reset after an end in order is a restart."""
    before = Run("boot-1", "1.0", stopped=stopped)
    assert ends(Remains(NOW, reset=reset, records=records), before) == [expected]


def test_what_cannot_be_told_apart_is_said() -> None:
    """Two of the three say so in words; nobody is sent looking for a watchdog on a guess."""

    def detail(reset: Reset) -> str:
        return last_run(Remains(NOW, reset=reset), BEFORE, "1.0").ended[0].detail

    assert "does not tell" in detail(Reset())
    assert "or a panic without a record" in detail(Reset(warm=True))
    assert detail(Reset(warm=False)) == "the power was cut"


@pytest.mark.parametrize(
    ("result", "how", "expected"),
    [
        ("success", "exited 0", "ordered"),
        ("success", "killed TERM", "ordered"),
        ("watchdog", "killed ABRT", "agent-hung"),
        ("timeout", "killed KILL", "agent-hung"),
        ("oom-kill", "killed KILL", "agent-out-of-memory"),
        ("signal", "killed SEGV", "agent-crashed"),
        ("core-dump", "dumped ABRT", "agent-crashed"),
        ("exit-code", "exited 1", "agent-crashed"),
        ("start-limit-hit", "", "agent-crashed"),
    ],
)
def test_how_the_service_ended(result: str, how: str, expected: str) -> None:
    """Within one boot the service manager's word counts, and stands in the detail."""
    told = last_run(Remains("boot-1", (end(result, how),)), BEFORE, "1.0").ended
    assert [one.how.value for one in told] == [expected]
    assert told[0].detail == ("" if expected == "ordered" else f"{result} {how}".strip())


def test_an_end_of_which_nothing_is_left_is_a_crash_that_says_so() -> None:
    """As after a kill where no service manager watches; after an end in order there is nothing to wonder about."""
    assert ends(Remains("boot-1")) == ["agent-crashed"]
    assert ends(Remains("boot-1"), Run("boot-1", "1.0", stopped=True)) == ["ordered"]


def test_an_end_in_order_before_another_version_was_an_update() -> None:
    """Also over a restart of the machine; a crash before an update stays a crash."""
    good, bad = (end("success", "exited 0"),), (end("signal", "killed SEGV"),)
    assert ends(Remains("boot-1", good), version="2.0") == ["updated"]
    assert ends(Remains(NOW), Run("boot-1", "1.0", stopped=True), "2.0") == ["updated"]
    assert ends(Remains("boot-1", bad), version="2.0") == ["agent-crashed"]


def test_ends_that_no_start_told_are_all_told() -> None:
    """The machine went down, and the agent died again before it could say so."""
    remains = Remains(
        NOW, (end("watchdog", "killed ABRT"), end("signal", "killed KILL", "m2")), Reset(warm=False)
    )
    last = last_run(remains, BEFORE, "1.0")
    assert [one.how.value for one in last.ended] == ["power-lost", "agent-hung", "agent-crashed"]
    assert last.readings == {"run.ended": "agent-hung watchdog killed ABRT (one of 3 ends)"}


def test_nothing_is_told_twice_or_of_a_box_that_never_ran() -> None:
    """Old records lie in the archive for weeks; on a new box they are somebody else's."""
    remains = Remains("boot-1", (end("watchdog"), end("signal", mark="m2")), records=(PANIC,))
    first = last_run(remains, None, "1.0")
    assert (first.ended, first.readings, first.marks) == ((), {}, ("aa", "m2"))
    known = Run("boot-1", "1.0", first.marks)
    later = Remains("boot-1", (*remains.services, end("watchdog", mark="m3")), records=(PANIC,))
    assert ends(later, known) == ["agent-hung"]
    assert ends(Remains(NOW, records=(PANIC,)), known) == ["power-lost"]


@given(st.lists(st.booleans(), max_size=12))
def test_each_end_is_told_once_whichever_starts_reach_the_disk(kept: list[bool]) -> None:
    """Each run is killed; a start that is killed before its commit has told nothing, the next one tells it all."""
    before, lines, told = Run("boot-1", "1.0"), list[ServiceEnd](), list[str]()
    for number, keep in enumerate([*kept, True]):
        lines.append(end("signal", f"killed {number}", f"m{number}"))
        last = last_run(Remains("boot-1", tuple(lines)), before, "1.0")
        if keep:
            told += [one.detail for one in last.ended]
            before = Run("boot-1", "1.0", last.marks)
    assert told == [f"signal killed {number}" for number in range(len(lines))]


# --- the core and the journal ----------------------------------------------------------------------------------------


def test_the_start_and_the_alarm_are_one_step(branch: Branch) -> None:
    """They are kept or lost together, so the alarm cannot be missing where the journal says that it was told."""
    room = Room(branch)
    start = Started(
        "1.0",
        "0",
        (Ended(How.AGENT_HUNG, "watchdog killed ABRT"),),
        ("m1",),
        Polled("box", {"run.ended": "agent-hung watchdog killed ABRT"}),
    )
    assert room.give(start) == ["box.started", "alarm.raised"]
    assert room.state.durable.run == Run("", "1.0", ("m1",))
    raised = room.events[-1]
    assert isinstance(raised, events.AlarmRaised)
    assert (raised.alarm.id, raised.evidence.value) == ("box.agent-hung", "agent-hung watchdog killed ABRT")


def test_the_journal_remembers_the_run_also_by_its_snapshot(branch: Branch) -> None:
    """Replay and snapshot agree, and an end in order is seen."""
    room = Room(branch)
    room.give(Started("1.0", "0", marks=("m1",)))
    room.give(Stopping())
    assert room.state.durable.run == Run("", "1.0", ("m1",), stopped=True)
    assert decode_snapshot(encode_snapshot(room.state.durable)).run == room.state.durable.run


SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/run/sock"
"""


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """Nothing but the box itself."""
    (tmp_path / "site.toml").write_text(SITE.format(folder=tmp_path))
    return load(tmp_path / "site.toml").branch


class Machine:
    """A machine of files on which the agent runs, is killed, and starts again."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._boots = folder, 0
        self.ended = folder / "run/ended"
        (folder / "site.toml").write_text(SITE.format(folder=folder))
        self.boot()

    def boot(self) -> None:
        """Come up again; what lay in memory is gone."""
        self._boots += 1
        self._put("root/proc/sys/kernel/random/boot_id", f"boot-{self._boots}")
        self.ended.unlink(missing_ok=True)

    def ends(self, line: str) -> None:
        """The service manager writes how the agent ended."""
        self.ended.parent.mkdir(exist_ok=True)
        with self.ended.open("a") as file:
            file.write(f"{line} {len(self.ended.read_text()):032x}\n")

    def panics(self) -> None:
        """The kernel leaves a record."""
        self._put(
            "root/sys/fs/pstore/dmesg-ramoops-0", "Panic#1\n<0>[ 1.0] Kernel panic - not syncing: sysrq"
        )

    def run(self, *, killed: bool) -> None:
        """Run the agent until its start is on the disk; killed, nothing that it does at its end is."""
        saved = self._folder / "saved"

        async def story() -> None:
            stop, before = asyncio.Event(), self._starts()
            agent = Agent(load(self._folder / "site.toml"), root=self._folder / "root")
            running = asyncio.create_task(agent.run(stop))
            async with asyncio.timeout(30):
                while self._starts() == before:  # noqa: ASYNC110  # the disk is looked at
                    await asyncio.sleep(0.02)
            if killed:
                shutil.copytree(self._folder / "data", saved)
            stop.set()
            await running

        asyncio.run(story())
        if killed:
            shutil.rmtree(self._folder / "data")
            saved.rename(self._folder / "data")

    def events(self) -> list[events.AnyEvent]:
        """The journal."""
        if not (self._folder / "data").exists():
            return []
        with suppress(StoreError), reader.view(self._folder / "data") as view:
            return [events.decode(record.entry.body) for record in view.after(0, 0, 1000, lambda _: None)]
        return []

    def _starts(self) -> int:
        return sum(isinstance(event, events.BoxStarted) for event in self.events())

    def _put(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


def test_a_box_tells_each_end_of_its_life_once(tmp_path: Path) -> None:
    """Hung, killed right after the start, stopped, without power, panicked: each in one start, with its alarm."""
    machine = Machine(tmp_path)
    machine.run(killed=True)
    machine.ends("watchdog killed ABRT")
    machine.run(killed=True)
    machine.ends("signal killed KILL")
    machine.run(killed=False)
    machine.ends("success exited 0")
    machine.run(killed=True)
    machine.boot()
    machine.run(killed=True)
    machine.panics()
    machine.boot()
    machine.run(killed=False)
    machine.boot()
    machine.run(killed=False)
    told = machine.events()
    starts = [event for event in told if isinstance(event, events.BoxStarted)]
    assert [[ended.how.value for ended in start.ended] for start in starts] == [
        [],
        ["agent-hung"],
        ["agent-crashed"],
        ["ordered"],
        ["power-lost"],
        ["kernel-panic"],
        ["ordered"],
    ]
    raised = [event.alarm.id for event in told if isinstance(event, events.AlarmRaised)]
    assert [
        alarm for alarm in raised if alarm in {"box.agent-hung", "box.agent-crashed", "box.kernel-panic"}
    ] == [
        "box.agent-hung",
        "box.agent-crashed",
        "box.kernel-panic",
    ]
