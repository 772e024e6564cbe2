"""What the store of trends keeps once and refers to by number: devices, shapes and words."""

import msgspec

from agent.store.connection import Connection
from agent.store.errors import StoreCorrupt

WORDS_MAX = 2_000
"""Words that get a number; further ones are written out where they occur."""


class Names:
    """Numbers of names and names of numbers; new ones are inserted into the open transaction.

    After a rollback it must be made anew: it may know numbers that the file does not.

    Raises:
        StoreCorrupt: the file holds what no version of ours writes.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        try:
            self._learn()
        except (msgspec.MsgspecError, ValueError, TypeError, AttributeError) as error:
            raise StoreCorrupt(f"names in the store of trends cannot be read: {error}") from error
        self._latest: dict[str, int] = {}

    def _learn(self) -> None:
        db = self._db
        self._devices = {_text(id_): number for number, id_ in db.rows("SELECT number, id FROM device")}
        self._ids = {number: id_ for id_, number in self._devices.items()}
        self._words = {_text(text): number for number, text in db.rows("SELECT number, text FROM word")}
        self._texts = {number: text for text, number in self._words.items()}
        self._shapes: dict[int, tuple[str, ...]] = {
            number: tuple(msgspec.json.decode(points, type=list[str]))
            for number, points in db.rows("SELECT number, points FROM shape")
        }
        self._numbers = {shape: number for number, shape in self._shapes.items()}

    def device(self, id_: str) -> int:
        """The number of a device, a new one at its first bucket."""
        number = self._devices.get(id_)
        if number is None:
            number = max(self._ids, default=0) + 1
            self._devices[id_], self._ids[number] = number, id_
            self._db.rows("INSERT INTO device VALUES (?, ?)", (number, id_))
        return number

    def known_device(self, id_: str) -> int | None:
        """The number of a device; None for one of which nothing was ever stored."""
        return self._devices.get(id_)

    def device_of(self, number: int) -> str:
        """The device with a number.

        Raises:
            KeyError: there is no such device.
        """
        return self._ids[number]

    def shape(self, number: int) -> tuple[str, ...]:
        """The points of a shape.

        Raises:
            KeyError: there is no such shape.
        """
        return self._shapes[number]

    def fitting(self, device: str, points: tuple[str, ...]) -> int:
        """The number of a shape that holds these points of a device; it grows, so that there are never many."""
        number = self._latest.get(device) or self._numbers.get(points)
        if number is None or not set(points) <= set(self._shapes[number]):
            before = () if number is None else self._shapes[number]
            number = self._shape((*before, *(point for point in points if point not in before)))
        self._latest[device] = number
        return number

    def _shape(self, shape: tuple[str, ...]) -> int:
        number = self._numbers.get(shape)
        if number is None:
            number = max(self._shapes, default=0) + 1
            self._shapes[number], self._numbers[shape] = shape, number
            self._db.rows("INSERT INTO shape VALUES (?, ?)", (number, msgspec.json.encode(shape).decode()))
        return number

    def word(self, text: str) -> int:
        """The number of a word; 0 when there are too many to give it one."""
        number = self._words.get(text)
        if number is None:
            if len(self._words) >= WORDS_MAX:
                return 0
            number = max(self._texts, default=0) + 1
            self._words[text], self._texts[number] = number, text
            self._db.rows("INSERT INTO word VALUES (?, ?)", (number, text))
        return number

    def word_of(self, number: int) -> str:
        """The word with a number.

        Raises:
            KeyError: there is no such word.
        """
        return self._texts[number]


def _text(raw: bytes) -> str:
    return raw.decode()
