"""Other programs: run with a deadline, their failure told in one line."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from pwd import struct_passwd
from typing import Any

from agent.release.errors import CommandError

WORDS_MAX = 400
SECONDS = 120.0


def run(
    command: Sequence[str | Path],
    seconds: float = SECONDS,
    stdin: bytes | None = None,
    owner: struct_passwd | None = None,
    also: Mapping[str, str] | None = None,
) -> str:
    """What a program prints.

    Args:
        command: the program and its words.
        seconds: its deadline.
        stdin: what it reads.
        owner: the user that it runs as; ours unless given.
        also: what its environment has beside ours.

    Raises:
        CommandError: it is missing, fails, or takes too long.
    """
    words = [str(word) for word in command]
    environment = {**os.environ, **also} if also else None
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(  # noqa: S603  # our own programs, by path or of the system
            words,
            input=stdin,
            capture_output=True,
            timeout=seconds,
            check=False,
            env=environment,
            **_as(owner),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandError(f"{words[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise CommandError(f"{' '.join(words[:3])}: {said[-WORDS_MAX:] or f'exit status {done.returncode}'}")
    return done.stdout.decode(errors="replace")


def _as(owner: struct_passwd | None) -> dict[str, Any]:
    if owner is None:
        return {}
    groups = os.getgrouplist(owner.pw_name, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": groups}
