"""Everything that may go wrong between the box and its wires, by meaning.

```
FirmwareError
├── LineError           (OSError)           a serial line
│   ├── LineLost        (ConnectionError)   cannot be opened, or went away: the next exchange reopens it
│   ├── LineTimeout     (TimeoutError)      the line is there, no whole answer came before the deadline
│   └── LineUrlError    (ValueError)        no line can have this name: a mistake of configuration
├── FrameError          (ValueError)        an answer came and is not one of the dialect
├── RefclockAway        (ConnectionError)   chrony does not listen for our time; it may again
├── PinError            (OSError)           a GPIO line cannot be had or written
└── PatternError        (ValueError)        a lamp was told what it cannot show
```

Errors of pyserial become ours in `line`, those of gpiozero in `pins`, those of chrony's socket in `chrony`, and nowhere else.
"""

from typing import ClassVar


class FirmwareError(Exception):
    """Root of the tree; `retryable` says whether the same call may succeed by itself later."""

    retryable: ClassVar[bool] = False


class LineError(FirmwareError, OSError):
    """A serial line failed."""


class LineLost(LineError, ConnectionError):  # noqa: N818  # it names the state, as ConnectionReset does
    """The line cannot be opened or was unplugged; it is closed now and reopened by the next exchange."""

    retryable = True


class LineTimeout(LineError, TimeoutError):  # noqa: N818  # the built-in's word
    """No whole frame before the deadline. `echoed` tells that the request itself came back: somebody is there."""

    retryable = True

    def __init__(self, message: str, *, echoed: bool = False) -> None:
        super().__init__(message)
        self.echoed = echoed


class LineUrlError(LineError, ValueError):
    """The name is neither an absolute path nor one of the allowed URL schemes."""


class FrameError(FirmwareError, ValueError):
    """Bytes that are no frame of the dialect: noise, half a frame, a refusal or an echo."""

    retryable = True


class RefclockAway(FirmwareError, ConnectionError):  # noqa: N818  # it names the state, as ConnectionReset does
    """Nobody listens at the socket of a reference clock, or takes no more at present."""

    retryable = True


class PinError(FirmwareError, OSError):
    """A GPIO line is missing, taken by somebody else, or cannot be written."""


class PatternError(FirmwareError, ValueError):
    """A pattern or a lamp name that the stack light does not have."""
