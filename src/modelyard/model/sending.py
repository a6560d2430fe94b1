"""An artifact to an entry that is there: by itself, by way of a bucket, or by reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.errors import PayloadTooLarge
from modelyard.model import loading
from modelyard.model.bucket_artifacts import (
    Bucket,
    fetch_objects,
    fetch_through,
    put_objects,
    refer,
    send_through,
    take_from,
)
from modelyard.model.bucket_writes import BucketWrites, taken_back_on_failure
from modelyard.model.failures import InvalidArtifactType, ModelArtifactSizeError, PathNotFoundError
from modelyard.model.model_file_description import Description, added, source_of
from modelyard.model.new_entry import create_with
from modelyard.model.places import BucketPlace, fetched, is_local, local_path, place_of
from modelyard.model.progress import Reporter
from modelyard.model.saving import Draft, Saved, read_source

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.transport import Transport


def save_by_bucket(
    client: DataScienceClient, draft: Draft, *, bucket: Bucket, is_by_reference: bool, reporter: Reporter
) -> Saved:
    """Put an artifact into the catalog with its entry, by way of a bucket or as objects of it.

    Args:
        client: Who talks to the service.
        draft: What is to be saved.
        bucket: The bucket, and what becomes of what is there.
        is_by_reference: Whether the artifact's files become objects of the bucket, which the model then is.
        reporter: Is told how it goes.

    Raises:
        FileAlreadyExists: The bucket has an object of this name, which is not to be written over.
    """

    def give(model_id: str) -> str | None:
        if is_by_reference:
            with taken_back_on_failure() as writes:
                described = put_objects(
                    client.transport, draft.source, bucket=bucket, name=model_id, writes=writes, reporter=reporter
                )
                send_reference(client, model_id, described, reporter=reporter)
                return client.head_model_artifact(model_id).digest
        send_through(client, model_id, draft.source, bucket=bucket, reporter=reporter)
        return client.head_model_artifact(model_id).digest

    model_id, digest = create_with(client, draft.details, draft.provenance, give, reporter=reporter)
    return Saved(model_id=model_id, digest=digest)


def send_artifact(
    client: DataScienceClient, model_id: str, uri: str, *, bucket: Bucket | None, reporter: Reporter
) -> None:
    """Give a model its artifact: a folder or an archive, here, in a bucket, or where fsspec reaches.

    Args:
        client: Who talks to the service.
        model_id: The model, which has none yet.
        uri: Where the artifact is.
        bucket: By which bucket it goes; None lets it go straight to the catalog. An archive in a bucket needs none.
        reporter: Is told how it goes.

    Raises:
        PathNotFoundError: There is nothing at the uri.
        ModelArtifactSizeError: It is larger than the service takes.
        Conflict: The model has an artifact.
    """
    place = place_of(uri, transport=client.transport)
    if isinstance(place, BucketPlace) and uri.endswith(".zip"):
        take_from(client, model_id, place, region=bucket.region if bucket else None, reporter=reporter)
        return
    if is_local(uri) and not local_path(uri).exists():
        raise PathNotFoundError(f"There is no folder or archive {local_path(uri)}.")
    with fits(uri), fetched(place, progress=reporter.amount) as source:
        if bucket is not None:
            send_through(client, model_id, source, bucket=bucket, reporter=reporter)
        else:
            _send(client, model_id, source, reporter)


@contextmanager
def fits(uri: str) -> Iterator[None]:
    """Raise ModelArtifactSizeError where the service refuses an artifact for its size."""
    try:
        yield
    except PayloadTooLarge as error:
        raise ModelArtifactSizeError(f"The artifact at {uri} is larger than the service takes: {error.message}") from (
            error
        )


def _send(client: DataScienceClient, model_id: str, source: Path, reporter: Reporter) -> None:
    from modelyard.client.artifact_transfer import AT_ONCE
    from modelyard.client.segment_upload import send_missing, send_whole, upload_details

    content = read_source(source, reporter=reporter)
    file_name = source.name if source.is_file() else f"{model_id}.zip"
    reporter.step("uploading")
    if content.size <= AT_ONCE:
        send_whole(client, model_id, content, file_name=file_name, progress=reporter.amount)
        return
    upload = client.create_artifact_upload(model_id, upload_details(content, file_name=file_name))
    send_missing(client, upload, content, progress=reporter.amount)
    reporter.step("finishing")
    client.commit_artifact_upload(model_id, upload.id)


def describe_sources(
    transport: Transport,
    uris: Sequence[str],
    *,
    bucket: Bucket | None,
    name: str,
    writes: BucketWrites,
    reporter: Reporter,
) -> Description:
    """Return the description of the model that the objects at some addresses are.

    Args:
        transport: What sends the requests.
        uris: The addresses of buckets; or one folder of this machine, whose files are put into the bucket first.
        bucket: Where the files of such a folder go.
        name: The name of their folder there.
        writes: Remembers what is put there.
        reporter: Is told how it goes.

    Raises:
        InvalidArtifactType: An address is an archive, or no bucket's.
    """
    if len(uris) == 1 and is_local(uris[0]) and bucket is not None:
        return put_objects(transport, local_path(uris[0]), bucket=bucket, name=name, writes=writes, reporter=reporter)
    if not uris:
        raise InvalidArtifactType("A model by reference needs the address of its objects: oci://bucket@namespace/….")
    description: Description | None = None
    for uri in uris:
        description = added(description, source_of(transport, uri=uri))
    assert description is not None
    return description


def send_reference(client: DataScienceClient, model_id: str, description: Description, *, reporter: Reporter) -> None:
    """Make the objects of a description a model's artifact."""
    reporter.step("referring to the objects")
    refer(client, model_id, description)


def fetch_artifact(
    client: DataScienceClient,
    model_id: str,
    folder: Path,
    *,
    bucket: Bucket | None,
    force_overwrite: bool,
    reporter: Reporter,
) -> None:
    """Put a model's artifact into a folder; what was there goes when the new is whole.

    Args:
        client: Who talks to the service.
        model_id: The model; one by reference comes from the buckets that it refers to.
        folder: Where it goes.
        bucket: By which bucket it comes; None lets it come straight from the catalog.
        force_overwrite: Whether what is in the folder may be replaced.
        reporter: Is told how it goes.

    Raises:
        FileAlreadyExists: The folder holds something. Nothing was touched.
        NotFound: The model has no artifact.
    """
    if client.get_model(model_id).is_model_by_reference:
        fetch_objects(client, model_id, folder, force_overwrite=force_overwrite, reporter=reporter)
    elif bucket is not None:
        fetch_through(client, model_id, folder, bucket=bucket, force_overwrite=force_overwrite, reporter=reporter)
    else:
        loading.download(client, model_id, folder, force_overwrite=force_overwrite, reporter=reporter)
