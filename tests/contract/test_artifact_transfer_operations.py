"""Artifacts from buckets and to them, and models by reference, driven by the official SDK."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.data_science.models


@dataclass
class Harbour:
    """A bucket beside the catalog."""

    official: Any
    storage: Any
    namespace: str
    bucket: str

    def put(self, name: str, data: bytes) -> None:
        self.storage.put_object(self.namespace, self.bucket, name, data)

    def export(self, model_id: str, name: str, **fields: Any) -> Any:
        """Ask for an export; return the answer."""
        source = models.ArtifactExportDetailsObjectStorage(
            namespace=self.namespace,
            source_bucket=self.bucket,
            source_object_name=name,
            source_region="local-1",
            **fields,
        )
        details = models.ExportModelArtifactDetails(artifact_export_details=source)
        return self.official.data_science.export_model_artifact(model_id, details)

    def bring(self, model_id: str, name: str) -> Any:
        """Ask for an import; return the answer."""
        target = models.ArtifactImportDetailsObjectStorage(
            namespace=self.namespace,
            destination_bucket=self.bucket,
            destination_object_name=name,
            destination_region="local-1",
        )
        details = models.ImportModelArtifactDetails(artifact_import_details=target)
        return self.official.data_science.import_model_artifact(model_id, details)


@pytest.fixture
def harbour(official: Any) -> Harbour:
    storage = oci.object_storage.ObjectStorageClient(
        official.config, service_endpoint=official.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )
    namespace = storage.get_namespace().data
    bucket = f"harbour-{uuid.uuid4().hex[:8]}"
    details = oci.object_storage.models.CreateBucketDetails(
        name=bucket, compartment_id=official.compartment_id, versioning="Enabled"
    )
    storage.create_bucket(namespace, details)
    return Harbour(official, storage, namespace, bucket)


def test_an_artifact_comes_from_a_bucket_serves_and_goes_back(harbour: Harbour, zips: Any) -> None:
    official = harbour.official
    artifact = zips(factor=7)
    harbour.put("in/artifact.zip", artifact)
    model_id = official.create_model()
    answer = harbour.export(model_id, "in/artifact.zip")
    assert answer.status == 202
    request = official.wait_for_work_request(answer)
    assert (request.status, request.operation_type) == ("SUCCEEDED", "EXPORT_MODEL_ARTIFACT")
    assert [each.identifier for each in request.resources] == [model_id]
    assert official.data_science.list_work_request_logs(request.id).data[-1].message
    head = official.data_science.head_model_artifact(model_id)
    assert int(head.headers["content-length"]) == len(artifact)
    deployment = official.deploy(model_id)
    answer = official.inference.predict(deployment.id, json.dumps([1, 2])).data
    assert json.loads(answer)["prediction"] == [7, 14]
    official.data_science.delete_model_deployment(deployment.id)
    request = official.wait_for_work_request(harbour.bring(model_id, "out/artifact.zip"))
    assert (request.status, request.operation_type) == ("SUCCEEDED", "IMPORT_MODEL_ARTIFACT")
    assert harbour.storage.get_object(harbour.namespace, harbour.bucket, "out/artifact.zip").data.content == artifact


def test_an_export_of_what_is_not_there_is_refused(harbour: Harbour, zips: Any) -> None:
    model_id = harbour.official.create_model()
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        harbour.export(model_id, "none.zip")
    assert (caught.value.status, caught.value.code) == (404, "ObjectNotFound")
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        harbour.bring(model_id, "out.zip")
    assert caught.value.status == 404
    harbour.put("a.zip", zips())
    given = harbour.official.create_model(artifact=zips())
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        harbour.export(given, "a.zip")
    assert (caught.value.status, caught.value.code) == (409, "Conflict")


def test_a_model_by_reference_serves_its_objects_as_they_were(harbour: Harbour) -> None:
    official = harbour.official
    harbour.put(
        "model/score.py", b"def load_model():\n    return 5\n\ndef predict(data, model=5):\n    return data * 5\n"
    )
    model_id = official.create_model()
    reference = models.OSSModelArtifactReferenceDetails(
        namespace=harbour.namespace, bucket_name=harbour.bucket, prefix="model/"
    )
    answer = official.data_science.register_model_artifact_reference(
        register_model_artifact_reference_details=models.RegisterModelArtifactReferenceDetails(
            model_artifact_references=[reference]
        ),
        model_id=model_id,
    )
    request = official.wait_for_work_request(answer)
    assert (request.status, request.operation_type) == ("SUCCEEDED", "REGISTER_MODEL_ARTIFACT")
    assert official.data_science.get_model(model_id).data.is_model_by_reference is True
    harbour.put("model/score.py", b"def predict(data): raise ValueError")
    deployment = official.deploy(model_id)
    assert json.loads(official.inference.predict(deployment.id, "8").data) == 40
    official.data_science.delete_model_deployment(deployment.id)


def test_a_transfer_can_be_cancelled_until_it_has_ended(harbour: Harbour, zips: Any) -> None:
    official = harbour.official
    harbour.put("a.zip", zips())
    request = official.wait_for_work_request(harbour.export(official.create_model(), "a.zip"))
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        official.data_science.cancel_work_request(request.id)
    assert (caught.value.status, caught.value.code) == (409, "Conflict")
