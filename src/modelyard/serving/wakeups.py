"""What a replica's server waits for: signals, the end of its owner, and sockets it watches."""

from __future__ import annotations

import os
import selectors
import signal
import socket
from typing import Any, List, Optional


class Wakeups:
    """Wait for the things a server must react to; signals arrive as bytes on a socket, so that none is missed."""

    def __init__(self) -> None:
        self.stop_asked = False
        self._owner = -1
        self._selector = selectors.DefaultSelector()
        self._inbox, self._outbox = socket.socketpair()
        for end in (self._inbox, self._outbox):
            end.setblocking(False)
        self._selector.register(self._inbox, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._outbox.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)

    def watch_owner(self, descriptor: int) -> None:
        """Take the end of this pipe for a request to stop."""
        self._owner = descriptor
        try:
            self._selector.register(descriptor, selectors.EVENT_READ)
        except PermissionError:  # a file, not a pipe: nobody is at its other end
            self.stop_asked = True

    def watch(self, sock: socket.socket, what: object) -> None:
        """Let wait() return ``what`` when the socket can be read."""
        self._selector.register(sock, selectors.EVENT_READ, what)

    def forget(self, sock: socket.socket) -> None:
        """Watch a socket no more."""
        self._selector.unregister(sock)

    def wait(self, seconds: Optional[float]) -> List[Any]:
        """Wait for anything at most that long; return what was watched and can be read."""
        ready = []
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._inbox:
                self._empty_inbox()
            elif key.fd == self._owner:
                if not os.read(self._owner, 4096):
                    self._selector.unregister(self._owner)
                    self.stop_asked = True
            else:
                ready.append(key.data)
        return ready

    def _ask_to_stop(self, *_: object) -> None:
        self.stop_asked = True

    def _empty_inbox(self) -> None:
        try:
            while self._inbox.recv(4096):
                pass
        except BlockingIOError:
            pass
