"""A model as the catalog has it: what was last seen of it, and what is asked for when somebody looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from modelyard import ids
from modelyard.errors import NotFound, UsageError
from modelyard.model import loading
from modelyard.model.connection import client_of
from modelyard.model.drafted_model import DraftedModel
from modelyard.model.failures import ModelNotSavedError, ModelProvenanceNotFoundError
from modelyard.model.model_metadata import ModelCustomMetadata, ModelTaxonomyMetadata
from modelyard.model.model_settings import (
    ModelBackupOperationDetails,
    ModelBackupSetting,
    ModelRetentionOperationDetails,
    ModelRetentionSetting,
)
from modelyard.model.provenance_metadata import ModelProvenanceMetadata
from modelyard.resources.model import Model, ModelSummary
from modelyard.resources.noun import Noun

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from modelyard.client.data_science import DataScienceClient
    from modelyard.client.profile import Auth
    from modelyard.model.drafted_model import ModelFields

_COPIED = (
    *("id", "project_id", "compartment_id", "display_name", "description", "freeform_tags", "defined_tags"),
    *("model_version_set_id", "model_version_set_name", "version_label", "version_id"),
    *("created_by", "lifecycle_details", "time_created"),
)
"""The fields that are on the wire as they are here."""

_OF_THE_USER = frozenset({"artifact", "model_file_description"})
"""The fields that the catalog does not tell."""

_PROVENANCE = "provenance_metadata"


class SavedModel(DraftedModel):
    """Be a model that the catalog has or is to have."""

    def __init__(
        self, spec: Mapping[str, object] | None = None, *, auth: Auth | None = None, **kwargs: Unpack[ModelFields]
    ) -> None:
        self._unasked: set[str] = set()
        self._seen: Model | None = None
        self.auth = auth
        super().__init__(spec, **kwargs)

    @cached_property
    def client(self) -> DataScienceClient:
        """Who talks to the service for this model; made at the first use."""
        return client_of(self.auth)

    @classmethod
    def from_id(cls, id: str, *, auth: Auth | None = None) -> Self:
        """Return the model of an OCID.

        Args:
            id: The OCID.
            auth: Who talks to the service.

        Raises:
            NotFound: There is no such model.
            ValueError: It is the OCID of something else.
        """
        if not ids.is_ocid(id, ids.MODEL):
            raise UsageError(f"{id!r} is not the OCID of a model.")
        client = client_of(auth)
        return cls.seen(client.get_model(id), client=client, auth=auth)

    def sync(self) -> Self:
        """Look again what the catalog says of it; return the model.

        Raises:
            ModelNotSavedError: It is not in the catalog.
        """
        model_id = self._saved()
        return self._as_seen(self.client.get_model(model_id))

    def provenance(self) -> ModelProvenanceMetadata:
        """Return where the catalog says that it comes from.

        Raises:
            ModelNotSavedError: It is not in the catalog.
            ModelProvenanceNotFoundError: Nobody said it.
        """
        model_id = self._saved()
        try:
            return ModelProvenanceMetadata.from_wire(self.client.get_model_provenance(model_id))
        except NotFound as error:
            raise ModelProvenanceNotFoundError(f"Nobody said where the model {model_id} comes from.") from error

    def set_spec(self, k: str, v: object) -> Self:
        """Say a field; see :meth:`Builder.set_spec`."""
        super().set_spec(k, v)
        self._unasked.discard(self._field(k).name)
        return self

    def get_spec(self, key: str, default: object = None) -> object:
        """Return a field; what a list left out is asked for now."""
        name = self._field(key).name
        if name in self._unasked:
            self._ask({name})
        return super().get_spec(name, default)

    def _shown(self) -> dict[str, object]:
        self._ask(set(self._unasked))
        return super()._shown()

    def _ask(self, names: set[str]) -> None:
        """Fill in fields that nobody has said anything of since the catalog was asked last."""
        if names - {_PROVENANCE}:
            model_id = self._saved()
            resource = self.client.get_model(model_id)
            self._seen = self._seen or resource
            self._take(_told_by(resource), only=self._unasked - {_PROVENANCE})
        if _PROVENANCE in names:
            try:
                self._take({_PROVENANCE: self.provenance()}, only={_PROVENANCE})
            except ModelProvenanceNotFoundError:  # it was never told
                self._unasked.discard(_PROVENANCE)

    def _take(self, told: Mapping[str, object], *, only: Collection[str]) -> None:
        for name in [name for name in told if name in only]:
            self.set_spec(name, told[name])

    @classmethod
    def seen(cls, resource: ModelSummary, *, client: DataScienceClient, auth: Auth | None = None) -> Self:
        """Return the model that the catalog tells of, whole or as lists do."""
        made = cls(auth=auth)
        made.client = client
        return made._as_seen(resource)

    def _as_seen(self, resource: ModelSummary) -> Self:
        told = _told_by(resource)
        self._seen = resource if isinstance(resource, Model) else None
        self._take(told, only=told)
        self._unasked = set(self.fields) - set(told) - _OF_THE_USER
        return self

    def _saved(self) -> str:
        found = self._spec.get("id")
        if not isinstance(found, str):
            raise ModelNotSavedError
        return found


def _told_by(resource: ModelSummary) -> dict[str, object]:
    """Return the fields that the catalog tells, by their names here."""
    told = {name: getattr(resource, name) for name in _COPIED if hasattr(resource, name)}
    told["lifecycle_state"] = resource.lifecycle_state.value
    if not isinstance(resource, Model):
        return told
    return told | {
        "input_schema": loading.schema_of(resource.input_schema) if resource.input_schema else None,
        "output_schema": loading.schema_of(resource.output_schema) if resource.output_schema else None,
        "custom_metadata_list": ModelCustomMetadata.from_wire(resource.custom_metadata_list),
        "defined_metadata_list": ModelTaxonomyMetadata.from_wire(resource.defined_metadata_list),
        "retention_setting": _setting_of(resource.retention_setting, ModelRetentionSetting),
        "backup_setting": _setting_of(resource.backup_setting, ModelBackupSetting),
        "retention_operation_details": _setting_of(
            resource.retention_operation_details, ModelRetentionOperationDetails
        ),
        "backup_operation_details": _setting_of(resource.backup_operation_details, ModelBackupOperationDetails),
    }


def _setting_of(noun: Noun | None, kind: type) -> object:
    said = msgspec.structs.asdict(noun) if noun is not None else {}
    return kind(**{name: value for name, value in said.items() if value is not None}) if said else None
