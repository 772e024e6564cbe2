"""What may go wrong when asking a device.

PollError                 the device could not be read
├── NoAnswer              (TimeoutError) nothing came in time
├── NothingListens        (ConnectionError) the host answers, but nothing listens at the port
├── NotAuthentic          (PermissionError) the device does not let this user in, or does not prove who it is
├── Garbled               (ValueError) something came that is no answer
└── LinkLost              (ConnectionError) the wire or the network is gone
"""


class PollError(Exception):
    """The device could not be read; `cause` is the word for `PollFailed`."""

    cause = "lost"


class NoAnswer(PollError, TimeoutError):  # noqa: N818  # named by meaning, as the built-in it also is
    """Nothing came in time."""

    cause = "timeout"


class NothingListens(PollError, ConnectionError):  # noqa: N818
    """The host answers, but nothing listens at the port: the process is down."""

    cause = "refused"


class NotAuthentic(PollError, PermissionError):  # noqa: N818
    """The device does not let this user in, or does not prove who it is."""

    cause = "auth"


class Garbled(PollError, ValueError):  # noqa: N818
    """Something came that is no answer."""

    cause = "garbled"


class LinkLost(PollError, ConnectionError):  # noqa: N818
    """The wire or the network is gone."""

    cause = "lost"
