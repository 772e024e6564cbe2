"""A card that is full or cannot be written, at any moment of a change."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.release import record
from agent.release.errors import (
    DiskError,
    NoRoomError,
    ReleaseError,
    UnhealthyError,
)
from agent.release.layout import Layout
from tests.release.parts import WORSE, Machine, release, running, switch


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A box on which release 1 runs."""
    return running(tmp_path)


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
