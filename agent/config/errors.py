"""Mistakes in configuration: where each one is, what is wrong, and what to write instead."""

from msgspec import Struct


class Mistake(Struct, frozen=True):
    """One mistake in one file.

    Attributes:
        file: the file as it was named to the loader.
        path: the place in TOML terms, such as `device[pbx-1].depends_on[0]`.
        problem: what is wrong. Never holds a secret.
        remedy: what to write instead.
    """

    file: str
    path: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """The mistake as one line for a person."""
        return f"{self.file}: {self.path}: {self.problem} — {self.remedy}"


class ConfigError(ValueError):
    """The configuration cannot be used. Holds every mistake found, and prints one line for each."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class Report:
    """Collects the mistakes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def add(self, path: str, problem: str, remedy: str) -> None:
        """Note one mistake."""
        self.mistakes.append(Mistake(self.file, path, problem, remedy))

    def missing(self, path: str, remedy: str) -> None:
        """Note that something is missing, unless it stands there with a mistake of its own."""
        if not self.knows(path):
            self.add(path, "is missing", remedy)

    def knows(self, path: str) -> bool:
        """Whether there is already a mistake at a path or below it."""
        below = (f"{path}.", f"{path}[")
        return any(mistake.path == path or mistake.path.startswith(below) for mistake in self.mistakes)
