"""Calls that somebody stops, or that break, at any of their requests: nothing half done is left behind."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from modelyard.client.data_science import DataScienceClient
from modelyard.client.object_storage import ObjectName, ObjectStorage, namespace_of
from modelyard.client.profile import resolve
from modelyard.client.transport import Request, Transport
from modelyard.errors import InvalidParameter, ModelyardError, ServiceUnreachable
from modelyard.lifecycle import DeploymentState
from modelyard.model.datascience_model import DataScienceModel
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import GenericModel
from modelyard.wire.faults import error_for

pytestmark = pytest.mark.filterwarnings("ignore:These objects were there before")


class Breaking(Transport):
    """A transport that breaks once, before or after one of its requests."""

    at = -1
    """Which request; those of reading are counted, too."""

    is_answered = False
    """Whether the service has done what it was asked for, and nobody hears of it."""

    error: BaseException = KeyboardInterrupt()
    has_broken = False

    @contextmanager
    def stream(self, request: Request) -> Iterator[Any]:
        self.at -= 1
        if self.at != -1:
            with super().stream(request) as response:
                yield response
            return
        self.has_broken = True
        if self.is_answered:
            with suppress(ModelyardError), super().stream(request) as response:
                response.read()
        raise self.error


def outcome(call: Callable[[DataScienceClient], object], client: DataScienceClient) -> BaseException | None:
    try:
        call(client)
    except BaseException as raised:
        return raised
    return None


class Rig:
    """A bucket of the service's, and clients that break."""

    def __init__(self, service: Any) -> None:
        self.profile = resolve(service.settings)
        self.client = DataScienceClient(self.profile)
        self.namespace, self.bucket = namespace_of(self.client.transport), f"bucket-{uuid.uuid4()}"
        body = json.dumps({"name": self.bucket, "compartmentId": self.profile.compartment_id}).encode()
        self.client.transport.send(Request(method="POST", path=f"/n/{self.namespace}/b", body=body))
        self.storage = ObjectStorage(self.client.transport)
        self.uri = f"oci://{self.bucket}@{self.namespace}"

    def names(self) -> list[str]:
        return [each.name for each in self.storage.list_objects(ObjectName(self.namespace, self.bucket, ""))]

    def entries(self, name: str) -> list[str]:
        found = self.client.list_models(str(self.profile.compartment_id), display_name=name)
        return [model.id for model in found if model.lifecycle_state not in {"DELETED", "DELETING"}]

    def break_everywhere(
        self,
        call: Callable[[DataScienceClient], object],
        check: Callable[[], None],
        error: Callable[[], BaseException],
    ) -> int:
        """Call again and again, each time broken at another request; return how many there are."""
        for number in range(100):
            # a service that refuses has done nothing
            for is_answered in (False,) if isinstance(error(), ModelyardError) else (False, True):
                with DataScienceClient(self.profile, transport=Breaking(self.profile)) as client:
                    breaking = client.transport
                    assert isinstance(breaking, Breaking)
                    breaking.at, breaking.is_answered, breaking.error = number, is_answered, error()
                    raised = outcome(call, client)
                    if raised is None:
                        assert not breaking.has_broken
                        return number
                    assert raised is breaking.error, raised
                check()
        raise AssertionError("it never comes to an end")


@pytest.fixture
def small(make_model: Callable[..., SklearnModel]) -> SklearnModel:
    """A model whose artifact has three files: there are few requests for a save to break at."""
    model = make_model().prepare()
    for name in (".model-ignore", "README.md", "requirements.txt"):
        (Path(str(model.artifact_dir)) / name).unlink()
    shutil.rmtree(Path(str(model.artifact_dir)) / "artifact_introspection_test")
    return model


@pytest.fixture
def rig(at_service: Any) -> Iterator[Rig]:
    made = Rig(at_service)
    yield made
    made.client.close()


STOPS = pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt, lambda: error_for(status=409, code="IncorrectState", message="no.")],
    ids=["Ctrl-C", "refused"],
)


@STOPS
@pytest.mark.parametrize("by_reference", [False, True])
def test_a_save_by_a_bucket_that_breaks_anywhere_leaves_no_object_and_no_entry(
    rig: Rig, small: SklearnModel, by_reference: bool, error: Any
) -> None:
    model, name = small, rig.bucket
    rig.storage.write_object(ObjectName(rig.namespace, rig.bucket, "models/mine"), b"mine")

    def save(client: DataScienceClient) -> None:
        model.client = client
        model.save(
            display_name=name, bucket_uri=f"{rig.uri}/models", model_by_reference=by_reference, reload=False,
            ignore_introspection=True,
        )  # fmt: skip

    def check() -> None:
        assert (rig.names(), rig.entries(name)) == (["models/mine"], [])

    assert rig.break_everywhere(save, check, error) > 6
    (saved,) = rig.entries(name)
    assert model.model_id == saved


@STOPS
def test_a_small_save_that_breaks_anywhere_leaves_no_entry(
    rig: Rig, make_model: Callable[..., SklearnModel], error: Any
) -> None:
    model, name = make_model().prepare(), rig.bucket

    def save(client: DataScienceClient) -> None:
        model.client = client
        model.save(display_name=name)

    def check() -> None:
        assert (rig.entries(name), model.model_id) == ([], None)

    assert rig.break_everywhere(save, check, error) >= 3
    assert rig.entries(name) == [model.model_id]


def test_an_upload_by_reference_that_is_refused_anywhere_leaves_no_object(rig: Rig, small: SklearnModel) -> None:
    folder = str(small.artifact_dir)
    with pytest.warns(UserWarning, match="without an artifact"):
        model = DataScienceModel().create()
    model.with_artifact(folder)

    def upload(client: DataScienceClient) -> None:
        model.client = client
        model.upload_artifact(bucket_uri=f"{rig.uri}/here", model_by_reference=True)

    def check() -> None:
        assert rig.names() == []

    refused = error_for(status=409, code="IncorrectState", message="no.")
    assert rig.break_everywhere(upload, check, lambda: refused) > 4


def test_an_object_that_was_there_before_stays_and_is_named(rig: Rig, make_model: Callable[..., SklearnModel]) -> None:
    model, where = make_model().prepare(), ObjectName(rig.namespace, rig.bucket, "mine.zip")
    rig.storage.write_object(where, b"mine")
    with pytest.warns(UserWarning, match=r"mine\.zip"), pytest.raises(InvalidParameter, match="mars"):
        model.save(display_name=rig.bucket, bucket_uri=f"{rig.uri}/mine.zip", region="mars-north-1")
    assert (rig.names(), rig.entries(rig.bucket)) == (["mine.zip"], [])


def test_a_download_by_a_bucket_that_breaks_anywhere_leaves_no_object_and_no_folder(
    rig: Rig, make_model: Callable[..., SklearnModel], tmp_path: Path
) -> None:
    model = make_model().prepare()
    model.save()
    target = tmp_path / "back" / "artifact"

    def download(client: DataScienceClient) -> None:
        model.client = client
        model.download_artifact(str(target), bucket_uri=f"{rig.uri}/x")

    def check() -> None:
        assert rig.names() == []
        assert not target.parent.exists() or not any(target.parent.iterdir()) or target.is_dir()

    assert rig.break_everywhere(download, check, KeyboardInterrupt) > 5
    assert (target / "score.py").is_file()


def test_an_export_to_a_bucket_that_breaks_anywhere_leaves_no_object(
    rig: Rig, make_model: Callable[..., SklearnModel]
) -> None:
    from modelyard.model import loading
    from modelyard.model.places import place_of
    from modelyard.model.progress import Silence

    folder = Path(str(make_model().prepare().artifact_dir))

    def export(client: DataScienceClient) -> None:
        place = place_of(f"{rig.uri}/mine.zip", transport=client.transport)
        loading.export(folder, place, force_overwrite=False, parts=1, reporter=Silence())

    def check() -> None:
        assert rig.names() == []

    assert rig.break_everywhere(export, check, KeyboardInterrupt) == 2
    assert rig.names() == ["mine.zip"]


def test_a_model_that_could_not_be_saved_by_reference_is_saved_as_one_that_is_not(
    rig: Rig, make_model: Callable[..., SklearnModel]
) -> None:
    model = make_model().prepare()
    with pytest.raises(Exception, match="no-such-bucket"):
        model.save(bucket_uri="oci://no-such-bucket/x", model_by_reference=True)
    saved = rig.client.get_model(model.save())
    assert not saved.is_model_by_reference


# ── deploy ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def deployments(rig: Rig, name: str) -> list[Any]:
    found = rig.client.list_model_deployments(str(rig.profile.compartment_id), display_name=name)
    gone = {DeploymentState.DELETED, DeploymentState.DELETING}
    return [each for each in found if each.lifecycle_state not in gone]


@pytest.mark.parametrize("is_answered", [False, True])
def test_a_deployment_whose_creation_was_stopped_does_not_come_up(
    rig: Rig, make_model: Callable[..., SklearnModel], is_answered: bool
) -> None:
    model = make_model().prepare()
    model.save()
    with DataScienceClient(rig.profile, transport=Breaking(rig.profile)) as client:
        breaking: Any = client.transport
        breaking.at, breaking.is_answered = 0, is_answered
        model.client = client
        with pytest.raises(KeyboardInterrupt):
            model.deploy(display_name=rig.bucket)
    assert (deployments(rig, rig.bucket), model.model_deployment) == ([], None)


def test_who_stops_waiting_for_a_deployment_is_told_that_it_comes_up(
    rig: Rig, make_model: Callable[..., SklearnModel], iris: Any
) -> None:
    model = make_model().prepare()
    model.save()
    with DataScienceClient(rig.profile, transport=Breaking(rig.profile)) as client:
        breaking: Any = client.transport
        breaking.at = 1
        model.client = client
        with pytest.raises(KeyboardInterrupt, match="modelyard deployment delete") as stopped:
            model.deploy(display_name=rig.bucket)
        (found,) = deployments(rig, rig.bucket)
        assert model.model_deployment_id == found.id
        assert found.id in str(stopped.value)
        model.delete_deployment()
    assert deployments(rig, rig.bucket) == []


def test_a_service_that_goes_away_is_named_as_what_went_wrong(
    rig: Rig, make_model: Callable[..., GenericModel]
) -> None:
    model = make_model().prepare()
    model.save()
    with DataScienceClient(rig.profile, transport=Breaking(rig.profile)) as client:
        breaking: Any = client.transport
        breaking.at, breaking.error = 0, ServiceUnreachable("the cable is out.")
        model.client = client
        with pytest.raises(ServiceUnreachable, match=r"^the cable is out\.$"):
            model.deploy(display_name=rig.bucket)
    assert deployments(rig, rig.bucket) == []
