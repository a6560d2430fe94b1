"""Retention and backup: what is asked for is checked and said back, and nothing is promised that is not done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from modelyard.database.retry_tokens import Repeatable
from modelyard.errors import Conflict, EtagMismatch, InvalidParameter, MethodNotImplemented
from modelyard.resources.model import BackupSetting, RetentionSetting, UpdateModelDetails


def again(token: str | None = None) -> Repeatable:
    return Repeatable(caller="user", token=token, operation="any", request=b"")


def test_a_retention_setting_says_when_it_is_due(yard) -> None:
    setting = RetentionSetting(archive_after_days=1, delete_after_days=2, customer_notification_type="NONE")
    model = yard.model(retention_setting=setting).noun
    details = model.retention_operation_details
    assert model.retention_setting == setting
    assert (details.archive_state, details.delete_state) == ("PENDING", "PENDING")
    assert details.time_archival_scheduled == model.time_created + timedelta(days=1)
    assert details.time_deletion_scheduled == model.time_created + timedelta(days=2)
    assert "does not archive" in details.archive_state_details


def test_a_change_of_the_setting_is_a_change_of_the_schedule(yard) -> None:
    model = yard.model(retention_setting=RetentionSetting(archive_after_days=1, delete_after_days=2)).noun
    yard.pass_time(days=1)
    change = UpdateModelDetails(retention_setting=RetentionSetting(archive_after_days=5))
    details = yard.catalog.models.update(model.id, change, if_match=None).noun.retention_operation_details
    assert details.time_archival_scheduled == model.time_created + timedelta(days=5)
    assert (details.delete_state, details.time_deletion_scheduled) == (None, None)


def test_a_model_without_a_setting_has_no_schedule(yard) -> None:
    assert yard.model().noun.retention_operation_details is None


@pytest.mark.parametrize(
    ("archive", "delete", "says"),
    [
        (-1, None, "archiveAfterDays is -1"),
        (10**12, None, "archiveAfterDays is 1000000000000"),
        (1, 10**12, "deleteAfterDays is 1000000000000"),
        (3, 3, "must be more than archiveAfterDays, 3"),
        (3, 2, "must be more"),
    ],
)
def test_days_that_make_no_sense_are_refused(yard, archive: int, delete: int | None, says: str) -> None:
    setting = RetentionSetting(archive_after_days=archive, delete_after_days=delete)
    with pytest.raises(InvalidParameter, match=says):
        yard.model(retention_setting=setting)
    with pytest.raises(InvalidParameter, match=says):
        yard.catalog.models.update("any", UpdateModelDetails(retention_setting=setting), if_match=None)


def test_backups_are_refused_and_their_absence_is_kept(yard) -> None:
    with pytest.raises(MethodNotImplemented, match="isBackupEnabled to false"):
        yard.model(backup_setting=BackupSetting(is_backup_enabled=True, backup_region="x"))
    setting = BackupSetting(is_backup_enabled=False, backup_region="x")
    model = yard.model(backup_setting=setting).noun
    assert (model.backup_setting, model.backup_operation_details) == (setting, None)


def test_an_artifact_that_was_never_archived_is_restored_at_once(yard) -> None:
    model = yard.model().noun
    with pytest.raises(Conflict, match="no artifact to restore"):
        yard.catalog.models.restore(model.id, again=again(), if_match=None)
    yard.upload(model.id, b"x")
    with pytest.raises(EtagMismatch):
        yard.catalog.models.restore(model.id, again=again(), if_match="other")
    first = yard.catalog.models.restore(model.id, again=again("t"), if_match=None)
    assert yard.catalog.models.restore(model.id, again=again("t"), if_match=None) == first


def test_a_model_or_project_moves_to_another_compartment_once(yard) -> None:
    model = yard.model().noun
    for service, id in ((yard.catalog.models, model.id), (yard.catalog.projects, model.project_id)):
        before = service.get(id)
        with pytest.raises(EtagMismatch):
            service.change_compartment(id, "other", again=again(), if_match="stale")
        etag = service.change_compartment(id, "other", again=again(f"t{id[:30]}"), if_match=before.etag)
        assert (service.get(id).noun.compartment_id, service.get(id).etag) == ("other", etag)
        assert service.change_compartment(id, "other", again=again(f"t{id[:30]}"), if_match=before.etag) == etag
