"""Certificates: whether a pair can be used and for how long, and their renewal while the panel runs.

How long a certificate is good is found by shaking hands with ourselves in memory: that takes no library but Python's
own, costs no memory, and says of a pair exactly what a browser that trusts it would say.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from web.errors import SettingsError

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds after which a new connection looks again whether the files are new."""
TELL_EVERY = 86400.0
SOON = 21 * 86400.0
"""Seconds before the end of a certificate from which on it is told."""
_ROUNDS = 8

Signature = tuple[tuple[int, int, int], ...]
"""What tells a file from the one that stood there before: inode, size, time of change."""


class Validity(Struct, frozen=True):
    """How long a certificate is good."""

    until: float = 0.0
    """Seconds since 1970; 0 where `fault` says more."""
    fault: str = ""
    """Why a browser would refuse it, such as `certificate has expired`."""

    def sentence(self, now: float) -> str:
        """What to tell about it; empty where nothing is to be done yet."""
        if self.fault:
            return f"browsers refuse it: {self.fault}; renew it"
        if self.until - now < SOON:
            day = datetime.fromtimestamp(self.until, UTC).strftime("%Y-%m-%d")
            return f"it ends on {day}, in {max(0, int((self.until - now) // 86400))} days; renew it"
        return ""


def make_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 or later with a pair of PEM files.

    Raises:
        SettingsError: they cannot be read, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An encrypted key would ask for its password at the terminal: nobody sits there.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"[tls] {certificate} with {key} cannot be used ({error}); give a matching pair of PEM files"
        ) from error
    return context


def inspect(context: ssl.SSLContext, certificate: str) -> Validity:
    """How long the certificate of a context is good."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trusting.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    try:
        _shake_hands(client, server)
    except ssl.SSLCertVerificationError as error:
        return Validity(fault=error.verify_message)
    except ssl.SSLError as error:
        return Validity(fault=str(error))
    told = (client.getpeercert() or {}).get("notAfter", "")
    return Validity(float(ssl.cert_time_to_seconds(str(told))))


def _shake_hands(client: ssl.SSLObject, server: ssl.SSLObject) -> None:
    for _ in range(_ROUNDS):
        waiting = 0
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting += 1
        if not waiting:
            return


class Pair:
    """A pair of files and the context made of it, which follows the files.

    Args:
        certificate: PEM file of the certificate with its chain.
        key: PEM file of its key.
        clock: wall time.

    Raises:
        SettingsError: the files cannot be used, or do not belong together.
    """

    def __init__(self, certificate: str, key: str, clock: Callable[[], float] = time.time) -> None:
        self._files = (certificate, key)
        self._clock = clock
        self._lock = threading.Lock()
        self._signature = self._sign()
        self._looked = clock()
        self._told = float("-inf")
        self.context = make_context(certificate, key)
        self.validity = inspect(self.context, certificate)
        self._tell()

    def current(self) -> ssl.SSLContext:
        """The context, of the files as they are now; of those before them while the new ones cannot be used."""
        if self._clock() - self._looked >= LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self.context

    def renew(self) -> None:
        """Look now."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        self._looked = self._clock()
        signature = self._sign()
        if signature != self._signature:
            self._signature = signature
            self._take()
        if self._looked - self._told >= TELL_EVERY:
            self.validity = inspect(self.context, self._files[0]) if signature else self.validity
            self._tell()

    def _take(self) -> None:
        try:
            context = make_context(*self._files)
            self.validity = inspect(context, self._files[0])
        except (SettingsError, OSError) as error:
            log.error("the certificate stays as it was: %s", error)  # noqa: TRY400  # the trace says no more
            return
        self.context = context
        log.info("the certificate %s is renewed", self._files[0])
        self._tell()

    def _tell(self) -> None:
        self._told = self._clock()
        sentence = self.validity.sentence(self._told)
        if sentence:
            level = logging.ERROR if self.validity.fault else logging.WARNING
            log.log(level, "certificate %s: %s", self._files[0], sentence)

    def _sign(self) -> Signature:
        """Empty where a file is missing."""
        try:
            stats = [Path(name).stat() for name in self._files]
        except OSError:
            return ()
        return tuple((one.st_ino, one.st_size, one.st_mtime_ns) for one in stats)
