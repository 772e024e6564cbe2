"""What a process writes below a directory, call by call, recorded by strace; and what it said meanwhile."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

CALLS = (
    "openat,creat,pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync,sync_file_range,msync,ftruncate,truncate,fallocate,"
    "rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,sendfile,copy_file_range"
)
_HEX = re.compile(r"((?:\\x[0-9a-f]{2})+)")
_CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")
_FD = re.compile(r"^(\d+)<(.*?)>(?:, |$)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Create(NamedTuple):
    """A name is there from here on, as a new file where it was not."""

    name: str


class Write(NamedTuple):
    """Bytes at a place of a file."""

    name: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    """A file gets another size."""

    name: str
    size: int


class Rename(NamedTuple):
    """A file gets another name, in place of whoever had it."""

    name: str
    to: str


class Unlink(NamedTuple):
    """A name goes."""

    name: str


class Sync(NamedTuple):
    """A file is to be on the disk; the directory, where the name is empty."""

    name: str


class Said(NamedTuple):
    """A line that the process wrote to its standard output."""

    words: tuple[str, ...]


Step = Create | Write | Truncate | Rename | Unlink | Sync | Said


def record(command: Sequence[str | Path], directory: Path, log: Path, cwd: Path) -> list[Step]:
    """Runs a command to its end; skips the test where processes may not be traced."""
    tracer = [
        "strace",
        "-f",
        "-qq",
        "-xx",
        "-y",
        "-s",
        "99999999",
        "-e",
        f"trace={CALLS}",
        "-e",
        "signal=none",
    ]
    done = subprocess.run(
        [*tracer, "-o", log, *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr.lower():
        pytest.skip("processes may not be traced here")
    assert done.returncode == 0, done.stderr
    with log.open() as lines:
        return list(_Parser(directory.resolve()).steps(lines))


class _Parser:
    """From the lines of strace to steps; a call below the directory that is not known here is an error."""

    def __init__(self, directory: Path) -> None:
        self._directory = f"{directory}"
        self._places: dict[str, int] = {}

    def steps(self, lines: Iterator[str]) -> Iterator[Step]:
        for line in lines:
            match = _CALL.match(line)
            if match is None or int(match[3]) < 0:
                continue
            yield from self._step(match[1], match[2], int(match[3]))

    def _name(self, path: str) -> str | None:
        """The name below the directory, empty for itself; None elsewhere, and for the index of a WAL, which is no data."""
        if path == self._directory:
            return ""
        if not path.startswith(f"{self._directory}/") or path.endswith(
            ("-shm", "-shm>(deleted)", "(deleted)")
        ):
            return None
        return path.removeprefix(f"{self._directory}/")

    def _step(self, call: str, words: str, result: int) -> Iterator[Step]:
        strings = [_bytes(text) for text in _STRING.findall(words)]
        if call in ("rename", "renameat", "renameat2", "unlink", "unlinkat"):
            names = [self._name(text.decode()) for text in strings]
            if names[0] is not None:
                yield Rename(names[0], str(names[1])) if call.startswith("rename") else Unlink(names[0])
            return
        if call == "openat":
            yield from self._opened(strings[0].decode(), words, result)
            return
        match = _FD.match(words)
        if match is None:
            return
        number, path = match[1], _bytes(match[2]).decode()
        name = self._name(path)
        if number == "1" and call == "write" and name is None:
            yield Said(tuple(strings[0].decode().split()))
        elif name is not None:
            yield from self._about(call, name, number, (strings[0][:result] if strings else b"", words))

    def _opened(self, path: str, words: str, number: int) -> Iterator[Step]:
        name = self._name(path)
        self._places[str(number)] = 0
        if name and "O_CREAT" in words:
            yield Create(name)
            if "O_TRUNC" in words:
                yield Truncate(name, 0)

    def _about(self, call: str, name: str, number: str, given: tuple[bytes, str]) -> Iterator[Step]:
        data, last = given[0], given[1].rpartition(", ")[2]
        match call:
            case "pwrite64":
                yield Write(name, int(last), data)
            case "write":
                yield Write(name, self._places[number], data)
                self._places[number] += len(data)
            case "ftruncate":
                yield Truncate(name, int(last))
            case "fsync" | "fdatasync":
                yield Sync(name)
            case _:
                raise AssertionError(f"{call} of {name} is not modelled")


def _bytes(text: str) -> bytes:
    """What strace wrote in hexadecimal."""
    return b"".join(
        bytes.fromhex(part.replace("\\x", "")) if part.startswith("\\x") else part.encode()
        for part in _HEX.split(text)
        if part
    )
