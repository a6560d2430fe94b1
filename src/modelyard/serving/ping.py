"""Ask a worker for a sign of life through its own socket, as the gateway would ask it for a prediction."""

from __future__ import annotations

import socket

from . import frames


class Ping:
    """Be a question that is under way; ``sock`` can be read when there is more to know."""

    def __init__(self, path: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._decoder = frames.Decoder()
        self.sock.connect(path)  # does not wait: the server listens already, only accepting is the worker's
        self.sock.sendall(frames.encode(frames.Frame(frames.PING, 1)))

    def answered(self) -> bool:
        """Read what has come; tell whether it completes the answer. Raise OSError where the worker has gone."""
        data = self.sock.recv(4096)
        if not data:
            raise ConnectionResetError("the worker closed the connection")
        return any(frame.kind == frames.ANSWER for frame in self._decoder.feed(data))
