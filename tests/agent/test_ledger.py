"""Which alarms may be published when: only what the disk knows, unless the store is degraded."""

from hypothesis import given
from hypothesis import strategies as st

from agent.ledger import Ledger

A, B = "ups-1.battery-low", "pbx-1.unreachable"


def test_nothing_is_published_before_the_commit() -> None:
    """A decided event changes nothing outside until it is on the disk."""
    ledger = Ledger({})
    assert ledger.decided([A]) == set()
    assert (ledger.durable(A), ledger.reference(A)) == (False, None)
    assert ledger.committed([(A, ("1-aa", 1))]) == {A}
    assert (ledger.durable(A), ledger.reference(A)) == (True, ("1-aa", 1))


def test_with_a_second_event_on_its_way_the_first_is_not_published() -> None:
    """The alarm as it is now is not what the disk knows."""
    ledger = Ledger({})
    ledger.decided([A])
    ledger.decided([A])
    assert ledger.committed([(A, ("1-aa", 1))]) == set()
    assert ledger.committed([(A, ("1-aa", 2))]) == {A}


def test_while_degraded_alarms_are_published_at_once_without_a_number() -> None:
    """And again, with their number, when the store has caught up."""
    ledger = Ledger({B: ("1-aa", 7)})
    ledger.decided([A])
    assert ledger.health(degraded=True) == {A}
    assert ledger.decided([B]) == {B}
    assert ledger.reference(B) is None
    ledger.health(degraded=False)
    assert ledger.committed([(A, ("2-bb", 1)), (B, ("2-bb", 2))]) == {A, B}
    assert ledger.reference(B) == ("2-bb", 2)


def test_what_overflowed_is_covered_by_the_snapshot() -> None:
    """Its events never come; the alarm must not wait for them."""
    ledger = Ledger({})
    ledger.health(degraded=True)
    ledger.decided([A])
    assert ledger.snapshot_covers() == {A}
    assert ledger.durable(A)


@given(
    st.lists(
        st.tuples(st.sampled_from(["decide", "commit", "fail", "heal"]), st.sampled_from([A, B])), max_size=60
    )
)
def test_an_alarm_is_durable_exactly_when_nothing_of_it_is_under_way(acts: list[tuple[str, str]]) -> None:
    """Whatever the order of decisions, commits and failures."""
    ledger, under_way, seq = Ledger({}), {A: 0, B: 0}, 0
    for act, alarm in acts:
        match act:
            case "decide":
                ledger.decided([alarm])
                under_way[alarm] += 1
            case "commit" if under_way[alarm]:
                seq += 1
                ledger.committed([(alarm, ("1-aa", seq))])
                under_way[alarm] -= 1
            case "fail" | "heal":
                ledger.health(degraded=act == "fail")
        for one in (A, B):
            assert ledger.durable(one) == (under_way[one] == 0)
