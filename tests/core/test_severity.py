"""Severity that moves while an alarm stands, alarms that no reading clears, and what clears up the list (RFC 8632)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core.alarm_states import AlarmState
from agent.core.annunciator import Show
from agent.core.branch import Branch
from agent.core.events import AlarmClosed, AlarmSeverityChanged, OrderRefused
from agent.core.inputs import Order, Restarted, Verb
from agent.core.model import Device, Layer, Limit, Rule, Severity
from agent.core.sequences import Sequence
from agent.core.state import decode_snapshot, encode_snapshot, indication
from tests.core.branch import LI, UNREACHABLE_RULE, Room, text

HOT = Rule(
    "hot",
    "temperature",
    Severity.MINOR,
    Limit(raise_above=40.0, clear_below=35.0),
    text("hot"),
    on_delay=5.0,
)
HOTTER = replace(HOT, severity=Severity.MAJOR, limit=Limit(raise_above=50.0, clear_below=47.0), worsens=True)
HOTTEST = replace(HOT, severity=Severity.CRITICAL, limit=Limit(raise_above=60.0), worsens=True, on_delay=0.0)
TAMPERED = Rule(
    "tampered", "seal", Severity.MAJOR, Limit(among=("broken",)), text("seal broken"), will_clear=False
)
BOX = Device(
    "ups-1", Layer.POWER, text("UPS"), (UNREACHABLE_RULE, HOT, HOTTER, HOTTEST, TAMPERED), stale_after=60.0
)
BRANCH = Branch("sh-0042", {"ups-1": BOX})
ALARM, SEAL = "ups-1.hot", "ups-1.tampered"


class Hall(Room):
    """A device that tells a temperature and whether its seal is whole."""

    def __init__(self, **given: object) -> None:
        super().__init__(**{"branch": BRANCH, **given})  # type: ignore[arg-type]  # as the room takes them

    def reads(self, temperature: float, seal: str = "whole", seconds: float = 6.0) -> list[str]:
        """A reading that lasts for some seconds."""
        events = self.polled(temperature=temperature, seal=seal) + self.wait(seconds)
        return [one for one in events if one.startswith("alarm")]

    def severity(self) -> Severity:
        """Of the alarm."""
        return self.state.durable.alarms.alarms[ALARM].severity


def test_an_alarm_becomes_worse_and_better_while_it_stands() -> None:
    """One occurrence; each step is a status change with the reading that made it."""
    hall = Hall()
    assert hall.reads(42) == ["alarm.raised"]
    assert hall.reads(52) == ["alarm.severity-changed"]
    assert hall.reads(61) == ["alarm.severity-changed"]
    assert hall.severity() is Severity.CRITICAL
    assert hall.reads(48) == ["alarm.severity-changed"]
    assert hall.severity() is Severity.MAJOR
    assert hall.reads(46) == ["alarm.severity-changed"]
    assert hall.reads(30) == ["alarm.cleared"]
    changes = hall.state.durable.alarms.alarms[ALARM].status_changes
    assert [one.severity.word for one in changes] == ["minor", "major", "critical", "major", "minor", "minor"]
    told = [one for one in hall.events if isinstance(one, AlarmSeverityChanged)]
    assert [one.evidence.value for one in told] == [52, 61, 48, 46]


def test_an_alarm_is_raised_as_serious_as_it_is() -> None:
    """A jump far out is one event of the worst severity."""
    hall = Hall()
    assert hall.reads(65) == ["alarm.raised"]
    assert hall.severity() is Severity.CRITICAL
    assert indication(hall.state, hall.mono).red is Show.FLASH


def test_levels_without_delays_move_with_the_alarm() -> None:
    """One answer that raises and worsens, one that clears: no event that the list could not follow."""
    quick = [replace(rule, on_delay=0.0) for rule in (HOT, HOTTER, HOTTEST)]
    hall = Hall(
        branch=replace(BRANCH, devices={"ups-1": replace(BOX, rules=(UNREACHABLE_RULE, *quick, TAMPERED))})
    )
    assert hall.reads(65)[0] == "alarm.raised"
    assert hall.severity() is Severity.CRITICAL
    assert hall.reads(20) == ["alarm.cleared"]


def test_what_gets_worse_alerts_anew_and_wants_to_be_acknowledged_anew() -> None:
    """Who acknowledged a minor alarm has not seen a critical one; what gets better stays acknowledged."""
    hall = Hall()
    hall.reads(42)
    hall.order(Verb.ACKNOWLEDGE, ALARM)
    hall.reads(65)
    assert hall.state.durable.alarms.state(ALARM) is AlarmState.UNACKNOWLEDGED
    assert hall.state.durable.windows[ALARM].sequence is Sequence.ALERT
    hall.order(Verb.ACKNOWLEDGE, ALARM)
    hall.reads(42)
    assert hall.state.durable.alarms.state(ALARM) is AlarmState.ACKNOWLEDGED
    assert hall.state.durable.windows[ALARM].severity is Severity.MINOR


def test_after_a_restart_a_level_waits_for_a_fresh_reading() -> None:
    """As serious as it was, until a reading says otherwise."""
    hall = Hall()
    hall.reads(65)
    again = Hall(durable=decode_snapshot(encode_snapshot(hall.state.durable)))
    assert again.severity() is Severity.CRITICAL
    assert again.reads(42) == ["alarm.severity-changed"]
    assert again.severity() is Severity.MINOR


def test_a_standing_alarm_that_the_site_takes_otherwise_says_so_at_the_start() -> None:
    """The profile was changed from minor to warning; text and code stay until it is raised anew."""
    hall = Hall()
    hall.reads(42)
    milder = replace(BOX, rules=(UNREACHABLE_RULE, replace(HOT, severity=Severity.WARNING), TAMPERED))
    durable = decode_snapshot(encode_snapshot(hall.state.durable))
    again = Hall(branch=replace(BRANCH, devices={"ups-1": milder}), durable=durable)
    assert again.severity() is Severity.WARNING
    told = [one for one in again.events if isinstance(one, AlarmSeverityChanged)]
    assert [one.evidence.detail for one in told] == ["the configuration has changed"]


def test_what_no_reading_clears_is_closed_by_a_person() -> None:
    """A broken seal that is whole again was broken all the same; it does not come twice while it is listed."""
    hall = Hall()
    assert hall.reads(20, seal="broken") == ["alarm.raised"]
    assert hall.reads(20) == []
    assert hall.reads(20, seal="broken") == []
    hall.order(Verb.CLOSE, SEAL)
    assert isinstance(hall.events[-1], OrderRefused)  # it is broken now
    hall.reads(20)
    hall.order(Verb.CLOSE, SEAL)
    closed = hall.events[-1]
    assert isinstance(closed, AlarmClosed)
    assert closed.final
    assert SEAL not in hall.state.durable.alarms.alarms
    assert SEAL not in hall.state.durable.windows
    assert hall.reads(20, seal="broken") == ["alarm.raised"]


def test_what_no_reading_clears_outlives_a_restart() -> None:
    """The normal reading after it clears nothing either."""
    hall = Hall()
    hall.reads(20, seal="broken")
    again = Hall(durable=decode_snapshot(encode_snapshot(hall.state.durable)))
    assert again.reads(20) == []
    assert again.state.durable.alarms.state(SEAL) is AlarmState.UNACKNOWLEDGED


def test_purging_takes_what_has_been_over_for_so_long_and_nothing_else() -> None:
    """RFC 8632, purge-alarms; what stands stays, whoever asks."""
    hall = Hall()
    hall.reads(42)
    hall.reads(30)
    hall.reads(20, seal="broken")
    hall.give(Order("1", Verb.PURGE, LI, seconds=3600.0))
    assert isinstance(hall.events[-1], OrderRefused)
    hall.mono += 3600
    assert hall.give(Order("1", Verb.PURGE, LI, seconds=3600.0, note="after the works")) == ["alarm.purged"]
    assert set(hall.state.durable.alarms.alarms) == {SEAL}
    assert ALARM not in hall.state.durable.windows


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_an_absurd_age_purges_nothing(seconds: float) -> None:
    """Refused with the reason."""
    hall = Hall()
    hall.reads(42)
    hall.reads(30)
    hall.give(Order("1", Verb.PURGE, LI, seconds=seconds))
    assert isinstance(hall.events[-1], OrderRefused)
    assert ALARM in hall.state.durable.alarms.alarms


def test_compressing_leaves_the_last_status_change() -> None:
    """RFC 8632, compress-alarms."""
    hall = Hall()
    for temperature in (42, 52, 61):
        hall.reads(temperature)
    assert hall.give(Order("1", Verb.COMPRESS, LI)) == ["alarm.compressed"]
    changes = hall.state.durable.alarms.alarms[ALARM].status_changes
    assert [one.severity.word for one in changes] == ["critical"]
    hall.give(Order("2", Verb.COMPRESS, LI))
    assert isinstance(hall.events[-1], OrderRefused)


@given(
    readings=st.lists(
        st.tuples(st.sampled_from([20.0, 36.0, 42.0, 48.5, 52.0, 65.0]), st.sampled_from([0.0, 2.0, 6.0])),
        max_size=15,
    )
)
@settings(max_examples=100, deadline=None)
def test_severity_follows_the_readings_and_the_lamps_follow_it(readings: list[tuple[float, float]]) -> None:
    """Never worse than the newest reading that lasted allows, never below the alarm's own; windows agree with the list."""
    hall = Hall()
    hall.give(Restarted("ups-1", "to begin with"))
    for temperature, seconds in readings:
        hall.reads(temperature, seconds=seconds)
        alarm = hall.state.durable.alarms.alarms.get(ALARM)
        if alarm is None or alarm.is_cleared:
            continue
        assert hall.state.durable.windows[ALARM].severity is alarm.severity
        if seconds == 6.0 and temperature == 65.0:
            assert alarm.severity is Severity.CRITICAL
        if seconds == 6.0 and temperature == 42.0:
            assert alarm.severity is Severity.MINOR
