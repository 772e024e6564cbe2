"""What the agent hands to the process that reads trends: the question, and what only the agent knows. Pure."""

import msgspec
from msgspec import Struct

from agent import api
from agent.store.trends.bucket import BUCKET, HOUR, Bucket

CHART_BUCKETS = 300
"""As many buckets as a chart can show; unless asked otherwise the step is chosen so that there are no more."""
CELLS_MAX = 30_000
"""Buckets times points in one answer: about a megabyte."""
SPAN_MAX = 3 * 366 * 86_400.0


class Known(Struct, frozen=True):
    """What the agent knows of one point."""

    name: str
    text: api.Text
    unit: str
    limits: list[api.TrendLimit] = []


class Request(Struct, frozen=True):
    """A question that needs nothing but the file to be answered. Times are seconds since 1970."""

    path: str
    device: str
    points: list[Known]
    start: float
    end: float
    step: int
    unwritten: list[Bucket] = []


def encode(request: Request) -> bytes:
    """A request as it goes to the reader."""
    return msgspec.json.encode(request)


def decode(raw: bytes) -> Request:
    """A request from its bytes.

    Raises:
        msgspec.MsgspecError: they are none.
    """
    return msgspec.json.decode(raw, type=Request)


def span_of(question: api.AskTrend, now: float) -> tuple[float, float, int]:
    """From when to when, and in which step.

    Raises:
        ValueError: the question makes no sense; the message says why.
    """
    end = question.end or now
    start = question.start or end - question.span
    if not 0 <= start < end < 1e11:
        raise ValueError("the start must lie before the end")
    if end - start > SPAN_MAX:
        raise ValueError(f"at most {SPAN_MAX / 86_400:.0f} days at once")
    if question.step % BUCKET or question.step < 0:
        raise ValueError(f"a step is a multiple of {BUCKET} s")
    return start, end, int(question.step) or _fitting(end - start)


def _fitting(span: float) -> int:
    """The finest step that a chart can show: five minutes, or whole hours."""
    if span <= CHART_BUCKETS * BUCKET:
        return BUCKET
    return max(1, -int(-span // (CHART_BUCKETS * HOUR))) * HOUR
