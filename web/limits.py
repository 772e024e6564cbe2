"""Limits that may be changed on site: the page that shows and changes them, and what its form says."""

import math
from collections.abc import Mapping

from flask import Blueprint, Flask, g, render_template

from agent import api
from web import format as formats
from web.i18n import gettext, language
from web.pages import gateway, times

blueprint = Blueprint("limits", __name__)

WAS = "was-"
"""Before the name of a number: what the form showed, so that only what a person changed is ordered."""

UNIT = "unit-"
"""Before the name of a number: the unit in which the form showed it."""


class NumberError(ValueError):
    """What was typed is no number; the message is what was typed."""


def init_app(app: Flask) -> None:
    """Give the templates their helpers."""
    app.jinja_env.globals.update(
        number_bounds=bounds,
        number_label=label,
        number_unit=unit,
        plain_number=plain,
        is_span=is_span,
        typed_span=typed,
    )


@blueprint.get("/device/<id_>/limits")
def page(id_: str) -> str:
    """The limits of one device, with a form for whoever may change them. Not renewed: nobody loses what they type."""
    branch, device = gateway().branch(g.user), gateway().device(id_)
    return render_template(
        "limits.html",
        view=branch,
        device=device,
        limits=gateway().limits(id_),
        may=branch.may,
        times=times(branch.status),
        live=False,
    )


def numbers_of(form: Mapping[str, str]) -> dict[str, float]:
    """The numbers that a person changed in the form.

    Raises:
        NumberError: one of them is none.
    """
    names = [name for name in api.NUMBER_TEXTS if name in form and form[name] != form.get(WAS + name)]
    return {name: _number(form[name], form.get(UNIT + name, "")) for name in names}


def _number(typed: str, unit: str) -> float:
    try:
        number = api.read_number(typed, unit)
    except ValueError:
        raise NumberError(typed[:40]) from None
    if not math.isfinite(number):
        raise NumberError(typed[:40])
    return number


def label(name: str) -> str:
    """What a number of a limit is called in the language of the reader."""
    return api.NUMBER_TEXTS[name].in_language(language()) if name in api.NUMBER_TEXTS else name


def plain(value: float) -> str:
    """A number as a form shows it and gets it back."""
    return f"{value:.10g}"


def is_span(one: api.NumberView) -> bool:
    """Whether a number is a time, and so typed as a duration."""
    return one.unit in api.TIME


def typed(value: float, unit: str) -> str:
    """A time as a form shows it and gets it back, whole; a person may type `7m` or `1h30m` as well."""
    shown = api.show_exactly(value, unit)
    return api.in_chinese(shown) if language() == "zh" else shown


def bounds(one: api.NumberView) -> str:
    """Between what it may be changed, in words."""
    low, high = (
        typed(edge, one.unit) if edge is not None and is_span(one) else formats.value(edge, one.unit)
        for edge in (one.low, one.high)
    )
    if is_span(one):
        return gettext("from %(low)s to %(high)s, such as 90s, 5m or 1h30m", low=low, high=high)
    return gettext("from %(low)s to %(high)s", low=low, high=high)


def unit(one: api.NumberView) -> str:
    """The unit in which a form wants a number."""
    return gettext(formats.UNITS[one.unit]) if one.unit in formats.UNITS else one.unit
