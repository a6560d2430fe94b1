"""The service's description of itself: the OpenAPI document, and a page that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from modelyard.server.openapi import document
from modelyard.wire.operation import Call, Content, Operation, Reply, operation, operations_of

BASE_PATH = "/documents"

_PAGE = Path(__file__).with_name("documents.html")


class Documents:
    """Answer for the description of the operations, to whoever asks.

    Args:
        table: The operations that are described.
        endpoint: Where clients find the service.
    """

    def __init__(self, table: Sequence[Operation], *, endpoint: str) -> None:
        self._table = table
        self._endpoint = endpoint

    @cached_property
    def _document(self) -> bytes:
        return msgspec.json.encode(document(self._table, endpoint=self._endpoint))

    @operation("GET", "/openapi.json", is_signed=False)
    def get_openapi_document(self, _call: Call) -> Reply:
        """Get the OpenAPI document of all operations."""
        return _file(self._document, content_type="application/json")

    @operation("GET", "/index.html", is_signed=False)
    def get_documents_page(self, _call: Call) -> Reply:
        """Get a page that shows all operations; it loads nothing from elsewhere."""
        return _file(_PAGE.read_bytes(), content_type="text/html; charset=utf-8")


def operations(table: Sequence[Operation], *, endpoint: str) -> list[Operation]:
    """Return the rows of the route table that describe the others."""
    return operations_of(Documents(table, endpoint=endpoint), base_path=BASE_PATH)


def _file(data: bytes, *, content_type: str) -> Reply:
    headers = {"content-type": content_type, "cache-control": "no-cache"}
    return Reply(content=Content(length=len(data), open=lambda: iter([data])), headers=headers)
