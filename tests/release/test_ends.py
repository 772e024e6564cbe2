"""How changes end: nothing that failed or was killed is taken for success, and back is only to what is known to be good."""

import time
from pathlib import Path

import pytest

from agent.release import record
from agent.release.errors import (
    BundleError,
    BusyError,
    ConfigurationError,
    UnhealthyError,
)
from agent.release.layout import Layout
from agent.release.units import PANEL
from tests.release.parts import WELL, WORSE, Machine, PowerCut, box, release, running, switch


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A box on which release 1 runs."""
    return running(tmp_path)


def test_a_first_installation_that_does_not_start_is_tried_again(tmp_path: Path) -> None:
    """It is told as failed, however often the playbook runs, until the agent runs."""
    layout = box(tmp_path)
    machine = Machine(layout)
    release(layout, "1")
    machine.broken = {"1"}
    for _ in range(2):
        with pytest.raises(UnhealthyError, match="1 did not become ready"):
            switch(layout, machine).apply("1")
        last = record.read(layout)
        assert last is not None
        assert last.result == "failed"
        assert switch(layout, machine).would_change("1")
    machine.broken = set()
    attempt = switch(layout, machine).apply("1")
    assert attempt is not None
    assert (attempt.result, machine.active, machine.happened[-1]) == ("running", True, "enable")
    assert not switch(layout, machine).would_change("1")
    assert layout.numbers() == [layout.running]


def test_a_release_follows_one_that_never_ran(tmp_path: Path) -> None:
    """There is nothing to go back to; the better one counts."""
    layout = box(tmp_path)
    machine = Machine(layout)
    release(layout, "1", health=None)
    release(layout, "2")
    with pytest.raises(UnhealthyError):
        switch(layout, machine).apply("1")
    attempt = switch(layout, machine).apply("2")
    assert attempt is not None
    assert (attempt.result, attempt.back) == ("running", None)


def test_an_agent_that_was_stopped_is_started(layout: Layout) -> None:
    """The same release with the same configuration is no reason to leave the branch unwatched."""
    machine = Machine(layout)
    machine.active = False
    assert switch(layout, machine).would_change("1")
    attempt = switch(layout, machine).apply("1")
    assert attempt is not None
    assert (attempt.result, machine.active) == ("running", True)


def test_a_panel_that_was_stopped_is_started(layout: Layout) -> None:
    """As the agent is."""
    machine = Machine(layout)
    (layout.wanted / "panel.toml").write_text("")
    switch(layout, machine).apply("1")
    machine.happened.clear()
    machine.stopped = {PANEL}
    assert switch(layout, machine).apply("1") is not None
    assert "start 1" in machine.happened


@pytest.mark.slow
@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("reload", [True, False])
def test_a_program_that_was_killed_at_any_step_is_no_success(
    tmp_path: Path, *, good: bool, reload: bool
) -> None:
    """The machine went on running: the second run first undoes what the first one left, and then does the whole."""
    steps, ended = 0, False
    while not ended:
        layout = box(tmp_path / str(steps))
        machine = Machine(layout)
        release(layout, "1", reloadable=reload)
        switch(layout, machine).apply("1")
        release(layout, "2", health=WELL if good else WORSE)
        wanted = "1" if reload else "2"
        (layout.wanted / "site.toml").write_text("second\n")
        machine.happened.clear()
        machine.cut_at = steps
        try:
            switch(layout, machine).apply(wanted)
            ended = True
        except PowerCut:
            machine.cut_at = -1
            try:
                switch(layout, machine).apply(wanted)
            except UnhealthyError:
                assert not good
        except UnhealthyError:
            ended = True
        steps += 1
        assert machine.active
        assert layout.version_of(layout.running) == (wanted if good else "1")
        assert (layout.root / "config").read_text() == (layout.current / "etc/site.toml").read_text()
        assert record.read(layout, record.TRYING) is None
    assert steps > 3


@pytest.mark.parametrize("cut", [True, False])
def test_a_journal_that_cannot_go_back_keeps_the_newer_release(tmp_path: Path, *, cut: bool) -> None:
    """It runs on, though not well: the older one could not read the journal. The reason says so; a mended one follows."""
    layout = box(tmp_path)
    release(layout, "1", cannot_put_back=True)
    machine = Machine(layout)
    switch(layout, machine).apply("1")
    release(layout, "2", schema=2, cannot_step_back=True, health=WORSE)
    if cut:
        machine.happened.clear()
        machine.cut_at = 4
        with pytest.raises(PowerCut):
            switch(layout, machine).apply("2")
        machine.cut_at = -1
        switch(layout, machine).recover()
    else:
        with pytest.raises(UnhealthyError, match="so 2 is kept"):
            switch(layout, machine).apply("2")
        assert machine.happened[-1] == "start 2"
    last = record.read(layout)
    assert last is not None
    assert (last.result, layout.version_of(layout.running)) == ("failed", "2")
    assert "the journal cannot be stepped back: " in last.reason
    assert "too broken" in last.reason
    assert "the copy is damaged" in last.reason
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 2\n"
    assert record.read(layout, record.TRYING) is None
    release(layout, "3", schema=2)
    assert switch(layout, machine).apply("3") is not None


def test_back_goes_to_what_is_known_to_be_good(layout: Layout) -> None:
    """However many releases were taken back since, and whatever was made in part."""
    machine = Machine(layout)
    for version in ("2", "3", "4"):
        release(layout, version, health=WORSE)
        with pytest.raises(UnhealthyError):
            switch(layout, machine).apply(version)
    (layout.generations / "7/etc").mkdir(parents=True)
    release(layout, "9")
    switch(layout, machine).apply("9")
    assert [layout.version_of(number) for number in layout.numbers()] == ["1", "9"]
    assert len(list(layout.generations.iterdir())) == 2
    switch(layout, machine).back("ordered by hand")
    assert layout.version_of(layout.running) == "1"
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 1\n"
    with pytest.raises(ConfigurationError, match="known to be good"):
        switch(layout, machine).back("once more")


def test_the_last_good_ones_are_kept(layout: Layout) -> None:
    """Three of them, that which runs among them."""
    for version in ("2", "3", "4", "5"):
        release(layout, version)
        switch(layout, Machine(layout)).apply(version)
    assert [layout.version_of(number) for number in layout.numbers()] == ["3", "4", "5"]
    release(layout, "6", health=WORSE)
    with pytest.raises(UnhealthyError):
        switch(layout, Machine(layout)).apply("6")
    assert [layout.version_of(number) for number in layout.numbers()] == ["3", "4", "5"]


def test_copies_of_the_journal_go_with_their_generation(layout: Layout) -> None:
    """Each is as large as the journal, on a card that is not."""
    for schema, version in enumerate(("2", "3", "4", "5", "6"), 2):
        release(layout, version, schema=schema)
        switch(layout, Machine(layout)).apply(version)
    copies = {int(place.stem.rpartition("-")[2]) for place in layout.data.glob("before-generation-*")}
    assert copies == set(layout.numbers()) - {layout.running}


def test_what_was_left_by_hand_is_not_gone_back_to(layout: Layout) -> None:
    """It was known to be good, until somebody said otherwise."""
    machine = Machine(layout)
    release(layout, "2")
    release(layout, "3")
    switch(layout, machine).apply("2")
    switch(layout, machine).back("it beeps")
    switch(layout, machine).apply("3")
    switch(layout, machine).back("it beeps too")
    assert layout.version_of(layout.running) == "1"


def test_a_release_without_units_takes_none_away(layout: Layout) -> None:
    """What is placed stays; what ran before goes on."""
    release(layout, "2")
    (layout.release("2") / "bundle/systemd/linewarden-agent.service").unlink()
    machine = Machine(layout)
    with pytest.raises(BundleError, match="holds no unit of ours"):
        switch(layout, machine).apply("2")
    assert machine.happened == []
    assert layout.version_of(layout.running) == "1"
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 1\n"


def test_an_override_does_not_ask_the_old_one(layout: Layout) -> None:
    """A taken-over agent could claim any health; but what cannot be asked itself is taken back all the same."""
    release(layout, "2", health=WORSE)
    attempt = switch(layout, Machine(layout), override=True).apply("2")
    assert attempt is not None
    release(layout, "3", health=None)
    with pytest.raises(UnhealthyError):
        switch(layout, Machine(layout), override=True).apply("3")


@pytest.mark.parametrize("years", [-56, 20])
def test_an_offer_at_a_wrong_clock_waits_from_now(layout: Layout, years: int) -> None:
    """Neither at once nor for years."""
    now = time.time()
    at = max(0.0, now + years * 365 * 86400)
    record.write(layout.memory / record.OFFERED, f'{{"version": "2", "at": {at}}}')
    assert record.waiting_since(layout, "2", now) == now
    assert record.waiting_since(layout, "2", now + 8 * 86400) == now
    assert record.waiting_since(layout, "2", 5.0) == 5.0


def test_an_offer_ends_when_it_was_let_in(layout: Layout) -> None:
    """The next change of the same release waits its own time."""
    record.waiting_since(layout, "2", time.time())
    release(layout, "2")
    switch(layout, Machine(layout)).apply("2")
    assert not (layout.memory / record.OFFERED).exists()


def test_only_root_can_hold_the_lock(layout: Layout) -> None:
    """Whoever can open it can block every update; one that an earlier program made is mended."""
    (layout.memory / "lock").touch(0o644)
    with layout.alone():
        assert (layout.memory / "lock").stat().st_mode & 0o777 == 0o600
        with pytest.raises(BusyError), layout.alone():
            pass
