"""`/live`: the stream of server-sent events by which an open page learns that it should look again."""

import time
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request

from web import login, wire
from web.streams import Guest, Streams, event, opening
from web.upstream import Upstream

blueprint = Blueprint("live", __name__)

POLL_SECONDS = 10
"""How often a page asks that gets no stream."""


class Live:
    """What runs beside the server for as long as it serves: the subscription to the agent, and the streams.

    Args:
        socket: the agent's control socket.
    """

    def __init__(self, socket: Path) -> None:
        self.streams = Streams()
        self._upstream = Upstream(socket, self.streams.news)

    def start(self) -> None:
        """Begin to follow the agent."""
        self.streams.start()
        self._upstream.start()

    def stop(self) -> None:
        """Hang up on all browsers and on the agent."""
        self._upstream.stop()
        self.streams.stop()


def init_app(app: Flask, socket: Path) -> Live:
    """Give `app` its streams."""
    live = Live(socket)
    app.extensions["live"] = live
    app.register_blueprint(blueprint)
    return live


def streams() -> Streams:
    """The streams of this panel."""
    live: Live = current_app.extensions["live"]
    return live.streams


@blueprint.get("/live")
def stream() -> Response:
    """A stream, or the answer to ask every few seconds instead: 204, after which a browser does not come again."""
    owner = login.bearer()
    house = streams()
    if not house.has_room(owner.id):
        return Response(status=204, headers={"Retry-After": str(POLL_SECONDS)})
    device = request.args.get("device", "")[:200]
    tag, told = house.news.tag(device), request.headers.get("Last-Event-ID", "")
    sessions = login.sessions()

    guest = Guest(owner.id, device, tag, lambda: sessions.holds(owner, time.time()))

    def take(connection: wire.Connection) -> None:
        house.adopt(connection.socket, guest, chunked=connection.chunked)

    if request.method == "GET":
        request.environ[wire.HEIR] = take
    first = opening(tag) + (b"" if told in ("", tag) else event(tag, present=house.news.present))
    # An iterator has no length, and so the answer no end.
    return Response(iter([first]), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
