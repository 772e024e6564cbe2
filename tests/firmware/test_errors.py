"""The error tree: each error is also the built-in of its meaning."""

import pytest

from firmware import errors


@pytest.mark.parametrize(
    ("error", "builtin", "retryable"),
    [
        (errors.LineLost, ConnectionError, True),
        (errors.LineTimeout, TimeoutError, True),
        (errors.LineUrlError, ValueError, False),
        (errors.FrameError, ValueError, True),
        (errors.RefclockAway, ConnectionError, True),
        (errors.PinError, OSError, False),
        (errors.PatternError, ValueError, False),
    ],
)
def test_an_error_is_caught_by_its_builtin_and_by_the_tree(error, builtin, retryable):
    """Whoever knows only Python's own errors, or only ours, catches each of them."""
    raised = error("what happened")
    assert isinstance(raised, builtin)
    assert isinstance(raised, errors.FirmwareError)
    assert raised.retryable is retryable
    assert str(raised) == "what happened"
    assert error.__name__ in (errors.__doc__ or ""), "the tree is drawn in the module's docstring"
