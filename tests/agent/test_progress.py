"""The tell-tale behind the watchdog: who is late by his own bound."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from agent.progress import Progress

SECONDS = st.floats(0, 1e6)


def test_a_part_is_stuck_once_its_beat_is_late() -> None:
    """Late is later than its own bound, counted from the last beat; a new beat frees it."""
    progress = Progress()
    progress.expect("corridor", 5, now=100)
    assert progress.stuck(105) == ()
    assert progress.stuck(105.1) == ("corridor",)
    progress.beat("corridor", 105.2)
    assert progress.stuck(110) == ()


def test_each_part_has_a_bound_of_its_own() -> None:
    """A slow part is not called stuck for being slower than another."""
    progress = Progress()
    progress.expect("ups", 600, now=0)
    progress.expect("box", 30, now=0)
    assert progress.stuck(31) == ("box",)
    assert progress.stuck(601) == ("box", "ups")


def test_only_essential_parts_starve_the_watchdog() -> None:
    """A poller that hangs is named, and is no reason to start the agent anew."""
    progress = Progress()
    progress.expect("corridor", 10, now=0, essential=True)
    progress.expect("snmp pbx-1", 10, now=0)
    progress.beat("corridor", 20)
    assert progress.stuck(25) == ("snmp pbx-1",)
    assert progress.stuck(25, essential=True) == ()
    assert progress.stuck(31, essential=True) == ("corridor",)


def test_a_part_of_which_nothing_is_expected_cannot_be_stuck() -> None:
    """Beats of parts that nobody expects are forgotten."""
    progress = Progress()
    progress.beat("nobody", 0)
    assert progress.stuck(1e9) == ()


@given(st.lists(SECONDS), SECONDS, st.floats(0.1, 1000))
def test_the_newest_beat_decides(beats: list[float], now: float, within: float) -> None:
    """Beats of several threads may arrive out of order: an old one takes nothing back."""
    progress = Progress()
    progress.expect("part", within, now=0)
    for beat in beats:
        progress.beat("part", beat)
    assert bool(progress.stuck(now)) == (now - max([0.0, *beats]) > within)


def test_beats_come_from_any_thread() -> None:
    """Threads may beat, and parts be added, while somebody looks for those that are stuck."""
    progress = Progress()

    def work(name: str) -> None:
        for at in range(2000):
            progress.expect(f"{name} {at % 50}", 5, now=at)
            progress.beat(name, at)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        progress.stuck(0)
    assert len(progress.stuck(1e9)) == 150
