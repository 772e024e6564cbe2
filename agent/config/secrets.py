"""Secrets from files, read only by the part that needs them and never kept in the configuration."""

import os
from pathlib import Path

from agent.config.device_entries import Snmp
from agent.config.errors import ConfigError, Mistake
from agent.config.words import Secret

REMEDY = "write the secret into its first line, readable for the agent"
_NO_COMMUNITY = Mistake("site.toml", "snmp", "has no community", "add community_file")
PHRASE_MIN = 8
"""Octets of a phrase (RFC 3414, section 11.2)."""


CREDENTIAL = "credential:"
CREDENTIALS_SOURCE = "/etc/linewarden/credentials"
"""What the service manager hands to the agent as credentials; for root alone."""


def place(file: str) -> str:
    """Where a file of secrets lies: a path as it stands, `credential:NAME` among what the service manager handed over.

    Outside the service, as when root checks the site file, that is where the service manager takes them from.
    """
    name = file.removeprefix(CREDENTIAL)
    if name == file:
        return file
    return f"{os.environ.get('CREDENTIALS_DIRECTORY', CREDENTIALS_SOURCE)}/{name}"


def read_secret_file(path: str) -> Secret:
    """The first line of a file (see `place`), without its line end and outer spaces.

    Raises:
        ConfigError: the file cannot be read, is not UTF-8, or its first line is empty.
    """
    try:
        lines = Path(place(path)).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise ConfigError((Mistake(path, "file", reason, REMEDY),)) from error
    except UnicodeDecodeError:
        # The error quotes the content: it goes no further.
        raise ConfigError((Mistake(path, "file", "is not UTF-8", REMEDY),)) from None
    word = lines[0].strip() if lines else ""
    if not word:
        raise ConfigError((Mistake(path, "line 1", "is empty", REMEDY),))
    return Secret(word)


def community_of(snmp: Snmp) -> Secret:
    """The community to ask an agent with.

    Raises:
        ConfigError: its file cannot be read, or there is none.
    """
    if snmp.community is not None:
        return snmp.community
    if snmp.community_file is None:
        raise ConfigError((_NO_COMMUNITY,))
    return read_secret_file(snmp.community_file)


def phrase_of(path: str) -> Secret:
    """A phrase of authentication or privacy.

    Raises:
        ConfigError: the file cannot be read, or the phrase is too short for an agent to accept.
    """
    phrase = read_secret_file(path)
    if len(phrase.reveal().encode()) < PHRASE_MIN:
        remedy = "agree on a longer one with the device"
        raise ConfigError((Mistake(path, "line 1", f"is shorter than {PHRASE_MIN} characters", remedy),))
    return phrase
