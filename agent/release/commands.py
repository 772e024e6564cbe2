"""Other programs: run with a deadline, their failure told in one line."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from agent.release.errors import CommandError

WORDS_MAX = 400


def run(command: Sequence[str | Path], seconds: float = 120.0, stdin: bytes | None = None) -> str:
    """What a program prints.

    Raises:
        CommandError: it is missing, fails, or takes too long.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandError(f"{words[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise CommandError(f"{' '.join(words[:3])}: {said[-WORDS_MAX:] or f'exit status {done.returncode}'}")
    return done.stdout.decode(errors="replace")
