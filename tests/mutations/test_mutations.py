"""The mutations fit the core as it is, and a few of them are tried: `make mutations` tries all."""

from pathlib import Path

import pytest

from tests.mutations.__main__ import MUTATIONS, ROOT, copy_tree, tried
from tests.mutations.mutation import Mutation

CORE = ROOT / "agent" / "core"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_mutation_breaks_one_place_of_the_core(mutation: Mutation) -> None:
    """Its old text is there exactly once, and what comes of it is still Python."""
    compile(mutation.applied(CORE), mutation.file, "exec")


def test_there_is_one_of_each() -> None:
    """Names tell them apart."""
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS) >= 40


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("at", [0, len(MUTATIONS) // 2, len(MUTATIONS) - 1])
def test_a_broken_rule_is_noticed(at: int, tmp_path: Path) -> None:
    """One of each kind, by a test of the core or a day of the simulation."""
    finding = tried(MUTATIONS[at], copy_tree(tmp_path), seeds=20, both=False)
    assert finding.is_caught, finding.mutation.name


def test_a_mutation_that_does_not_fit_is_refused() -> None:
    """The core moved on, and the mutation must follow: loudly."""
    for old in ("no such text", "import", MUTATIONS[0].old * 2):
        with pytest.raises(ValueError, match="times, not once"):
            Mutation("nothing", "engine.py", old, "").applied(CORE)
