"""The switch of generations: forward where the branch is no worse off, back by itself where it is, whatever happens."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release import record
from agent.release.errors import (
    BundleError,
    ConfigurationError,
    PostponedError,
    UnhealthyError,
)
from agent.release.layout import Layout
from tests.release.parts import WELL, WORSE, Machine, PowerCut, box, release, running, switch

SICK = WELL | {"critical": ["pbx-1.unreachable"]}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A box on which release 1 runs."""
    return running(tmp_path)


def test_a_first_installation_needs_nothing_to_compare_with(tmp_path: Path) -> None:
    """It runs, its units are placed and enabled, and the record says so."""
    layout = box(tmp_path)
    machine = Machine(layout)
    release(layout, "1")
    attempt = switch(layout, machine).apply("1")
    assert attempt is not None
    assert (attempt.result, attempt.back, layout.version_of(layout.running)) == ("running", None, "1")
    assert machine.happened[0] == "reload"
    assert machine.happened[1] == "start 1"
    assert machine.happened[-1] == "enable"
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 1\n"


def test_the_same_again_changes_nothing(layout: Layout) -> None:
    """Neither units nor generations are touched."""
    machine = Machine(layout)
    before = layout.numbers()
    assert switch(layout, machine).apply("1") is None
    assert (machine.happened, layout.numbers()) == ([], before)


def test_a_good_release_takes_over_with_its_configuration(layout: Layout) -> None:
    """What ran before stays installed, with the configuration it had."""
    release(layout, "2")
    (layout.wanted / "site.toml").write_text("second\n")
    attempt = switch(layout, Machine(layout)).apply("2")
    assert attempt is not None
    assert (attempt.before, attempt.version) == ("1", "2")
    assert (layout.current / "etc/site.toml").read_text() == "second\n"
    assert attempt.back is not None
    assert (layout.generation(attempt.back) / "etc/site.toml").read_text() == "first\n"
    assert layout.version_of(attempt.back) == "1"


def test_a_changed_configuration_is_a_new_generation_too(layout: Layout) -> None:
    """It is let in by the same gate: a wrong SNMP phrase is taken back as a bad release is."""
    (layout.wanted / "site.toml").write_text("second\n")
    assert switch(layout, Machine(layout)).apply("1") is not None
    assert (layout.current / "etc/site.toml").read_text() == "second\n"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"health": WORSE}, "pbx-1 does not answer"),
        ({"health": WELL | {"broker": "lost"}}, "the broker cannot be reached"),
        ({"health": WELL | {"journal": "degraded"}}, "the journal cannot be written"),
        ({"health": None}, "the agent cannot be asked"),
    ],
)
def test_a_release_with_which_the_branch_is_worse_off_is_taken_back(
    layout: Layout, said: dict[str, object], why: str
) -> None:
    """By itself, with configuration and units, and the reason is where the agent tells it to the NOC."""
    release(layout, "2", **said)
    (layout.wanted / "site.toml").write_text("second\n")
    machine = Machine(layout)
    with pytest.raises(UnhealthyError, match=why):
        switch(layout, machine).apply("2")
    last = record.read(layout)
    assert last is not None
    assert (last.result, last.version) == ("rolled-back", "2")
    assert why in last.reason
    assert record.read(layout, record.TRYING) is None
    assert layout.version_of(layout.running) == "1"
    assert (layout.current / "etc/site.toml").read_text() == "first\n"
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 1\n"
    assert machine.happened[-1] == "start 1"


def test_a_release_that_does_not_start_is_taken_back(layout: Layout) -> None:
    """With the reason that the system manager gave."""
    release(layout, "2")
    machine = Machine(layout)
    machine.broken = {"2"}
    with pytest.raises(UnhealthyError, match="2 did not become ready"):
        switch(layout, machine).apply("2")
    assert layout.version_of(layout.running) == "1"


def test_a_release_that_refuses_the_configuration_never_runs(layout: Layout) -> None:
    """What runs is not even stopped."""
    release(layout, "2", check="device[0].profile: is unknown")
    machine = Machine(layout)
    with pytest.raises(ConfigurationError, match="is unknown"):
        switch(layout, machine).apply("2")
    assert machine.happened == []
    assert layout.version_of(layout.running) == "1"


def test_a_release_that_is_installed_in_part_is_refused(layout: Layout) -> None:
    """Its mark is missing."""
    release(layout, "2")
    (layout.release("2") / "complete").unlink()
    with pytest.raises(BundleError, match="only in part"):
        switch(layout, Machine(layout)).apply("2")


def test_a_branch_in_need_is_left_alone(tmp_path: Path) -> None:
    """While something critical stands nothing is changed; an override or enough days let it in, so that fixes arrive."""
    layout = box(tmp_path)
    machine = Machine(layout)
    release(layout, "1", health=SICK)
    release(layout, "2", health=SICK)
    switch(layout, machine).apply("1")
    machine.happened.clear()
    with pytest.raises(PostponedError, match=r"pbx-1\.unreachable"):
        switch(layout, machine).apply("2")
    assert machine.happened == []
    last = record.read(layout)
    assert last is not None
    assert last.result == "postponed"
    record.write(layout.memory / record.OFFERED, f'{{"version": "2", "at": {time.time() - 6.9 * 86400}}}')
    with pytest.raises(PostponedError):
        switch(layout, machine).apply("2")
    record.write(layout.memory / record.OFFERED, f'{{"version": "2", "at": {time.time() - 7.1 * 86400}}}')
    assert switch(layout, machine).apply("2") is not None
    (layout.wanted / "site.toml").write_text("third\n")
    with pytest.raises(PostponedError):
        switch(layout, machine, days=1e6).apply("1")
    assert switch(layout, machine, override=True).apply("1") is not None


def test_a_device_that_was_silent_before_is_not_held_against_the_release(tmp_path: Path) -> None:
    """No worse than before is the measure, not perfect; and a device that was taken out is not missed."""
    layout = box(tmp_path)
    machine = Machine(layout)
    release(
        layout, "1", health=WELL | {"answering": ["ups-1", "old-1"], "silent": ["pbx-1"], "broker": "lost"}
    )
    release(layout, "2", health=WELL | {"answering": ["ups-1"], "silent": ["pbx-1"], "broker": "lost"})
    switch(layout, machine).apply("1")
    assert switch(layout, machine).apply("2") is not None


@pytest.mark.parametrize("broken", [False, True])
def test_the_journal_goes_back_too(layout: Layout, *, broken: bool) -> None:
    """The newer release steps it back; where it is too broken for that, the copy that was taken before is put back."""
    machine = Machine(layout)
    release(layout, "2", schema=2, cannot_step_back=broken, health=WORSE)
    with pytest.raises(UnhealthyError) as told:
        switch(layout, machine).apply("2")
    assert (layout.root / "schema").read_text() == "1"
    assert ("too broken" in str(record.read(layout))) == broken
    assert "pbx-1 does not answer" in str(told.value)


def test_back_by_hand(layout: Layout) -> None:
    """To the generation before, with the reason that was given."""
    release(layout, "2")
    switch(layout, Machine(layout)).apply("2")
    attempt = switch(layout, Machine(layout)).back("the bank asked for it")
    assert (attempt.result, attempt.reason) == ("rolled-back", "the bank asked for it")
    assert layout.version_of(layout.running) == "1"


@pytest.fixture
def reloadable(tmp_path: Path) -> tuple[Layout, Machine]:
    """A box on which release 1 runs, which can take up any site file as it runs."""
    layout = box(tmp_path)
    machine = Machine(layout)
    release(layout, "1", reloadable=True)
    switch(layout, machine).apply("1")
    machine.happened.clear()
    return layout, machine


def test_a_configuration_that_can_be_taken_up_restarts_nothing(reloadable: tuple[Layout, Machine]) -> None:
    """It is a generation like any other, with the same gate, but the branch is watched all the while."""
    layout, machine = reloadable
    (layout.wanted / "site.toml").write_text("second\n")
    attempt = switch(layout, machine).apply("1")
    assert attempt is not None
    assert attempt.result == "running"
    assert (layout.current / "etc/site.toml").read_text() == "second\n"
    assert [one for one in machine.happened if one != "wait"] == ["reload-agent", "enable"]
    assert "wait" in machine.happened
    assert record.read(layout, record.TRYING) is None


@pytest.mark.parametrize(
    "changed", ["panel.toml", "credentials/word", "systemd/linewarden-agent.service.d/1.conf"]
)
def test_what_is_only_read_at_the_start_restarts(reloadable: tuple[Layout, Machine], changed: str) -> None:
    """Settings of the panel, credentials and units, also where the site file would do without."""
    layout, machine = reloadable
    (layout.wanted / changed).parent.mkdir(parents=True, exist_ok=True)
    (layout.wanted / changed).write_text("new\n")
    switch(layout, machine).apply("1")
    assert "reload-agent" not in machine.happened
    assert "start 1" in machine.happened


def test_a_renewed_certificate_restarts_nothing(reloadable: tuple[Layout, Machine]) -> None:
    """Agent and panel look at their certificates themselves."""
    layout, machine = reloadable
    (layout.wanted / "tls").mkdir()
    (layout.wanted / "tls/box.pem").write_text("renewed\n")
    switch(layout, machine).apply("1")
    assert "reload-agent" in machine.happened
    assert "stop" not in machine.happened


def test_an_agent_that_does_not_run_is_started_not_reloaded(reloadable: tuple[Layout, Machine]) -> None:
    """Nobody would hear the signal."""
    layout, machine = reloadable
    machine.active = False
    (layout.wanted / "site.toml").write_text("second\n")
    switch(layout, machine).apply("1")
    assert "reload-agent" not in machine.happened
    assert machine.active


def test_a_configuration_that_is_not_taken_up_is_taken_back(reloadable: tuple[Layout, Machine]) -> None:
    """The record never names a configuration that is not in force."""
    layout, machine = reloadable
    machine.deaf = True
    (layout.wanted / "site.toml").write_text("second\n")
    with pytest.raises(UnhealthyError, match="has not taken up the configuration"):
        switch(layout, machine).apply("1")
    assert (layout.current / "etc/site.toml").read_text() == "first\n"
    assert (layout.root / "config").read_text() == "first\n"
    assert machine.happened[-2:] == ["stop", "start 1"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=60, deadline=None)
@given(cut_at=st.integers(0, 30), good=st.booleans(), schema=st.sampled_from([1, 2]))
def test_a_power_cut_at_any_moment_leaves_a_box_that_recovers(
    tmp_path_factory: pytest.TempPathFactory, cut_at: int, good: bool, schema: int
) -> None:
    """At the next start one whole generation is in force, units and journal fit it, and a second run finishes."""
    layout = box(tmp_path_factory.mktemp("box"))
    release(layout, "1")
    switch(layout, Machine(layout)).apply("1")
    release(layout, "2", schema=schema, health=WELL if good else WORSE)
    (layout.wanted / "site.toml").write_text("second\n")
    machine = Machine(layout)
    machine.cut_at = cut_at
    cut = False
    try:
        switch(layout, machine).apply("2")
    except PowerCut:
        cut = True
    except UnhealthyError:
        pass
    fresh = Machine(layout)
    switch(layout, fresh).recover()
    running = layout.version_of(layout.running)
    expected = {"1": "first\n", "2": "second\n"}
    assert (layout.current / "etc/site.toml").read_text() == expected[running]
    assert (layout.units / "linewarden-agent.service").read_text() == f"# unit of {running}\n"
    assert record.read(layout, record.TRYING) is None
    assert int((layout.root / "schema").read_text()) <= (schema if running == "2" else 1)
    if cut:
        last = record.read(layout)
        assert last is not None
        assert last.result in ("interrupted", "running", "rolled-back")
    if good:
        switch(layout, fresh).apply("2")
        assert layout.version_of(layout.running) == "2"
