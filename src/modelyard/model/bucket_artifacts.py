"""Artifacts by way of buckets: through one into the catalog and back, and models that are the objects of one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from modelyard.errors import ModelyardError, UsageError, WorkRequestFailed
from modelyard.lifecycle import WORK_REQUEST_DONE
from modelyard.model import loading
from modelyard.model.bucket_writes import BucketWrites, taken_back_on_failure
from modelyard.model.failures import InvalidArtifactType
from modelyard.model.model_file_description import FILE_NAME, added, download_described, noun_of
from modelyard.model.places import BucketPlace, check_writable, place_of
from modelyard.model.progress import Reporter, watcher_of
from modelyard.resources.model import ArtifactExportDetailsObjectStorage, ArtifactImportDetailsObjectStorage

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.transport import Transport
    from modelyard.model.model_file_description import Description
    from modelyard.resources.model_description import ModelDescription


_SEE_OUT = 30.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Say by which bucket an artifact goes, and what becomes of what is there."""

    uri: str
    """``oci://bucket@namespace/prefix``, or the archive itself: ``…/wine.zip``."""

    region: str | None = None
    overwrite_existing_artifact: bool = True
    remove_existing_artifact: bool = True
    """Whether the archive is deleted from the bucket when it has arrived."""

    parallel_process_count: int = 9


def bucket_of(
    uri: str | None,
    *,
    region: str | None = None,
    overwrite: bool | None = True,
    remove: bool | None = True,
    parts: int = 9,
) -> Bucket | None:
    """Return by which bucket an artifact goes; None where none was named."""
    if not uri:
        return None
    return Bucket(
        uri=uri,
        region=region,
        overwrite_existing_artifact=bool(overwrite),
        remove_existing_artifact=bool(remove),
        parallel_process_count=parts,
    )


def archive_in(bucket: Bucket, transport: Transport, *, model_id: str) -> BucketPlace:
    """Return where a model's archive is in a bucket.

    Raises:
        UsageError: It is no address of a bucket.
    """
    place = place_of(bucket.uri, transport=transport)
    if not isinstance(place, BucketPlace):
        raise UsageError(f"bucket_uri is {bucket.uri!r}; it takes oci://bucket@namespace/prefix.")
    return place if bucket.uri.endswith(".zip") else place.below(f"{model_id}.zip")


def send_through(client: DataScienceClient, model_id: str, source: Path, *, bucket: Bucket, reporter: Reporter) -> None:
    """Give a model its artifact by way of a bucket.

    Args:
        client: Who talks to the service.
        model_id: The model.
        source: The artifact's folder, or an archive of it.
        bucket: The bucket, and what becomes of what is there.
        reporter: Is told how it goes.

    Raises:
        FileAlreadyExists: The bucket has an object of this name, which is not to be written over.
        WorkRequestFailed: The service could not take it. What was written into the bucket is deleted again.
    """
    place = archive_in(bucket, client.transport, model_id=model_id)
    with taken_back_on_failure() as writes:
        with _archive_of(source, reporter) as archive:
            _expect(writes, place, bucket)
            reporter.step(f"uploading to {place.uri}")
            place.send(archive, threads=bucket.parallel_process_count, progress=reporter.amount)
        take_from(client, model_id, place, region=bucket.region, reporter=reporter)
        if bucket.remove_existing_artifact:
            place.delete()


def _expect(writes: BucketWrites, place: BucketPlace, bucket: Bucket) -> None:
    """Remember an object that is to be written; raise FileAlreadyExists where one is there that is not to go."""
    is_there = place.exists()
    if is_there and not bucket.overwrite_existing_artifact:
        check_writable(place, overwrite=False)
    writes.expect(place, is_there=is_there)


def take_from(
    client: DataScienceClient, model_id: str, place: BucketPlace, *, region: str | None, reporter: Reporter
) -> None:
    """Make an archive in a bucket a model's artifact.

    Raises:
        ObjectNotFound, BucketNotFound: It is not there.
        WorkRequestFailed: The service could not take it.
    """
    where = place.object
    details = ArtifactExportDetailsObjectStorage(
        namespace=where.namespace, source_bucket=where.bucket, source_object_name=where.name, source_region=region
    )
    reporter.step("into the catalog")
    _transfer(client, model_id, lambda: client.export_model_artifact(model_id, details), reporter)


def _transfer(client: DataScienceClient, model_id: str, begin: Callable[[], str], reporter: Reporter) -> None:
    """Let the service copy an artifact, and wait; it stops where nobody waits any more."""
    from modelyard.client.waiters import wait_for_work_request

    work_request_id = None
    try:
        work_request_id = begin()
        wait_for_work_request(client, work_request_id, watcher=watcher_of(reporter))
    except WorkRequestFailed:
        raise
    except BaseException as error:
        with suppress(ModelyardError):  # it may just have ended
            if work_request_id is not None:
                client.cancel_work_request(work_request_id)
            elif not isinstance(error, Exception):
                _see_out(client, model_id)
        raise


def _see_out(client: DataScienceClient, model_id: str) -> None:
    """Wait for what the service may do for a request whose answer nobody heard: what it writes is deleted then."""
    from modelyard.client.waiters import wait_for_work_request

    compartment_id = client.get_model(model_id).compartment_id
    for each in client.list_work_requests(compartment_id, resource_id=model_id):
        if each.status not in WORK_REQUEST_DONE:
            wait_for_work_request(client, each.id, max_wait_time=_SEE_OUT)


def fetch_through(
    client: DataScienceClient,
    model_id: str,
    folder: Path,
    *,
    bucket: Bucket,
    force_overwrite: bool,
    reporter: Reporter,
) -> None:
    """Put a model's artifact into a folder by way of a bucket; what was there goes when the new is whole.

    Raises:
        FileAlreadyExists: The folder holds something, or the bucket an object that is not to be written over.
        NotFound: The model has no artifact.
    """
    loading.check_free(folder, force_overwrite=force_overwrite)
    place = archive_in(bucket, client.transport, model_id=model_id)
    where = place.object
    details = ArtifactImportDetailsObjectStorage(
        namespace=where.namespace,
        destination_bucket=where.bucket,
        destination_object_name=where.name,
        destination_region=bucket.region,
    )
    with taken_back_on_failure() as writes, tempfile.TemporaryDirectory(prefix="modelyard-load-") as scratch:
        _expect(writes, place, bucket)
        reporter.step(f"into {place.uri}")
        _transfer(client, model_id, lambda: client.import_model_artifact(model_id, details), reporter)
        file = Path(scratch) / "artifact"
        reporter.step("downloading")
        place.fetch(file, progress=reporter.amount)
        if bucket.remove_existing_artifact:  # before the folder is whole: what fails leaves nothing
            place.delete()
        reporter.step("unpacking")
        loading.unpack_into(file, folder, force_overwrite=force_overwrite)


# ── by reference ─────────────────────────────────────────────────────────────────────────────────────────────────────


def put_objects(
    transport: Transport, source: Path, *, bucket: Bucket, name: str, writes: BucketWrites, reporter: Reporter
) -> Description:
    """Write an artifact's files as objects of a bucket; return the description of the model that they are.

    Args:
        transport: What sends the requests.
        source: The artifact's folder.
        bucket: Where they go, into a folder of its own.
        name: The name of that folder.
        writes: Remembers what is written.
        reporter: Is told how it goes.

    Raises:
        InvalidArtifactType: The source is an archive.
        FileAlreadyExists: An object is there already that is not to be written over.
    """
    from modelyard.artifact.folder_files import list_files

    place = place_of(bucket.uri, transport=transport)
    if not isinstance(place, BucketPlace) or bucket.uri.endswith(".zip"):
        raise UsageError(f"bucket_uri is {bucket.uri!r}; a model by reference takes oci://bucket@namespace/prefix.")
    if not source.is_dir():
        raise InvalidArtifactType(f"{source} is an archive: a model by reference is made of a folder's files.")
    root = place.below(f"{name}/")
    for file in list_files(source).files:
        target = root.below(file)
        _expect(writes, target, bucket)
        reporter.step(f"uploading {file}")
        target.send(source / file, threads=bucket.parallel_process_count, progress=reporter.amount)
    return added(None, root)


def refer(client: DataScienceClient, model_id: str, description: Description) -> None:
    """Make the objects of a description a model, which pins them as they are.

    Raises:
        RelatedResourceNotFound: An object is not there, or not in this version.
        Conflict: The model has an artifact.
    """
    with tempfile.TemporaryDirectory(prefix="modelyard-save-") as scratch:
        file = Path(scratch) / FILE_NAME
        file.write_bytes(msgspec.json.format(msgspec.json.encode(noun_of(description)), indent=2))
        client.create_model_artifact(model_id, file)


def description_of(client: DataScienceClient, model_id: str) -> ModelDescription:
    """Return the description that a model by reference has for its artifact.

    Raises:
        NotFound: The model has no artifact.
        ModelFileDescriptionError: It is something else.
    """
    with tempfile.TemporaryDirectory(prefix="modelyard-load-") as scratch:
        file = Path(scratch) / FILE_NAME
        client.get_model_artifact_content(model_id, file)
        return noun_of(msgspec.json.decode(file.read_bytes()))


def fetch_objects(
    client: DataScienceClient, model_id: str, folder: Path, *, force_overwrite: bool, reporter: Reporter
) -> None:
    """Put the objects of a model by reference into a folder; what was there goes when the new is whole.

    Raises:
        FileAlreadyExists: The folder holds something. Nothing was touched.
        ModelFileDescriptionError: An object is not there any more.
    """
    fetch_described(
        client.transport, description_of(client, model_id), folder, force_overwrite=force_overwrite, reporter=reporter
    )


def fetch_described(
    transport: Transport, description: ModelDescription, folder: Path, *, force_overwrite: bool, reporter: Reporter
) -> None:
    """Put the objects of a description into a folder; what was there goes when the new is whole."""
    from modelyard.artifact.unpack import put_in_place, put_over
    from modelyard.client.object_storage import ObjectStorage

    loading.check_free(folder, force_overwrite=force_overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name[:100]}.", dir=folder.parent) as scratch:
        made = Path(scratch) / "content"
        made.mkdir()
        download_described(ObjectStorage(transport), description, made, reporter=reporter)
        (put_over if force_overwrite else put_in_place)(made, folder)


@contextmanager
def _archive_of(source: Path, reporter: Reporter) -> Iterator[Path]:
    """Give the archive of an artifact; one that is made for it goes when the block ends."""
    from modelyard.artifact.archive import pack

    if source.is_file():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="modelyard-save-") as scratch:
        reporter.step("packing")
        archive = Path(scratch) / "artifact.zip"
        pack(source, archive)
        yield archive
