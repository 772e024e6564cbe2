"""A bell between two threads: one rings, the other waits for it in `select` beside its sockets."""

import socket


class Bell:
    """Rings once, however often it is rung before it is heard.

    Whoever rings has put something where the other will look; the other first hears the bell, then looks.
    """

    def __init__(self) -> None:
        self._ear, self._clapper = socket.socketpair()
        self._ear.settimeout(0)
        self._clapper.settimeout(0)
        self._rung = False

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._ear.fileno()

    def ring(self) -> None:
        """Wake the other; after its end this does nothing."""
        if self._rung:
            return
        self._rung = True
        try:
            self._clapper.send(b"!")
        except OSError:
            return  # closed: nobody looks any more

    def heard(self) -> None:
        """It rang: from now on it may ring again."""
        # In this order: a ring in between finds it still rung, and what was put is looked at next.
        self._ear.recv(64)
        self._rung = False

    def close(self) -> None:
        """Nobody listens any more."""
        self._ear.close()
        self._clapper.close()
