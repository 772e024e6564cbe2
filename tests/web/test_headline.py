"""The one sentence of what matters, and the order in which alarms should be taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent import api
from tests.web.panel_room import Room
from web.headline import headline

SEVERITIES = ("critical", "major", "minor", "warning")
STATES = {
    "unacknowledged": "none",
    "acknowledged": "ack",
    "closed": "closed",
    "returned-unacknowledged": "none",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> api.BranchView:
    """A branch with one alarm, as the agent tells it."""
    room = Room(tmp_path_factory.mktemp("room")).live(30)
    room.values["ups-1"]["ups.status"] = "OB"
    return room.live(60).branch()


def alarm(
    sample: api.BranchView, severity: str, state: str = "unacknowledged", raised: float = 0.0
) -> api.AlarmView:
    """An alarm that differs from the sample's in what the headline looks at."""
    return replace(
        sample.alarms[0],
        id=f"{severity}-{state}-{raised}",
        severity=severity,
        state=state,
        operator_state=STATES[state],
        is_cleared=state == "returned-unacknowledged",
        last_raised=raised,
    )


def test_a_standing_warning_comes_before_a_critical_alarm_that_is_over(sample: api.BranchView) -> None:
    """What is wrong now is what matters; what is over is counted."""
    view = replace(
        sample, alarms=[alarm(sample, "critical", "returned-unacknowledged"), alarm(sample, "warning")]
    )
    told = headline(view)
    assert (told.level, told.title) == ("warning", "1 warning")
    assert list(told.more) == ["1 alarm is over but not acknowledged"]


def test_what_nobody_takes_care_of_comes_first(sample: api.BranchView) -> None:
    """Among alarms of one severity."""
    taken, new = alarm(sample, "major", "acknowledged", 1.0), alarm(sample, "major", raised=2.0)
    assert headline(replace(sample, alarms=[taken, new])).alarm == new
    assert headline(replace(sample, alarms=[taken])).title == "1 major alarm"


def test_all_severities_are_counted(sample: api.BranchView) -> None:
    """The worst in the sentence, the others after it."""
    alarms = [alarm(sample, name, raised=float(n)) for name in SEVERITIES for n in range(2)]
    told = headline(replace(sample, alarms=alarms))
    assert told.title == "2 critical alarms"
    assert list(told.more) == ["2 × major", "2 × minor", "2 × warning"]


def test_a_severity_of_a_later_version_is_still_shown(sample: api.BranchView) -> None:
    """After those that are known."""
    told = headline(
        replace(
            sample,
            alarms=[
                alarm(sample, "warning"),
                replace(alarm(sample, "warning"), id="new.new", severity="new"),
            ],
        )
    )
    assert told.title == "1 warning"


@given(
    st.lists(
        st.tuples(st.sampled_from(SEVERITIES), st.sampled_from(list(STATES)), st.floats(0, 1e9)),
        min_size=1,
        max_size=12,
    )
)
def test_the_first_is_never_less_urgent_than_another(
    sample: api.BranchView, given_: list[tuple[str, str, float]]
) -> None:
    """Standing before over, then by severity; and the sentence is about the first."""
    ordered = api.in_order([alarm(sample, *one) for one in given_])
    keys = [(one.is_cleared, SEVERITIES.index(one.severity), one.operator_state != "none") for one in ordered]
    assert keys == sorted(keys)
    told = headline(replace(sample, alarms=ordered[::-1]))
    assert told.alarm is not None
    assert (told.level != "attention") == (not ordered[0].is_cleared)


@pytest.mark.parametrize(
    ("unheard", "silent", "level", "title"),
    [
        (0, 0, "normal", "Everything normal"),
        (6, 0, "attention", "Just started: no device has been heard yet"),
        (2, 0, "attention", "No alarms so far; 2 devices not heard yet"),
        (0, 1, "attention", "No alarms, but 1 device does not answer"),
        (3, 3, "attention", "Nothing is being watched: no device answers"),
    ],
)
def test_no_alarm_is_normal_only_when_every_device_answers(
    sample: api.BranchView, unheard: int, silent: int, level: str, title: str
) -> None:
    """A box that sees nothing must not say that all is well."""
    devices = [one for one in sample.devices if not one.built_in]
    changed = [
        replace(one, reachable=False, sampled=None, cause="")
        if number < unheard
        else replace(one, reachable=False, cause="timeout")
        if number < unheard + silent
        else one
        for number, one in enumerate(devices)
    ]
    told = headline(replace(sample, alarms=[], devices=changed))
    assert (told.level, told.title) == (level, title)
