"""What the models of all frameworks are made from: an estimator, which prepare() writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelyard.model.generic_model import FrameworkSpecificModel

if TYPE_CHECKING:
    from modelyard.artifact.serializers import Serializer
    from modelyard.client.profile import Auth
    from modelyard.model.model_properties import ModelProperties
    from modelyard.model.serde.common import SERDE


class EstimatorModel(FrameworkSpecificModel):
    """Be a model of a framework whose estimator is written by prepare(): there is no ``serialize`` to choose."""

    def __init__(
        self,
        estimator: object = None,
        artifact_dir: str | None = None,
        properties: ModelProperties | dict[str, object] | None = None,
        auth: Auth | None = None,
        model_save_serializer: str | SERDE | Serializer | None = None,
        model_input_serializer: str | SERDE | None = None,
        *,
        as_onnx: bool = False,
    ) -> None:
        super().__init__(
            estimator=estimator,
            artifact_dir=artifact_dir,
            properties=properties,
            auth=auth,
            model_save_serializer=model_save_serializer,
            model_input_serializer=model_input_serializer,
            as_onnx=as_onnx,
        )
