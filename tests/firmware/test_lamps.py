"""Stack light: patterns over time, pins at once, fail-safe at the end."""

import itertools
import threading

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from firmware.board import DEFAULT_BOARD, Board, Lamp
from firmware.errors import PatternError, PinError
from firmware.lamps import CYCLES, PULSE_LASTS, Pattern, StackLight, lit, next_change
from tests.waiting import wait_for

RED, AMBER, GREEN = 17, 27, 22


@pytest.mark.parametrize(
    ("pattern", "phase", "on"),
    [
        (Pattern.OFF, 0.0, False),
        (Pattern.OFF, 7.3, False),
        (Pattern.STEADY, 0.0, True),
        (Pattern.STEADY, 7.3, True),
        (Pattern.FLASH, 0.0, True),
        (Pattern.FLASH, 0.24, True),
        (Pattern.FLASH, 0.25, False),
        (Pattern.FLASH, 0.49, False),
        (Pattern.FLASH, 0.5, True),
        (Pattern.SLOW_FLASH, 0.0, True),
        (Pattern.SLOW_FLASH, 0.99, True),
        (Pattern.SLOW_FLASH, 1.0, False),
        (Pattern.SLOW_FLASH, 1.99, False),
        (Pattern.SLOW_FLASH, 2.0, True),
        (Pattern.FAST_FLASH, 0.19, True),
        (Pattern.FAST_FLASH, 0.21, False),
        (Pattern.FAST_FLASH, 0.41, True),
        (Pattern.DOUBLE_FLASH, 0.14, True),
        (Pattern.DOUBLE_FLASH, 0.2, False),
        (Pattern.DOUBLE_FLASH, 0.4, True),
        (Pattern.DOUBLE_FLASH, 0.5, False),
        (Pattern.DOUBLE_FLASH, 1.1, False),
        (Pattern.DOUBLE_FLASH, 1.21, True),
        (Pattern.HEARTBEAT, 3.7, True),
        (Pattern.HEARTBEAT, 3.9, False),
        (Pattern.HEARTBEAT, 4.0, True),
        (Pattern.BURSTS, 0.2, True),
        (Pattern.BURSTS, 1.9, False),
        (Pattern.BURSTS, 2.0, True),
    ],
)
def test_a_pattern_over_time(pattern, phase, on):
    """FLASH is 2 Hz and SLOW_FLASH 0.5 Hz, both half of the time; every pattern begins lit."""
    assert lit(pattern, phase) is on


def test_rates_are_those_of_iec_60073():
    """Normal 1.4-2.8 Hz, slow 0.4-0.8 Hz; and nothing flashes more than three times in any second (WCAG 2.3.1)."""
    assert 1.4 <= 1 / sum(CYCLES[Pattern.FLASH]) <= 2.8
    assert 1.4 <= 1 / sum(CYCLES[Pattern.FAST_FLASH]) <= 2.8
    assert 0.4 <= 1 / sum(CYCLES[Pattern.SLOW_FLASH]) <= 0.8
    for pattern in CYCLES:
        for start in range(40):
            seen = [lit(pattern, (start + step) / 20) for step in range(20)]
            assert sum(on and not before for before, on in itertools.pairwise(seen)) <= 3


def test_a_heartbeat_is_that_of_the_caller(factory):
    """It goes on as long as somebody shows or says that he is there; a minute after that the lamp is steady."""
    now = [100.0]
    with StackLight(DEFAULT_BOARD, factory, lambda: now[0]) as light:

        def beats():
            """Whether the lamp goes dark within one cycle from now."""
            seen = set()
            for _ in range(40):
                now[0] += 0.1
                light.refresh()
                seen.add(factory.pin(GREEN).state)
            return seen == {True, False}

        light.show({"green": Pattern.HEARTBEAT})
        assert beats()
        now[0] += PULSE_LASTS
        assert not beats()
        light.pulse()
        assert beats()
        now[0] += PULSE_LASTS
        light.show({"green": Pattern.HEARTBEAT})
        assert beats()


@pytest.mark.parametrize("pattern", [pattern for pattern in CYCLES if pattern is not Pattern.HEARTBEAT])
def test_the_ticker_drives_every_pattern_by_itself(factory, pattern):
    """In real time, without anybody asking: lit, dark and lit again."""
    name, pin = ("horn", factory.pin(24)) if pattern is Pattern.BURSTS else ("red", factory.pin(RED))
    with StackLight(DEFAULT_BOARD, factory) as light:
        light.show({name: pattern})
        wait_for(lambda: len(pin.states) >= 4, what="dark and lit again")
        assert [s.state for s in pin.states[:4]] == [False, True, False, True]


@given(
    st.dictionaries(st.sampled_from(["red", "amber", "horn"]), st.sampled_from(Pattern)), st.floats(0, 1e6)
)
def test_nothing_changes_before_the_next_change(patterns, phase):
    """Between now and the time told, no lamp changes: the ticker may sleep."""
    wait = next_change(patterns, phase)
    assert (wait is None) == (not any(pattern in CYCLES for pattern in patterns.values()))
    later = phase + (wait or 100) * 0.99
    for pattern in patterns.values():
        if wait is None or wait > 1e-6:
            assert lit(pattern, phase) == lit(pattern, later)


def test_pins_follow_before_show_returns(factory):
    """The caller's thread sets the pins itself: after `show` they are what was asked."""
    with StackLight(DEFAULT_BOARD, factory) as light:
        light.show({"red": Pattern.FLASH, "green": Pattern.STEADY, "horn": Pattern.STEADY})
        assert [s.state for s in factory.pin(RED).states[:2]] == [False, True]
        assert [factory.pin(pin).state for pin in (AMBER, 22, 23, 24)] == [False, True, False, True]
        light.show({"red": Pattern.OFF, "horn": Pattern.OFF})
        assert light.states() == {"red": False, "amber": False, "green": True, "blue": False, "horn": False}


def test_flashing_lamps_are_in_phase(factory):
    """Two lamps told to flash one after the other go on and off together."""
    red, amber = factory.pin(RED), factory.pin(AMBER)
    with StackLight(DEFAULT_BOARD, factory) as light:
        light.show({"red": Pattern.SLOW_FLASH})
        wait_for(lambda: not red.state, what="the dark half of the flash")
        red.clear_states()
        light.show({"amber": Pattern.SLOW_FLASH})
        wait_for(lambda: len(amber.states) >= 4, what="three changes of the lamp")
        light.show({"red": Pattern.OFF, "amber": Pattern.OFF})
        assert [s.state for s in amber.states[:4]] == [False, True, False, True]
        assert [s.state for s in red.states[:4]] == [False, True, False, True], "red was taken along at once"


def test_the_ticker_sleeps_while_nothing_flashes(factory):
    """A steady light has no waiting time that ends by itself, so no thread wakes."""
    assert next_change({"red": Pattern.STEADY, "green": Pattern.OFF}, 12.3) is None
    with StackLight(DEFAULT_BOARD, factory) as light:
        light.show({"red": Pattern.FLASH})
        light.show({"red": Pattern.STEADY})
        pin = factory.pin(RED)
        pin.clear_states()
        light.show({"green": Pattern.FLASH})
        green = factory.pin(22)
        wait_for(lambda: len(green.states) >= 4, what="the green lamp flashing")
        assert len(pin.states) == 1, "the steady lamp is not written again"


def test_lamps_never_blip_when_opened():
    """An active-low and an active-high lamp go from power-up to dark without a moment of light."""
    factory = MockFactory()
    board = Board(lamps=(Lamp("red", 5, active_high=False), Lamp("amber", 17)))
    high, low = factory.pin(5), factory.pin(17)
    high.pull = "up"  # as at power-up
    high.clear_states()
    with StackLight(board, factory) as light:
        assert light.states() == {"red": False, "amber": False}
        assert [s.state for s in high.states] == [True]
        assert [s.state for s in low.states] == [False]
    factory.close()


def test_closing_leaves_the_fail_safe_state(factory):
    """After `close` each lamp is as the wiring map says for a dead agent, whatever it showed."""
    board = Board(
        lamps=(Lamp("amber", 27, fail_safe=True), Lamp("green", 22), Lamp("red", 5, active_high=False))
    )
    light = StackLight(board, factory)
    light.show({"amber": Pattern.OFF, "green": Pattern.STEADY, "red": Pattern.FLASH})
    light.close()
    light.close()
    assert (factory.pin(27).state, factory.pin(22).state, factory.pin(5).state) == (True, False, True)
    with pytest.raises(PinError, match="closed"):
        light.show({"green": Pattern.OFF})


def test_what_cannot_be_shown_changes_nothing(factory):
    """An unknown lamp or a flashing horn is refused as a whole; a lamp that is only not wired is accepted."""
    board = Board(lamps=(Lamp("red", 17), Lamp("horn", 24)))
    with StackLight(board, factory) as light:
        with pytest.raises(PatternError, match="no such lamp: purple"):
            light.show({"red": Pattern.STEADY, "purple": Pattern.STEADY})
        with pytest.raises(PatternError, match="horn"):
            light.show({"red": Pattern.STEADY, "horn": Pattern.FLASH})
        light.show({"blue": Pattern.FLASH})
        assert light.states() == {"red": False, "horn": False}
        assert light.patterns() == {"red": Pattern.OFF, "horn": Pattern.OFF}


def test_a_pin_taken_twice_is_a_pin_error_and_gives_the_others_back(factory):
    """Opening fails by meaning, and the lines opened before are free again."""
    taken = Board(lamps=(Lamp("red", 17), Lamp("amber", 27), Lamp("green", 17)))
    with pytest.raises(PinError, match="lamp green on GPIO 17"):
        StackLight(taken, factory)
    with StackLight(Board(lamps=(Lamp("red", 17), Lamp("amber", 27))), factory) as light:
        assert light.states() == {"red": False, "amber": False}


def test_two_boards_live_in_one_process(factory):
    """Two lights on two factories use the same pin numbers and do not meet."""
    other = MockFactory()
    with StackLight(DEFAULT_BOARD, factory) as here, StackLight(DEFAULT_BOARD, other) as there:
        here.show({"red": Pattern.STEADY})
        assert (here.states()["red"], there.states()["red"]) == (True, False)
    other.close()


def test_many_threads_may_show(factory):
    """Whoever comes last wins, and the pins agree with what was told."""
    with StackLight(DEFAULT_BOARD, factory) as light:
        threads = [
            threading.Thread(target=light.show, args=({name: pattern},))
            for name in ("red", "amber", "green")
            for pattern in (Pattern.OFF, Pattern.FLASH, Pattern.STEADY)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        light.show({"red": Pattern.STEADY, "amber": Pattern.OFF, "green": Pattern.STEADY})
        assert light.states() == {"red": True, "amber": False, "green": True, "blue": False, "horn": False}


def test_a_failing_pin_harms_no_other_lamp(factory):
    """When one line cannot be written, the caller is told, and the others show what was asked."""
    with StackLight(DEFAULT_BOARD, factory) as light:
        factory.pin(RED).function = "input"  # as when somebody else reconfigures the line
        with pytest.raises(PinError, match="lamp red on GPIO 17"):
            light.show({"red": Pattern.STEADY, "green": Pattern.STEADY})
        assert factory.pin(22).state
        light.show({"green": Pattern.OFF, "red": Pattern.OFF})
        with pytest.raises(PinError, match="lamp red"):
            light.close()
        with StackLight(Board(lamps=(Lamp("green", 22),)), factory) as again:
            assert again.states() == {"green": False}


def test_a_fault_lasts_until_all_lamps_are_as_they_should_be(factory):
    """Also where only the flashing meets it; the next write that works says that it is over."""
    with StackLight(DEFAULT_BOARD, factory) as light:
        light.show({"red": Pattern.FLASH})
        factory.pin(RED).function = "input"
        wait_for(lambda: light.fault is not None)
        assert "lamp red" in str(light.fault)
        factory.pin(RED).function = "output"
        light.show({"red": Pattern.STEADY})
        assert light.fault is None
        assert factory.pin(RED).state
