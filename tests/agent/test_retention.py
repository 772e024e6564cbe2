"""The journal kept within its bounds: pruned by a real core's state, and told in the journal itself."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.clock import Clock
from agent.core.events import JournalPruned, decode
from agent.core.inputs import Order, Polled, Verb
from agent.core.model import ClockQuality
from agent.core.retention import needs_of
from agent.core.state import encode_snapshot
from agent.opening import replay
from agent.retention import Retention
from agent.store import pruning, reader
from agent.store.engine import Engine
from agent.store.epochs import random_suffix
from agent.store.pruning import Keep
from agent.store.records import Record
from agent.store.writer import Writer
from tests.cli.journals import LI, Branch, entry
from tests.waiting import wait_for

BEGIN = 1_700_000_000.0
ON_BATTERY = "ups-1.on-battery"
DOOR = "room.cabinet-door"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals of a size that tests can afford, and no share that stands in the way."""
    monkeypatch.setattr(pruning, "LEAST", 4)
    monkeypatch.setattr(pruning, "SHARE", 1)


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """A branch with a history of mains failures that are over and acknowledged."""
    branch = Branch(tmp_path, BEGIN)
    for _ in range(6):
        history(branch)
    return branch


def history(branch: Branch) -> None:
    """A mains failure that somebody took care of."""
    live(branch, 60, "OB")
    branch.acknowledge(ON_BATTERY)
    live(branch, 120)


def live(branch: Branch, seconds: int, status: str = "OL") -> None:
    """Time passes, and everything answers, the box itself too."""
    for _ in range(seconds // 5):
        branch.give(Polled("box", {"disk.free": 50.0}))
        branch.give(Polled("journal", {"journal.state": "healthy"}))
        branch.live(5, ups_status=status)


def store(branch: Branch) -> None:
    """Puts everything on the disk, with the snapshot of now."""
    with closing(Engine(branch.data, suffix=random_suffix)) as engine:
        engine.append(map(entry, branch.events))
        engine.snapshot(encode_snapshot(branch.state.durable))
        engine.commit()


def prune(branch: Branch, keep: Keep | None = None) -> Writer:
    """One run of the pruning, all of whose history is old by the real clock; the writer has ended."""
    writer = Writer(
        branch.data,
        lambda reason: Engine(branch.data, suffix=random_suffix, reason=reason),
        lambda _done: None,
        lambda _state: None,
        lambda counts: pytest.fail(f"overflowed: {counts}"),
    )
    clock = Clock(lambda: ClockQuality.NTP)
    retention = Retention(
        branch.data,
        keep or Keep(86_400.0, 1 << 40),
        writer,
        clock,
        durable=lambda: branch.state.durable,
        is_healthy=lambda: True,
        breath=0.0,
    )
    asyncio.run(retention.prune())
    assert writer.stop(60)
    return writer


def left(branch: Branch) -> list[Record]:
    """What is left of the journal."""
    return list(reader.iterate(branch.data))


def said(branch: Branch, *words: str) -> str:
    """What `export` says."""
    return CliRunner().invoke(main, ["export", *words, "--site", str(branch.site)]).output.strip()


def test_what_is_old_goes_and_the_journal_says_so(branch: Branch) -> None:
    """The entry names the last that went, and everything a check needs is there."""
    store(branch)
    before = left(branch)
    prune(branch)
    after = left(branch)
    event = decode(after[-1].entry.body)
    assert isinstance(event, JournalPruned)
    gone = before[event.count - 1]
    assert (event.upto, event.hash, event.reason) == (gone.id, gone.hash.hex(), "age")
    assert after[:-1] == before[event.count :]
    place = f"{gone.epoch.number}:{gone.seq}"
    assert said(branch, "--verify").startswith(
        f"the chain holds from behind {place} ({event.count} events pruned) up to {after[-1].id}, hash "
    )


def test_an_event_that_was_noted_and_pruned_is_told_as_such(branch: Branch) -> None:
    """It is no sign of an edit; the last that was pruned can still be compared."""
    store(branch)
    before = left(branch)
    prune(branch)
    count = len(before) + 1 - len(left(branch))
    first, last = before[0], before[count - 1]
    assert "was pruned since" in said(branch, "--noted", first.id, first.hash.hex())
    assert said(branch, "--noted", last.id, last.hash.hex()).startswith("the chain holds from")
    assert "was pruned since" in said(branch, "--noted", last.id, "00")
    assert said(branch, "--after", first.id).startswith("left out: what was pruned, up to ")


def test_a_beginning_that_was_cut_off_otherwise_is_seen(branch: Branch) -> None:
    """An anchor that no entry of the journal speaks of is somebody else's."""
    store(branch)
    with closing(Engine(branch.data, suffix=random_suffix)) as engine:
        engine.prune(left(branch)[3].position, (), 100)
        engine.commit()
    assert "was not pruned by us" in said(branch, "--verify")


def test_a_beginning_that_was_cut_off_further_than_we_pruned_is_seen(branch: Branch) -> None:
    """The entry speaks of some events, not of all that are missing."""
    store(branch)
    prune(branch, Keep(3e9, 1 << 40))
    with closing(Engine(branch.data, suffix=random_suffix)) as engine:
        records = left(branch)
        event = JournalPruned(
            at=branch.events[-1].at, upto=records[1].id, hash=records[1].hash.hex(), count=2, reason="age"
        )
        engine.append([entry(event)])
        engine.prune(records[1].position, (), 100)
        engine.commit()
        assert said(branch, "--verify").startswith("the chain holds from behind")
        engine.prune(records[2].position, (), 100)
        engine.commit()
        assert "was not pruned by us" in said(branch, "--verify")


def stands(branch: Branch, what: str) -> None:
    """Something begins that goes on."""
    match what:
        case "an alarm":
            live(branch, 60, "OB")
        case "a shelf":
            order = Order("o-2", Verb.SHELVE, LI, DOOR, note="being mended", seconds=3600.0)
            branch.give(order)
        case "a limit":
            branch.give(
                Order(
                    "o-3",
                    Verb.SET_LIMIT,
                    LI,
                    "ups-1.temperature-high",
                    note="test",
                    numbers={"on_delay": 60.0},
                )
            )


@pytest.mark.parametrize("what", ["an alarm", "a shelf", "a limit"])
def test_what_still_stands_can_be_told_without_a_snapshot(branch: Branch, what: str) -> None:
    """Only what was before its beginning goes; a replay of the rest gives the same."""
    before = len(branch.events)
    stands(branch, what)
    assert len(branch.events) > before, "nothing began"
    for number in range(12):  # more than stays in any case
        branch.give(Order(f"t-{number}", Verb.LAMP_TEST, LI))
    standing = needs_of(branch.state.durable)
    assert standing.alarms or standing.suppressions or standing.changes
    store(branch)
    prune(branch)
    rest = left(branch)
    assert len(rest) < len(branch.events), "nothing was pruned"
    durable, _ = replay(None, rest)
    assert needs_of(durable) == standing


def test_nothing_is_pruned_while_the_disk_takes_nothing(branch: Branch) -> None:
    """Nor where nothing is old; and then nothing is noted."""
    store(branch)
    before = left(branch)
    prune(branch, Keep(1e10, 1 << 40))
    assert left(branch) == before


def test_the_agent_has_it_among_its_parts(tmp_path: Path) -> None:
    """Else no journal would ever be pruned."""
    from agent.app import Agent
    from agent.config.load import load

    site = tmp_path / "site.toml"
    site.write_text(
        f'[site]\nid = "a"\nname = "A"\ntimezone = "UTC"\n[agent]\ndata_dir = "{tmp_path}/data"\n'
        f'socket = "{tmp_path}/sock"\n[journal]\nkeep = "30d"\nmax_size = 8\n'
    )
    agent = Agent(load(site))
    names: list[str] = []

    async def story() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(agent.run(stop))
        await asyncio.to_thread(wait_for, (tmp_path / "sock").exists, 60, "the agent runs")
        names.extend(task.get_name() for task in asyncio.all_tasks())
        stop.set()
        await running

    asyncio.run(story())
    assert "retention" in names
