"""What can go wrong with a backup, by meaning."""


class BackupError(Exception):
    """Root of everything that backups raise."""


class NotMade(BackupError, RuntimeError):  # noqa: N818 - the state, as people say it
    """No backup could be made, and none was left half-made."""


class NoKey(BackupError, LookupError):  # noqa: N818 - the state, as people say it
    """A key is missing, is none, or does not open this file."""


class Damaged(BackupError, ValueError):  # noqa: N818 - the state, as people say it
    """The file is not what was written: cut off, changed, or no backup of ours."""


class InTheWay(BackupError, RuntimeError):  # noqa: N818 - the state, as people say it
    """Something is there already that a restore must not overwrite."""
