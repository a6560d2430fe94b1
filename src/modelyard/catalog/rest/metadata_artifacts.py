"""The REST operations of the artifacts of metadata items."""

from __future__ import annotations

from anyio import to_thread

from modelyard.catalog import metadata_artifacts
from modelyard.catalog.metadata import ItemKey
from modelyard.catalog.metadata_artifacts import MetadataUpload
from modelyard.catalog.rest.payloads import download, head, length_of, receive, stored
from modelyard.catalog.store import MetadataArtifact
from modelyard.errors import NotFound
from modelyard.wire.disposition import file_name_of
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.replies import nothing

# the official client sends a slash in a key as it is
_CUSTOM = "/models/{model_id}/customMetadata/{metadatum_key_name:path}/artifact"
_DEFINED = "/models/{model_id}/definedMetadata/{metadatum_key_name:path}/artifact"


class CustomMetadataArtifacts:
    """Answer for the artifacts of custom metadata."""

    def __init__(self, service: metadata_artifacts.MetadataArtifacts) -> None:
        self._items = _Items(service)

    @operation("POST", _CUSTOM, status=204, needs_bytes=True)
    async def create_model_custom_metadatum_artifact(self, call: Call) -> Reply:
        """Upload the artifact of an item of the custom metadata."""
        return await self._items.upload(call, _custom(call), is_first=True)

    @operation("PUT", _CUSTOM, status=204, needs_bytes=True)
    async def update_model_custom_metadatum_artifact(self, call: Call) -> Reply:
        """Replace the artifact of an item of the custom metadata."""
        return await self._items.upload(call, _custom(call), is_first=False)

    @operation("DELETE", _CUSTOM, status=204)
    def delete_model_custom_metadatum_artifact(self, call: Call) -> Reply:
        """Delete the artifact of an item of the custom metadata."""
        return self._items.delete(call, _custom(call))

    @operation("GET", f"{_CUSTOM}/content")
    def get_model_custom_metadatum_artifact_content(self, call: Call) -> Reply:
        """Download the artifact of an item of the custom metadata, or a range of it."""
        return self._items.download(call, _custom(call))

    @operation("HEAD", f"{_CUSTOM}/content")
    def head_model_custom_metadatum_artifact(self, call: Call) -> Reply:
        """Get the size, name and digest of the artifact of an item of the custom metadata."""
        return self._items.head(call, _custom(call))


class DefinedMetadataArtifacts:
    """Answer for the artifacts of defined metadata."""

    def __init__(self, service: metadata_artifacts.MetadataArtifacts) -> None:
        self._items = _Items(service)

    @operation("POST", _DEFINED, status=204, needs_bytes=True)
    async def create_model_defined_metadatum_artifact(self, call: Call) -> Reply:
        """Upload the artifact of an item of the defined metadata."""
        return await self._items.upload(call, _defined(call), is_first=True)

    @operation("PUT", _DEFINED, status=204, needs_bytes=True)
    async def update_model_defined_metadatum_artifact(self, call: Call) -> Reply:
        """Replace the artifact of an item of the defined metadata."""
        return await self._items.upload(call, _defined(call), is_first=False)

    @operation("DELETE", _DEFINED, status=204)
    def delete_model_defined_metadatum_artifact(self, call: Call) -> Reply:
        """Delete the artifact of an item of the defined metadata."""
        return self._items.delete(call, _defined(call))

    @operation("GET", f"{_DEFINED}/content")
    def get_model_defined_metadatum_artifact_content(self, call: Call) -> Reply:
        """Download the artifact of an item of the defined metadata, or a range of it."""
        return self._items.download(call, _defined(call))

    @operation("HEAD", f"{_DEFINED}/content")
    def head_model_defined_metadatum_artifact(self, call: Call) -> Reply:
        """Get the size, name and digest of the artifact of an item of the defined metadata."""
        return self._items.head(call, _defined(call))


class _Items:
    """Answer for items of either kind."""

    def __init__(self, service: metadata_artifacts.MetadataArtifacts) -> None:
        self._service = service

    async def upload(self, call: Call, item: ItemKey, *, is_first: bool) -> Reply:
        model_id = call.path["model_id"]
        upload = MetadataUpload(
            model_id=model_id,
            item=item,
            file_name=file_name_of(call.headers.get("content-disposition"), default=model_id),
            length=length_of(call),
            is_first=is_first,
            if_match=call.if_match,
        )
        incoming = await to_thread.run_sync(self._service.begin, upload)
        await receive(call, incoming)
        artifact = await to_thread.run_sync(lambda: self._service.complete(upload, incoming, signed_digest=call.digest))
        return stored(artifact.digest)

    def download(self, call: Call, item: ItemKey) -> Reply:
        artifact = self._find(call, item)
        while True:
            try:
                return self._got(call, artifact)
            except NotFound:
                overtaken, artifact = artifact, self._find(call, item)
                if artifact.digest == overtaken.digest:  # nobody has replaced it: its bytes are lost
                    raise

    def _got(self, call: Call, artifact: MetadataArtifact) -> Reply:
        return download(
            call,
            digest=artifact.digest,
            size=artifact.size,
            file_name=artifact.file_name,
            read=lambda start, stop: self._service.read(artifact, start=start, stop=stop),
        )

    def head(self, call: Call, item: ItemKey) -> Reply:
        artifact = self._find(call, item)
        return head(digest=artifact.digest, size=artifact.size, file_name=artifact.file_name)

    def delete(self, call: Call, item: ItemKey) -> Reply:
        self._service.delete(call.path["model_id"], item, if_match=call.if_match)
        return nothing()

    def _find(self, call: Call, item: ItemKey) -> MetadataArtifact:
        return self._service.find(call.path["model_id"], item)


def _custom(call: Call) -> ItemKey:
    return ItemKey("custom", call.path["metadatum_key_name"])


def _defined(call: Call) -> ItemKey:
    return ItemKey("defined", call.path["metadatum_key_name"])
