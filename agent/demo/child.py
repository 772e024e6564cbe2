"""What every process of the demo's family has in common: it ends when its parent does."""

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Have this process told to end when its standard input closes, which the parent's death does."""
    threading.Thread(target=_wait_for_parent, name="parent", daemon=True).start()


def _wait_for_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
