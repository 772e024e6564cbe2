"""Roll-ups as anybody would write them down: what the fast ones are held against."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from agent.core.model import Bad, ClockQuality, Instant, Value
from agent.store.trends.bucket import BUCKET, Bucket, Column, Kind

Poll = tuple[Mapping[str, Value | Bad], Instant]

START = 1_700_000_100
NTP = ClockQuality.NTP

NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-100, 100),
    st.floats(-1e9, 1e9),
    st.floats(-1000, 1000).map(lambda value: round(value, 1)),
)
KINDS: dict[str, st.SearchStrategy[Value]] = {
    "number": NUMBERS,
    "flag": st.booleans(),
    "word": st.sampled_from(["OL", "OB", "OB LB", "市电"]),
}
"""A point is of one kind for ever, as its profile says."""


@st.composite
def mappings(draw: st.DrawFn) -> dict[str, Value | Bad]:
    """What a device might answer: some of its points, good, bad or absurd."""
    values: dict[str, Value | Bad] = {}
    for name in draw(st.lists(st.sampled_from(["number.1", "number.2", "flag.1", "word.1"]), unique=True)):
        good = KINDS[name.split(".")[0]]
        values[name] = draw(st.one_of(good, good, st.just(Bad("missing"))))
        if name == "number.2" and draw(st.integers(0, 9)) == 0:
            values[name] = draw(st.sampled_from([math.nan, math.inf, -math.inf]))
    return values


def instant(seconds: float, quality: ClockQuality = NTP, step: float = 0.0) -> Instant:
    """So many seconds after the start; `step` is by how much the wall clock was moved since."""
    return Instant(1000.0 + seconds, START + seconds + step, quality, "boot")


def start_of(wall: float) -> int:
    """Where the bucket of a moment begins."""
    return int(wall // BUCKET) * BUCKET


def rolled_up(device: str, polls: Iterable[Poll]) -> dict[int, Bucket]:
    """The buckets of some polls by start."""
    of_start: dict[int, list[Poll]] = {}
    for values, now in polls:
        of_start.setdefault(start_of(now.wall), []).append((values, now))
    return {start: _bucket(device, start, own) for start, own in of_start.items()}


def _bucket(device: str, start: int, polls: list[Poll]) -> Bucket:
    order = list(ClockQuality)
    quality = min((now.quality for _, now in polls), key=order.index)
    names = {name for values, _ in polls for name in values}
    columns = {name: _column([v[name] for v, _ in polls if name in v]) for name in names}
    return Bucket(device, start, quality, len(polls), columns)


def _good(value: Value | Bad) -> bool:
    return not isinstance(value, Bad) and not (isinstance(value, float) and not math.isfinite(value))


def _column(values: list[Value | Bad]) -> Column:
    good = [value for value in values if _good(value)]
    column = Column(bad=len(values) - len(good), count=len(good))
    if not good:
        return column
    if isinstance(good[0], str):
        column.kind, column.words = Kind.WORD, dict(Counter(str(word) for word in good))
        return column
    column.kind = Kind.FLAG if isinstance(good[0], bool) else Kind.NUMBER
    numbers = [float(value) if isinstance(value, float) else int(value) for value in good]  # type: ignore[arg-type]
    column.low, column.high = min(numbers), max(numbers)
    column.total = math.fsum(numbers)
    return column


def alike(one: Bucket, other: Bucket, *, share: float = 0.0) -> bool:
    """Whether two buckets say the same; means may differ by rounding and by a share of the range."""
    if (one.device, one.start, one.quality, one.polls) != (
        other.device,
        other.start,
        other.quality,
        other.polls,
    ):
        return False
    return one.columns.keys() == other.columns.keys() and all(
        _same(column, other.columns[name], share) for name, column in one.columns.items()
    )


def _same(one: Column, other: Column, share: float) -> bool:
    exact = ("kind", "count", "bad")
    if any(getattr(one, field) != getattr(other, field) for field in exact):
        return False
    # Where fractions and whole numbers mix, all may become doubles; no real point does that.
    mixed = isinstance(other.low, float) or isinstance(other.high, float)
    ends = [(float(c.low), float(c.high)) if mixed else (c.low, c.high) for c in (one, other)]
    if ends[0] != ends[1]:
        return False
    slack = share * (one.high - one.low) + 1e-9 * max(abs(one.low), abs(one.high), 1.0)
    return (one.words or {}) == (other.words or {}) and abs(one.mean - other.mean) <= slack
