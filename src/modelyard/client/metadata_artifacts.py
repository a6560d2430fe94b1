"""The operations on the artifacts of metadata items."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from modelyard.client.artifact_transfer import TRANSFER_TIMEOUT, pieces_of
from modelyard.client.endpoint import path_of
from modelyard.client.transport import Answer, Request, Transport

MetadataKind = Literal["custom", "defined"]


class MetadataArtifactClient:
    """Talk to a service about the artifacts of the items of models' custom and defined metadata.

    Args:
        transport: What sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, model_id: str, kind: MetadataKind, key: str, content: bytes | Path) -> Mapping[str, str]:
        """Give an item its artifact; return the headers of the answer.

        Raises:
            Conflict: The item has one.
            NotFound: There is no such model or item.
        """
        return self._send("POST", model_id, kind, key, content).headers

    def update(self, model_id: str, kind: MetadataKind, key: str, content: bytes | Path) -> Mapping[str, str]:
        """Give an item another artifact; return the headers of the answer.

        Raises:
            NotFound: There is no such model or item, or it has no artifact.
        """
        return self._send("PUT", model_id, kind, key, content).headers

    def get(self, model_id: str, kind: MetadataKind, key: str) -> bytes:
        """Return the artifact of an item.

        Raises:
            NotFound: There is no such model or item, or it has no artifact.
        """
        path = f"{_path(model_id, kind, key)}/content"
        return self._transport.send(Request(method="GET", path=path, answer_timeout=TRANSFER_TIMEOUT)).body

    def head(self, model_id: str, kind: MetadataKind, key: str) -> Mapping[str, str]:
        """Return the headers of the artifact of an item; raises as the reading does."""
        path = f"{_path(model_id, kind, key)}/content"
        return self._transport.send(Request(method="HEAD", path=path)).headers

    def delete(self, model_id: str, kind: MetadataKind, key: str) -> Mapping[str, str]:
        """Delete the artifact of an item; return the headers of the answer."""
        return self._transport.send(Request(method="DELETE", path=_path(model_id, kind, key))).headers

    def _send(
        self, method: Literal["POST", "PUT"], model_id: str, kind: MetadataKind, key: str, content: bytes | Path
    ) -> Answer:
        name = content.name if isinstance(content, Path) else key.rpartition("/")[2]
        return self._transport.send(
            Request(
                method=method,
                path=_path(model_id, kind, key),
                body=None if isinstance(content, Path) else content,
                stream=(lambda: pieces_of(content)) if isinstance(content, Path) else None,
                length=content.stat().st_size if isinstance(content, Path) else 0,
                content_type="application/octet-stream",
                headers={"content-disposition": f'attachment; filename="{name}"'},
                answer_timeout=TRANSFER_TIMEOUT,
                is_idempotent=method == "PUT",
            )
        )


def _path(model_id: str, kind: MetadataKind, key: str) -> str:
    return f"{path_of('models', model_id, f'{kind}Metadata')}/{quote(key, safe='')}/artifact"
