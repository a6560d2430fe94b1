"""Artifacts by way of buckets at a real service, models by reference, and places of files."""

from __future__ import annotations

import inspect
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard import errors
from modelyard.client.data_science import DataScienceClient
from modelyard.client.object_storage import PART, ObjectName, ObjectStorage, namespace_of
from modelyard.client.profile import resolve
from modelyard.client.transport import Request, Transport
from modelyard.model.artifact_downloader import ArtifactDownloader, LargeArtifactDownloader, SmallArtifactDownloader
from modelyard.model.artifact_uploader import ArtifactUploader, LargeArtifactUploader, SmallArtifactUploader
from modelyard.model.datascience_model import (
    BucketNotVersionedError,
    DataScienceModel,
    InvalidArtifactType,
    ModelArtifactNotFoundError,
    ModelFileDescriptionError,
    ModelNotSavedError,
    PathNotFoundError,
)
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.model_file_description import added
from modelyard.model.places import BucketPlace, LocalPlace, RemotePlace, fetched, place_of
from modelyard.resources.object_storage import ObjectVersionSummary

SCORE = (
    "def load_model():\n    return 3\n\n\ndef predict(data, model=load_model()):\n    return {'prediction': model}\n"
)


@dataclass(frozen=True)
class ABucket:
    """A bucket of the service that no other test uses."""

    transport: Transport
    storage: ObjectStorage
    namespace: str
    name: str

    @property
    def uri(self) -> str:
        """Its address."""
        return f"oci://{self.name}@{self.namespace}"

    def at(self, name: str) -> ObjectName:
        """An object of it."""
        return ObjectName(self.namespace, self.name, name)

    def names(self) -> list[str]:
        """The names of its objects."""
        return [each.name for each in self.storage.list_objects(self.at(""))]


@pytest.fixture
def client(at_service: Any) -> Iterator[DataScienceClient]:
    with DataScienceClient(resolve(at_service.settings)) as client:
        yield client


@pytest.fixture
def bucket(client: DataScienceClient) -> ABucket:
    namespace, name = namespace_of(client.transport), f"bucket-{uuid.uuid4()}"
    body = json.dumps({"name": name, "compartmentId": client.profile.compartment_id}).encode()
    client.transport.send(Request(method="POST", path=f"/n/{namespace}/b", body=body))
    return ABucket(client.transport, ObjectStorage(client.transport), namespace, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a small artifact, with a file in a folder and an empty one."""
    made = tmp_path / "artifact"
    (made / "deep").mkdir(parents=True)
    (made / "score.py").write_text(SCORE)
    (made / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: '3.0'\n")
    (made / "deep" / "weights.bin").write_bytes(b"\0\1\2")
    (made / "deep" / "__init__.py").write_text("")
    return made


@pytest.fixture
def entry(at_service: Any) -> Callable[[], DataScienceModel]:
    """Creates models without an artifact."""

    def create() -> DataScienceModel:
        with pytest.warns(UserWarning, match="without an artifact"):
            return DataScienceModel().create()

    return create


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# ── objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_objects_are_written_listed_read_and_deleted(bucket: ABucket, tmp_path: Path) -> None:
    for number in range(3):
        bucket.storage.write_object(bucket.at(f"a/{number} ä?.txt"), str(number).encode())
    assert bucket.names() == [f"a/{number} ä?.txt" for number in range(3)]
    assert bucket.storage.read_object(bucket.at("a/1 ä?.txt")) == b"1"
    bucket.storage.download(bucket.at("a/2 ä?.txt"), tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"2"
    versions = list(bucket.storage.list_object_versions(bucket.at("a/")))
    assert all(each.version_id for each in versions)
    assert bucket.storage.get_bucket(bucket.namespace, bucket.name).name == bucket.name
    bucket.storage.delete_object(bucket.at("a/1 ä?.txt"))
    assert not bucket.storage.exists(bucket.at("a/1 ä?.txt"))
    with pytest.raises(errors.ObjectNotFound):
        bucket.storage.download(bucket.at("a/1 ä?.txt"), tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_a_large_object_goes_in_parts_and_comes_back_whole(bucket: ABucket, tmp_path: Path) -> None:
    source, told = tmp_path / "large", list[tuple[int, int]]()
    with source.open("wb") as file:
        file.truncate(PART)
        file.seek(PART)
        file.write(b"the last part")
    bucket.storage.upload(
        bucket.at("large"), source, threads=3, progress=lambda done, total: told.append((done, total))
    )
    bucket.storage.download(bucket.at("large"), tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == source.read_bytes()
    assert told[-1] == (PART + 13, PART + 13)


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_place_on_this_machine_and_in_a_bucket_do_the_same(bucket: ABucket, tmp_path: Path) -> None:
    for root in (place_of(str(tmp_path / "here")), place_of(f"{bucket.uri}/here")):
        file = root.below("a/b.txt")
        assert not file.exists()
        with pytest.raises(FileNotFoundError):
            file.read()
        with pytest.raises(FileNotFoundError):
            file.fetch(tmp_path / "nothing")
        file.write(b"text")
        assert file.exists()
        assert file.read() == b"text"
        assert root.files() == ["a/b.txt"]
        file.fetch(tmp_path / "copy")
        root.below("c").send(tmp_path / "copy")
        assert root.files() == ["a/b.txt", "c"]
        with fetched(root) as folder:
            assert (folder / "a" / "b.txt").read_bytes() == b"text"
        with fetched(file) as one:
            assert one.read_bytes() == b"text"
        file.delete()
        assert root.files() == ["c"]
    assert not folder.exists()


def test_the_scheme_of_an_address_says_where_it_is() -> None:
    for uri, kind in (
        ("a/b", LocalPlace),
        ("file:///a", LocalPlace),
        ("oci://b/x", BucketPlace),
        ("s3://b/x", RemotePlace),
    ):
        assert isinstance(place_of(uri), kind)
    with pytest.raises(ValueError, match="names no bucket"):
        place_of("oci://@n/x")
    with pytest.raises(ValueError, match="is empty"):
        place_of("")


def test_what_nothing_installed_reaches_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(errors.MissingDependency, match=r"s3://b/x.*install fsspec and s3fs") as caught:
        place_of("s3://b/x").read()
    assert isinstance(caught.value, ImportError)


def test_what_fsspec_reaches_is_read_and_written(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    root = place_of(f"memory://{uuid.uuid4()}")
    root.below("a/b.txt").write(b"text")
    assert root.below("a/b.txt").exists()
    assert root.below("a/b.txt").read() == b"text"
    (tmp_path / "c").write_bytes(b"more")
    root.below("c").send(tmp_path / "c")
    assert root.files() == ["a/b.txt", "c"]
    with fetched(root) as folder:
        assert content(folder) == {"a/b.txt": b"text", "c": b"more"}
    root.below("c").delete()
    assert root.files() == ["a/b.txt"]


# ── DataScienceModel ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("remove", [True, False])
def test_an_artifact_goes_by_a_bucket_and_comes_back_by_it(
    bucket: ABucket, folder: Path, tmp_path: Path, remove: bool
) -> None:
    model = DataScienceModel(artifact=str(folder)).create(
        bucket_uri=f"{bucket.uri}/in", remove_existing_artifact=remove, parallel_process_count=2
    )
    assert bucket.names() == ([] if remove else [f"in/{model.id}.zip"])
    model.download_artifact(str(tmp_path / "back"), bucket_uri=f"{bucket.uri}/out.zip", remove_existing_artifact=remove)
    assert content(tmp_path / "back") == content(folder)
    assert bucket.names() == ([] if remove else [f"in/{model.id}.zip", "out.zip"])


def test_an_object_in_the_way_stays_and_nothing_is_left_of_the_model(
    bucket: ABucket, folder: Path, tmp_path: Path
) -> None:
    bucket.storage.write_object(bucket.at("mine.zip"), b"mine")
    model = DataScienceModel(display_name=bucket.name, artifact=str(folder))
    with pytest.raises(FileExistsError):
        model.create(bucket_uri=f"{bucket.uri}/mine.zip", overwrite_existing_artifact=False)
    assert DataScienceModel.list(display_name=bucket.name) == []
    model.create()
    with pytest.raises(FileExistsError):
        model.download_artifact(
            str(tmp_path / "back"), bucket_uri=f"{bucket.uri}/mine.zip", overwrite_existing_artifact=False
        )
    assert bucket.storage.read_object(bucket.at("mine.zip")) == b"mine"


def test_what_makes_no_sense_of_a_bucket_is_refused_and_leaves_nothing(bucket: ABucket, folder: Path) -> None:
    def model(uri: str = str(folder)) -> DataScienceModel:
        return DataScienceModel(display_name=bucket.name, artifact=uri)

    with pytest.raises(ValueError, match="it takes oci://"):
        model().create(bucket_uri="s3://bucket/prefix")
    with pytest.raises(errors.BucketNotFound):
        model().create(bucket_uri="oci://no-such-bucket/prefix")
    with pytest.raises(errors.InvalidParameter, match="the one region here"):
        model().create(bucket_uri=bucket.uri, region="mars-north-1")
    with pytest.raises(errors.ObjectNotFound):
        model(f"{bucket.uri}/nothing.zip").create()
    with pytest.raises(PathNotFoundError):
        model(f"{bucket.uri}/nothing/").create()
    with pytest.raises(InvalidArtifactType, match="several artifacts"):
        DataScienceModel(display_name=bucket.name).with_artifact(f"{bucket.uri}/a", f"{bucket.uri}/b").create()
    assert DataScienceModel.list(display_name=bucket.name) == []


def test_an_archive_or_folder_in_a_bucket_becomes_an_artifact(bucket: ABucket, folder: Path, tmp_path: Path) -> None:
    DataScienceModel(artifact=str(folder)).create(bucket_uri=f"{bucket.uri}/wine.zip", remove_existing_artifact=False)
    for name, file in content(folder).items():
        bucket.storage.write_object(bucket.at(f"files/{name}"), file)
    for uri in (f"{bucket.uri}/wine.zip", f"{bucket.uri}/files"):
        model = DataScienceModel(artifact=uri).create()
        model.download_artifact(str(tmp_path / "back"), force_overwrite=True)
        assert content(tmp_path / "back") == content(folder)


# ── by reference ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def objects(bucket: ABucket, folder: Path) -> str:
    """The address of an artifact's files as objects."""
    for name, file in content(folder).items():
        bucket.storage.write_object(bucket.at(f"wine/v1/{name}"), file)
    return f"{bucket.uri}/wine/v1/"


def test_the_objects_of_a_bucket_are_a_model(bucket: ABucket, objects: str, folder: Path, tmp_path: Path) -> None:
    model = DataScienceModel(artifact=objects).create(model_by_reference=True)
    found = DataScienceModel.from_id(str(model.id))
    assert found.custom_metadata_list is not None
    assert found.custom_metadata_list["modelDescription"].value in ("true", True)
    found.download_artifact(str(tmp_path / "back"))
    assert content(tmp_path / "back") == content(folder)
    loaded = SklearnModel.from_model_catalog(str(model.id), artifact_dir=str(tmp_path / "loaded"))
    assert content(Path(str(loaded.artifact_dir))) == content(folder)


def test_objects_are_added_and_removed_by_address_prefix_or_name(bucket: ABucket, objects: str, tmp_path: Path) -> None:
    model = DataScienceModel()
    model.add_artifact(uri=objects)
    by_address = model.model_file_description
    model.add_artifact(namespace=bucket.namespace, bucket=bucket.name, prefix="wine/v1/")
    assert model.model_file_description == by_address
    model.add_artifact(namespace=bucket.namespace, bucket=bucket.name, files=["wine/v1/score.py"])
    assert model.model_file_description is not None
    entries: Any = model.model_file_description["models"]
    assert [len(each["objects"]) for each in entries] == [4, 1]
    model.remove_artifact(uri=objects)
    assert model.model_file_description is not None
    model.remove_artifact(namespace=bucket.namespace, bucket=bucket.name)
    assert model.model_file_description is None
    for wrong in (
        {},
        {"uri": objects, "namespace": "n", "bucket": "b"},
        {"bucket": "b"},
        {"uri": objects, "prefix": "a", "files": ["b"]},
        {"uri": f"{bucket.uri}/nothing/"},
        {"namespace": bucket.namespace, "bucket": bucket.name, "files": ["nothing"]},
        {"uri": f"{objects}archive.zip"},
        {"uri": str(tmp_path)},
    ):
        with pytest.raises(ValueError):
            model.add_artifact(**wrong)


def test_a_model_by_reference_takes_no_archive_and_no_local_folder(bucket: ABucket, folder: Path) -> None:
    for uri in (str(folder), f"{bucket.uri}/model.zip"):
        with pytest.raises(InvalidArtifactType):
            DataScienceModel(display_name=bucket.name, artifact=uri).create(model_by_reference=True)
    assert DataScienceModel.list(display_name=bucket.name) == []


def test_an_object_that_was_written_over_is_not_taken_for_the_models_own(
    bucket: ABucket, objects: str, tmp_path: Path
) -> None:
    model = DataScienceModel(artifact=objects).create(model_by_reference=True)
    bucket.storage.write_object(bucket.at("wine/v1/score.py"), b"something else")
    with pytest.raises(ModelFileDescriptionError, match=r"score\.py is not there any more"):
        model.download_artifact(str(tmp_path / "back"))
    assert not (tmp_path / "back").exists()


def test_a_bucket_without_versions_cannot_be_referred_to(bucket: ABucket, objects: str) -> None:
    class WithoutVersions(ObjectStorage):
        def list_object_versions(self, prefix: ObjectName) -> Iterator[ObjectVersionSummary]:
            for each in super().list_object_versions(prefix):
                yield msgspec.structs.replace(each, version_id="")

    place = place_of(objects, transport=bucket.transport)
    assert isinstance(place, BucketPlace)
    place.storage = WithoutVersions(bucket.transport)
    with pytest.raises(BucketNotVersionedError, match="switch versioning on"):
        added(None, place)


# ── GenericModel ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by_reference", [False, True])
def test_a_model_is_saved_by_a_bucket_loaded_and_predicts(
    bucket: ABucket, make_model: Callable[..., SklearnModel], iris: Any, tmp_path: Path, by_reference: bool
) -> None:
    model = make_model().prepare(X_sample=iris.data[:5])
    model_id = model.save(bucket_uri=f"{bucket.uri}/models", model_by_reference=by_reference)
    assert {"/".join(name.split("/")[:2]) for name in bucket.names()} == (
        {f"models/{model_id}"} if by_reference else set()
    )
    again = SklearnModel.from_model_catalog(
        model_id, artifact_dir=str(tmp_path / "back"), bucket_uri=None if by_reference else f"{bucket.uri}/x"
    )
    assert again.verify(iris.data[:3]) == model.verify(iris.data[:3])
    again.download_artifact(str(tmp_path / "other"))
    assert content(tmp_path / "other") == content(tmp_path / "back")


def test_a_save_says_which_bucket_it_needs_and_leaves_nothing_when_it_fails(
    bucket: ABucket, make_model: Callable[..., SklearnModel]
) -> None:
    model = make_model().prepare()
    with pytest.raises(ValueError, match="bucket_uri"):
        model.save(model_by_reference=True)
    with pytest.raises(errors.BucketNotFound):
        model.save(bucket_uri="oci://no-such-bucket/x", display_name=bucket.name)
    with pytest.raises(ValueError, match="no feature store"):
        model.save(featurestore_dataset="x")
    assert DataScienceModel.list(display_name=bucket.name) == []


def test_an_artifact_is_exported_to_a_bucket_and_loaded_from_it(
    bucket: ABucket, make_model: Callable[..., SklearnModel], iris: Any, tmp_path: Path
) -> None:
    model = make_model().prepare()
    model.upload_artifact(f"{bucket.uri}/mine.zip")
    with pytest.raises(FileExistsError):
        model.upload_artifact(f"{bucket.uri}/mine.zip")
    model.upload_artifact(f"{bucket.uri}/mine.zip", force_overwrite=True)
    model.upload_artifact(f"{bucket.uri}/folder")
    assert bucket.names() == ["folder/artifact.zip", "mine.zip"]
    loaded = SklearnModel.from_model_artifact(f"{bucket.uri}/mine.zip", artifact_dir=str(tmp_path / "loaded"))
    assert loaded.verify(iris.data[:3]) == model.verify(iris.data[:3])
    with pytest.raises(FileNotFoundError):
        SklearnModel.from_model_artifact(f"{bucket.uri}/nothing", artifact_dir=str(tmp_path / "nothing"))
    with pytest.raises(errors.MissingDependency, match="s3fs"):
        model.upload_artifact("s3://bucket/mine.zip")


# ── uploaders and downloaders ────────────────────────────────────────────────────────────────────────────────────────


def test_uploaders_and_downloaders_take_what_the_reference_says() -> None:
    said = {kind: " ".join(inspect.signature(kind).parameters) for kind in (
        ArtifactUploader, SmallArtifactUploader, LargeArtifactUploader,
        ArtifactDownloader, SmallArtifactDownloader, LargeArtifactDownloader,
    )}  # fmt: skip
    assert said == {
        ArtifactUploader: "dsc_model artifact_path",
        SmallArtifactUploader: "dsc_model artifact_path",
        LargeArtifactUploader: "dsc_model artifact_path bucket_uri auth region overwrite_existing_artifact "
        "remove_existing_artifact parallel_process_count",
        ArtifactDownloader: "dsc_model target_dir force_overwrite",
        SmallArtifactDownloader: "dsc_model target_dir force_overwrite",
        LargeArtifactDownloader: "dsc_model target_dir auth force_overwrite region bucket_uri "
        "overwrite_existing_artifact remove_existing_artifact model_file_description",
    }
    for abstract in (ArtifactUploader, ArtifactDownloader):
        assert inspect.isabstract(abstract)


def test_uploaders_bring_an_artifact_and_downloaders_fetch_it(
    bucket: ABucket, entry: Callable[[], DataScienceModel], folder: Path, tmp_path: Path
) -> None:
    small, large = entry(), entry()
    SmallArtifactUploader(small, str(folder)).upload()
    LargeArtifactUploader(large, str(folder), f"{bucket.uri}/x.zip", remove_existing_artifact=False).upload()
    from_bucket = entry()
    uploader = LargeArtifactUploader(from_bucket, f"{bucket.uri}/x.zip", bucket_uri="oci://ignored/y")
    uploader.upload()
    assert (uploader.bucket_uri, uploader.artifact_file_path) == (f"{bucket.uri}/x.zip", f"{bucket.uri}/x.zip")
    for number, model in enumerate((small, large, from_bucket)):
        SmallArtifactDownloader(model, str(tmp_path / f"small {number}")).download()
        LargeArtifactDownloader(model, str(tmp_path / f"large {number}"), bucket_uri=bucket.uri).download()
        for size in ("small", "large"):
            assert content(tmp_path / f"{size} {number}") == content(folder)
    with pytest.raises(FileExistsError):
        SmallArtifactDownloader(small, str(folder)).download()


def test_a_downloader_fetches_what_a_description_names(objects: str, folder: Path, tmp_path: Path) -> None:
    model = DataScienceModel()
    model.add_artifact(uri=objects)
    downloader = LargeArtifactDownloader(
        model, str(tmp_path / "back"), model_file_description=model.model_file_description
    )
    downloader.download()
    assert content(tmp_path / "back") == content(folder)
    with pytest.raises(ModelFileDescriptionError):
        LargeArtifactDownloader(model, str(tmp_path / "x")).download_from_model_file_description()


def test_what_cannot_be_moved_says_why(entry: Callable[[], DataScienceModel], folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotSavedError):
        SmallArtifactUploader(DataScienceModel(), str(folder)).upload()
    with pytest.raises(ModelNotSavedError):
        LargeArtifactDownloader(DataScienceModel(), str(tmp_path / "back")).download()
    with pytest.raises(PathNotFoundError):
        SmallArtifactUploader(entry(), str(tmp_path / "nothing")).upload()
    for kind in (SmallArtifactDownloader, LargeArtifactDownloader):
        with pytest.raises(ModelArtifactNotFoundError):
            kind(entry(), str(tmp_path / "back")).download()
