"""Waiting for a condition instead of sleeping for a guess."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], timeout: float = 20.0, what: str = "the condition") -> T:
    """Return the first true value of `condition`; fail with `what` when `timeout` seconds have passed.

    On a machine that is known to be slow, `LINEWARDEN_TEST_PATIENCE` says how many times as long it may take.
    """
    timeout *= float(os.environ.get("LINEWARDEN_TEST_PATIENCE", "1"))
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.005)
    return value
