"""The switch of generations: forward where the branch is no worse off, back by itself where it is, whatever happens."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release import record
from agent.release.errors import (
    BundleError,
    BusyError,
    ConfigurationError,
    DiskError,
    NoRoomError,
    PostponedError,
    ReleaseError,
    UnhealthyError,
)
from agent.release.layout import Layout
from agent.release.switch import Switch, Terms
from agent.release.units import PANEL
from tests.release.parts import WELL, Machine, PowerCut, box, release

SICK = WELL | {"critical": ["pbx-1.unreachable"]}
WORSE = WELL | {"answering": ["ups-1"], "silent": ["pbx-1"]}


def switch(layout: Layout, machine: Machine, **terms: object) -> Switch:
    """A switch whose time passes at once."""
    return Switch(layout, machine, Terms(**{"patience": 20.0, "settle": 6.0} | terms), wait=machine.wait)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A box on which release 1 runs."""
    made = box(tmp_path)
    release(made, "1")
    switch(made, Machine(made)).apply("1")
    return made


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


class FullCard(Machine):
    """A box whose card is full from when its agent is stopped, or told to reload, until something is started again."""

    def __init__(self, layout: Layout, *, until_start: bool) -> None:
        super().__init__(layout)
        self.until_start = until_start

    def stop(self) -> None:
        """The journal's last words take what room there was."""
        super().stop()
        fill()

    def reload_agent(self) -> None:
        """The same, without a stop."""
        with room():
            super().reload_agent()
        fill()

    def start(self, *, panel: bool) -> None:
        """The program itself needs no room."""
        with room():
            super().start(panel=panel)
        if self.until_start:
            make_room()


def fill() -> None:
    """From now on no file of this process can grow: every write fails, links and renames do not."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def make_room() -> None:
    """From now on every write succeeds again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def room(*, full: bool = False) -> Iterator[None]:
    """What is done meanwhile can write, or cannot; then it is as it was before."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    make_room()
    try:
        if full:
            fill()
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class StuckLink(Machine):
    """A box whose link cannot be moved once the newer release was stopped."""

    @property
    def in_the_way(self) -> Path:
        """What is there instead of the link that is to take the old one's place."""
        return self.layout.current.with_name(".current.new")

    def stop(self) -> None:
        """As the protocol has it."""
        super().stop()
        if self.layout.version_of(self.layout.running) == "2":
            self.in_the_way.mkdir()


class FullAtLast(FullCard):
    """A box whose card is full from when the newer release is stopped."""

    def stop(self) -> None:
        """As the protocol has it."""
        newer = self.layout.version_of(self.layout.running) == "2"
        Machine.stop(self)
        if newer:
            fill()


def test_units_that_could_not_be_placed_back_are_at_the_next_run(layout: Layout) -> None:
    """The old release runs at once, with what units there are; the change counts as under way until all is as it was."""
    release(layout, "2", health=WORSE)
    machine = FullAtLast(layout, until_start=True)
    with room(), pytest.raises(UnhealthyError, match="cannot be read or written"):
        switch(layout, machine).apply("2")
    assert machine.happened[-1] == "start 1"
    assert not list(layout.units.rglob(".*"))
    assert record.read(layout, record.TRYING) is not None
    assert switch(layout, Machine(layout)).would_change("1")
    assert switch(layout, Machine(layout)).apply("1") is None
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 1\n"
    assert record.read(layout, record.TRYING) is None


@pytest.mark.parametrize("until_start", [True, False])
@pytest.mark.parametrize("changed", ["site.toml", "systemd/linewarden-agent.service.d/60-site.conf"])
def test_a_card_that_is_full_in_the_middle_leaves_no_branch_unwatched(
    layout: Layout, changed: str, *, until_start: bool
) -> None:
    """What ran before runs again, and the next run with room finishes."""
    release(layout, "2")
    (layout.wanted / changed).parent.mkdir(parents=True, exist_ok=True)
    (layout.wanted / changed).write_text("second\n")
    machine = FullCard(layout, until_start=until_start)
    with room(), pytest.raises(ReleaseError):
        switch(layout, machine).apply("2")
    assert machine.active
    assert machine.happened[-1] == "start 1"
    assert layout.version_of(layout.running) == "1"
    assert (layout.units / "linewarden-agent.service").read_text() == "# unit of 1\n"
    after = Machine(layout)
    attempt = switch(layout, after).apply("2")
    assert attempt is not None
    assert (attempt.result, after.active) == ("running", True)
    assert not list(layout.units.rglob(".*"))


def test_a_card_that_is_full_from_the_first_is_told_before_anything_is_stopped(layout: Layout) -> None:
    """Also where only the configuration changed; nothing is left of the attempt."""
    (layout.wanted / "site.toml").write_text("second\n")
    machine = Machine(layout)
    with room(full=True), pytest.raises(DiskError, match="the card cannot be read or written"):
        switch(layout, machine).apply("1")
    assert (machine.happened, layout.numbers()) == ([], [1])
    assert [one.name for one in layout.generations.iterdir()] == ["1"]


@pytest.mark.parametrize("place", ["etc/systemd/system", "var/lib/linewarden-release"])
def test_a_place_that_cannot_be_written_is_told_before_anything_is_stopped(
    layout: Layout, place: str
) -> None:
    """Here a file is where the folder should be; a read-only root says the same of itself."""
    folder = layout.root / place
    folder.rename(folder.with_name("aside"))
    folder.write_text("")
    release(layout, "2")
    machine = Machine(layout)
    with pytest.raises(DiskError):
        switch(layout, machine).apply("2")
    assert machine.happened == []
    assert layout.version_of(layout.running) == "1"


def test_a_card_with_too_little_room_is_told_before_anything_is_stopped(layout: Layout) -> None:
    """Also where only the configuration changed."""
    (layout.wanted / "site.toml").write_text("second\n")
    machine = Machine(layout)
    with pytest.raises(NoRoomError):
        switch(layout, machine, room=10**18).apply("1")
    assert (machine.happened, layout.numbers()) == ([], [1])


def test_what_fails_on_the_way_back_is_gone_on_with_at_the_next_start(layout: Layout) -> None:
    """The link could not be moved back: what it names is started, rather than nothing, and the next start tries again."""
    release(layout, "2", health=WORSE)
    machine = StuckLink(layout)
    with pytest.raises(UnhealthyError):
        switch(layout, machine).apply("2")
    assert machine.active
    assert machine.happened[-1] == "start 2"
    machine.in_the_way.rmdir()
    switch(layout, Machine(layout)).recover()
    assert layout.version_of(layout.running) == "1"
    assert record.read(layout, record.TRYING) is None


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


@pytest.mark.parametrize("at", [0.0, time.time() + 20 * 365 * 86400])
def test_an_offer_at_a_wrong_clock_waits_from_now(layout: Layout, at: float) -> None:
    """Neither at once nor for years."""
    now = time.time()
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
