"""Which version of MQTT a broker was found to speak, kept in the data directory for the next start."""

import logging
from pathlib import Path

import msgspec
from msgspec import Struct

log = logging.getLogger(__name__)

FILE = "mqtt-version.json"
LARGEST = 4096


class Found(Struct, frozen=True):
    """What was found.

    Attributes:
        host: name or address of the broker.
        port: its port.
        version: `5` or `3.1.1`.
        at: wall seconds when it was found.
    """

    host: str
    port: int
    version: str
    at: float


def load(folder: Path) -> Found | None:
    """What the last run found; None if it found nothing, or the file is none of ours."""
    try:
        with (folder / FILE).open("rb") as file:
            return msgspec.json.decode(file.read(LARGEST), type=Found)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.info("mqtt: %s is left out: %s", folder / FILE, error)
        return None


def save(folder: Path, found: Found) -> None:
    """Keep it; a disk that does not take it costs one attempt in the wrong version at the next start."""
    part = folder / f"{FILE}.part"
    try:
        part.write_bytes(msgspec.json.encode(found))
        part.replace(folder / FILE)
    except OSError as error:
        log.info("mqtt: %s cannot be written: %s", folder / FILE, error)
