"""Ask a process whether it answers HTTP yet."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeAlias

_Opening: TypeAlias = Coroutine[object, object, tuple[asyncio.StreamReader, asyncio.StreamWriter]]

_REQUEST = b"GET /20190101/modelDeploymentShapes HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_PATIENCE = 5.0
_NOBODY_BEHIND = frozenset({502, 503, 504})


async def answers_at_port(host: str, port: int) -> bool:
    """Tell whether a gateway answers there, with a service behind it."""
    return await _answers(asyncio.open_connection(host, port))


async def answers_at_socket(path: Path) -> bool:
    """Tell whether a service answers there."""
    return await _answers(asyncio.open_unix_connection(path))


async def _answers(opening: _Opening) -> bool:
    try:
        status = await asyncio.wait_for(_status(opening), _PATIENCE)
    except (OSError, asyncio.TimeoutError):
        return False
    # The request is unsigned, so an answer is a refusal; that it comes is what counts.
    return status is not None and status not in _NOBODY_BEHIND


async def _status(opening: _Opening) -> int | None:
    reader, writer = await opening
    try:
        writer.write(_REQUEST)
        match = _STATUS.match(await reader.readline())
        return int(match[1]) if match else None
    finally:
        writer.close()
