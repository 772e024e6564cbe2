"""The other end of the control socket, for the command line and the panel. Blocking, one question at a time."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import msgspec

from agent import api

_LINE_MAX = 16 * 1024 * 1024


class AgentError(Exception):
    """The root of what may go wrong when asking the agent."""


class AgentUnreachable(AgentError, ConnectionError):  # noqa: N818  # named like the built-in it also is
    """No agent answers at the socket, or it stopped answering."""


class AgentForbidden(AgentError, PermissionError):  # noqa: N818
    """The socket does not let this user in."""


class ControlClient:
    """One connection to the agent, opened at the first question and again after it was lost.

    Args:
        path: the agent's control socket.
        timeout: seconds to wait for an answer. An order is answered once it is on the disk.
    """

    def __init__(self, path: Path, timeout: float = 10.0) -> None:
        self._path = path
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._rest = b""

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next question opens a new one."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._rest = None, b""

    def ask(self, question: api.Question) -> api.Answer:
        """Ask one question.

        Raises:
            AgentUnreachable: nobody answers.
            AgentForbidden: this user may not open the socket.
        """
        with self._telling():
            return api.decode_answer(self._exchange(api.encode(question)))

    def follow(self) -> Iterator[api.Change]:
        """Changes as they come; the agent tells one every few seconds also where nothing has changed.

        Raises:
            AgentUnreachable: nobody answers, or no change came within the time that an answer may take.
            AgentForbidden: this user may not open the socket.
        """
        with self._telling():
            answer = api.decode_answer(self._exchange(api.encode(api.Watch())))
            while isinstance(answer, api.Change):
                yield answer
                answer = api.decode_answer(self._next())
        self.close()
        raise AgentUnreachable(f"{self._path}: the agent tells no changes ({answer})")

    def hang_up(self) -> None:
        """End the conversation from another thread: who waits for an answer gets none any more."""
        connection = self._socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tells what went wrong by its meaning."""
        try:
            yield
        except PermissionError as error:
            self.close()
            raise AgentForbidden(f"{self._path}: this user may not talk to the agent") from error
        except OSError as error:
            self.close()
            raise AgentUnreachable(f"{self._path}: no agent answers ({error.strerror or error})") from error
        except msgspec.MsgspecError as error:
            self.close()
            raise AgentUnreachable(
                f"{self._path}: what answers is no agent of this version ({error})"
            ) from error

    def _exchange(self, line: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(self._timeout)
            self._socket.connect(str(self._path))
        self._socket.sendall(line)
        return self._next()

    def _next(self) -> bytes:
        """The next line of the agent."""
        if self._socket is None:
            raise ConnectionResetError("the connection is closed")
        return self._line(self._socket)

    def _line(self, connection: socket.socket) -> bytes:
        chunks = [self._rest]
        size = len(self._rest)
        while b"\n" not in chunks[-1]:
            chunk = connection.recv(65536)
            size += len(chunk)
            if not chunk or size > _LINE_MAX:
                raise ConnectionResetError("the connection ended in the middle of an answer")
            chunks.append(chunk)
        line, _, self._rest = b"".join(chunks).partition(b"\n")
        return line
