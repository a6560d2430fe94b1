"""Connections to workers: made and made again, greeted, given one call at a time, drained."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Mapping
from typing import cast

from modelyard.errors import WorkerEnded
from modelyard.gateway.answers import head_until_length
from modelyard.gateway.endpoint import Call, Endpoint
from modelyard.serving import frames

_log = logging.getLogger(__name__)

_JOIN_BELOW = 1 << 14  # joining head and body costs less than a second piece in the write, up to about here
_MOST_HEADS = 100
_SHORTEST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5


class WorkerConnection(asyncio.Protocol):
    """Be one connection to one worker.

    It takes part in its endpoint from HELLO on, since only then a worker is known to live at the other end, until
    DRAIN, or its end, or the routes name it no more. The call that it then holds is still answered, but by the dead.
    """

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str], *, replica_id: str) -> None:
        self.replica_id = replica_id
        self.model_id = headers.get("modelyard-model", "")
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.greeted = False
        self._endpoint = endpoint
        self._headers = headers
        self._heads: dict[tuple[int, bytes], bytes] = {}
        self._decoder = frames.Decoder()
        self._held: Call | None = None
        self._leaving = False
        self._number = 0
        self._transport: asyncio.Transport

    def give(self, call: Call) -> None:
        """Send a call."""
        self._held = call
        call.given = True
        self._number = number = (self._number + 1) & 0xFFFFFFFF
        body = call.body
        head = frames.encode_head(
            frames.PREDICT, id=number, number=call.deadline_ms, content_type=call.content_type, size=len(body)
        )
        if len(body) < _JOIN_BELOW:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))

    def head(self, status: int, content_type: bytes) -> bytes:
        """Return an answer's head up to the line of its length; put together once where it repeats."""
        try:
            return self._heads[status, content_type]
        except KeyError:
            head = head_until_length(status=status, content_type=content_type, headers=self._headers)
            if len(self._heads) < _MOST_HEADS:  # a container's content types may differ each time
                self._heads[status, content_type] = head
            return head

    def leave(self) -> None:
        """Take no more calls; close when the one in hand has been answered."""
        if self._leaving:
            return
        self._leaving = True
        if self.greeted:
            self._endpoint.gone(self)
        if self._held is None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the worker's greeting."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses

    def data_received(self, data: bytes) -> None:
        """Act on what the worker says."""
        try:
            said = self._decoder.feed(data)
        except frames.FrameError as error:
            _log.error("worker dropped error=%s", error)
            self._transport.abort()
            return
        for frame in said:
            if frame.kind == frames.ANSWER:
                self._answered(frame)
            elif frame.kind == frames.HELLO:
                self._greet()
            elif frame.kind == frames.DRAIN:
                self.leave()

    def connection_lost(self, _: Exception | None) -> None:
        """Fail the call that was in hand: it may have been begun, so no other worker is given it."""
        held, self._held = self._held, None
        if self.greeted:
            self._endpoint.connected -= 1
            self._endpoint.empty_since = time.monotonic()
            self._endpoint.gone(self)
        if not self.closed.done():
            self.closed.set_result(None)
        if held is not None and not held.over:
            held.fail(
                WorkerEnded(
                    "The worker that held this request ended before it answered (it was killed, ran out of memory or "
                    "crashed); it is being replaced. The request may be sent again."
                )
            )

    def _greet(self) -> None:
        if self.greeted:
            return
        self.greeted = True
        self._endpoint.connected += 1
        if not self._leaving:
            self._endpoint.idle(self)

    def _answered(self, frame: frames.Frame) -> None:
        call = self._held
        if call is None or frame.id != self._number:
            return
        # the worker first: it works on the next call while this answer is written
        self._held = None
        if self._leaving:
            self._transport.close()
        else:
            self._endpoint.idle(self)
        if not call.over:
            call.answer(frame, self)


class WorkerLink:
    """Keep a connection to one worker's socket for as long as the routes name it."""

    def __init__(self, endpoint: Endpoint, path: str, headers: Mapping[str, str], *, replica_id: str) -> None:
        self._replica_id = replica_id
        self._endpoint = endpoint
        self._path = path
        self._headers = headers
        self._connection: WorkerConnection | None = None
        self._retired = False
        self._task = asyncio.get_running_loop().create_task(self._keep())

    def retire(self) -> None:
        """Connect no more; what the worker holds is still answered."""
        self._retired = True
        if self._connection is not None:
            self._connection.leave()

    async def _keep(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._retired:
            connection = await self._connect()
            if connection is not None:
                await self._stay(connection)
                if connection.greeted:
                    pause = _SHORTEST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _stay(self, connection: WorkerConnection) -> None:
        self._connection = connection
        if self._retired:  # while it was being made
            connection.leave()
        await connection.closed
        self._connection = None

    async def _connect(self) -> WorkerConnection | None:
        # Connected here and not by the loop: over a Unix socket that does not wait, it fails where the backlog is full.
        sock: socket.socket | None = None
        try:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.connect(self._path)
            _, connection = await asyncio.get_running_loop().create_unix_connection(
                lambda: WorkerConnection(self._endpoint, self._headers, replica_id=self._replica_id), sock=sock
            )
        except OSError:  # there is no descriptor left for it, perhaps
            if sock is not None:
                sock.close()
            return None
        return connection
