"""Curves as SVG. The one place that knows leather; imported only when a chart is drawn.

Nothing in the drawing has a colour or a font of its own: every part has a class, which the style sheet dresses, in
the light and in the dark. Nothing in it is a script or a style that the panel's policy would block.
"""

import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

import leather
from leather import theme
from leather.axis import Axis as LeatherAxis
from leather.scales.base import Scale
from leather.shapes.base import Shape
from markupsafe import Markup

from web.axis import Axis
from web.curve import Curve, Spot

_Project = Callable[[float], str]
"""From a value to its coordinate, as it is written."""

WIDTH, HEIGHT = 400, 170
_KEPT = frozenset({"x", "y", "x1", "x2", "y1", "y2", "dy", "d", "transform", "text-anchor", "class"})
_COORDINATES = frozenset({"x", "y", "x1", "x2", "y1", "y2"})
NARROW, WIDE = 7, 12
"""Pixels of a character of a label."""


class Frame(NamedTuple):
    """From when to when a chart goes (seconds since 1970), the moments and labels of its time axis, and its values."""

    start: float
    end: float
    ticks: list[tuple[float, str]]
    values: Axis


def draw(curve: Curve, frame: Frame, name: str, text: str) -> Markup:
    """A curve as an `<svg>` for a page.

    Args:
        curve: what to draw.
        frame: the time that it shows.
        name: what the point is called.
        text: what the chart shows, for those who do not see it.
    """
    _set_theme()
    chart = leather.Chart()
    chart.set_x_scale(_Straight(frame.start, frame.end))
    chart.set_x_axis(_Labels(frame.ticks))
    chart.set_y_scale(_Straight(frame.values.low, frame.values.high))
    chart.set_y_axis(_Labels(frame.values.ticks))
    spots = [spot for run in curve.runs for spot in run]
    series = leather.Series([(spot.time, spot.mean) for spot in spots])
    for shape in (
        _Band(curve.runs),
        *(_Limit(one.value, one.severity) for one in curve.limits),
        _Mean(curve.runs),
    ):
        chart.add_series(series, shape)
    group = chart.to_svg_group(WIDTH, HEIGHT)
    return Markup(ET.tostring(_dressed(group, name, text), encoding="unicode"))  # noqa: S704  # ElementTree escapes


def _set_theme() -> None:
    """Sizes only: colours and fonts are the style sheet's."""
    theme.margin = 0.02
    theme.tick_font_char_height = 13
    theme.tick_font_char_width = 7
    theme.tick_size = 4
    theme.legend_font_char_height = theme.legend_gap = 0


class _Straight(Scale):  # type: ignore[misc]  # leather has no types
    """From edge to edge; leather's own scales round their ends away."""

    def __init__(self, start: float, end: float) -> None:
        self._start, self._end = start, end

    def contains(self, _value: float) -> bool:
        return True

    def project(self, value: float, start: float, end: float) -> float:
        share = (float(value) - self._start) / (self._end - self._start)
        return float(start) + (float(end) - float(start)) * share


class _Labels(LeatherAxis):  # type: ignore[misc]  # leather has no types
    """Values with their labels; leather takes all characters for equally wide."""

    def __init__(self, ticks: list[tuple[float, str]]) -> None:
        self._words = dict(ticks)
        super().__init__(list(self._words), lambda value, _index, _count: self._words[value])

    def estimate_label_margin(self, scale: Scale, orient: str) -> float:
        if orient != "left":
            return float(super().estimate_label_margin(scale, orient))
        widest = max((_width(words) for words in self._words.values()), default=0)
        return widest + 2 * float(theme.tick_size)


def _width(words: str) -> float:
    """Pixels that a label takes, about."""
    return sum(
        NARROW if unicodedata.east_asian_width(one) in ("N", "Na", "A", "H") else WIDE for one in words
    )


class _Shape(Shape):  # type: ignore[misc]  # leather has no types
    """What all our shapes are: one path, and no entry in a legend."""

    dress = ""

    def validate_series(self, _series: object) -> None:
        """Any series will do: our shapes bring their own values."""

    def legend_to_svg(self, _series: object, _palette: object) -> list[tuple[ET.Element, int]]:
        return []

    def to_svg(
        self, width: float, height: float, x_scale: Scale, y_scale: Scale, _series: object, _palette: object
    ) -> ET.Element:
        def across(time: float) -> str:
            return _coordinate(x_scale.project(time, 0, width))

        def up(value: float) -> str:
            return _coordinate(y_scale.project(value, height, 0))

        path = " ".join(self.path(across, up, width))
        return ET.Element("path", {"d": path, "class": self.dress})

    def path(self, across: _Project, up: _Project, width: float) -> Iterator[str]:
        """The path in the chart's coordinates."""
        raise NotImplementedError


class _Band(_Shape):
    """From the lowest to the highest."""

    dress = "band"

    def __init__(self, runs: list[list[Spot]]) -> None:
        self._runs = runs

    def path(self, across: _Project, up: _Project, width: float) -> Iterator[str]:
        del width
        for run in self._runs:
            there = [f"{across(spot.time)} {up(spot.high)}" for spot in run]
            back = [f"{across(spot.time)} {up(spot.low)}" for spot in reversed(run)]
            yield f"M{'L'.join([*there, *back])}Z"


class _Mean(_Shape):
    """The means, joined where the buckets follow each other."""

    dress = "mean"

    def __init__(self, runs: list[list[Spot]]) -> None:
        self._runs = runs

    def path(self, across: _Project, up: _Project, width: float) -> Iterator[str]:
        del width
        for run in self._runs:
            points = [f"{across(spot.time)} {up(spot.mean)}" for spot in run]
            # One bucket alone is a dot.
            yield f"M{'L'.join(points)}" + ("h0" if len(run) == 1 else "")


class _Limit(_Shape):
    """The limit of an alarm rule."""

    def __init__(self, value: float, severity: str) -> None:
        self._value = value
        self.dress = f"limit level-{severity}"

    def path(self, across: _Project, up: _Project, width: float) -> Iterator[str]:
        del across
        yield f"M0 {up(self._value)}H{_coordinate(width)}"


def _coordinate(value: float | Decimal) -> str:
    return f"{float(value):.1f}".removesuffix(".0")


def _dressed(group: ET.Element, name: str, text: str) -> ET.Element:
    """The drawing with its words, and with classes where leather put colours and fonts."""
    for element in group.iter():
        for key in set(element.attrib) - _KEPT:
            del element.attrib[key]
        for key in _COORDINATES & set(element.attrib):
            element.set(key, _coordinate(float(element.attrib[key])))
    background = group.find("rect")
    if background is not None:
        group.remove(background)
    root = ET.Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "class": "chart"})
    root.set("aria-label", f"{name}: {text}")
    ET.SubElement(root, "title").text = name
    ET.SubElement(root, "desc").text = text
    root.append(group)
    return root
