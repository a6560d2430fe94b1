"""Many bytes over plain HTTP: a transport for httpx on the standard library's client, which reads in large pieces."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

import httpx

PIECE = 512 * 1024
"""How many bytes of an answer are read at a time."""

UNDER_WAY = 1024 * 1024
"""How many bytes wait on a Unix socket: room for the next piece while the other side is at work on the last."""


class PlainHttp(httpx.BaseTransport):
    """Send requests over kept connections, each of which one thread uses at a time.

    The pieces of an answer lie in one buffer: each is good until the next is asked for.

    Args:
        service_socket: Where the service of this machine listens itself; where nobody does, the request goes to the
            host and port that it names.
    """

    def __init__(self, *, service_socket: Path | None = None) -> None:
        self._service_socket = service_socket
        self._idle: list[HTTPConnection] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer, whose body is still to be read."""
        timeouts = request.extensions["timeout"]
        connection = self._idle_connection() or self._connected(request.url, timeouts["connect"])
        try:
            connection.sock.settimeout(timeouts["read"])
            _send(connection, request)
            with _broken():
                answer = connection.getresponse()
                if answer.status >= 300:
                    return _fault(connection, answer)
        except BaseException:
            connection.close()
            raise
        return httpx.Response(answer.status, headers=answer.getheaders(), stream=_Body(self, connection, answer))

    def keep(self, connection: HTTPConnection) -> None:
        """Keep a connection for another request."""
        with self._lock:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the connections."""
        while (connection := self._pop()) is not None:
            connection.close()

    def _pop(self) -> HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _idle_connection(self) -> HTTPConnection | None:
        while (connection := self._pop()) is not None:
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _connected(self, url: httpx.URL, timeout: float) -> HTTPConnection:
        connection = HTTPConnection(url.host, url.port or 80, timeout=timeout)
        if self._service_socket is not None:
            with suppress(OSError):  # it is being started anew, say: the gateway waits for it
                connection.sock = _connect_here(self._service_socket, timeout)
                return connection
        try:
            connection.connect()
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return connection


def _fault(connection: HTTPConnection, answer: HTTPResponse) -> httpx.Response:
    """Read an answer that says what is wrong; what was sent of the request may still be under way, so all is closed."""
    text = answer.read()
    connection.close()
    return httpx.Response(answer.status, headers=answer.getheaders(), content=text)


class _Body(httpx.SyncByteStream):
    """Be the body of an answer; when it was read to its end its connection is kept."""

    def __init__(self, transport: PlainHttp, connection: HTTPConnection, answer: HTTPResponse) -> None:
        self._transport = transport
        self._connection = connection
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        buffer = memoryview(bytearray(min(PIECE, self._answer.length or PIECE)))
        while not self._answer.isclosed():
            left = self._answer.length
            with _broken():
                count = self._answer.readinto(buffer)
            if count:
                yield buffer[:count]  # type: ignore[misc] # bytes-like, and not copied
            elif left:
                raise httpx.RemoteProtocolError(f"the answer ended {left} bytes too early")

    def close(self) -> None:
        if self._connection.sock is None:  # closed, or the answer has it to its end
            self._answer.close()
        elif self._answer.isclosed():
            self._transport.keep(self._connection)
        else:
            self._connection.close()


def _send(connection: HTTPConnection, request: httpx.Request) -> None:
    connection.putrequest(request.method, request.url.raw_path.decode("ascii"), skip_host=True,
                          skip_accept_encoding=True)  # fmt: skip
    for name, value in request.headers.raw:
        connection.putheader(name.decode("ascii"), value)
    with _broken():
        connection.endheaders()
    for block in request.stream:  # type: ignore[union-attr] # only an asynchronous client has streams of another kind
        if not _is_taken(connection, block):
            return


def _is_taken(connection: HTTPConnection, block: bytes) -> bool:
    """Send bytes; tell whether there is somebody who reads them: the answer may have come before all was sent."""
    with _broken():
        try:
            connection.send(block)
        except (BrokenPipeError, ConnectionResetError):
            return False
    return True


@contextmanager
def _broken() -> Iterator[None]:
    """Turn what goes wrong with a connection into what httpx says of it."""
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error)) from error
    except (OSError, HTTPException) as error:
        raise httpx.RemoteProtocolError(str(error) or type(error).__name__) from error


def _is_quiet(connection: HTTPConnection) -> bool:
    """Tell whether a kept connection is still there: nothing has come, not even its end."""
    try:
        connection.sock.settimeout(0)
        connection.sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _connect_here(path: Path, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNDER_WAY)
        connection.connect(str(path))
    except BaseException:
        connection.close()
        raise
    return connection
