"""Models by reference, as the SDK describes them: which objects of which buckets the model is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from modelyard.artifact.member_names import check_name
from modelyard.errors import NotFound, UsageError
from modelyard.model.failures import (
    BucketNotVersionedError,
    InvalidArtifactType,
    ModelFileDescriptionError,
    PathNotFoundError,
)
from modelyard.model.places import BucketPlace, place_of
from modelyard.resources.model_description import DescribedModel, DescribedObject, ModelDescription

if TYPE_CHECKING:
    from modelyard.client.object_storage import ObjectName, ObjectStorage
    from modelyard.client.profile import Auth
    from modelyard.client.transport import Transport
    from modelyard.model.progress import Reporter

Description: TypeAlias = dict[str, object]
"""A description as JSON holds it."""

FILE_NAME = "model_description.json"
KEY = "modelDescription"
"""The item of the custom metadata that says that a model is one by reference."""

_VERSION: Final = "1.0"
_TYPE: Final = "modelOSSReferenceDescription"


def checked(given: Mapping[str, object]) -> Description:
    """Return a description, or raise ModelFileDescriptionError that says what is wrong with it."""
    return shown(_described(msgspec.json.encode(dict(given))))


def read_description(
    *,
    json_dict: Mapping[str, object] | None = None,
    json_string: str | None = None,
    json_uri: str | None = None,
    auth: Auth | None = None,
) -> Description:
    """Return the description that is given in one of three ways.

    Raises:
        ModelFileDescriptionError: It is none, or not given in just one way.
        PathNotFoundError: There is no such file.
    """
    if sum(each is not None for each in (json_dict, json_string, json_uri)) != 1:
        raise ModelFileDescriptionError(
            "Give the description of the model's files in one way: json_dict=…, json_string=… or json_uri=…."
        )
    if json_dict is not None:
        return checked(json_dict)
    if json_string is not None:
        return shown(_described(json_string.encode("utf-8")))
    try:
        return shown(_described(place_of(str(json_uri), auth=auth).read()))
    except FileNotFoundError as error:
        raise PathNotFoundError(f"There is no description of the model's files at {json_uri}: {error}") from error


def noun_of(description: Mapping[str, object]) -> ModelDescription:
    """Return a description as the catalog takes it."""
    return _described(msgspec.json.encode(dict(description)))


def shown(description: ModelDescription) -> Description:
    """Return a description as JSON holds it."""
    return msgspec.to_builtins(description)  # type: ignore[no-any-return] # a Struct is a dictionary


def _described(data: bytes) -> ModelDescription:
    try:
        return msgspec.json.decode(data, type=ModelDescription)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelFileDescriptionError(f"The description of the model's files is none: {error}.") from None


# ── what a model refers to ───────────────────────────────────────────────────────────────────────────────────────────


def source_of(
    transport: Transport,
    *,
    uri: str | None = None,
    namespace: str | None = None,
    bucket: str | None = None,
    prefix: str | None = None,
) -> BucketPlace:
    """Return the place that is given as an address, or as a namespace, a bucket and a prefix.

    Raises:
        UsageError: It is given in both ways or in neither.
        InvalidArtifactType: It is an archive, or not in a bucket.
    """
    if bool(uri) == bool(namespace or bucket):
        raise UsageError("Say where the objects are: uri='oci://bucket@namespace/prefix', or namespace and bucket.")
    if not uri:
        if not (namespace and bucket):
            raise UsageError("namespace and bucket belong together: give both.")
        uri = f"oci://{bucket}@{namespace}/{prefix or ''}"
    place = place_of(uri, transport=transport)
    if not isinstance(place, BucketPlace) or uri.endswith(".zip"):
        raise InvalidArtifactType(
            f"{uri} cannot be a model by reference: name objects of a bucket, oci://bucket@namespace/prefix, and no "
            "archive."
        )
    return place


def added(description: Description | None, place: BucketPlace, *, files: Sequence[str] | None = None) -> Description:
    """Return a description with the objects at a place, in place of those that it had from there.

    Args:
        description: What is described so far.
        place: Where the objects are.
        files: The names of those that are meant; by default all whose names begin as the place's.

    Raises:
        UsageError: There are none, or one of the files is not there.
        BucketNotVersionedError: The service names no versions of the bucket's objects.
    """
    where = place.object
    objects = _objects(place.storage, where, files)
    if not objects:
        raise UsageError(f"There is no object whose name begins as in {place.uri}.")
    entry = DescribedModel(namespace=where.namespace, bucket_name=where.bucket, prefix=where.name, objects=objects)
    others = [each for each in _models(description) if _key(each) != _key(entry)]
    return shown(ModelDescription(version=_VERSION, type=_TYPE, models=[*others, entry]))


def removed(description: Description | None, place: BucketPlace) -> Description | None:
    """Return a description without the objects at a place; None where nothing is left."""
    where = place.object
    left = [each for each in _models(description) if _key(each) != (where.namespace, where.bucket, where.name)]
    return shown(ModelDescription(version=_VERSION, type=_TYPE, models=left)) if left else None


def _models(description: Description | None) -> list[DescribedModel]:
    return noun_of(description).models if description else []


def _key(model: DescribedModel) -> tuple[str, str, str]:
    return model.namespace, model.bucket_name, model.prefix


def _objects(storage: ObjectStorage, where: ObjectName, files: Sequence[str] | None) -> list[DescribedObject]:
    if files is None:
        return _current(storage, where)
    found: list[DescribedObject] = []
    for name in files:
        exact = [each for each in _current(storage, where._replace(name=name)) if each.name == name]
        if not exact:
            raise UsageError(f"The bucket {where.bucket} has no object {name!r}.")
        found += exact
    return found


def _current(storage: ObjectStorage, prefix: ObjectName) -> list[DescribedObject]:
    """Return the newest version of each object: of equal names, the list has it first."""
    newest: dict[str, DescribedObject] = {}
    for each in storage.list_object_versions(prefix):
        if not each.version_id:
            raise BucketNotVersionedError(
                f"The bucket {prefix.bucket} keeps no versions of its objects: switch versioning on."
            )
        # what stands for a folder has no bytes, and a name that no file can have
        if each.name not in newest and not each.is_delete_marker and not each.name.endswith("/"):
            newest[each.name] = DescribedObject(name=each.name, version=each.version_id, size_in_bytes=each.size or 0)
    return list(newest.values())


# ── onto this machine ────────────────────────────────────────────────────────────────────────────────────────────────


def download_described(
    storage: ObjectStorage, description: ModelDescription, folder: Path, *, reporter: Reporter
) -> None:
    """Write the objects of a description into a folder, by their names below the last folder of their prefix.

    Raises:
        ModelFileDescriptionError: An object is not there any more, or a name would not stay in the folder.
    """
    from modelyard.client.object_storage import ObjectName

    for model in description.models:
        for each in model.objects:
            name = _path_of(each.name, model.prefix)
            check_name(name)
            reporter.step(f"downloading {name}")
            where = ObjectName(model.namespace, model.bucket_name, each.name)
            try:
                storage.download(where, folder / name, version_id=each.version, progress=reporter.amount)
            except NotFound as error:
                raise ModelFileDescriptionError(
                    f"{where.uri} is not there any more in the version {each.version}, which the model was saved "
                    f"with: {error} The service has it still for deployments."
                ) from error


def prefixes_of(description: ModelDescription) -> list[str]:
    """Return the addresses that a description's objects are below."""
    return list(_unique(f"oci://{each.bucket_name}@{each.namespace}/{each.prefix}" for each in description.models))


def _unique(texts: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(texts)


def _path_of(name: str, prefix: str) -> str:
    folder = f"{prefix}/" if prefix and name.startswith(f"{prefix}/") else prefix
    return name[folder.rfind("/") + 1 :]
