"""`python -m tests.mutations [--only REGEX] [--jobs J] [--both]`: break the rules of the core one by one; who notices?

Each mutation is applied to a copy of the tree in a scratch folder. First the tests of the core judge it, and only if
they notice nothing the simulation, on `--seeds` days; with `--both` the simulation judges each.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from msgspec import Struct

from tests.mutations.mutation import Mutation
from tests.mutations.of_alarms import OF_ALARMS
from tests.mutations.of_readings import OF_READINGS
from tests.mutations.of_time import OF_TIME

ROOT = Path(__file__).parents[2]
MUTATIONS = OF_ALARMS + OF_READINGS + OF_TIME
PARTS = ("agent", "firmware", "tests", "pyproject.toml")
PATIENCE = 600.0
"""Seconds after which a mutated core hangs, which is noticed too."""


class Finding(Struct, frozen=True):
    """Who noticed a mutation: the first test that failed, the first seed; empty where nobody did."""

    mutation: Mutation
    test: str
    seed: str

    @property
    def is_caught(self) -> bool:
        """Whether anybody noticed."""
        return bool(self.test or self.seed)


def copy_tree(scratch: Path) -> Path:
    """A copy of what tests of the core and simulation need."""
    left_out = shutil.ignore_patterns("__pycache__", ".hypothesis", "*.pyc")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, scratch / part, ignore=left_out)
        else:
            shutil.copy(source, scratch / part)
    return scratch


def tried(mutation: Mutation, tree: Path, *, seeds: int, both: bool) -> Finding:
    """One mutation in a copy of the tree, which is as it was afterwards."""
    file = tree / "agent" / "core" / mutation.file
    sound = file.read_text(encoding="utf-8")
    file.write_text(mutation.applied(tree / "agent" / "core"), encoding="utf-8")
    try:
        test = failing_test(tree)
        seed = failing_seed(tree, seeds) if both or not test else ""
    finally:
        file.write_text(sound, encoding="utf-8")
    return Finding(mutation, test, seed)


def failing_test(tree: Path) -> str:
    """The first test of the core that fails; empty where all pass."""
    order = ("-m", "pytest", "-x", "-q", "--no-header", "--timeout=60", "-p", "no:cacheprovider")
    said = _run(tree, *order, "--hypothesis-seed=0", "tests/core")
    if said is None:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) tests/core/(\S+)", said, re.MULTILINE)
    return found[1] if found else "hangs"


def failing_seed(tree: Path, seeds: int) -> str:
    """The first day that does not hold, and why; empty where all hold."""
    said = _run(tree, "-m", "tests.simulation", "--seeds", str(seeds), "--plain")
    if said is None:
        return ""
    found = re.search(r"^seed .*", said, re.MULTILINE)
    return found[0] if found else "hangs"


def _run(tree: Path, *order: str) -> str | None:
    """What Python said where it failed; None where it did not."""
    known = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            [sys.executable, *order],
            check=False,
            cwd=tree,
            env=known,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return "hangs"
    return done.stdout if done.returncode else None


def try_all(mutations: tuple[Mutation, ...], *, jobs: int, seeds: int, both: bool) -> list[Finding]:
    """All of them, told as they come."""
    with tempfile.TemporaryDirectory(prefix="linewarden-mutations-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for job in range(jobs):
            scratch = Path(folder) / str(job)
            scratch.mkdir()
            trees.put(copy_tree(scratch))

        def one(mutation: Mutation) -> Finding:
            tree = trees.get()
            try:
                return tried(mutation, tree, seeds=seeds, both=both)
            finally:
                trees.put(tree)

        findings = []
        with ThreadPoolExecutor(jobs) as pool:
            for finding in pool.map(one, mutations):
                findings.append(finding)
                print(_line(finding), flush=True)
    return findings


def _line(finding: Finding) -> str:
    who = " · ".join(one for one in (finding.test, finding.seed) if one) or "NOT CAUGHT"
    return f"{finding.mutation.file:15} {finding.mutation.name:60} {who[:140]}"


def main() -> None:
    """Try mutations; exit 1 if one is not noticed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", default="", help="those of whose file and name this is a part (a regular expression)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seeds", type=int, default=40, help="days of the simulation")
    parser.add_argument("--both", action="store_true", help="simulate even what the tests notice")
    given = parser.parse_args()
    chosen = tuple(one for one in MUTATIONS if re.search(given.only, f"{one.file} {one.name}"))
    findings = try_all(chosen, jobs=given.jobs, seeds=given.seeds, both=given.both)
    by_test = sum(bool(one.test) for one in findings)
    by_seed = sum(bool(one.seed) for one in findings)
    only_seed = sum(bool(one.seed and not one.test) for one in findings)
    missed = [one.mutation.name for one in findings if not one.is_caught]
    print(
        f"{len(findings)} mutations: {by_test} noticed by tests of the core, {only_seed} by the simulation only"
    )
    if given.both:
        print(f"the simulation alone notices {by_seed}")
    print(f"not noticed: {len(missed)}" + "".join(f"\n  {name}" for name in missed))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
