"""What every process of the demo's family has in common: it ends when its parent does."""

import os
import signal
import threading


def end_with_parent() -> None:
    """Have this process told to end when its standard input closes, which the parent's death does."""
    threading.Thread(target=_wait_for_parent, name="parent", daemon=True).start()


def _wait_for_parent() -> None:
    # Not through sys.stdin: its lock, held at the interpreter's end, is a fatal error.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
