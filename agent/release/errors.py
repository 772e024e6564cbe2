"""What can stand in the way of a release, by meaning. Each has the exit status that the roll-out tells them apart by."""

from collections.abc import Iterator
from contextlib import contextmanager


class ReleaseError(Exception):
    """The root of what stands in the way of a release."""

    status = 1


class BundleError(ReleaseError, ValueError):
    """The bundle cannot be used: incomplete, damaged, or not one of ours."""

    status = 10


class SignatureError(BundleError):
    """Nobody whom the box trusts has signed it."""

    status = 11


class WrongMachineError(BundleError):
    """It is for another kind of machine or Python."""

    status = 12


class NoRoomError(ReleaseError, OSError):
    """The card has no room for it."""

    status = 13


class ConfigurationError(ReleaseError, ValueError):
    """The release does not take the branch's configuration."""

    status = 14


class PostponedError(ReleaseError):
    """Not now: the branch has something critical to see to."""

    status = 15


class UnhealthyError(ReleaseError):
    """The branch was worse off with it; the old one runs again."""

    status = 16


class BusyError(ReleaseError):
    """Another change of the release is under way."""

    status = 17


class StockError(ReleaseError, ValueError):
    """What a box is said to have cannot be understood."""

    status = 19


class CommandError(ReleaseError, OSError):
    """A program of the box failed."""

    status = 18


class DiskError(ReleaseError, OSError):
    """The card cannot be read or written: full, read-only, worn out."""

    status = 19


class JournalError(ReleaseError, ValueError):
    """The older release could not read the journal as it is, and it cannot be stepped back."""

    status = 20


@contextmanager
def on_disk() -> Iterator[None]:
    """Give what the system says of its files by meaning: the one place for that.

    Raises:
        DiskError: something could not be read or written.
    """
    try:
        yield
    except ReleaseError:
        raise
    except OSError as error:
        raise DiskError(f"the card cannot be read or written: {error}") from error
