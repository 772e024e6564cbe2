"""The clocks of the box: what is told while nobody knows the time, and who may move it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.clock import Clock, Reading, read_clocks
from agent.core.model import ClockQuality

UNSYNCED, HOLDOVER, RTC, GSM, NTP = ClockQuality
NOW, YEARS = 1_800_000_000.0, 10 * 365 * 86_400.0


class Machine:
    """A machine whose clocks a test sets."""

    def __init__(self, wall: float, quality: ClockQuality = UNSYNCED) -> None:
        self.mono, self.wall, self.quality = 50.0, wall, quality
        self.clock = Clock(lambda: self.quality, read=lambda: Reading(self.mono, self.wall))

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.mono, self.wall = self.mono + seconds, self.wall + seconds

    def told(self) -> tuple[float, ClockQuality]:
        """What the clock says."""
        now = self.clock.now()
        return now.wall, now.quality


def test_a_machine_that_wakes_in_the_past_goes_on_from_the_last_event() -> None:
    """Until a source tells the time; that may then be earlier too."""
    machine = Machine(0.0)
    machine.clock.not_before(NOW)
    machine.wait(10)
    assert machine.told() == (NOW + 10, UNSYNCED)
    machine.wall, machine.quality = NOW - 500, NTP
    machine.wait(20)
    assert machine.told() == (NOW - 480, NTP)


def test_a_machine_that_is_ahead_stays_there_until_a_source_moves_it_back() -> None:
    """Who sets it back by hand knows no better, and time must not run backwards; NTP does."""
    machine = Machine(NOW + YEARS)
    machine.clock.not_before(NOW)
    assert machine.told() == (NOW + YEARS, UNSYNCED)
    machine.wall -= YEARS
    machine.wait(10)
    assert machine.told() == (NOW + YEARS + 10, UNSYNCED)
    machine.quality = NTP
    machine.wait(10)
    assert machine.told() == (NOW + 20, NTP)


@pytest.mark.parametrize("quality", [HOLDOVER, RTC])
def test_nobody_vouches_for_a_clock_that_was_set_by_hand(quality: ClockQuality) -> None:
    """The kernel may still say that it was right once; believed it is again when a source says so, or it is set back."""
    machine = Machine(NOW, quality)
    assert machine.told() == (NOW, quality)
    machine.wall += YEARS
    assert machine.told() == (NOW + YEARS, UNSYNCED)
    machine.wait(60)
    assert machine.told() == (NOW + YEARS + 60, UNSYNCED)
    machine.quality = NTP
    machine.wait(60)
    assert machine.told() == (NOW + YEARS + 120, NTP)
    machine.quality = HOLDOVER
    machine.wait(60)
    assert machine.told() == (NOW + YEARS + 180, HOLDOVER)


@pytest.mark.parametrize("before", [True, False], ids=["before it stopped", "while it was away"])
def test_an_agent_that_starts_again_vouches_for_no_more_than_before(before: bool) -> None:
    """The clock was set by hand, in this boot: another process of the agent must not take it for the battery clock."""
    machine = Machine(NOW, RTC)
    machine.told()
    if before:
        machine.wall += YEARS
    latest = machine.clock.now()
    if not before:
        machine.wall += YEARS
    machine.clock = Clock(lambda: RTC, read=lambda: Reading(machine.mono, machine.wall))
    machine.clock.not_before(latest.wall, latest)
    assert machine.told() == (NOW + YEARS, UNSYNCED)
    other_boot = replace(latest, boot="another")
    machine.clock = Clock(lambda: RTC, read=lambda: Reading(machine.mono, machine.wall))
    machine.clock.not_before(latest.wall, other_boot)
    assert machine.told() == (NOW + YEARS, RTC)


def test_a_step_is_judged_at_once() -> None:
    """The quality is asked every ten seconds only, but not while somebody sets the clock."""
    machine = Machine(0.0)
    machine.told()
    machine.wall, machine.quality = NOW, NTP
    assert machine.told() == (NOW, NTP)


MOVES = st.lists(
    st.tuples(
        st.floats(0, 1e5), st.one_of(st.just(0.0), st.floats(-1e9, 1e9)), st.sampled_from(ClockQuality)
    ),
    max_size=20,
)


@given(MOVES)
def test_time_runs_backwards_only_where_a_source_says_so(
    moves: list[tuple[float, float, ClockQuality]],
) -> None:
    """Whatever becomes of the clock while it is unsynced."""
    machine = Machine(NOW)
    before = machine.told()[0]
    for seconds, step, quality in moves:
        machine.wait(seconds)
        machine.wall, machine.quality = machine.wall + step, quality
        wall, told = machine.told()
        assert told is not UNSYNCED or wall >= before
        before = wall


def test_the_clocks_of_this_machine() -> None:
    """Both go on, and together: read twice, they differ by less than a step."""
    first, second = read_clocks(), read_clocks()
    assert second.mono >= first.mono
    assert abs((second.wall - second.mono) - (first.wall - first.mono)) < 1.0
    assert Clock(lambda: NTP).boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
