"""The REST operations of where models come from."""

from __future__ import annotations

import msgspec

from modelyard.catalog import provenances
from modelyard.database.retry_tokens import Repeatable
from modelyard.resources.model import CreateModelProvenanceDetails, ModelProvenance, UpdateModelProvenanceDetails
from modelyard.wire.operation import Call, Reply, operation
from modelyard.wire.replies import one


class Provenances:
    """Answer for where models come from."""

    def __init__(self, service: provenances.Provenances) -> None:
        self._provenances = service

    @operation("POST", "/models/{model_id}/provenance", request=CreateModelProvenanceDetails, response=ModelProvenance)
    def create_model_provenance(self, call: Call) -> Reply:
        """Say where a model comes from."""
        again = Repeatable.of(call, "create_model_provenance")
        return one(self._provenances.create(call.path["model_id"], _provenance(call), again=again))

    @operation("GET", "/models/{model_id}/provenance", response=ModelProvenance)
    def get_model_provenance(self, call: Call) -> Reply:
        """Get where a model comes from."""
        return one(self._provenances.get(call.path["model_id"]))

    @operation("PUT", "/models/{model_id}/provenance", request=UpdateModelProvenanceDetails, response=ModelProvenance)
    def update_model_provenance(self, call: Call) -> Reply:
        """Change where a model comes from."""
        return one(self._provenances.update(call.path["model_id"], _provenance(call), if_match=call.if_match))


def _provenance(call: Call) -> ModelProvenance:
    assert isinstance(call.body, ModelProvenance)
    return ModelProvenance(**msgspec.structs.asdict(call.body))
