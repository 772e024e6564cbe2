"""What can go wrong with the store, by meaning and not by library."""

import errno


class StoreError(Exception):
    """Root of everything the store raises."""


class StoreFull(StoreError, OSError):  # noqa: N818 - the state, as people say it
    """The disk, or the quota on it, has no room left."""


class StoreFailed(StoreError, OSError):  # noqa: N818 - the state, as people say it
    """Reading or writing failed for a reason other than room: a dying card, a lost mount, missing rights."""


class StoreBusy(StoreError):  # noqa: N818 - the state, as people say it
    """Another agent or another process holds the data."""


class StoreCorrupt(StoreError, ValueError):  # noqa: N818 - the state, as people say it
    """The database is damaged, or its chain of hashes is broken."""


class StoreNewer(StoreError, RuntimeError):  # noqa: N818 - the state, as people say it
    """The database was written by a later version of the software, which this one must not touch."""


def of_os_error(exc: OSError, what: str) -> StoreError:
    """The meaning of an `OSError` of a plain file, told with what was being done."""
    message = f"{what}: {exc.strerror or exc}"
    if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StoreFull(message)
    return StoreFailed(message)
