"""What is asked of the object storage itself; its objects are for the official clients and ocifs."""

from __future__ import annotations

import msgspec

from modelyard.client.transport import Request, Transport


def namespace_of(transport: Transport) -> str:
    """Return the namespace that the buckets of the caller's tenancy are in."""
    return msgspec.json.decode(transport.send(Request(method="GET", path="/n")).body, type=str)
