"""How many orders one caller may give."""

from hypothesis import given
from hypothesis import strategies as st

from agent.order_gate import BURST, CALLERS_MAX, EVERY, REFUSED_BURST, REFUSED_EVERY, OrderGate, too_long


def test_a_person_with_many_alarms_is_not_held_up() -> None:
    """Twenty-five acknowledgements in a row, then one a second for ever."""
    gate = OrderGate()
    assert all(gate.admits("li", 0.0, denied=False) for _ in range(25))
    assert all(gate.admits("li", float(second), denied=False) for second in range(1, 600))
    assert gate.held == 0


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 30)), min_size=1, max_size=300))
def test_no_caller_gets_more_than_the_bucket_holds(orders: list[tuple[bool, float]]) -> None:
    """Refused orders are counted by themselves, and much more narrowly."""
    gate, mono, taken = OrderGate(), 0.0, {True: 0, False: 0}
    for denied, passed in orders:
        mono += passed
        taken[denied] += gate.admits("x", mono, denied=denied)
    assert taken[False] <= BURST + mono / EVERY
    assert taken[True] <= REFUSED_BURST + mono / REFUSED_EVERY
    assert gate.held == len(orders) - sum(taken.values())


def test_one_caller_does_not_hold_up_another_and_few_are_remembered() -> None:
    """A flood of names costs a bounded memory."""
    gate = OrderGate()
    while gate.admits("wild", 0.0, denied=True):
        pass
    assert gate.admits("li", 0.0, denied=True)
    for number in range(3 * CALLERS_MAX):
        gate.admits(f"name-{number}", 0.0, denied=True)
    assert len(gate._buckets) == CALLERS_MAX


def test_what_nobody_types_is_too_long() -> None:
    """Each part has its own bound."""
    assert too_long("ups-1.on-battery", "", "on my way", "li.na", "192.0.2.7") == ""
    assert too_long("x" * 60_000, "", "", "li", "") == "alarm"
    assert too_long("x", "", "n" * 5_000, "li", "") == "note"
    assert too_long("x", "", "", "li" * 100, "") == "name"
