"""Names and passwords. The one place that hashes.

A check costs some 32 MB and a tenth of a second by design, so only one runs at a time: many at once would take the
memory of the box away from the agent.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from enum import Enum

from werkzeug.security import check_password_hash, generate_password_hash

from web.throttle import ADDRESS_WAIT_MAX, NAME_WAIT_MAX, Throttle, neighbourhood

METHOD = "scrypt:32768:8:1"
PASSWORD_MAX = 256
QUEUE_SECONDS = 3.0
"""How long a login waits for the one before it."""


class Outcome(Enum):
    """What came of a login; it does not tell which of name and password was wrong."""

    WELCOME = "welcome"
    WRONG = "wrong"
    WAIT = "wait"


def hash_password(password: str) -> str:
    """The hash of a password as panel.toml holds it."""
    return generate_password_hash(password, METHOD)


class Passwords:
    """Proves names.

    Args:
        users: hash by name.
        clock: monotonic seconds.
    """

    def __init__(self, users: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._users = users
        self._clock = clock
        self._names = Throttle(NAME_WAIT_MAX)
        self._addresses = Throttle(ADDRESS_WAIT_MAX)
        self._one_at_a_time = threading.Lock()
        # An unknown name costs what a known one costs, so that time does not tell which names there are.
        method = next(iter(users.values()), METHOD + "$").split("$", 1)[0]
        self._decoy = generate_password_hash(secrets.token_hex(), method)

    def check(self, name: str, password: str, address: str) -> tuple[Outcome, float]:
        """Whether `password` is that of `name`, and the seconds to wait where it was not even looked at."""
        if not self._one_at_a_time.acquire(timeout=QUEUE_SECONDS):
            return Outcome.WAIT, QUEUE_SECONDS
        try:
            return self._check(name, password[: PASSWORD_MAX + 1], neighbourhood(address))
        finally:
            self._one_at_a_time.release()

    def _check(self, name: str, password: str, address: str) -> tuple[Outcome, float]:
        now = self._clock()
        wait = max(self._names.wait(name, now), self._addresses.wait(address, now))
        if wait > 0:
            return Outcome.WAIT, wait
        right = check_password_hash(self._users.get(name, self._decoy), password)
        if right and name in self._users and len(password) <= PASSWORD_MAX:
            self._names.succeeded(name)
            return Outcome.WELCOME, 0.0
        self._names.failed(name[:64], now)
        self._addresses.failed(address, now)
        return Outcome.WRONG, 0.0
