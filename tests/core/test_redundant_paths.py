"""Redundant paths: who is to blame where one of several would be enough."""

import pytest

from agent.core.graph import AllOf, AnyOf, Graph, blame
from tests.core.chain import Chain

UPS, SWITCH = "ups-1.unreachable", "switch-1.unreachable"
CARD, SWITCH_3 = "card-1.unreachable", "switch-3.unreachable"


@pytest.mark.parametrize(("dead", "cause"), [({"switch-1"}, None), ({"switch-1", "switch-2"}, 2)])
def test_redundant_paths_explain_only_when_all_are_gone(dead: set[str], cause: int | None) -> None:
    """Two parents, any of them enough (Icinga 9901): one alone is no excuse."""
    room = Chain()
    room.dead = {"acd-1", *dead}
    room.run(60)
    assert len(room.causes()["acd-1.unreachable"]) == (cause or 0)


def test_the_second_of_two_redundant_paths_explains_though_the_first_failed_long_ago() -> None:
    """What lived on without the first did so by the second: it fails because of that."""
    room = Chain()
    room.dead = {"switch-2"}
    room.run(400)
    room.dead = {"acd-1", "switch-1", "switch-2"}
    room.run(60)
    assert room.causes() == {"switch-2.unreachable": (), SWITCH: (), "acd-1.unreachable": (SWITCH,)}
    room.dead = {"acd-1", "switch-1"}
    room.run(200)
    assert room.causes() == {SWITCH: (), "acd-1.unreachable": ()}


def test_a_redundant_path_of_which_nothing_is_known_does_not_keep_the_other_from_explaining() -> None:
    """The card is cut off, so nobody knows whether its UPS lives: who fell with the other UPS fell because of it."""
    room = Chain()
    room.dead = {"card-1", "switch-3"}
    room.run(400)
    room.dead |= {"ups-1", "twin-1"}
    room.run(60)
    assert room.causes() == {SWITCH_3: (), CARD: (SWITCH_3,), UPS: (), "twin-1.unreachable": (UPS,)}


@pytest.mark.parametrize("cut_off", [True, False])
def test_who_lived_on_without_both_paths_fails_by_itself(cut_off: bool) -> None:
    """One UPS has said long ago that it is off, of the other nothing has been heard for long: neither is new."""
    room = Chain()
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.dead = {"card-1", "switch-3"} if cut_off else {"card-1"}
    room.run(400)
    room.dead.add("twin-1")
    room.run(60)
    assert room.causes()["twin-1.unreachable"] == ()


def test_what_a_redundant_path_says_of_its_end_explains_beside_one_that_is_gone() -> None:
    """The card has been silent for long; its twin says now that its output is off, and takes the rest with it."""
    room = Chain()
    room.dead = {"card-1"}
    room.run(400)
    room.says["ups-1"] = {"ups.status": "OFF"}
    room.run(15)
    room.dead.add("twin-1")
    room.run(60)
    assert room.causes()["twin-1.unreachable"] == ("ups-1.output-off",)


def test_blame_of_paths() -> None:
    """`any_of` is to blame only as a whole, `all_of` by each part; who is to blame twice is named once."""
    broken = {"a": ("A",), "b": ("B",), "c": None, "d": ()}
    assert blame(AnyOf(("a", "c")), broken.__getitem__) is None
    assert blame(AnyOf(("a", "b", "a")), broken.__getitem__) == ("A", "B")
    assert blame(AllOf(("a", "c")), broken.__getitem__) == ("A",)
    assert blame(AnyOf((AllOf(("a", "c")), AllOf(("c", "b")))), broken.__getitem__) == ("A", "B")
    assert blame(AllOf(()), broken.__getitem__) is None
    assert blame(AnyOf(("a", "d")), broken.__getitem__) == ("A",)
    assert blame(AllOf(("c", "d")), broken.__getitem__) == ()


def test_the_graph_knows_both_ways() -> None:
    """At first and at second hand; who is needed comes first."""
    graph = Graph(
        {"gw": AllOf(("pbx.port",)), "pbx": AllOf((AnyOf(("s1", "s2")),)), "s1": AllOf(()), "s2": AllOf(())}
    )
    assert graph.above("gw") == {"pbx", "s1", "s2"}
    assert graph.below("s1") == ("pbx", "gw")
    assert graph.words == {"pbx.port", "s1", "s2"}
