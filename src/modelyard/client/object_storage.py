"""Objects of buckets: read, written in parts side by side, listed and deleted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from modelyard.client.endpoint import decode
from modelyard.client.transport import Request, Transport
from modelyard.client.work_folder import short_name
from modelyard.errors import ModelyardError, NotFound, UnsafeArchiveError
from modelyard.resources.object_storage import (
    Bucket,
    CommitMultipartUploadDetails,
    CommitMultipartUploadPartDetails,
    CreateMultipartUploadDetails,
    ListObjects,
    MultipartUpload,
    ObjectSummary,
    ObjectVersionCollection,
    ObjectVersionSummary,
)
from modelyard.wire.codec import encode

PART = 64 * 1024 * 1024
"""How many bytes a part of a large object has."""

_PIECE = 1024 * 1024
_TIMEOUT = 600.0
_BYTES = "application/octet-stream"

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""


class ObjectName(NamedTuple):
    """Be where an object is, or those whose names begin alike."""

    namespace: str
    bucket: str
    name: str

    @property
    def uri(self) -> str:
        """The address that ocifs and others know it by."""
        return f"oci://{self.bucket}@{self.namespace}/{self.name}"


def namespace_of(transport: Transport) -> str:
    """Return the namespace that the buckets of the caller's tenancy are in."""
    return msgspec.json.decode(transport.send(Request(method="GET", path="/n")).body, type=str)


class ObjectStorage:
    """Talk to the object storage of a service.

    Args:
        transport: What sends the requests.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_bucket(self, namespace: str, bucket: str) -> Bucket:
        """Return a bucket."""
        return decode(self._transport.send(Request(method="GET", path=_path(namespace, bucket))), Bucket)

    def list_objects(self, prefix: ObjectName) -> Iterator[ObjectSummary]:
        """Give every object whose name begins with a prefix, by name."""
        path = f"{_path(prefix.namespace, prefix.bucket)}/o"
        query = {"prefix": prefix.name, "fields": "name,size"}
        while True:
            page = decode(self._transport.send(Request(method="GET", path=path, query=query)), ListObjects)
            yield from page.objects
            if page.next_start_with is None:
                return
            query["start"] = page.next_start_with

    def list_object_versions(self, prefix: ObjectName) -> Iterator[ObjectVersionSummary]:
        """Give every version of the objects whose names begin with a prefix, by name."""
        path = f"{_path(prefix.namespace, prefix.bucket)}/objectversions"
        query = {"prefix": prefix.name, "fields": "name,size"}
        while True:
            answer = self._transport.send(Request(method="GET", path=path, query=query))
            yield from decode(answer, ObjectVersionCollection).items
            token = answer.headers.get("opc-next-page")
            if not token:
                return
            query["page"] = token

    def exists(self, name: ObjectName) -> bool:
        """Tell whether there is such an object."""
        try:
            self._transport.send(Request(method="HEAD", path=_object(name)))
        except NotFound:
            return False
        return True

    def read_object(self, name: ObjectName) -> bytes:
        """Return the bytes of a small object."""
        return self._transport.send(Request(method="GET", path=_object(name))).body

    def write_object(self, name: ObjectName, data: bytes) -> None:
        """Write a small object; one of its name is replaced."""
        request = Request(method="PUT", path=_object(name), body=data, content_type=_BYTES, is_idempotent=True)
        self._transport.send(request)

    def delete_object(self, name: ObjectName) -> None:
        """Delete an object."""
        self._transport.send(Request(method="DELETE", path=_object(name)))

    def download(
        self, name: ObjectName, file: Path, *, version_id: str | None = None, progress: Progress | None = None
    ) -> None:
        """Write an object to a file, which is there whole or not at all.

        Raises:
            ObjectNotFound: There is no such object, or not this version of it.
            UnsafeArchiveError: Less arrived than the service says it has.
        """
        query = {"versionId": version_id} if version_id else None
        request = Request(method="GET", path=_object(name), query=query, answer_timeout=_TIMEOUT, is_bulk=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{short_name(file)}.")
        try:
            with os.fdopen(descriptor, "wb") as target, self._transport.stream(request) as response:
                size, done = int(response.headers.get("content-length", "0")), 0
                for piece in response.iter_raw(_PIECE):
                    target.write(piece)
                    done += len(piece)
                    if progress is not None:
                        progress(done, size)
            if done != size:
                raise UnsafeArchiveError(f"{name.uri} has {size} bytes, and {done} arrived: download it again.")
            Path(partial).replace(file)
        finally:
            Path(partial).unlink(missing_ok=True)

    def upload(self, name: ObjectName, file: Path, *, threads: int = 4, progress: Progress | None = None) -> None:
        """Make an object of a file; a large one goes in parts, and is there when all of them are.

        Args:
            name: The object; one of its name is replaced.
            file: The file.
            threads: How many parts to send at a time.
            progress: Is told how many bytes have gone, and of how many.
        """
        size = file.stat().st_size
        if size <= PART:
            self._put(_object(name), {}, file, range(size))
            if progress is not None:
                progress(size, size)
            return
        self._upload_parts(name, file, size, threads=threads, progress=progress)

    def _upload_parts(
        self, name: ObjectName, file: Path, size: int, *, threads: int, progress: Progress | None
    ) -> None:
        from modelyard.artifact.threads import Stop, in_threads

        details = CreateMultipartUploadDetails(object=name.name)
        path = f"{_path(name.namespace, name.bucket)}/u"
        begun = decode(self._transport.send(Request(method="POST", path=path, body=encode(details))), MultipartUpload)
        query = {"uploadId": begun.upload_id}
        parts: dict[int, str] = {}
        whole = f"{path}/{quote(name.name, safe='')}"

        def send(number: int, stop: Stop) -> None:
            stop.check()
            span = range((number - 1) * PART, min(number * PART, size))
            parts[number] = self._put(whole, {**query, "uploadPartNum": str(number)}, file, span)
            if progress is not None:
                progress(min(len(parts) * PART, size), size)

        try:
            in_threads(send, list(range(1, -(-size // PART) + 1)), threads=max(1, threads))
            commit = CommitMultipartUploadDetails(
                parts_to_commit=[CommitMultipartUploadPartDetails(part_num=n, etag=parts[n]) for n in sorted(parts)]
            )
            self._transport.send(Request(method="POST", path=whole, query=query, body=encode(commit)))
        except BaseException:
            with suppress(ModelyardError):  # what went wrong first is what is raised
                self._transport.send(Request(method="DELETE", path=whole, query=query))
            raise

    def _put(self, path: str, query: dict[str, str], file: Path, span: range) -> str:
        """Send a range of a file; return the etag of what the service made of it."""

        def pieces() -> Iterator[bytes]:
            with file.open("rb") as source:
                source.seek(span.start)
                left = len(span)
                while piece := source.read(min(_PIECE, left)):
                    left -= len(piece)
                    yield piece

        request = Request(
            method="PUT",
            path=path,
            query=query,
            stream=pieces,
            length=len(span),
            content_type=_BYTES,
            answer_timeout=_TIMEOUT,
            is_idempotent=True,
            is_bulk=True,
        )
        return self._transport.send(request).headers.get("etag", "")


def _path(namespace: str, bucket: str) -> str:
    return f"/n/{quote(namespace, safe='')}/b/{quote(bucket, safe='')}"


def _object(name: ObjectName) -> str:
    return f"{_path(name.namespace, name.bucket)}/o/{quote(name.name, safe='')}"
