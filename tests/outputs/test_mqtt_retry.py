"""When to try again, in which version, and what is said of it: tables."""

import pytest

from agent.outputs.mqtt_retry import AGAIN, Backoff, Beacon, Seldom, Versions, backlog_class


def test_backoff_doubles_to_its_longest():
    """Pauses double from the first to the longest, between half and whole, and start anew after a reset."""
    backoff = Backoff(1.0, 60.0, lambda: 1.0)
    assert [backoff.pause() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.pause() == 1
    assert Backoff(1.0, 60.0, lambda: 0.0).pause() == 0.5


def test_refused_in_words():
    """5 is refused: 3.1.1 at once. That is refused too: 5 again, but after a pause."""
    versions = Versions("auto")
    assert (versions.refused(), versions.current) == (True, "3.1.1")
    assert (versions.refused(), versions.current) == (False, "5")


def test_one_hang_up_is_a_restart():
    """One hang-up changes nothing, two do; once accepted, the version is kept."""
    versions = Versions("auto")
    spoken = []
    for _ in range(4):
        versions.hung_up()
        spoken.append(versions.current)
    assert spoken == ["5", "3.1.1", "5", "5"]
    versions.hung_up()
    versions.accepted(0.0)
    assert versions.current == "3.1.1"


@pytest.mark.parametrize("configured", ["5", "3.1.1"])
def test_configured_version(configured):
    """What is configured is spoken, whatever the broker says."""
    versions = Versions(configured)
    assert not versions.refused()
    versions.hung_up()
    versions.hung_up()
    assert versions.current == configured


def test_seldom():
    """Said at once, then once in a while, and at once again after a reset."""
    seldom = Seldom(10)
    assert [seldom.allows(now) for now in (0, 1, 9.9, 10, 11)] == [True, False, False, True, False]
    seldom.reset()
    assert seldom.allows(12)


def test_beacon():
    """The status is told on change, not too often, and regularly while a backlog drains."""
    beacon = Beacon(gap=5, draining=60)
    assert beacon.due(("healthy",), 0, 0)
    beacon.told(("healthy",), 0, 0)
    cases = [
        (("healthy",), 0, 1000, False),
        (("degraded",), 0, 4, False),
        (("degraded",), 0, 5, True),
        (("healthy",), 7, 5, True),
    ]
    for what, backlog, now, due in cases:
        assert beacon.due(what, backlog, now) is due, (what, backlog, now)
    beacon.told(("healthy",), 700, 0)
    assert not beacon.due(("healthy",), 699, 59)
    assert beacon.due(("healthy",), 699, 60)
    assert beacon.due(("healthy",), 99, 5)


def test_backlog_class():
    """None, ones, tens, hundreds."""
    assert [backlog_class(n) for n in (0, 1, 9, 10, 12_345)] == [0, 1, 1, 2, 5]


def test_five_is_tried_again_after_a_day():
    """3.1.1 is kept for a day from when it was found; then 5 is tried first, and a refusal counts for another day."""
    versions = Versions("auto")
    assert versions.refused()
    versions.accepted(100.0)
    assert (versions.found, versions.attempt(99.0 + AGAIN)) == (100.0, "3.1.1")
    assert versions.attempt(100.0 + AGAIN) == "5"
    assert (versions.refused(), versions.current) == (True, "3.1.1")
    versions.accepted(200.0 + AGAIN)
    assert versions.attempt(199.0 + 2 * AGAIN) == "3.1.1"


def test_found_by_an_earlier_run():
    """What an earlier run found is tried first, only in `auto`, and the day counts from then."""
    assert Versions("auto", found=-10.0).attempt(0.0) == "3.1.1"
    assert Versions("auto", found=-AGAIN).attempt(0.0) == "5"
    assert Versions("5", found=-10.0).attempt(0.0) == "5"
    accepted = Versions("auto", found=-AGAIN)
    accepted.attempt(0.0)
    accepted.accepted(1.0)
    assert accepted.found is None
