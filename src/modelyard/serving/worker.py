"""One worker: a process that answers one request at a time, for all the connections of its socket in turn."""

from __future__ import annotations

import collections
import contextlib
import os
import selectors
import socket
import time
from typing import Callable, Deque, Dict, List, Optional

from . import frames
from .answering import Answer, Answering, fault, log

_RECEIVE = 1 << 16
_LARGEST_RECEIVE = 1 << 20
_JOIN_BELOW = 1 << 14  # joining head and body costs less than a second piece in the send, up to about here
_SEND_TIMEOUT = 30.0  # a peer that does not read its answers is dropped


class Connection:
    """Be one peer: its socket, the bytes of a frame not yet complete, and the requests not yet answered."""

    __slots__ = ("decoder", "requests", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.decoder = frames.Decoder()
        self.requests: Deque[frames.Frame] = collections.deque()


class Worker:
    """Answer requests until the server is gone or says stop, then drain.

    Args:
        answering: How to answer a prediction.
        listener: The listening socket that is this worker's alone.
        lifeline: A pipe whose other end the server holds: its end says drain, even if the server was killed.
        drain_timeout: How long to go on for peers that do not close their connections, in seconds.
        begin: Called when a request is taken.
        end: Called when it has been answered.
    """

    def __init__(
        self,
        *,
        answering: Answering,
        listener: socket.socket,
        lifeline: int,
        drain_timeout: float,
        begin: Callable[[], None],
        end: Callable[[], None],
    ) -> None:
        self._answering = answering
        self._listener = listener
        self._lifeline = lifeline
        self._drain_timeout = drain_timeout
        self._begin = begin
        self._end = end
        self._connections: Dict[int, Connection] = {}
        self._turn: Deque[Connection] = collections.deque()  # those with requests, in the order of their turn
        self._selector = selectors.DefaultSelector()
        self._drain_until: Optional[float] = None

    def run(self) -> None:
        """Answer until drained."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._lifeline, selectors.EVENT_READ)
        while self._drain_until is None or (self._connections and time.monotonic() < self._drain_until):
            for key, _ in self._selector.select(self._patience()):
                connection = self._connections.get(key.fd)
                if connection is not None:
                    self._receive(connection)
                elif key.fd == self._lifeline:
                    self._drain()
                else:
                    self._accept()
            for _ in range(len(self._turn)):
                self._answer_one(self._turn.popleft())

    def _patience(self) -> Optional[float]:
        if self._turn:
            return 0
        return None if self._drain_until is None else max(0.0, self._drain_until - time.monotonic())

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:  # the peer was faster to leave, or we are out of descriptors: the next one may do better
            return
        sock.setblocking(False)
        connection = Connection(sock)
        self._connections[sock.fileno()] = connection
        self._selector.register(sock, selectors.EVENT_READ)
        self._send(connection, frames.encode(frames.Frame(frames.HELLO, frames.VERSION, os.getpid())))

    def _receive(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(max(_RECEIVE, min(connection.decoder.missing, _LARGEST_RECEIVE)))
            if not data:
                self._close(connection)
                return
            requests = connection.decoder.feed(data)
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, frames.FrameError) as error:
            log("connection dropped", error=repr(error))
            self._close(connection)
            return
        if requests:
            if not connection.requests:
                self._turn.append(connection)
            connection.requests.extend(requests)

    def _answer_one(self, connection: Connection) -> None:
        """Answer a connection's first request; one that still has some waits for its next turn."""
        if not connection.requests:  # closed in the meantime
            return
        request = connection.requests.popleft()
        if connection.requests:
            self._turn.append(connection)
        if request.kind == frames.PREDICT:
            self._begin()
            try:
                status, content_type, body = self._answer(request)
            finally:
                self._end()
        elif request.kind == frames.PING:
            status, content_type, body = 200, b"", b""
        else:
            return
        head = frames.encode_head(
            frames.ANSWER, id=request.id, number=status, content_type=content_type, size=len(body)
        )
        self._send(connection, head, body)

    def _answer(self, request: frames.Frame) -> Answer:
        if request.number and time.time() * 1000 > request.number:
            return fault(504, "GatewayTimeout", "The request waited for longer than a prediction may take.")
        answer = self._answering(request.content_type, request.body)
        if len(answer[2]) > frames.LONGEST_PAYLOAD - frames.LONGEST_CONTENT_TYPE:
            return fault(500, "PredictionFailed", "The answer has %d bytes, too many to send." % len(answer[2]))
        return answer

    def _send(self, connection: Connection, head: bytes, body: bytes = b"") -> None:
        pieces = [head + body] if len(body) < _JOIN_BELOW else [head, body]
        try:
            try:
                sent = connection.sock.sendmsg(pieces) if len(pieces) > 1 else connection.sock.send(pieces[0])
            except BlockingIOError:
                sent = 0
            if sent < len(head) + len(body):
                self._send_rest(connection.sock, pieces, sent)
        except OSError:  # the peer went away: its answer has nowhere to go
            self._close(connection)

    def _send_rest(self, sock: socket.socket, pieces: List[bytes], sent: int) -> None:
        sock.settimeout(_SEND_TIMEOUT)
        for piece in pieces:
            if sent < len(piece):
                sock.sendall(memoryview(piece)[sent:])
            sent = max(0, sent - len(piece))
        sock.setblocking(False)

    def _drain(self) -> None:
        """Take no new connections and ask every peer to close its own; what it has asked is still answered."""
        self._selector.unregister(self._lifeline)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._drain_until = time.monotonic() + self._drain_timeout
        for connection in list(self._connections.values()):
            self._send(connection, frames.encode(frames.Frame(frames.DRAIN)))

    def _close(self, connection: Connection) -> None:
        if self._connections.pop(connection.sock.fileno(), None) is None:
            return
        connection.requests.clear()
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.sock)
        connection.sock.close()
