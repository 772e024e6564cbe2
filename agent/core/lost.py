"""A silence that says more than silence: the link was lost within seconds of a mains failure. Pure.

Many UPSs let their USB or serial link drop at the very moment they go to battery. A reading that said so shortly before
the silence, even one whose on-delay never ended, or one of another device shortly before or after, is witness to that.
"""

from agent.core.events import Witness
from agent.core.graph import device_of
from agent.core.limits import Verdict
from agent.core.model import Rule
from agent.core.state import State, Watch, is_fresh


def witness_of(state: State, watch: Watch, rule: Rule, mono: float) -> Witness | None:
    """What the silence of a device began together with; None where nothing is known.

    Nothing makes more of the silence of a device that has not answered since this process began.
    """
    if rule.lost is None or watch.fell is None or watch.sampled is None:
        return None
    for index, one in enumerate(watch.device.rules):
        if one.type in rule.lost.after:
            known = watch.sampled.mono if watch.conditions[index].said is Verdict.ABNORMAL else None
            found = _near(watch, index, watch.fell, known, rule.lost.within)
            if found is not None:
                return found
    return _beside(state, rule, watch.fell, mono)


def testifies(state: State, watch: Watch, index: int, mono: float) -> list[tuple[Watch, int]]:
    """The silences, by device and place of the rule, of which a condition just seen makes more."""
    return [
        (other, at)
        for id_, at in state.witnesses.get(watch.links.ids[index], ())
        if _is_open(other := state.watches[id_], at, mono)
    ]


def _is_open(watch: Watch, index: int, mono: float) -> bool:
    lost = watch.device.rules[index].lost
    if lost is None or watch.fell is None or watch.sampled is None or watch.witness is not None:
        return False
    return mono - watch.fell <= lost.within


def _beside(state: State, rule: Rule, fell: float, mono: float) -> Witness | None:
    for alarm in rule.lost.beside if rule.lost is not None else ():
        other = state.watches.get(device_of(alarm))
        if other is None or alarm not in other.links.ids:
            continue
        index = other.links.ids.index(alarm)
        says = other.conditions[index].said is Verdict.ABNORMAL and is_fresh(other, mono)
        found = _near(other, index, fell, fell if says else None, rule.lost.within if rule.lost else 0.0)
        if found is not None:
            return found
    return None


def _near(watch: Watch, index: int, fell: float, known: float | None, within: float) -> Witness | None:
    """A condition as a witness: it holds, known at some second, or was over at most so many seconds before."""
    last = known if known is not None else watch.conditions[index].over
    if known is None and not 0 <= fell - last <= within:
        return None
    return Witness(watch.links.ids[index], watch.device.rules[index].text, max(0.0, fell - last))
