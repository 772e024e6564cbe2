"""Messages that are made to fit: always within the bound, always valid, always with their key leaves."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from agent import mqtt_contract as contract
from agent.core.model import Text
from agent.outputs.mqtt_shortening import CUT, again, encoded
from tests.outputs.box import alarm

BRANCHES = {
    contract.AlarmMessage: "alarm",
    contract.MaintenanceMessage: "maintenance",
    contract.LimitsMessage: "limits",
    contract.DeviceMessage: "device",
}
ENOUGH = 1500
"""Bytes that the key leaves of every message below fit into."""

KEYS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40)
LONG = st.builds(
    lambda letter, count: letter * count,
    st.sampled_from(["x", "电", "\x01", '"', "🔋", "é"]),
    st.sampled_from([0, 1, 2, 30, 1000]),
)
TEXTS = st.builds(Text, LONG, LONG)
TIME = contract.iso(1.8e9)


def lists(one: st.SearchStrategy, most: int = 40) -> st.SearchStrategy:
    """A few of them, or many, without the cost of drawing many."""
    return st.builds(lambda ones, times: ones * times, st.lists(one, max_size=3), st.integers(0, most))


CHANGES = st.builds(
    contract.OperatorChangeMessage,
    time=st.just(TIME),
    operator=LONG.map(lambda name: name[:100]),
    state=st.sampled_from(["ack", "shelved"]),
    text=LONG,
)
SUPPRESSIONS = st.builds(
    contract.SuppressionMessage,
    id=KEYS,
    kind=st.sampled_from(["shelved", "window", "out-of-service", "by-design"]),
    subjects=lists(KEYS),
    responsible=LONG,
    ordered_by=LONG.map(lambda name: name[:100]),
    reason=LONG,
    since=st.just(TIME),
    until=st.sampled_from([None, TIME]),
)
WINDOWS = st.builds(
    contract.WindowMessage,
    id=KEYS,
    devices=lists(KEYS),
    responsible=LONG,
    reason=LONG,
    open=st.booleans(),
    next=st.sampled_from([None, TIME]),
    seconds=st.just(3600.0),
)
ALARMS = st.builds(
    lambda key, **rest: replace(alarm(key), **rest),
    KEYS,
    alarm_type_qualifier=KEYS,
    alarm_text=LONG,
    text=TEXTS,
    action=TEXTS,
    root_cause_resource=lists(KEYS),
    root_cause_alarm=lists(KEYS),
    impacted_resource=lists(KEYS, 1000),
    operator_state_change=lists(CHANGES, 16),
    suppressed=lists(SUPPRESSIONS, 3),
)
NUMBERS = st.builds(
    contract.ChangedNumber, st.just(1.5), st.just(2.0), LONG, st.just("panel"), LONG, st.just(TIME)
)
MESSAGES = st.one_of(
    ALARMS,
    st.builds(contract.MaintenanceMessage, lists(SUPPRESSIONS), lists(WINDOWS), st.just(TIME)),
    st.builds(
        contract.LimitsMessage,
        lists(
            st.builds(
                contract.ChangedLimit,
                KEYS,
                KEYS,
                TEXTS,
                KEYS,
                KEYS,
                st.dictionaries(KEYS, NUMBERS, max_size=6),
            )
        ),
    ),
    st.builds(
        contract.DeviceMessage,
        KEYS,
        LONG,
        st.just("power"),
        st.booleans(),
        LONG,
        st.just(TIME),
        st.dictionaries(
            KEYS,
            st.builds(
                contract.ReadingMessage,
                st.sampled_from([None, 1, 2.5, True, "OL"]),
                st.just("bad"),
                KEYS,
                LONG,
            ),
            max_size=40,
        ),
    ),
)
KEPT = (
    "id",
    "resource",
    "alarm_type_id",
    "alarm_type_qualifier",
    "is_cleared",
    "perceived_severity",
    "operator_state",
)
KEPT += ("time_created", "last_raised", "last_changed", "shelved", "occurrence", "code", "time", "reachable")


@given(MESSAGES, st.integers(ENOUGH, 40_000), st.integers(ENOUGH, 20_000))
def test_always_fits_always_valid_and_the_keys_are_kept(message, most, then):
    """Whatever is in it, shortened once or twice, and it says of how many bytes it is short."""
    whole = msgspec.json.encode(message)
    payload, bound = encoded(message, most), most
    for bound in (most, then):
        payload = again(payload, BRANCHES[type(message)], bound)
        told = msgspec.json.decode(payload, type=type(message))
        assert len(payload) <= bound
        for name in set(KEPT) & set(message.__struct_fields__):
            assert getattr(told, name) == getattr(message, name)
        assert (told == message) is (told.omitted is UNSET)
        if told.omitted is not UNSET:
            assert told.omitted == len(whole) - len(msgspec.json.encode(replace(told, omitted=UNSET))) > 0
        check_what_is_counted(message, told)
    assert (len(whole) <= min(most, then)) is (payload == whole)


def check_what_is_counted(message, told):
    """Readers count the alarms without a root cause and without a suppression, and take what is shown as it is."""
    if not isinstance(message, contract.AlarmMessage):
        return
    for name in ("root_cause_resource", "root_cause_alarm", "suppressed"):
        assert bool(getattr(message, name)) is bool(getattr(told, name))
    assert len(told.operator_state_change) <= len(message.operator_state_change)


def change(number: int, note: str) -> contract.OperatorChangeMessage:
    """What somebody did."""
    return contract.OperatorChangeMessage(contract.iso(number), "li.na", "ack", note)


def shortened(message, most):
    """As a reader sees it."""
    return msgspec.json.decode(encoded(message, most), type=type(message))


def test_the_oldest_changes_go_first_and_no_more_than_must():
    """One byte less and one more of them is gone; nothing else is touched while one is left."""
    changes = [change(number, "x" * 500) for number in range(20)]
    message = replace(alarm("ups-1.x"), operator_state_change=changes)
    assert shortened(message, 100_000) == message
    told = shortened(message, 6000)
    kept = told.operator_state_change
    assert kept == changes[-len(kept) :]
    assert 1 < len(kept) < 20
    assert replace(told, operator_state_change=changes, omitted=UNSET) == message
    fewer = shortened(message, len(msgspec.json.encode(told)) - 1)
    assert len(fewer.operator_state_change) == len(kept) - 1


def test_then_notes_are_cut_and_then_texts():
    """The last thing that somebody did stays as long as there is room for who did what and when."""
    long = Text("y" * 400, "漢" * 400)
    message = replace(
        alarm("ups-1.x"), text=long, operator_state_change=[change(1, "a"), change(2, "电" * 1000)]
    )
    told = shortened(message, 4000)
    (last,) = told.operator_state_change
    assert last.text.endswith(CUT)
    assert last.text[:-1] == "电" * (len(last.text) - 1)
    assert told.text == long
    told = shortened(message, 1500)
    assert told.operator_state_change == [change(2, "")]
    assert told.text.zh.endswith(CUT)
    assert len(told.text.zh) > 50


def test_the_key_leaves_alone_are_small():
    """Where nothing fits, what is returned is the least there is, and no more than any broker takes."""
    message = replace(alarm("ups-1.battery-low"), operator_state_change=[change(1, "a" * 1000)])
    least = encoded(message, 1)
    assert len(least) < 800
    assert msgspec.json.decode(least)["resource"] == "ups-1"


def test_suppressions_of_devices_and_open_windows_stay_longest():
    """Of the maintenance status reasons are cut first, then windows that are far away; nothing says less than it must."""
    shelf = contract.SuppressionMessage("shelved:a", "shelved", ["a"], "", "li", "r" * 1000, TIME, TIME)
    work = replace(shelf, id="window:w", kind="window", subjects=["ups-1"])
    window = contract.WindowMessage("w", ["ups-1"], "li", "r" * 1000, True, TIME, 60.0)
    later = [replace(window, id=f"w{n}", open=False, next=contract.iso(1.8e9 + n)) for n in range(9)]
    message = contract.MaintenanceMessage([shelf, work], [*reversed(later), window], TIME)
    told = shortened(message, 5000)
    assert all(one.reason.endswith(CUT) for one in (*told.suppressions, *told.windows))
    assert len(told.windows) == 10
    told = shortened(message, 1000)
    assert [one.id for one in told.windows][-2:] == ["w0", "w"]
    assert len(told.suppressions) == 2
    told = shortened(message, 300)
    assert [one.id for one in told.suppressions] == ["window:w"]


@pytest.mark.parametrize("letter", ["x", "电", "\x01"])
def test_a_technician_who_writes_much(letter):
    """The longest history that orders can make fits into 16 KiB, and the last entries are there in full."""
    changes = [change(number, letter * 1000) for number in range(32)]
    told = shortened(replace(alarm("ups-1.x"), operator_state_change=changes), 16 * 1024)
    assert told.operator_state_change[-1] == changes[-1]
    assert told.omitted > 10_000
