"""One connection to the broker in a thread of its own.

The thread connects, carries bytes and hands what happens to `tell`; it decides nothing. What is to be sent is handed
over in passing and taken up by the thread, all of it at once; the answers of a turn come back together, so that neither
thread is woken for each message.
"""

import itertools
import select
import threading
from collections import deque
from collections.abc import Callable, Sequence

from agent.config.site import Broker
from agent.outputs.mqtt_bell import Bell
from agent.outputs.mqtt_errors import BrokerError, LostError
from agent.outputs.mqtt_happenings import Ended, Happening, Will
from agent.outputs.mqtt_paho import Callbacks, Carrier, translating

TURN = 1.0
"""Seconds after which the thread looks whether it was abandoned."""


class Link:
    """A connection; it begins at once and ends with `Ended`.

    Args:
        broker: the broker's settings.
        client_id: MQTT client id.
        version: `5` or `3.1.1`.
        will: the last will.
        timeout: seconds for TCP and TLS to be set up, and after which unconfirmed bytes break the connection.
        tell: called on the thread with everything that happens; must only post.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        version: str,
        *,
        will: Will,
        timeout: float,
        tell: Callable[[Happening], None],
    ) -> None:
        self._broker, self._client_id, self._version = broker, client_id, version
        self._will, self._timeout, self._tell = will, timeout, tell
        self._callbacks = Callbacks(version, timeout, tell)
        self._abandoned = threading.Event()
        self._over = False
        self._numbers = itertools.count(1)
        self._orders: deque[Callable[[Carrier], None]] = deque()
        self._bell = Bell()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    # --- called from the event loop, after `Connected` ------------------------------------------------------------

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """Hand a message over and return its number, which `Acknowledged` will name.

        Raises:
            LostError: the connection is over.
        """
        number = next(self._numbers)
        self._order(lambda carrier: carrier.publish(number, topic, payload, retain=retain))
        return number

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics; `Subscribed` answers."""
        self._order(lambda carrier: carrier.subscribe(topics))

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics no more."""
        self._order(lambda carrier: carrier.unsubscribe(topics))

    def disconnect(self) -> None:
        """Take leave: the will is not published."""
        self._order(Carrier.disconnect)

    def abandon(self) -> None:
        """Let go of the connection without a word; a thread hung in the kernel is not waited for."""
        self._abandoned.set()
        self._bell.ring()

    def join(self, timeout: float) -> None:
        """Wait for the thread; never on the event loop."""
        self._thread.join(timeout)

    def _order(self, order: Callable[[Carrier], None]) -> None:
        if self._over:
            raise LostError("the connection is over")
        self._orders.append(order)
        self._bell.ring()

    # --- on the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        error: BrokerError = LostError("closed without a reason")
        try:
            self._serve()
        except BrokerError as exc:
            error = type(exc)(*exc.args)  # a fresh one: the frames of the old one hold the client
        finally:
            self._over = True
            self._orders.clear()
            self._bell.close()
            self._tell(Ended(self._callbacks.error or error))

    def _serve(self) -> None:
        carrier = Carrier(
            self._broker,
            self._client_id,
            self._version,
            will=self._will,
            timeout=self._timeout,
            callbacks=self._callbacks,
        )
        carrier.connect()
        poll = select.poll()  # `select` would not take the descriptors of a box with a thousand sockets
        poll.register(self._bell.fileno(), select.POLLIN)
        with translating():
            while not self._abandoned.is_set():
                self._turn(carrier, poll)

    def _turn(self, carrier: Carrier, poll: select.poll) -> None:
        while self._orders:
            self._orders.popleft()(carrier)
        if carrier.has_to_write:
            carrier.write()
        read_ahead, socket = carrier.has_read_ahead, carrier.fileno()
        wait = 0.0 if read_ahead or self._orders else TURN
        poll.register(socket, select.POLLIN | (select.POLLOUT if carrier.has_to_write else 0))
        ready = dict(poll.poll(wait * 1000))
        if self._bell.fileno() in ready:
            self._bell.heard()
        if read_ahead or ready.get(socket, 0) & ~select.POLLOUT:
            carrier.read()
        carrier.look_after()
