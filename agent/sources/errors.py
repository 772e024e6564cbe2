"""What may go wrong when asking a device.

PollError                 the device could not be read
├── NoAnswer              (TimeoutError) nothing came in time
├── NothingListens        (ConnectionError) the host answers, but nothing listens at the port
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


class Garbled(PollError, ValueError):  # noqa: N818
    """Something came that is no answer."""

    cause = "garbled"


class LinkLost(PollError, ConnectionError):  # noqa: N818
    """The wire or the network is gone."""

    cause = "lost"
