"""Routes that are matched on the path as it was sent, and decoded once afterwards.

The name of an object may hold slashes, dots and percent signs: ``a%2F..%2Fb`` is one name, no way through folders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from modelyard.errors import InvalidParameter

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")


class RawRouter:
    """Pass requests on by their raw paths.

    Args:
        routes: Path → who answers there. ``{name}`` is one segment of the path, ``{name:path}`` all the rest of it.
        default: Who answers everywhere else.
    """

    def __init__(self, routes: Mapping[str, ASGIApp], *, default: ASGIApp) -> None:
        self._routes = [(_pattern(path), app) for path, app in routes.items()]
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        path = scope["raw_path"].decode("latin-1")
        for pattern, app in self._routes:
            if match := pattern.fullmatch(path):
                scope["path_params"] = {name: _decoded(name, value) for name, value in match.groupdict().items()}
                await app(scope, receive, send)
                return
        await self._default(scope, receive, send)


def _pattern(path: str) -> re.Pattern[str]:
    parts = []
    end = 0
    for parameter in _PARAMETER.finditer(path):
        parts.append(re.escape(path[end : parameter.start()]))
        parts.append(f"(?P<{parameter[1]}>{'.+' if parameter[2] else '[^/]+'})")
        end = parameter.end()
    return re.compile("".join(parts) + re.escape(path[end:]))


def _decoded(name: str, value: str) -> str:
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidParameter(f"The {name} in the path, {value[:80]!r}, is not UTF-8.") from None
