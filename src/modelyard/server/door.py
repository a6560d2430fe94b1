"""The public port: which one it is, and the listening socket on it.

The supervisor binds it and hands it to the gateway, so that a gateway that dies takes no waiting connection with it.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from urllib.parse import urlsplit

from modelyard.errors import ConfigurationError
from modelyard.settings import DEFAULT_PORT, Settings

_BACKLOG = 4096
_STEP = 0.005
_ANY = 0


def open_door(settings: Settings, *, recorded: str | None, patience: float) -> socket.socket:
    """Return the listening socket on the port that is asked for, else the one used last, else 8585, else any.

    Args:
        settings: Says the address, and the port where one is asked for.
        recorded: The endpoint that this home's clients know, where there was a start before.
        patience: How long to wait for a port that somebody is about to leave, in seconds.

    Raises:
        ConfigurationError: The port is taken, or the address is not this machine's.
    """
    if settings.port is not None:
        return _listen(settings.host, settings.port, patience=patience, why="MODELYARD_PORT asks for it")
    if recorded is not None:
        port = urlsplit(recorded).port or DEFAULT_PORT
        return _listen(settings.host, port, patience=patience, why="clients of this home know it by that port")
    try:
        return _listen(settings.host, DEFAULT_PORT, patience=0, why="")
    except PortTaken:
        return _listen(settings.host, _ANY, patience=0, why="any")


def endpoint_of(door: socket.socket) -> str:
    """Return the URL at which clients on this machine find the socket."""
    host, port = door.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class PortTaken(ConfigurationError):
    """Another program listens on the port."""


def _listen(host: str, port: int, *, patience: float, why: str) -> socket.socket:
    deadline = time.monotonic() + patience
    while True:
        try:
            return _listen_once(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigurationError(
                    f"Nothing can listen at {host}:{port}: {error.strerror or error}. Set MODELYARD_HOST to an address "
                    "of this machine and MODELYARD_PORT to a port that you may use."
                ) from error
            if time.monotonic() > deadline:
                raise PortTaken(
                    f"Port {port} of {host} is taken by another program, and {why}. Stop that program, or start with "
                    "another port: MODELYARD_PORT=0 modelyard up takes any free one and tells clients."
                ) from error
        time.sleep(_STEP)


def _listen_once(host: str, port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        # so that connections of a gateway before us that are closing do not keep the port; never two listeners
        if os.name == "posix":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(_BACKLOG)
        door.setblocking(False)
    except BaseException:
        door.close()
        raise
    return door
