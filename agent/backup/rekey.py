"""A backup encrypted anew for a key of one use, so that the bank's recovery key never reaches the box it is restored on."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from agent.backup import age, archive, shelf
from agent.backup.errors import NotMade


def rekey(backup: Path, identities: Sequence[age.Identity], target: Path, once: Path) -> None:
    """Encrypts a backup for a new key alone; plain it is in a pipe only.

    Args:
        backup: the file.
        identities: keys, one of which opens it.
        target: the file to write, never over another.
        once: the file of the new key, made for its owner only.

    Raises:
        NoKey: none of the identities opens it.
        Damaged: it is not what was written.
        NotMade: something cannot be read, or is there already.
    """
    if once.exists():
        raise NotMade(f"{once} is there already")
    with backup.open("rb") as source:
        recipient = age.own_identity(once).to_public()

        def unlock(stream: BinaryIO) -> None:
            age.decrypt(source, stream, identities)

        def make(part: Path) -> None:
            with archive.piped(unlock) as (reader, outcome), os.fdopen(shelf.open_new(part), "wb") as file:
                age.encrypt(reader, file, [recipient])
                outcome()

        shelf.put(target, make)
