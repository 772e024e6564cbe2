"""Encryption in the age format (age-encryption.org/v1, X25519 recipients). The only file that knows pyrage.

A file is encrypted to several recipients at once; each of their identities opens it alone. Whatever is changed or cut off
is noticed when it is read to its end, and not before: who reads must not trust a part of it.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyrage

from agent.backup.errors import BackupError, Damaged, NoKey, NotMade

SECRET = "AGE-SECRET-KEY-1"  # noqa: S105  # what such a line begins with


OWN_KEY = "backup.key"
"""The box's own key, beside its backups, and like them out of the agent's reach: it opens nothing but them."""


class Identity(Protocol):
    """A key that opens what was encrypted to its public side."""

    def to_public(self) -> object:
        """The recipient that belongs to it."""


def recipients_of(texts: Sequence[str]) -> list[Any]:
    """Public keys such as `age1…`.

    Raises:
        NoKey: one of them is none.
    """
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise NoKey(f"{text} is no public key of age (X25519): {error}") from error
    return found


def read_identities(path: Path) -> list[Identity]:
    """The keys of a file as `age-keygen` writes it: one a line, besides comments.

    Raises:
        NoKey: the file cannot be read, or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        words = [line.strip() for line in lines if line.startswith(SECRET)]
        found = [pyrage.x25519.Identity.from_str(word) for word in words]
    except (OSError, pyrage.IdentityError) as error:
        raise NoKey(f"{path}: {error}") from error
    if not found:
        raise NoKey(f"{path} holds no secret key of age")
    return found


def own_identity(path: Path) -> Identity:
    """The box's own key, made where there is none; for its owner only.

    Raises:
        NoKey: it cannot be read, nor made.
    """
    if path.exists():
        return read_identities(path)[0]
    made = pyrage.x25519.Identity.generate()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"# opens the backups of this box, for the drill\n{made}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NoKey(f"{path}: {error}") from error
    return made  # type: ignore[no-any-return]  # the library has no types


def encrypt(reader: BinaryIO, writer: BinaryIO, recipients: Sequence[Any]) -> None:
    """Encrypts all that can be read.

    Raises:
        BackupError: it cannot be encrypted or written.
    """
    _translated(lambda: pyrage.encrypt_io(reader, writer, recipients), NotMade)


def decrypt(reader: BinaryIO, writer: BinaryIO, identities: Sequence[Identity]) -> None:
    """Decrypts to the end.

    Raises:
        NoKey: none of the identities opens it.
        Damaged: it is no such file, or not what was written.
    """
    _translated(lambda: pyrage.decrypt_io(reader, writer, identities), Damaged)


def _translated(call: Callable[[], object], otherwise: type[BackupError]) -> None:
    try:
        call()
    except (pyrage.DecryptError, pyrage.EncryptError) as error:
        if "No matching keys" in str(error):
            raise NoKey("none of the keys opens this backup") from error
        raise otherwise(str(error)) from error
    except BrokenPipeError:  # whoever reads has heard enough, and says why
        raise
    except OSError as error:
        raise otherwise(str(error)) from error
