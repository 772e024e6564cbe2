"""When the readings of a rule say nothing, since something is known that explains them: a self-test, a calibration. Pure.

An excuse never lasts for ever, and a self-test is none while the mains are seen to be gone.
"""

from collections.abc import Mapping

from agent.core.limits import Condition, Verdict, judge
from agent.core.model import Bad, Rule, Unless, Value

Values = Mapping[str, Value | Bad]


def excuse_of(condition: Condition, rule: Rule, values: Values, mono: float) -> Unless | None:
    """What excuses the reading of a rule now; keeps in mind since when.

    An excuse that has ended may begin anew; one whose point says nothing excuses nothing, and does not begin anew by it.
    """
    holding = [unless for at, unless in enumerate(rule.unless) if _holds(condition, at, unless, values, mono)]
    return next((unless for unless in holding if _is_provided(unless, values)), None)


def _holds(condition: Condition, at: int, unless: Unless, values: Values, mono: float) -> bool:
    verdict = _says(unless, values)
    if verdict is Verdict.NORMAL:
        condition.excused.pop(at, None)
    if verdict is not Verdict.ABNORMAL:
        return False
    since = condition.excused.setdefault(at, mono)
    return not unless.at_most or mono - since < unless.at_most


def _says(unless: Unless, values: Values) -> Verdict | None:
    value = values.get(unless.point)
    return None if value is None else judge(unless.limit, value)


def _is_provided(unless: Unless, values: Values) -> bool:
    """Whether nothing tells against it; a point that says nothing does not."""
    return not any(_is_less(values.get(point), least) for point, least in unless.provided)


def _is_less(value: Value | Bad | None, least: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value < least
