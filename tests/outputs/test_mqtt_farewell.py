"""A leave-taking is heard even where much is left unread."""

import socket
import threading

from agent.outputs.mqtt_farewell import listen_to_the_end

UNREAD = b"x" * 200_000


def read_to_the_end(peer: socket.socket) -> bytes:
    """All that came; raises where the connection was reset."""
    heard = b""
    while piece := peer.recv(4096):
        heard += piece
    return heard


def test_the_last_words_are_heard_although_much_is_unread() -> None:
    """Over real TCP: the other side reads our words and an end in good order, not a reset."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        with theirs:
            theirs.settimeout(10)
            ours.setblocking(False)
            sender = threading.Thread(target=theirs.sendall, args=(UNREAD,))
            sender.start()
            ours.sendall(b"goodbye")

            def leave() -> None:
                listen_to_the_end(ours)
                ours.close()

            leaver = threading.Thread(target=leave)
            leaver.start()
            sender.join(10)
            assert read_to_the_end(theirs) == b"goodbye"
            theirs.close()
            leaver.join(10)
            assert not leaver.is_alive()


def test_a_broker_that_does_not_close_is_not_waited_for_long() -> None:
    """It says nothing and keeps the connection: we go."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        with theirs, ours:
            leaver = threading.Thread(target=listen_to_the_end, args=(ours,))
            leaver.start()
            leaver.join(20)
            assert not leaver.is_alive()
