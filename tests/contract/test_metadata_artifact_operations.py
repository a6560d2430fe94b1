"""Artifacts of metadata items, compartments, retention and restoring, driven by the official SDK."""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest

oci = pytest.importorskip("oci")
models = oci.data_science.models

CONTENT = bytes(range(256)) * 500


def fault(call: Any, *arguments: Any, **options: Any) -> Any:
    """Return the ServiceError that a call ends in."""
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value


def operations_on(client: Any, kind: str) -> tuple[Any, Any, Any, Any, Any]:
    """Return the official operations of a kind of metadata: create, update, get, head, delete."""
    return tuple(
        getattr(client, f"{verb}_model_{kind}_metadatum_artifact{suffix}")
        for verb, suffix in (("create", ""), ("update", ""), ("get", "_content"), ("head", ""), ("delete", ""))
    )


def has_artifact(official: Any, model_id: str, kind: str) -> list[bool]:
    model = official.data_science.get_model(model_id).data
    return [item.has_artifact for item in getattr(model, f"{kind}_metadata_list")]


@pytest.mark.parametrize("kind", ["custom", "defined"])
def test_an_artifact_of_an_item_is_posted_read_replaced_and_deleted(official, kind):
    create, update, get, head, delete = operations_on(official.data_science, kind)
    key = "model card/é 1"
    model_id = official.create_model(**{f"{kind}_metadata_list": [models.Metadata(key=key, value="v")]})
    created = create(model_id, key, io.BytesIO(CONTENT), content_disposition='attachment; filename="card.json"')
    assert created.status == 204
    assert has_artifact(official, model_id, kind) == [True]
    asked = head(model_id, key)
    assert asked.headers["content-length"] == str(len(CONTENT))
    assert asked.headers["content-disposition"] == "attachment; filename=card.json"
    assert asked.headers["modelyard-artifact-digest"] == f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    assert get(model_id, key).data.content == CONTENT
    part = get(model_id, key, range="bytes=10-19")
    assert (part.status, part.data.content) == (206, CONTENT[10:20])
    assert fault(create, model_id, key, b"again").code == "Conflict"
    assert fault(update, model_id, key, b"new", if_match="stale").status == 412
    assert update(model_id, key, b"new", if_match=asked.headers["etag"]).status == 204
    assert get(model_id, key).data.content == b"new"
    assert delete(model_id, key).status == 204
    assert fault(get, model_id, key).status == 404
    assert fault(head, model_id, key).status == 404
    assert fault(delete, model_id, key).status == 404
    assert has_artifact(official, model_id, kind) == [False]


def test_a_key_that_the_catalog_defines_takes_an_artifact_without_an_item(official):
    create, _, get, _, _ = operations_on(official.data_science, "defined")
    model_id = official.create_model()
    disposition = 'form-data; name="file"; filename="readme.*"'
    assert create(model_id, "Readme", CONTENT, content_disposition=disposition).status == 204
    assert get(model_id, "Readme").data.content == CONTENT
    assert has_artifact(official, model_id, "defined") == [True]


@pytest.mark.parametrize("kind", ["custom", "defined"])
def test_an_item_that_is_not_there_is_a_404(official, kind):
    create, update, get, head, delete = operations_on(official.data_science, kind)
    model_id = official.create_model()
    for call in (get, head, delete):
        assert fault(call, model_id, "k").status == 404
    for call in (create, update):
        assert fault(call, model_id, "k", b"x").status == 404


def test_the_flag_survives_an_update_of_the_whole_list(official):
    items = [models.Metadata(key="a", value="1"), models.Metadata(key="b", value="2")]
    model_id = official.create_model(custom_metadata_list=items)
    official.data_science.create_model_custom_metadatum_artifact(model_id, "b", b"x")
    sent = [models.Metadata(key="a", value="3", has_artifact=False), models.Metadata(key="b", has_artifact=False)]
    official.data_science.update_model(model_id, models.UpdateModelDetails(custom_metadata_list=sent))
    assert has_artifact(official, model_id, "custom") == [False, True]


def test_a_value_over_its_limit_is_refused(official):
    items = [models.Metadata(key="a", value="x" * 16_001)]
    error = fault(official.create_model, custom_metadata_list=items)
    assert (error.status, error.code) == (400, "InvalidParameter")


def test_projects_and_models_move_to_another_compartment(official):
    client = official.data_science
    to = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    project = client.create_project(models.CreateProjectDetails(compartment_id=official.compartment_id)).data
    details = models.ChangeProjectCompartmentDetails(compartment_id=to)
    assert client.change_project_compartment(project.id, details).status == 204
    assert client.get_project(project.id).data.compartment_id == to
    model_id = official.create_model()
    etag = client.get_model(model_id).headers["etag"]
    details = models.ChangeModelCompartmentDetails(compartment_id=to)
    assert client.change_model_compartment(model_id, details, if_match=etag).status == 204
    assert [model.id for model in client.list_models(to).data] == [model_id]
    assert fault(client.change_model_compartment, model_id, details, if_match=etag).status == 412


def test_a_retention_setting_comes_back_with_its_schedule(official):
    setting = models.RetentionSetting(archive_after_days=30, delete_after_days=60, customer_notification_type="ALL")
    model_id = official.create_model(retention_setting=setting)
    model = official.data_science.get_model(model_id).data
    assert model.retention_setting == setting
    details = model.retention_operation_details
    assert (details.archive_state, details.delete_state) == ("PENDING", "PENDING")
    assert details.time_archival_scheduled - model.time_created == timedelta(days=30)
    assert details.time_deletion_scheduled - model.time_created == timedelta(days=60)
    error = fault(
        official.create_model, retention_setting=models.RetentionSetting(archive_after_days=2, delete_after_days=1)
    )
    assert (error.status, error.code) == (400, "InvalidParameter")


def test_a_backup_is_not_promised(official):
    setting = models.BackupSetting(is_backup_enabled=True, backup_region="us-ashburn-1")
    error = fault(official.create_model, backup_setting=setting)
    assert (error.status, error.code) == (501, "MethodNotImplemented")


def test_restoring_what_is_not_archived_ends_at_once(official):
    client = official.data_science
    model_id = official.create_model(artifact=b"PK")
    answer = client.restore_archived_model_artifact(model_id, restore_model_for_hours_specified=2)
    request = official.wait_for_work_request(answer)
    assert (answer.status, request.status, request.operation_type) == (202, "SUCCEEDED", "RESTORE_ARCHIVED_MODEL")
    error = fault(client.restore_archived_model_artifact, model_id, restore_model_for_hours_specified=0)
    assert (error.status, error.code) == (400, "InvalidParameter")
