"""The way out of the branch: a publisher that is interrupted and repeats itself, and a subscriber that must not notice."""

import random

from agent.store.records import START, Position, Record
from tests.simulation.disk import Disk
from tests.simulation.invariants import must

PAGE = 12
"""Events at most that are on the way at once."""


class Subscriber:
    """Who hears of a branch's events: an id that he knows already he passes over."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}
        self.last = START

    def take(self, record: Record) -> None:
        """One event as it arrives."""
        if record.id in self.known:
            must(self.known[record.id] == record.hash, f"{record.id} was told twice, with another content")
            return
        here, last = record.position, self.last
        following = here == (last.epoch, last.seq + 1) or (here.epoch > last.epoch and here.seq == 1)
        must(following, f"{record.id} was told after {last}")
        self.known[record.id] = record.hash
        self.last = here


class Publisher:
    """The side of the box, which the box's death ends.

    Args:
        disk: the journal it reads.
        subscriber: who hears it.
        seed: for its interruptions.
    """

    def __init__(self, disk: Disk, subscriber: Subscriber, seed: int) -> None:
        self._disk, self._subscriber = disk, subscriber
        self._dice = random.Random(seed)
        self._place = START

    def begin(self) -> None:
        """The box starts: from where the journal says."""
        self._place = self._disk.cursor()
        must(self._place <= self._subscriber.last, f"{self._place} is marked as told, but was not")

    def turn(self) -> bool:
        """Tell one page, of which not all may arrive, and mark what was confirmed; returns whether there was one.

        Raises:
            Killed: the box died over the mark: all of the page will be told again.
        """
        dice = self._dice
        page = self._disk.page(self._place, dice.randint(1, PAGE), aside=dice.random() < 0.1)
        if not page:
            return False
        arrived = page if dice.random() < 0.8 else page[: dice.randint(0, len(page))]
        for record in arrived:
            self._subscriber.take(record)
        confirmed = arrived if dice.random() < 0.8 else arrived[: dice.randint(0, len(arrived))]
        if confirmed:
            self._place = confirmed[-1].position
        if confirmed and dice.random() < 0.8:  # marks go to the disk with other writes, some never
            self._disk.mark(self._place)
        return True

    def told_up_to(self) -> Position:
        """The last place that was confirmed."""
        return self._place
