"""One way in which a rule of the core may be broken."""

from pathlib import Path

from msgspec import Struct


class Mutation(Struct, frozen=True):
    """A rule that is broken by replacing one text by another."""

    name: str
    """What is broken, as a sentence about the box."""
    file: str
    """Below `agent/core`."""
    old: str
    """Stands in the file exactly once."""
    new: str

    def applied(self, core: Path) -> str:
        """The text of the file, mutated.

        Args:
            core: the folder `agent/core`.

        Raises:
            ValueError: the old text is not there exactly once: the core was changed, and the mutation must follow.
        """
        text = (core / self.file).read_text(encoding="utf-8")
        count = text.count(self.old)
        if count != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: its text stands in {self.file} {count} times, not once")
        return text.replace(self.old, self.new)
