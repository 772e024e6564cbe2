"""From what a device says to a value that may be believed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.convert import (
    IMPLAUSIBLE,
    MISSING,
    TYPE,
    UNKNOWN,
    Conversion,
    RawValue,
    by_point,
    convert,
    convert_all,
)
from agent.config.profile import ProfilePoint
from agent.config.words import Wording
from agent.core.model import Bad

WORDS = Wording("x", "某")


def point(**given: object) -> ProfilePoint:
    """A point with these properties."""
    return ProfilePoint(**{"name": "p", "text": WORDS, **given})


NUMBER = point(scale=0.1, minimum=0, maximum=500, unknown=(65535, "N/A"))
HERTZ = point(minimum=40, maximum=70, zero=True)
PLAIN = point()
TEXT = point(type="text", unknown=("---",))
STATE = point(type="enum", enum={1: "other", 3: "OL", 5: "OB"}, unknown=(1,))
LINE = point(type="bits", bits={1: "noAlarm", 4: "XmtRAI", 64: "LOS"})
ROOT = point(type="bits", bits={4: "XmtRAI", 32: "LOF", 64: "LOS"}, precedence=("LOS", "LOF"))
FLAG = point(type="flag")

CASES = [
    (NUMBER, 2340, 234.0),
    (NUMBER, 234, 23.4),
    (NUMBER, b"12.5", 1.25),
    (NUMBER, " 12 ", 1.2),
    (NUMBER, b"12\0\0", 1.2),
    (NUMBER, 0, 0.0),
    (NUMBER, 5001, IMPLAUSIBLE),
    (NUMBER, -1, IMPLAUSIBLE),
    (NUMBER, 65535, UNKNOWN),
    (NUMBER, b"65535", UNKNOWN),
    (NUMBER, b"N/A", UNKNOWN),
    (NUMBER, None, MISSING),
    (NUMBER, b"", MISSING),
    (NUMBER, b"12,5", TYPE),
    (NUMBER, b"1e3", TYPE),
    (NUMBER, b"nan", TYPE),
    (NUMBER, True, TYPE),
    (NUMBER, "٣", TYPE),
    (HERTZ, 0, 0),
    (HERTZ, 50, 50),
    (HERTZ, 20, IMPLAUSIBLE),
    (PLAIN, 7, 7),
    (PLAIN, b"-7.50", -7.5),
    (PLAIN, math.nan, IMPLAUSIBLE),
    (PLAIN, math.inf, IMPLAUSIBLE),
    (PLAIN, 10**400, IMPLAUSIBLE),
    (PLAIN, b"9" * 31, TYPE),
    (TEXT, b" Smart-UPS\0\0", "Smart-UPS"),
    (TEXT, "\u4e0a\u6d77".encode(), "上海"),
    (TEXT, b"caf\xe9", "caf�"),
    (TEXT, b"", ""),
    (TEXT, b"---", UNKNOWN),
    (TEXT, 5, TYPE),
    (TEXT, None, MISSING),
    (STATE, 3, "OL"),
    (STATE, b"5", "OB"),
    (STATE, "OB", "OB"),
    (STATE, 1, UNKNOWN),
    (STATE, 9, UNKNOWN),
    (STATE, b"on", TYPE),
    (STATE, 3.0, TYPE),
    (STATE, True, TYPE),
    (STATE, None, MISSING),
    (LINE, 1, "noAlarm"),
    (LINE, 68, "XmtRAI LOS"),
    (LINE, b"68", "XmtRAI LOS"),
    (LINE, 66, "bit-2 LOS"),
    (LINE, 0, ""),
    (LINE, -1, TYPE),
    (LINE, 2**64, TYPE),
    (ROOT, 64 + 32 + 4, "LOS"),
    (ROOT, 32 + 4, "LOF"),
    (ROOT, 4, "XmtRAI"),
    (FLAG, True, True),
    (FLAG, 0, False),
    (FLAG, b"1", True),
    (FLAG, "False", False),
    (FLAG, 2, TYPE),
    (FLAG, b"", MISSING),
    (FLAG, 1.0, TYPE),
    (FLAG, None, MISSING),
]


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    CASES,
    ids=lambda value: None if isinstance(value, ProfilePoint) else repr(value)[:24],
)
def test_each_kind_of_point_reads_what_it_should(kind: ProfilePoint, raw: RawValue, expected: object) -> None:
    """Values come out scaled and named; what is no value says why."""
    value = convert(kind, raw)
    assert value == expected
    assert type(value) is type(expected)


RAW = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
TYPES = {"number": (int, float), "text": (str,), "enum": (str,), "bits": (str,), "flag": (bool,)}


@given(kind=st.sampled_from([NUMBER, PLAIN, TEXT, STATE, LINE, ROOT, FLAG]), raw=RAW)
def test_no_answer_breaks_a_point(kind: ProfilePoint, raw: RawValue) -> None:
    """Whatever a device says, the point has a value of its type within its bounds, or a reason why not."""
    value = convert(kind, raw)
    if isinstance(value, Bad):
        assert value.cause in {"missing", "type", "unknown", "implausible"}
        return
    assert type(value) in TYPES[kind.type]
    if isinstance(value, float):
        assert math.isfinite(value)
    if kind is NUMBER:
        assert isinstance(value, int | float)
        assert 0 <= value <= 500
    if kind is STATE:
        assert value in {"OL", "OB"}


@given(st.integers(0, 5000))
def test_tenths_read_as_they_are_written(tenths: int) -> None:
    """Scaling leaves no noise of binary fractions: 234 tenths are 23.4."""
    assert convert(NUMBER, tenths) == float(f"{tenths // 10}.{tenths % 10}")


@given(st.integers(-(2**63), 2**64 - 1))
def test_a_number_as_text_is_the_same_number(number: int) -> None:
    """Agents that send numbers as octet strings are read like the others."""
    assert convert(PLAIN, str(number).encode()) == convert(PLAIN, number)


@given(st.sets(st.sampled_from([1, 4, 64])))
def test_the_words_of_a_bitmap_are_its_bits(bits: set[int]) -> None:
    """Each set bit gives its word, in the order of the bits."""
    assert convert(LINE, sum(bits)) == " ".join(LINE.bits[bit] for bit in sorted(bits))


def test_a_missing_optional_point_is_left_out() -> None:
    """What this device does not have is no bad value; what it should have is; and two points may read one OID."""
    points = (
        point(name="a", oid="1.3.1"),
        point(name="b", oid="1.3.2", optional=True),
        point(name="c", oid="1.3.3", optional=True, unknown=(7,)),
        point(name="d", oid="1.3.3"),
    )
    raw = by_point(points, {"1.3.3": 7})
    assert convert_all(points, raw) == {"a": MISSING, "c": UNKNOWN, "d": 7}


_answers = st.dictionaries(
    st.sampled_from(["1.3.1", "1.3.2", "1.3.3", "1.3.9"]),
    st.one_of(st.integers(-5, 5), st.sampled_from([b"", b"7", b"x", Bad("missing")])),
)


@given(st.lists(_answers, max_size=8))
def test_following_changes_gives_what_reading_anew_gives(answers: list[dict[str, RawValue]]) -> None:
    """Whatever changes, comes or goes, asked for or not; and what stays the same is the same mapping."""
    points = (
        point(name="a", oid="1.3.1"),
        point(name="b", oid="1.3.2", optional=True, scale=0.1),
        point(name="c", oid="1.3.3", optional=True, unknown=(2,), minimum=-3),
        point(name="d", oid="1.3.3"),
    )
    conversion = Conversion(points)
    for raw in answers:
        values = conversion(raw)
        assert values == convert_all(points, by_point(points, raw))
        assert conversion(dict(raw)) is values


def test_absence_may_mean_something() -> None:
    """Where it does, it is a value like any other; where it comes and goes, the value follows."""
    status = point(name="a", oid="1.3.1", type="enum", enum={0: "answers", -1: "silent"}, absent=-1)
    assert convert(status, None) == "silent"
    assert convert(status, 0) == "answers"
    conversion = Conversion((status,))
    assert [conversion(raw)["a"] for raw in ({"1.3.1": 0}, {}, {"1.3.1": 0})] == [
        "answers",
        "silent",
        "answers",
    ]


def test_what_is_not_known_yet_is_not_absent() -> None:
    """A row that is still looked for says nothing, though its absence would mean something."""
    status = point(name="a", oid="1.3.1", type="enum", enum={0: "answers", -1: "silent"}, absent=-1)
    assert convert(status, Bad("missing")) == MISSING
    conversion = Conversion((status,))
    assert [conversion(raw)["a"] for raw in ({"1.3.1": 0}, {"1.3.1": Bad("missing")}, {})] == [
        "answers",
        MISSING,
        "silent",
    ]
