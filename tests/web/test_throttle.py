"""Slowing down who guesses passwords, under virtual time."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from web.passwords import Outcome, Passwords, hash_password
from web.throttle import FORGET_AFTER, FREE, Throttle


def test_the_first_failures_cost_nothing_and_then_each_doubles_the_wait() -> None:
    """A tired person may mistype; a program may not try for long."""
    throttle = Throttle(wait_max=30.0)
    waits = []
    for _ in range(FREE + 6):
        throttle.failed("li.na", 0.0)
        waits.append(throttle.wait("li.na", 0.0))
    assert waits[: FREE - 1] == [0.0] * (FREE - 1)
    assert waits[FREE - 1 :] == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert throttle.wait("li.na", 31.0) == 0.0
    assert throttle.wait("wang", 0.0) == 0.0


def test_success_and_time_forgive() -> None:
    """Failures of long ago do not count."""
    throttle = Throttle(wait_max=30.0)
    for _ in range(FREE):
        throttle.failed("li.na", 0.0)
    throttle.failed("li.na", FORGET_AFTER + 1)
    assert throttle.wait("li.na", FORGET_AFTER + 1) == 0.0
    for _ in range(FREE):
        throttle.failed("li.na", FORGET_AFTER + 2)
    throttle.succeeded("li.na")
    assert throttle.wait("li.na", FORGET_AFTER + 2) == 0.0


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(0, 1e6)), max_size=200))
def test_memory_is_bounded_and_no_wait_exceeds_the_limit(failures: list[tuple[str, float]]) -> None:
    """Whatever names come, in whatever order, as monotonic time passes."""
    throttle = Throttle(wait_max=30.0, keys_max=8)
    times = accumulate((time for _, time in failures), max)
    for (key, _), now in zip(failures, times, strict=True):
        throttle.failed(key, now)
        assert 0.0 <= throttle.wait(key, now) <= 30.0
    assert len(throttle) <= 8


def passwords(now: list[float]) -> Passwords:
    """One user, and a clock that the test moves."""
    return Passwords({"li.na": generate_password_hash("right", "scrypt:1024:8:1")}, lambda: now[0])


def test_an_unknown_name_is_treated_like_a_known_one() -> None:
    """The same outcomes after the same number of failures: nothing tells which names there are."""
    outcomes = {}
    for name in ("li.na", "nobody"):
        door = passwords([0.0])
        outcomes[name] = [door.check(name, "wrong", "192.0.2.7") for _ in range(FREE + 2)]
    assert outcomes["li.na"] == outcomes["nobody"]
    assert outcomes["li.na"][-1][0] is Outcome.WAIT


def test_who_waits_is_not_even_looked_at() -> None:
    """The right password is refused too, until the wait is over."""
    now = [0.0]
    door = passwords(now)
    for _ in range(FREE):
        door.check("li.na", "wrong", "192.0.2.7")
    assert door.check("li.na", "right", "192.0.2.7")[0] is Outcome.WAIT
    now[0] = 301.0
    assert door.check("li.na", "right", "192.0.2.7")[0] is Outcome.WELCOME


def test_an_address_is_slowed_down_whatever_names_it_tries() -> None:
    """And an IPv6 network counts as one address."""
    door = passwords([0.0])
    for number in range(FREE):
        door.check(f"name-{number}", "wrong", f"2001:db8::{number:x}")
    assert door.check("li.na", "right", "2001:db8::ffff")[0] is Outcome.WAIT
    assert door.check("li.na", "right", "2001:db8:0:1::1")[0] is Outcome.WELCOME


def test_a_password_that_is_too_long_is_wrong() -> None:
    """Nothing beyond a bound is hashed."""
    assert passwords([0.0]).check("li.na", "x" * 10_000, "192.0.2.7")[0] is Outcome.WRONG


def test_the_printed_hash_lets_in() -> None:
    """What `linewarden-panel hash` prints is what the panel takes."""
    door = Passwords({"li.na": hash_password("correct horse")}, lambda: 0.0)
    assert door.check("li.na", "correct horse", "")[0] is Outcome.WELCOME
