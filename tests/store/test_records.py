"""Epochs, entries and hashes by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.store.chain import GENESIS, Head, digest
from agent.store.records import MAX_BODY, Entry, Epoch, Position, Record

SUFFIX = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)


@given(st.integers(0, 10**15 - 1), SUFFIX)
def test_an_epoch_is_read_back_from_its_text(number: int, suffix: str) -> None:
    """Text form and value are the same thing."""
    epoch = Epoch(number, suffix)
    assert str(epoch) == f"{number}-{suffix}"
    assert Epoch.parse(str(epoch)) == epoch


@pytest.mark.parametrize(
    "text", ["", "7", "7-", "-k3f9", "7-K3F9", "7-k3f9\n", "x-k3f9", "7-k3-f9", " 7-k3f9", "\u0667-k3f9"]
)
def test_what_is_no_epoch_is_refused(text: str) -> None:
    """A damaged side file or a foreign retained status is not taken for an epoch."""
    with pytest.raises(ValueError, match="not an epoch"):
        Epoch.parse(text)


def test_the_number_orders_epochs() -> None:
    """The suffix identifies and does not order against a higher number."""
    assert Epoch(9, "zzzz") < Epoch(10, "aaaa")


def test_an_id_names_epoch_and_number() -> None:
    """The id on the wire is epoch, suffix and sequence number."""
    record = Record(Epoch(7, "k3f9"), 12, Entry("a", "b", 1.0, b""), GENESIS)
    assert record.id == "7-k3f9:12"
    assert record.position == Position(7, 12)


@pytest.mark.parametrize("wall", [float("nan"), float("inf"), float("-inf")])
def test_a_time_that_is_no_number_is_refused(wall: float) -> None:
    """SQLite would store NaN as NULL: the caller hears of it instead."""
    with pytest.raises(ValueError, match="finite"):
        Entry("a", "b", wall, b"")


def test_text_that_is_no_unicode_is_refused_at_once() -> None:
    """A lone surrogate cannot be stored; it must not get as far as the writer thread."""
    with pytest.raises(UnicodeEncodeError):
        Entry("a\ud800", "b", 0.0, b"")
    with pytest.raises(UnicodeEncodeError):
        Entry("a", "\udfff", 0.0, b"")


def test_a_body_has_a_bound() -> None:
    """One entry cannot fill the waiting list by itself."""
    with pytest.raises(ValueError, match="at most"):
        Entry("a", "b", 0.0, bytes(MAX_BODY + 1))


@given(st.text("ab", max_size=4), st.text("ab", max_size=4), st.integers(0, 8))
def test_moving_a_border_between_fields_changes_the_hash(kind: str, subject: str, cut: int) -> None:
    """Fields are told apart by their lengths, not by their concatenation."""
    whole = (kind + subject).encode()
    cut = min(cut, len(whole))
    moved = digest(GENESIS, "1-a", 1, (whole[:cut], whole[cut:], 0.0, b""))
    own = digest(GENESIS, "1-a", 1, (kind.encode(), subject.encode(), 0.0, b""))
    assert (moved == own) == (cut == len(kind))


def test_the_hash_depends_on_everything() -> None:
    """Changing any one thing an event says, or its place, changes its hash."""
    own = digest(GENESIS, "1-a", 1, (b"k", b"s", 1.0, b"b"))
    others = [
        digest(b"\1" + GENESIS[1:], "1-a", 1, (b"k", b"s", 1.0, b"b")),
        digest(GENESIS, "1-b", 1, (b"k", b"s", 1.0, b"b")),
        digest(GENESIS, "1-a", 2, (b"k", b"s", 1.0, b"b")),
        digest(GENESIS, "1-a", 1, (b"K", b"s", 1.0, b"b")),
        digest(GENESIS, "1-a", 1, (b"k", b"S", 1.0, b"b")),
        digest(GENESIS, "1-a", 1, (b"k", b"s", 1.5, b"b")),
        digest(GENESIS, "1-a", 1, (b"k", b"s", 1.0, b"B")),
    ]
    assert own not in others
    assert len(set(others)) == len(others)


def test_minus_zero_is_linked_as_it_will_be_read_back() -> None:
    """SQLite forgets the sign of zero, so the chain must not depend on it."""
    head = Head(Epoch(1, "a"))
    assert head.link(Entry("k", "s", -0.0, b"")) == head.link(Entry("k", "s", 0.0, b""))
