"""Wheels by their names in a bundle's sums: which Python takes one, which part it becomes, which of them a box lacks."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.release.errors import StockError

_NAME = re.compile(r"wheels/[^/-]+(-[^/-]+){4,5}\.whl")
"""Project, version, perhaps a build, and three tags."""
_CPYTHON = re.compile(r"cp3(\d+)")
DIGITS = 16
"""Of the SHA-256 in a part's name; the part itself has it whole."""


@dataclass(frozen=True)
class Wheel:
    """A Python part of a bundle, as the signed sums tell it."""

    path: str
    """Within the bundle."""
    digest: str
    """SHA-256 in hex."""

    @property
    def part(self) -> str:
        """The name of the part that it becomes."""
        project, version = PurePosixPath(self.path).name.split("-")[:2]
        return f"{project}-{version}-{self.digest[:DIGITS]}"

    def serves(self, python: str) -> bool:
        """Whether a Python takes it, by the tags in its name (PyPA, platform compatibility tags).

        Args:
            python: its tag, as `cp311`.
        """
        interpreters, abi = PurePosixPath(self.path).stem.split("-")[-3:-1]
        tags = interpreters.split(".")
        if abi == "abi3":
            return any(0 <= _minor(tag) <= _minor(python) for tag in tags)
        return python in tags or (abi == "none" and any(tag.startswith("py3") for tag in tags))


@dataclass(frozen=True)
class Stock:
    """What a box has of releases so far."""

    python: str
    """The tag of its Python."""
    wheels: frozenset[str] = frozenset()
    """The SHA-256 of each wheel that it has a whole part of."""

    def encode(self) -> dict[str, object]:
        """As `linewarden-release parts` prints it."""
        return {"python": self.python, "wheels": sorted(self.wheels)}

    @classmethod
    def read(cls, told: bytes) -> "Stock":
        """What that printed.

        Raises:
            StockError: it is nothing of the kind.
        """
        try:
            given = json.loads(told)
            return cls(str(given["python"]), frozenset(str(one) for one in given["wheels"]))
        except (ValueError, KeyError, TypeError) as error:
            raise StockError(f"what the box has cannot be understood: {error!r}") from error


def here() -> str:
    """The tag of the Python that runs this."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def listed(sums: Mapping[str, str]) -> list[Wheel]:
    """The wheels of a bundle."""
    return [Wheel(path, digest) for path, digest in sorted(sums.items()) if _NAME.fullmatch(path)]


def taken(sums: Mapping[str, str], python: str) -> list[Wheel]:
    """The wheels of a bundle that a Python takes; some parts are there once for each Python."""
    return [wheel for wheel in listed(sums) if wheel.serves(python)]


def lacking(sums: Mapping[str, str], stock: Stock) -> list[Wheel]:
    """The wheels that a box has to be brought: it takes them, and has no whole part of them."""
    return [wheel for wheel in taken(sums, stock.python) if wheel.digest not in stock.wheels]


def spare(sums: Mapping[str, str], stock: Stock) -> set[str]:
    """The paths of the wheels that need not be brought."""
    return {wheel.path for wheel in listed(sums)} - {wheel.path for wheel in lacking(sums, stock)}


def _minor(tag: str) -> int:
    """Of CPython 3, as its tag has it (`cp311`: 11); of any other -1."""
    found = _CPYTHON.fullmatch(tag)
    return int(found[1]) if found else -1
