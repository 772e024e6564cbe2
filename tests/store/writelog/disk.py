"""A disk that keeps what it was told to keep, and of the rest whatever it likes: what may be found after a power cut.

Modelled: data of a file are sure after its fsync, and then its name too, as on ext4; names are sure after the fsync of the
directory, and become so in their order, as a journalling file system does it; of data that are not sure any part may be
there, in any order, torn at a sector or a page. Not modelled: sectors that come back with other bytes than were ever
written, a card that says of an fsync what is not true, and neighbours of a sector that a cut damages.
"""

import random
from collections.abc import Iterator
from copy import copy

from tests.store.writelog.recording import Create, Rename, Said, Step, Sync, Truncate, Unlink, Write

SECTOR, PAGE = 512, 4096
TEARS, PARTS = 3, 6
"""How many tears of the last write, and parts of what is on its way, are tried at each step."""
Image = dict[str, bytes]
_Data = Write | Truncate


class Disk:
    """Names, contents, and what of both is still on its way."""

    def __init__(self) -> None:
        self._files: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        self._now: dict[str, int] = {}
        """Names as the running system sees them."""
        self._data: list[tuple[int, _Data]] = []
        self._moves: list[tuple[dict[str, int], int | None]] = []
        """The names after each change that is not sure yet, and the file that it was about."""
        self._next = 0

    def take(self, step: Step) -> None:
        """The next step of the recording."""
        match step:
            case Create() if step.name not in self._now:
                self._files[self._next] = b""
                self._moved(self._now | {step.name: self._next}, self._next)
                self._next += 1
            case Write() | Truncate():
                self._data.append((self._now[step.name], step))
            case Rename():
                names = copy(self._now)
                names[step.to] = names.pop(step.name)
                self._moved(names, names[step.to])
            case Unlink():
                if step.name in self._now:
                    self._moved({name: file for name, file in self._now.items() if name != step.name}, None)
            case Sync(name=""):
                self._names, self._moves = copy(self._now), []
            case Sync():
                self._sync(self._now[step.name])
            case Said() | Create():
                pass

    def _moved(self, names: dict[str, int], file: int | None) -> None:
        self._now = names
        self._moves.append((names, file))

    def _sync(self, file: int) -> None:
        for one, step in self._data:
            if one == file:
                self._files[file] = _changed(self._files[file], step)
        self._data = [(one, step) for one, step in self._data if one != file]
        about = [number for number, (_, moved) in enumerate(self._moves) if moved == file]
        if about:
            self._names = self._moves[about[-1]][0]
            self._moves = self._moves[about[-1] + 1 :]

    def images(self, chance: random.Random) -> Iterator[Image]:
        """What may be found if the power goes now: all, nothing, and some of what is on its way."""
        data, names = self._data, self._now
        yield self._image(data, names)
        yield self._image([], self._names)
        if data:
            yield self._image(data, self._names)
            yield self._image(data[:-1], names)
            yield self._image(data[-1:], names)
            for _ in range(TEARS):
                yield self._image([*data[:-1], *_torn(data[-1], chance)], names)
        if len(data) > 1:
            for _ in range(PARTS):
                kept = [one for one in data if chance.random() < 0.5]
                yield self._image(kept, chance.choice([names, self._names]))

    def _image(self, data: list[tuple[int, _Data]], names: dict[str, int]) -> Image:
        files = copy(self._files)
        for file, step in data:
            files[file] = _changed(files[file], step)
        return {name: files[file] for name, file in names.items()}


def _torn(one: tuple[int, _Data], chance: random.Random) -> list[tuple[int, _Data]]:
    """A write of which only sectors before, or behind, some place are there."""
    file, step = one
    if isinstance(step, Truncate):
        return []
    places = range(SECTOR, len(step.data), chance.choice([SECTOR, PAGE]))
    cut = chance.choice(places) if places else len(step.data) // 2
    if chance.random() < 0.5:
        return [(file, Write(step.name, step.offset, step.data[:cut]))]
    return [(file, Write(step.name, step.offset + cut, step.data[cut:]))]


def _changed(content: bytes, step: _Data) -> bytes:
    if isinstance(step, Truncate):
        return content[: step.size].ljust(step.size, b"\0")
    content = content.ljust(step.offset, b"\0")
    return content[: step.offset] + step.data + content[step.offset + len(step.data) :]
