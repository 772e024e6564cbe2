"""The child under load, and small file systems to put it on."""

import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_and_kill(path: Path, run: int, chance: random.Random) -> list[str]:
    """Starts the load, kills it after some acknowledgements or some time, and returns what it printed."""
    command = [sys.executable, "-m", "tests.store.load", path, str(run)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines: list[bytes] = []
        if run % 2:
            lines = [child.stdout.readline() for _ in range(chance.randrange(300))]
        else:
            with suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0.0, 0.8))
        child.kill()
        lines += child.stdout.readlines()
    assert child.returncode == -9, "the child ended by itself"
    return [line.decode().strip() for line in lines if line.endswith(b"\n") and line != b"open\n"]


def make_image(path: Path, size: int, *words: str) -> None:
    """Makes an ext4 image of `size` bytes; `words` go to mkfs."""
    with path.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", *words, path], check=True)


def mount(directory: Path, *words: str | Path) -> None:
    """Mounts something on a directory, or skips the test where this machine does not allow it."""
    directory.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *words, directory], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")


def unmount(directory: Path) -> None:
    """Unmounts it again."""
    subprocess.run(["umount", directory], check=True)
