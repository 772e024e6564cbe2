"""Limits, deadband and delays as tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.limits import Change, Condition, Verdict, judge, observe, settle
from agent.core.model import Bad, Limit, Value
from tests.core.branch import CHARGE

A, N, D = Verdict.ABNORMAL, Verdict.NORMAL, Verdict.DEADBAND


@pytest.mark.parametrize(
    ("limit", "value", "verdict"),
    [
        (Limit(raise_above=40, clear_below=35), 40.1, A),
        (Limit(raise_above=40, clear_below=35), 40.0, D),
        (Limit(raise_above=40, clear_below=35), 35.0, N),
        (Limit(raise_above=40), 40.0, N),
        (Limit(raise_below=20, clear_above=30), 19.9, A),
        (Limit(raise_below=20, clear_above=30), 20.0, D),
        (Limit(raise_below=20, clear_above=30), 30.0, N),
        (Limit(raise_below=0), 0, N),
        (Limit(among=("down", "testing")), "down", A),
        (Limit(among=("down", "testing")), "up", N),
        (Limit(among=(False,)), False, A),
        (Limit(among=(False,)), True, N),
        (Limit(tokens=("OB", "LB")), "OL CHRG", N),
        (Limit(tokens=("OB", "LB")), "OL LB", A),
        (Limit(tokens=("OB",)), "OBX", N),
        (Limit(tokens=("OB",), clear_tokens=("OL",)), "OFF", D),
        (Limit(tokens=("OB",), clear_tokens=("OL",)), "OL OFF", N),
        (Limit(tokens=("OB",), clear_tokens=("OL",)), "OB OL", A),
        (Limit(tokens=("OB",)), "", N),
        (Limit(tokens=("OB",)), 3, None),
        (Limit(raise_above=40), "hot", None),
        (Limit(tokens=("OB",)), math.nan, None),
        (Limit(among=("down",)), 3, None),
        (Limit(among=(True,)), 1, None),
        (Limit(among=(1,)), True, None),
        (Limit(among=(1,)), 1.0, A),
        (Limit(among=(1,)), math.nan, None),
        (Limit(raise_above=40), math.nan, None),
        (Limit(raise_above=0), True, None),
        (Limit(raise_above=40), math.inf, A),
        (Limit(raise_above=40), Bad("missing"), None),
        (Limit(among=("down",)), Bad("unknown"), None),
        (Limit(), 1.0, None),
    ],
)
def test_a_value_is_judged_by_its_limit(limit: Limit, value: Value | Bad, verdict: Verdict | None) -> None:
    """One reading says abnormal, normal, deadband, or nothing."""
    assert judge(limit, value) is verdict


def test_an_on_delay_wants_its_side_without_a_break() -> None:
    """A reading in the deadband ends a pending raise; the next crossing starts it anew."""
    condition = Condition()
    assert observe(condition, CHARGE, 10.0, 100.0, 0.0) == 110.0
    assert observe(condition, CHARGE, 25.0, 105.0, 0.0) is None
    assert observe(condition, CHARGE, 10.0, 107.0, 0.0) == 117.0
    assert settle(condition, CHARGE, 110.0, fresh=True) is None
    assert settle(condition, CHARGE, 117.0, fresh=True) is Change.RAISE


def test_a_raised_condition_stays_in_the_deadband() -> None:
    """Only the clear value clears, and only after the off-delay."""
    condition = Condition(active=True)
    assert observe(condition, CHARGE, 25.0, 100.0, 0.0) is None
    assert observe(condition, CHARGE, 31.0, 101.0, 0.0) == 121.0
    assert settle(condition, CHARGE, 120.9, fresh=True) is None
    assert settle(condition, CHARGE, 121.0, fresh=True) is Change.CLEAR


def test_a_delay_that_ends_on_a_stale_reading_decides_nothing() -> None:
    """Bad quality neither raises nor clears."""
    condition = Condition()
    observe(condition, CHARGE, 10.0, 100.0, 0.0)
    assert settle(condition, CHARGE, 110.0, fresh=False) is None
    assert not condition.active
    assert settle(condition, CHARGE, 111.0, fresh=True) is Change.RAISE


@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=True),
            st.text(max_size=3),
            st.booleans(),
            st.sampled_from([Bad("missing"), Bad("unknown")]),
        ),
        max_size=30,
    )
)
def test_a_condition_changes_only_on_readings_that_say_so(values: list[Value | Bad]) -> None:
    """Whatever comes, a raise follows an abnormal reading and a clear follows a normal one."""
    condition = Condition()
    last: Verdict | None = None
    for step, value in enumerate(values):
        verdict = judge(CHARGE.limit, value)
        last = verdict or last
        observe(condition, CHARGE, value, step * 7.0, 0.0)
        change = settle(condition, CHARGE, step * 7.0, fresh=verdict is not None)
        assert change is not Change.RAISE or last is Verdict.ABNORMAL
        assert change is not Change.CLEAR or last is Verdict.NORMAL
