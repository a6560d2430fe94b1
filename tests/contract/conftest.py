"""The official SDK, unmodified, pointed at a running service."""

from __future__ import annotations

import gc
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

oci = pytest.importorskip("oci")

SCORE_PY = """
import os

def load_model():
    return {"factor": FACTOR, "greeting": os.environ.get("GREETING")}

_model = load_model()

def predict(data, model=_model):
    return {"prediction": [value * model["factor"] for value in data], "greeting": model["greeting"]}
"""


def artifact_zip(*, factor: int = 2, score_py: str | None = None) -> bytes:
    """Return a small artifact without a runtime.yaml, which serves in the default environment."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("score.py", score_py or SCORE_PY.replace("FACTOR", str(factor)))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def zips() -> Callable[..., bytes]:
    """Makes artifacts."""
    return artifact_zip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the table of operations come last: it tells what all others have called.

    The official clients leave sockets to the garbage collector, whichever test that runs in; ours must not.
    """
    items.sort(key=lambda item: item.path.name == "test_operations_table.py")
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))


@pytest.fixture(scope="module", autouse=True)
def _sockets_are_collected() -> Iterator[None]:
    """Collect them before other tests run."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@dataclass
class Official:
    """The official clients, and what they need to know."""

    config: dict[str, Any]
    endpoint: str
    compartment_id: str
    project_id: str
    data_science: Any
    composite: Any
    inference: Any

    def create_model(self, *, artifact: bytes | None = None, **fields: Any) -> str:
        """Create a model, with an artifact unless none is given."""
        models = oci.data_science.models
        details = models.CreateModelDetails(
            compartment_id=self.compartment_id, project_id=self.project_id, **{"display_name": "contract", **fields}
        )
        model_id: str = self.data_science.create_model(details).data.id
        if artifact is not None:
            self.data_science.create_model_artifact(
                model_id, artifact, content_disposition='attachment; filename="artifact.zip"'
            )
        return model_id

    def deployment_details(self, model_id: str, *, variables: dict[str, str] | None = None, **fields: Any) -> Any:
        """Return what `create_model_deployment` takes for one small instance."""
        models = oci.data_science.models
        return models.CreateModelDeploymentDetails(
            compartment_id=self.compartment_id,
            project_id=self.project_id,
            model_deployment_configuration_details=models.SingleModelDeploymentConfigurationDetails(
                model_configuration_details=models.ModelConfigurationDetails(
                    model_id=model_id,
                    instance_configuration=models.InstanceConfiguration(
                        instance_shape_name="VM.Standard.E4.Flex",
                        model_deployment_instance_shape_config_details=(
                            models.ModelDeploymentInstanceShapeConfigDetails(ocpus=1, memory_in_gbs=16)
                        ),
                    ),
                    scaling_policy=models.FixedSizeScalingPolicy(instance_count=1),
                    bandwidth_mbps=10,
                ),
                environment_configuration_details=(
                    models.DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables or {})
                ),
            ),
            **{"display_name": "contract", **fields},
        )

    def deploy(self, model_id: str, **fields: Any) -> Any:
        """Deploy a model and wait until it is ACTIVE."""
        created = self.data_science.create_model_deployment(self.deployment_details(model_id, **fields)).data
        return self.wait(created.id, "ACTIVE")

    def wait(self, deployment_id: str, state: str) -> Any:
        """Wait until a deployment is in a state."""
        return oci.wait_until(
            self.data_science,
            self.data_science.get_model_deployment(deployment_id),
            "lifecycle_state",
            state,
            max_interval_seconds=1,
            max_wait_seconds=60,
        ).data

    def wait_for_work_request(self, response: Any) -> Any:
        """Wait until the work request of a response has ended."""
        return oci.wait_until(
            self.data_science,
            self.data_science.get_work_request(response.headers["opc-work-request-id"]),
            evaluate_response=lambda answer: answer.data.status in {"SUCCEEDED", "FAILED", "CANCELED"},
            max_interval_seconds=1,
            max_wait_seconds=60,
        ).data


@pytest.fixture(scope="session")
def official(service: Any) -> Official:
    """The official clients, as a user configures them: the written profile, and one endpoint."""
    config = oci.config.from_file(str(service.home / "oci" / "config"))
    settings = {"service_endpoint": service.endpoint, "retry_strategy": oci.retry.NoneRetryStrategy()}
    data_science = oci.data_science.DataScienceClient(config, **settings)
    return Official(
        config=config,
        endpoint=service.endpoint,
        compartment_id=service.compartment_id,
        project_id=service.project_id,
        data_science=data_science,
        composite=oci.data_science.DataScienceClientCompositeOperations(data_science),
        inference=oci.model_deployment.ModelDeploymentClient(config, **settings),
    )
