"""The whole way: from an estimator to an endpoint of a real service, and back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelyard import errors
from modelyard.client.data_science import DataScienceClient
from modelyard.client.profile import resolve
from modelyard.client.transport import Answer, Request, Transport
from modelyard.model.framework.sklearn_model import SklearnModel
from modelyard.model.generic_model import (
    ArtifactsNotAvailableError,
    GenericModel,
    NotActiveDeploymentError,
    RuntimeInfoInconsistencyError,
)
from modelyard.model.model_introspect import IntrospectionNotPassed

FLOWER = [[5.1, 3.5, 1.4, 0.2]]


@pytest.fixture
def client(at_service: Any) -> Iterator[DataScienceClient]:
    with DataScienceClient(resolve(at_service.settings)) as client:
        yield client


@pytest.fixture
def saved(make_model: Callable[..., SklearnModel], at_service: Any, iris: Any) -> SklearnModel:
    """A model in the catalog."""
    model = make_model().prepare(X_sample=iris.data, y_sample=iris.target, use_case_type="multinomial_classification")
    model.save(display_name="iris", description="flowers", freeform_tags={"a": "b"}, version_label="one", reload=False)
    return model


def test_a_saved_model_has_its_metadata_schemas_and_provenance(saved: SklearnModel, client: DataScienceClient) -> None:
    entry = client.get_model(str(saved.model_id))
    assert (entry.display_name, entry.description, entry.freeform_tags) == ("iris", "flowers", {"a": "b"})
    assert entry.version_label == "one"
    defined = {item.key: item.value for item in entry.defined_metadata_list}
    assert (defined["Framework"], defined["Algorithm"]) == ("scikit-learn", "LogisticRegression")
    assert "success" in str(defined["ArtifactTestResults"])
    assert {item.key for item in entry.custom_metadata_list} >= {"CondaEnvironment", "ModelFileName", "ClientLibrary"}
    assert '"petal width (cm)"' in str(entry.input_schema)
    client.get_model_provenance(entry.id)
    assert client.head_model_artifact(entry.id).file_name == f"{entry.id}.zip"


def test_what_was_trained_answers_over_http_and_tells_what_made_the_answer(
    saved: SklearnModel, iris: Any, classifier: Any, client: DataScienceClient
) -> None:
    deployment = saved.deploy(display_name="iris", deployment_ocpus=1, freeform_tags={"c": "d"})
    assert deployment.lifecycle_state == "ACTIVE"
    assert saved.model_deployment_id == deployment.model_deployment_id
    assert client.get_model_deployment(deployment.model_deployment_id).freeform_tags == {"c": "d"}
    expected = classifier.predict(iris.data).tolist()
    assert saved.predict(iris.data)["prediction"] == expected
    assert saved.predict(iris.data.to_numpy())["prediction"] == expected
    traced = saved.predict_traced(FLOWER)
    assert traced.origin.model_id == saved.model_id
    assert traced.origin.artifact == client.head_model_artifact(str(saved.model_id)).digest
    assert list(saved.summary_status().reset_index()["Status"])[-2:] == ["ACTIVE", "Available"]
    _swap(saved, classifier)
    _load_back(saved, iris)
    assert saved.restart_deployment().lifecycle_state == "ACTIVE"
    with pytest.raises(errors.Conflict):
        saved.delete()
    saved.delete(delete_associated_model_deployment=True, delete_model_artifact=True)
    assert not Path(str(saved.artifact_dir)).exists()
    with pytest.raises(NotActiveDeploymentError, match="DELETED"):
        saved.predict(FLOWER)


def _swap(served: SklearnModel, classifier: Any) -> None:
    second = SklearnModel(classifier).prepare()
    second.save(reload=False)
    served.update_deployment(model_id=second.model_id, description="second")
    assert served.predict_traced(FLOWER).origin.model_id == second.model_id
    GenericModel.update_deployment(served.model_deployment_id, model_id=served.model_id, wait_for_completion=True)
    assert served.predict_traced(FLOWER).origin.model_id == served.model_id


def _load_back(served: SklearnModel, iris: Any) -> None:
    by_id = SklearnModel.from_id(str(served.model_deployment_id))
    by_deployment = SklearnModel.from_model_deployment(str(served.model_deployment_id), download_artifact=False)
    for again in (by_id, by_deployment):
        assert again.model_id == served.model_id
        assert again.predict(iris.data.head(3)) == served.predict(iris.data.head(3))
    assert by_deployment.artifact_dir is None


def test_everything_at_once_passes_every_option_on(
    make_model: Any, at_service: Any, client: DataScienceClient, iris: Any
) -> None:
    model = make_model()
    deployment = model.prepare_save_deploy(
        X_sample=iris.data,
        model_display_name="m",
        model_freeform_tags={"of": "model"},
        deployment_display_name="d",
        deployment_description="words",
        freeform_tags={"of": "deployment"},
        environment_variables={"COLOUR": "red"},
        max_wait_time=60,
    )
    assert client.get_model(model.model_id).freeform_tags == {"of": "model"}
    resource = client.get_model_deployment(deployment.model_deployment_id)
    assert (resource.display_name, resource.description, resource.freeform_tags) == (
        *("d", "words", {"of": "deployment"}),
    )
    configuration = resource.model_deployment_configuration_details
    assert configuration is not None
    assert configuration.environment_configuration_details is not None
    assert configuration.environment_configuration_details.environment_variables == {"COLOUR": "red"}
    model.delete_deployment()
    assert deployment.lifecycle_state == "DELETED"


def test_a_model_that_does_not_come_up_is_an_error_with_its_own_traceback(make_model: Any, at_service: Any) -> None:
    model = make_model().prepare()
    score = Path(model.artifact_dir) / "score.py"
    score.write_text("def load_model():\n    raise KeyError('no weights')\n\ndef predict(data, model=None): pass\n")
    with pytest.raises(errors.ModelLoadError, match="no weights"):
        model.save()
    model.save(reload=False)
    with pytest.raises(errors.WorkRequestFailed, match="KeyError: 'no weights'"):
        model.deploy()
    assert model.model_deployment is not None
    assert model.model_deployment.lifecycle_state == "FAILED"
    with pytest.raises(NotActiveDeploymentError, match="FAILED"):
        model.predict(FLOWER)
    model.delete(delete_associated_model_deployment=True)


def test_an_error_of_the_model_is_an_exception(make_model: Any, at_service: Any) -> None:
    model = make_model().prepare()
    model.save(reload=False)
    model.deploy()
    with pytest.raises(errors.PredictionFailed, match="features"):
        model.predict([[1.0]])
    with pytest.raises(TypeError):
        model.predict({1, 2}, auto_serialize_data=False)
    model.delete(delete_associated_model_deployment=True)


# ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_artifact_that_does_not_pass_is_not_saved_unless_told(
    make_model: Any, at_service: Any, client: DataScienceClient
) -> None:
    model = make_model().prepare()
    (Path(model.artifact_dir) / "score.py").write_text("def load_model(): pass\n")
    before = _models(client)
    with pytest.raises(IntrospectionNotPassed, match="score_predict: "):
        model.save()
    assert _models(client) == before
    model.save(ignore_introspection=True, reload=False)
    assert len(_models(client)) == len(before) + 1


def test_a_runtime_yaml_changed_behind_its_back_is_noticed(make_model: Any, at_service: Any) -> None:
    model = make_model().prepare()
    file = Path(model.artifact_dir) / "runtime.yaml"
    file.write_text(file.read_text().replace("INFERENCE_ENV_SLUG: '", "INFERENCE_ENV_SLUG: 'x"))
    with pytest.raises(RuntimeInfoInconsistencyError, match="reload_runtime_info"):
        model.save(reload=False)
    model.reload_runtime_info()
    assert model.save(reload=False)


class CutOff(Transport):
    """A network that breaks as soon as an artifact is sent."""

    def send(self, request: Request) -> Answer:
        if request.path.endswith("/artifact"):
            raise errors.ServiceUnreachable("the cable is out")
        return super().send(request)


def test_an_upload_that_fails_leaves_no_entry(make_model: Any, client: DataScienceClient) -> None:
    model = make_model().prepare()
    before = _models(client)
    transport = CutOff(client.profile)
    with (
        DataScienceClient(client.profile, transport=transport) as model.client,
        pytest.raises(errors.ServiceUnreachable, match="cable"),
    ):
        model.save(reload=False)
    assert _models(client) == before
    assert model.model_id is None


def test_an_artifact_that_cannot_be_packed_leaves_no_entry(
    make_model: Any, at_service: Any, client: DataScienceClient
) -> None:
    model = make_model().prepare()
    before = _models(client)
    os.mkfifo(Path(model.artifact_dir) / "pipe")
    with pytest.raises(errors.ArtifactError, match="neither a file nor a folder"):
        model.save(reload=False)
    assert _models(client) == before


def test_a_file_that_is_left_out_is_said(make_model: Any, at_service: Any) -> None:
    model = make_model().prepare()
    (Path(model.artifact_dir) / ".env").write_text("SECRET=1")
    with pytest.warns(UserWarning, match=r"\.env"):
        model.save(reload=False)


def test_what_cannot_be_honoured_is_refused(make_model: Any, nowhere: Path) -> None:
    with pytest.raises(ValueError, match="featurestore_dataset cannot be honoured"):
        make_model().prepare().save(featurestore_dataset="x")


def test_there_is_nothing_to_save_or_deploy_at_first(make_model: Any, nowhere: Path) -> None:
    with pytest.raises(ArtifactsNotAvailableError):
        make_model().save()
    for call in (make_model().deploy, make_model().update, make_model().delete, make_model().download_artifact):
        with pytest.raises(ValueError, match="call save"):
            call()
    with pytest.raises(NotActiveDeploymentError, match="call deploy"):
        make_model().predict(FLOWER)
    for call in (make_model().restart_deployment, make_model().delete_deployment):
        with pytest.raises(ValueError, match="call deploy"):
            call()
    with pytest.raises(ValueError, match="model_deployment_id"):
        GenericModel.update_deployment(description="x")


def test_without_a_service_the_command_to_run_is_said(make_model: Any, nowhere: Path) -> None:
    with pytest.raises(errors.ServiceUnreachable, match="modelyard up"):
        make_model().prepare().save(reload=False)


def test_the_summary_asks_nobody(make_model: Any, nowhere: Path) -> None:
    table = make_model().prepare().summary_status()
    assert isinstance(table, pd.DataFrame)
    assert len(table) == 10


def test_metadata_of_a_saved_model_can_change(saved: SklearnModel, client: DataScienceClient) -> None:
    saved.metadata_custom.add("note", "important", replace=True)
    assert saved.update(description="changed") is saved
    entry = client.get_model(str(saved.model_id))
    assert entry.description == "changed"
    assert "important" in {item.value for item in entry.custom_metadata_list}
    assert (entry.display_name, entry.freeform_tags) == ("iris", {"a": "b"})


def test_auth_is_enough_to_find_a_service(
    make_model: Any, service: Any, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import configparser

    parser = configparser.ConfigParser()
    parser.read(service.home / "oci" / "config")
    auth = {"config": dict(parser["DEFAULT"]), "client_kwargs": {"service_endpoint": service.endpoint}}
    place = {"project_id": service.project_id, "compartment_id": service.compartment_id}
    model = make_model(auth=auth).prepare()
    with pytest.raises(ValueError, match="No project_id is known"):
        model.save()
    assert model.save(**place, reload=False)


def _models(client: DataScienceClient) -> set[str]:
    return {model.id for model in client.list_models(str(client.profile.compartment_id), lifecycle_state="ACTIVE")}
