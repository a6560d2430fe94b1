"""How long an artifact is kept and where it is backed up: the settings, and how they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from modelyard.errors import UsageError
from modelyard.model.metadata_items import yaml_of
from modelyard.model.metadata_names import NamesType
from modelyard.resources.model import BackupSetting, RetentionSetting

if TYPE_CHECKING:
    from typing_extensions import Self


class CustomerNotificationType(str, metaclass=NamesType):
    """Name when somebody is told."""

    __slots__ = ()

    NONE = "NONE"
    ALL = "ALL"
    ON_FAILURE = "ON_FAILURE"
    ON_SUCCESS = "ON_SUCCESS"


class SettingStatus(str, metaclass=NamesType):
    """Name how archiving, deletion or backup stands."""

    __slots__ = ()

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass
class _Written:
    """Be fields that go to dictionaries and back."""

    _choices: ClassVar[Mapping[str, NamesType]] = {}

    def __post_init__(self) -> None:
        self.validate()

    def to_dict(self) -> dict[str, object]:
        """Return the fields that are set."""
        return {name: _plain(value) for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return what a dictionary says.

        Raises:
            ValueError: It has a name that is no field, or a value that is not allowed.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise UsageError(f"A {cls.__name__} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        return cls(**data)

    def to_json(self) -> str:
        """Return the fields that are set, as JSON."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, json_str: str) -> Self:
        """Return what JSON says; raises as :meth:`from_dict` does."""
        try:
            said = json.loads(json_str)
        except json.JSONDecodeError as error:
            raise UsageError(f"A {cls.__name__} is read from JSON, which this is not: {error}.") from None
        if not isinstance(said, dict):
            raise UsageError(f"A {cls.__name__} is an object in JSON, not {json_str[:80]!r}.")
        return cls.from_dict(said)

    def to_yaml(self) -> str:
        """Return the fields that are set, as YAML."""
        return yaml_of(self.to_dict())

    def validate(self) -> bool:
        """Return True, or raise ValueError for a value that is not allowed."""
        for name, allowed in self._choices.items():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise UsageError(
                    f"{name} of a {type(self).__name__} is one of {', '.join(allowed.values())}, not {value!r}."
                )
        return True


@dataclass
class ModelBackupSetting(_Written):
    """Say whether and where an artifact is backed up."""

    is_backup_enabled: bool | None = None
    backup_region: str | None = None
    customer_notification_type: str | None = None
    _choices = {"customer_notification_type": CustomerNotificationType}

    def validate(self) -> bool:
        """Return True, or raise ValueError for a value that is not allowed."""
        if self.is_backup_enabled is not None and not isinstance(self.is_backup_enabled, bool):
            raise UsageError(f"is_backup_enabled is True or False, not {self.is_backup_enabled!r}.")
        if self.is_backup_enabled and not self.backup_region:
            raise UsageError("A backup needs a region: give backup_region, or set is_backup_enabled to False.")
        return super().validate()

    def to_wire(self) -> BackupSetting:
        """Return the setting as the catalog takes it."""
        return BackupSetting(
            is_backup_enabled=bool(self.is_backup_enabled),
            backup_region=self.backup_region or "",
            customer_notification_type=self.customer_notification_type,  # type: ignore[arg-type] # by validate()
        )


@dataclass
class ModelRetentionSetting(_Written):
    """Say when an artifact is archived and deleted, in days after its model was created."""

    archive_after_days: int | None = None
    delete_after_days: int | None = None
    customer_notification_type: str | None = None
    _choices = {"customer_notification_type": CustomerNotificationType}

    def validate(self) -> bool:
        """Return True, or raise ValueError for a value that is not allowed."""
        for name in ("archive_after_days", "delete_after_days"):
            days = getattr(self, name)
            if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 0):
                raise UsageError(f"{name} is a number of days, not {days!r}.")
        if self.delete_after_days is not None and self.archive_after_days is None:
            raise UsageError("What is deleted is archived before: give archive_after_days too.")
        return super().validate()

    def to_wire(self) -> RetentionSetting:
        """Return the setting as the catalog takes it.

        Raises:
            ValueError: It does not say when to archive.
        """
        if self.archive_after_days is None:
            raise UsageError("A retention setting needs archive_after_days.")
        return RetentionSetting(
            archive_after_days=self.archive_after_days,
            delete_after_days=self.delete_after_days,
            customer_notification_type=self.customer_notification_type,  # type: ignore[arg-type] # by validate()
        )


@dataclass
class ModelRetentionOperationDetails(_Written):
    """Tell how archiving and deletion stand."""

    archive_state: str | None = None
    archive_state_details: str | None = None
    delete_state: str | None = None
    delete_state_details: str | None = None
    time_archival_scheduled: datetime | None = None
    time_deletion_scheduled: datetime | None = None
    _choices = {"archive_state": SettingStatus, "delete_state": SettingStatus}


@dataclass
class ModelBackupOperationDetails(_Written):
    """Tell how the backup stands."""

    backup_state: str | None = None
    backup_state_details: str | None = None
    time_last_backup: datetime | None = None
    _choices = {"backup_state": SettingStatus}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
