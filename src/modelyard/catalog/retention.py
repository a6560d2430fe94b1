"""Retention and backup settings: what of them can be promised, and when what is promised is due."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from modelyard.errors import InvalidParameter, MethodNotImplemented
from modelyard.resources.model import BackupSetting, Model, RetentionOperationDetails, RetentionSetting

LONGEST_DAYS = 36_500
"""The latest that an artifact is archived or deleted, in days after its model was created."""

_BY_HAND = "Scheduled. This service does not {verb} artifacts by itself: delete the model when it is due."


def check(retention: RetentionSetting | None, backup: BackupSetting | None) -> None:
    """Raise for settings that make no sense, or that cannot be honoured here.

    Raises:
        InvalidParameter: Days below 0 or beyond a hundred years, or deletion that does not follow archiving.
        MethodNotImplemented: A backup to another region.
    """
    if retention is not None:
        _check_days(retention)
    if backup is not None and backup.is_backup_enabled:
        raise MethodNotImplemented(
            f"Artifacts are not backed up to {backup.backup_region!r}: set isBackupEnabled to false, and back up the "
            "home folder of the service."
        )


def scheduled(model: Model) -> Model:
    """Return a model that says when its retention setting is due."""
    setting = model.retention_setting
    if setting is None:
        return model
    deletion = setting.delete_after_days
    details = RetentionOperationDetails(
        archive_state="PENDING",
        archive_state_details=_BY_HAND.format(verb="archive"),
        time_archival_scheduled=model.time_created + timedelta(days=setting.archive_after_days),
        delete_state=None if deletion is None else "PENDING",
        delete_state_details=None if deletion is None else _BY_HAND.format(verb="delete"),
        time_deletion_scheduled=None if deletion is None else model.time_created + timedelta(days=deletion),
    )
    return msgspec.structs.replace(model, retention_operation_details=details)


def _check_days(setting: RetentionSetting) -> None:
    archive, delete = setting.archive_after_days, setting.delete_after_days
    for name, days in (("archiveAfterDays", archive), ("deleteAfterDays", delete)):
        if days is not None and not 0 <= days <= LONGEST_DAYS:
            raise InvalidParameter(f"retentionSetting.{name} is {days}; it takes 0 to {LONGEST_DAYS}.")
    if delete is not None and delete <= archive:
        raise InvalidParameter(
            f"retentionSetting.deleteAfterDays is {delete}; it must be more than archiveAfterDays, {archive}."
        )
