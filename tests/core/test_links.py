"""Which rules of one device explain which of its alarms."""

from msgspec.structs import replace

from agent.core.links import links_of
from agent.core.model import Layer
from tests.core.chain import DOWN, SILENT, device


def test_an_alarm_explains_another_about_the_same_part_or_all_if_it_is_about_none() -> None:
    """The service of line 1 does not explain the silence of line 2; that of the whole machine explains both."""
    of_one, of_two = replace(DOWN, qualifier="line-1"), replace(SILENT, qualifier="line-2")
    thing = device("x", Layer.ACCESS, rules=(DOWN, of_one, replace(SILENT, qualifier="line-1"), of_two))
    reachable, whole, part, one, two = range(5)
    own = links_of(thing, ()).own
    assert (own[one], own[two]) == ((whole, part), (whole,))
    assert own[reachable] == own[whole] == own[part] == ()
