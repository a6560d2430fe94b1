"""Routes on raw paths: names are decoded once, after they were matched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from modelyard.errors import InvalidParameter
from modelyard.server.raw_routes import RawRouter


def route(path: str) -> tuple[str, dict[str, str]]:
    """Return which route a path takes, and its parameters."""
    taken: list[tuple[str, dict[str, str]]] = []

    def app(name: str) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            taken.append((name, scope.get("path_params", {})))

        return answer

    router = RawRouter(
        {each: app(each) for each in ("/n/{ns}", "/n/{ns}/o", "/n/{ns}/o/{name:path}")}, default=app("-")
    )
    asyncio.run(router({"type": "http", "raw_path": path.encode("latin-1")}, None, None))
    return taken[0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/n/a", ("/n/{ns}", {"ns": "a"})),
        ("/n/a%2Fb", ("/n/{ns}", {"ns": "a/b"})),
        ("/n/a/o", ("/n/{ns}/o", {"ns": "a"})),
        ("/n/a/o/b%2F..%2Fc", ("/n/{ns}/o/{name:path}", {"ns": "a", "name": "b/../c"})),
        ("/n/a/o/b/../c//d", ("/n/{ns}/o/{name:path}", {"ns": "a", "name": "b/../c//d"})),
        ("/n/a/o/%252F+%20", ("/n/{ns}/o/{name:path}", {"ns": "a", "name": "%2F+ "})),
        ("/n/a/o/%C3%A9%0A%00", ("/n/{ns}/o/{name:path}", {"ns": "a", "name": "é\n\0"})),
        ("/n/a/o/%", ("/n/{ns}/o/{name:path}", {"ns": "a", "name": "%"})),
        ("/n/a/o/", ("-", {})),
        ("/n//o/x", ("-", {})),
        ("/n/a/", ("-", {})),
        ("/N/a", ("-", {})),
        ("x/n/a", ("-", {})),
    ],
)
def test_a_path_is_matched_as_it_was_sent(path: str, expected: tuple[str, dict[str, str]]) -> None:
    assert route(path) == expected


@pytest.mark.parametrize("name", ["%FF", "\xff", "%ED%A0%80"])
def test_a_name_that_is_not_utf_8_is_said(name: str) -> None:
    with pytest.raises(InvalidParameter, match="not UTF-8"):
        route(f"/n/a/o/{name}")
