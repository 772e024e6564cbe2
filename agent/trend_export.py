"""Trends as CSV (RFC 4180), asked page by page: for the command line and the panel. Pure.

One line a point and bucket. Text that a spreadsheet would take for a formula is led by an apostrophe.
"""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

import msgspec

from agent import api

COLUMNS = (
    "time",
    "device",
    "point",
    "unit",
    "count",
    "min",
    "mean",
    "max",
    "quality",
    "bad",
    "clock",
    "words",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def pages(ask: Callable[[api.AskTrend], api.TrendView], question: api.AskTrend) -> Iterator[api.TrendView]:
    """All that a question asks for, in answers of bounded size."""
    while True:
        view = ask(question)
        yield view
        if view.until >= view.end:
            return
        question = msgspec.structs.replace(question, start=view.until, end=view.end, step=float(view.step))


def head() -> str:
    """The line of the column names."""
    return _lines([COLUMNS])


def lines(view: api.TrendView, zone: tzinfo) -> str:
    """The lines of one answer, with times in a time zone; points without anything in a bucket are left out."""
    return _lines(_rows(view, zone))


def _rows(view: api.TrendView, zone: tzinfo) -> Iterator[tuple[object, ...]]:
    for index, start in enumerate(view.starts):
        time = datetime.fromtimestamp(start, zone).isoformat(timespec="seconds")
        for point in view.points:
            count, bad = point.count[index], point.bad[index]
            if not count and not bad:
                continue
            numbers = (point.low[index], point.mean[index], point.high[index])
            yield (
                time,
                _plain(view.device),
                _plain(point.name),
                _plain(point.unit),
                count,
                *("" if number is None else number for number in numbers),
                "bad" if not count else "partial" if bad else "good",
                bad,
                view.clock[index],
                _words(point.words[index]) if point.words else "",
            )


def _words(words: dict[str, int]) -> str:
    """Words with how often each was told, the most frequent first."""
    told = sorted(words.items(), key=lambda one: -one[1])
    return _plain("; ".join(f"{word}: {times}" for word, times in told))


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(rows: Iterator[tuple[object, ...]] | list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
