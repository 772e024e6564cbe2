"""The window of unacknowledged events, against every order of acknowledgements, losses and restarts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.outputs.drain import Window
from agent.store.records import START, Entry, Epoch, Position, Record


def record(epoch: int, seq: int) -> Record:
    """One event."""
    return Record(Epoch(epoch, "x"), seq, Entry("kind", "", 0.0, b"{}"), b"")


def journal(lengths: list[int]) -> list[Record]:
    """A journal with so many events in each epoch."""
    return [record(epoch, seq) for epoch, length in enumerate(lengths, 1) for seq in range(1, length + 1)]


def test_cursor_waits_for_the_gap():
    """Acknowledged out of order, the cursor moves only over what is whole."""
    window = Window(START)
    window.offer(journal([3]))
    places = [window.take().position for _ in range(3)]
    assert window.take() is None
    assert [window.acknowledge(places[n]) for n in (2, 1)] == [0, 0]
    assert window.cursor == START
    assert window.acknowledge(places[0]) == 3
    assert window.cursor == Position(1, 3)
    assert window.idle


def test_rewind_goes_back_to_the_cursor():
    """After a broken link everything behind the cursor is to be read again, and old acknowledgements mean nothing."""
    window = Window(START)
    window.offer(journal([3]))
    first, second, third = [window.take().position for _ in range(3)]
    window.acknowledge(first)
    window.acknowledge(third)
    window.rewind()
    assert window.tail == window.cursor == first
    assert window.acknowledge(second) == 0
    assert window.idle


def test_page_out_of_place_is_refused():
    """A page that does not follow is an error of the program, not a duplicate to publish."""
    window = Window(Position(1, 2))
    with pytest.raises(ValueError, match="does not follow"):
        window.offer([record(1, 2)])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(1, 5)),
        st.tuples(st.just("send"), st.integers(1, 4)),
        st.tuples(st.just("ack"), st.integers(0, 9)),
        st.tuples(st.just("break"), st.booleans()),
        st.tuples(st.just("restart"), st.booleans()),
    ),
    max_size=60,
)


class Play:
    """A journal, a window, a broker that takes what it is sent in order, and a reader by id."""

    def __init__(self, lengths: list[int]) -> None:
        self.journal = journal(lengths)
        self.window = Window(START)
        self.flight: list[Record] = []
        self.reader: dict[str, Record] = {}

    def read(self, count: int) -> None:
        """Read a page."""
        self.window.offer([one for one in self.journal if one.position > self.window.tail][:count])

    def send(self, count: int) -> None:
        """Send some, which the broker hands to the reader."""
        while count and (one := self.window.take()):
            self.flight.append(one)
            self.reader.setdefault(one.id, one)
            count -= 1

    def ack(self, which: int) -> None:
        """Acknowledge any of what is in flight."""
        if self.flight:
            self.window.acknowledge(self.flight.pop(which % len(self.flight)).position)

    def fail(self, *, restart: bool) -> None:
        """The link breaks, or the box restarts with the cursor that it stored; the last one sent is lost."""
        if self.flight and self.flight[-1].id == next(reversed(self.reader)):
            lost = self.flight.pop()
            self.reader.pop(lost.id)
        self.flight.clear()
        if restart:
            self.window = Window(self.window.cursor)
        self.window.rewind()


@given(st.lists(st.integers(0, 8), max_size=4), STEPS)
def test_reader_by_id_sees_each_once_in_order(lengths, steps):
    """Whatever breaks, and in whatever order acknowledgements come, the reader sees the journal."""
    play = Play(lengths)
    for what, number in steps:
        if what in {"break", "restart"}:
            play.fail(restart=what == "restart")
        else:
            getattr(play, what)(number)
        confirmed = [one for one in play.journal if one.position <= play.window.cursor]
        assert list(play.reader.values())[: len(confirmed)] == confirmed
    for _ in range(len(play.journal) + 1):
        play.read(3)
        play.send(3)
        play.ack(0)
        play.ack(0)
        play.ack(0)
    assert list(play.reader.values()) == play.journal
    assert play.window.idle
