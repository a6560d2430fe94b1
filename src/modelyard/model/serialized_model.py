"""How a model is written and how its data is sent: what the user chose, or what is best for its class."""

from __future__ import annotations

from typing import ClassVar

from modelyard.artifact.estimator import describe_estimator
from modelyard.artifact.serializers import Serializer
from modelyard.model.metadata_names import Framework
from modelyard.model.request_data import Body, body_of
from modelyard.model.serde.common import SERDE
from modelyard.model.serde.model_input import JsonModelInputSerializer, ModelInputSerializerFactory
from modelyard.model.serde.model_serializer import ModelSerializer, format_of
from modelyard.model.serde.names import ModelInputSerializerType, ModelSerializerType
from modelyard.model.serializer_choice import Offer

_HELD_BY_SKOPS = frozenset({Framework.SCIKIT_LEARN, Framework.LIGHT_GBM, Framework.XGBOOST})


class SerializedModel:
    """Be the serializers of a model; a framework's class names its own."""

    model_save_serializer_type: ClassVar[type] = ModelSerializerType
    model_input_serializer_type: ClassVar[type] = ModelInputSerializerType

    _template: ClassVar[str] = "generic"
    _serializers: ClassVar[tuple[str, ...]] = ("cloudpickle", "skops", "joblib", "pickle", "onnx")
    _preferred: ClassVar[tuple[str, ...]] = (ModelSerializerType.CLOUDPICKLE,)
    _onnx: ClassVar[str | None] = None

    estimator: object
    model_input_serializer: SERDE
    """How data is sent."""

    _chosen: Serializer | None = None
    _save_serde: SERDE | None = None

    def set_model_save_serializer(self, model_save_serializer: str | SERDE | Serializer) -> None:
        """Choose how the estimator is written, by name or with a SERDE of one's own.

        Raises:
            ValueError: Models of this class are not written so.
        """
        if isinstance(model_save_serializer, str):
            self._chosen = self._offer().named(model_save_serializer)
        elif isinstance(model_save_serializer, SERDE):
            self._chosen = format_of(model_save_serializer)
        else:
            self._chosen = model_save_serializer
        self._save_serde = model_save_serializer if isinstance(model_save_serializer, SERDE) else None

    @property
    def model_save_serializer(self) -> SERDE:
        """How the estimator is written, unless it turns out that it cannot be."""
        return self.get_model_serializer()

    def get_model_serializer(self) -> SERDE:
        """Return how the estimator is written, unless it turns out that it cannot be."""
        if self._chosen is not None:
            return self._save_serde or ModelSerializer(self._chosen)
        return ModelSerializer(self._offer().preferred[0])

    def set_model_input_serializer(self, model_input_serializer: str | SERDE) -> None:
        """Choose how data is sent; raise NotImplementedError for a way that is not known."""
        self.model_input_serializer = ModelInputSerializerFactory.get(model_input_serializer)

    def get_data_serializer(self) -> SERDE:
        """Return how data is sent."""
        return self.model_input_serializer

    def _offer(self) -> Offer:
        return Offer(
            model=type(self).__name__,
            accepted=self._serializers,
            preferred=self._preferred_for(self.estimator),
            onnx=self._onnx,
        )

    def _preferred_for(self, estimator: object) -> tuple[str, ...]:
        """Return the serializers that are tried where the user chose none, in this order."""
        if ModelSerializerType.SKOPS in self._preferred or ModelSerializerType.SKOPS not in self._serializers:
            return self._preferred
        is_held = describe_estimator(estimator).framework in _HELD_BY_SKOPS
        return (ModelSerializerType.SKOPS, *self._preferred) if is_held else self._preferred

    def _template_for(self, estimator: object) -> str:  # noqa: ARG002 (for subclasses)
        """Return which blocks score.py has for the estimator's own objects."""
        return self._template

    def _serializer_options(self) -> dict[str, object]:
        """Return what only this framework's serializers understand."""
        return {}

    def _body(self, data: object, *, auto_serialize_data: bool, content_type: str | None, image: object) -> Body:
        own = not isinstance(self.model_input_serializer, JsonModelInputSerializer)
        if auto_serialize_data and own and data is not None and not isinstance(data, bytes):
            data, auto_serialize_data = self.model_input_serializer.serialize(data), False
        return body_of(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
