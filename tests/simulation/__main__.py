"""`python -m tests.simulation --seeds N [--first S] [--jobs J]`: days of branches, and the smallest that fails.

`--only SEED [--faults 1,4,7]` plays one of them again, with all of its faults or some.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from tests.simulation.day import Day
from tests.simulation.scenario import Scenario, scenario


def trouble(day: Scenario) -> str:
    """What is wrong with a day; empty where nothing is."""
    with tempfile.TemporaryDirectory(prefix="linewarden-simulation-", dir=_memory()) as folder:
        try:
            Day(day, Path(folder) / "data").run()
        except Exception as error:  # noqa: BLE001  # whatever the core raises is a finding
            return f"{type(error).__name__}: {error}"
    return ""


def _memory() -> str | None:
    """A file system without a disk behind it, where there is one: fsync is not what is tried here."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # a fresh folder within


def with_only(day: Scenario, faults: Sequence[int]) -> Scenario:
    """A day with some of its faults."""
    return replace(day, faults=tuple(day.faults[at] for at in faults))


def shrunk(day: Scenario) -> list[int]:
    """The places of as few faults as still fail."""
    kept = list(range(len(day.faults)))
    size = max(1, len(kept) // 2)
    while size:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if trouble(with_only(day, fewer)):
                kept = fewer
            else:
                at += size
        size //= 2
    return kept


def trouble_of(seed: int) -> str:
    """What is wrong with the day of a seed."""
    return trouble(scenario(seed))


def findings(seeds: Sequence[int], jobs: int) -> Iterator[tuple[int, str]]:
    """Each seed with what is wrong with its day, in order."""
    if jobs == 1:
        yield from ((seed, trouble_of(seed)) for seed in seeds)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from zip(seeds, pool.imap(trouble_of, seeds, chunksize=4), strict=True)


def tell(seed: int, found: str, *, smaller: bool) -> None:
    """Print what is wrong with a seed, made as small as it can be if that is wanted."""
    print(f"seed {seed}: {found}", flush=True)
    if not smaller:
        return
    day = scenario(seed)
    kept = shrunk(day)
    for at in kept:
        print(f"  {at}: {day.faults[at]}")
    print(f"smallest: {trouble(with_only(day, kept))}")
    faults = ",".join(map(str, kept)) or "none"
    print(f"again: python -m tests.simulation --only {seed} --faults {faults}", flush=True)


def main() -> None:
    """Run seeds; stop at the first that fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=50, help="how many days")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--plain", action="store_true", help="do not look for the smallest day that fails")
    parser.add_argument("--all", action="store_true", help="go on after a seed that fails")
    parser.add_argument("--only", type=int, metavar="SEED", help="play this day alone")
    parser.add_argument("--faults", default="", help="with --only: some of its faults by number, or none")
    given = parser.parse_args()
    if given.only is not None:
        day = scenario(given.only)
        if given.faults:
            known = [str(at) for at in range(len(day.faults))]
            wanted = [at for at in given.faults.split(",") if at != "none"]
            if not set(wanted) <= set(known):
                parser.error(f"the day of seed {given.only} has faults 0 to {len(known) - 1}")
            day = with_only(day, [int(at) for at in wanted])
        found = trouble(day)
        print(found or "holds")
        sys.exit(1 if found else 0)
    began, failed = time.monotonic(), 0
    for seed, found in findings(range(given.first, given.first + given.seeds), given.jobs):
        if seed % 100 == 0:
            print(f"{seed - given.first} …", flush=True)
        if found:
            failed += 1
            tell(seed, found, smaller=not given.plain)
            if not given.all:
                sys.exit(1)
    print(
        f"{given.seeds - failed} of {given.seeds} seeds hold, {(time.monotonic() - began) / max(1, given.seeds):.2f} s each"
    )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
