"""Pipelines of transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.errors import UsageError
from modelyard.model.framework.checks import describe_as
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.framework.images import open_image
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import HuggingFaceSerializerType

if TYPE_CHECKING:
    from modelyard.model.request_data import Body
    from modelyard.model.serde.common import SERDE


class HuggingFacePipelineModel(EstimatorModel):
    """Be a pipeline of transformers on its way to an endpoint.

    It is saved as transformers itself saves it, with its weights as safetensors. A dictionary that is sent to it holds
    arguments by their names; a text, a list, an image or the bytes of one is the one argument.

    Args:
        estimator: What ``transformers.pipeline(…)`` returns.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``huggingface``.
        model_input_serializer: How data is sent: ``json``.
        as_onnx: Not there: pipelines are not converted.

    Raises:
        TypeError: The estimator is no pipeline.

    Example:
        A classifier of texts::

            model = HuggingFacePipelineModel(pipeline("text-classification", model=network, tokenizer=tokenizer))
            model.prepare().verify(["a good film"])  # {'prediction': [{'label': 'POSITIVE', 'score': 0.99}]}
    """

    model_save_serializer_type: ClassVar[type] = HuggingFaceSerializerType

    _template: ClassVar[str] = "huggingface"
    _serializers: ClassVar[tuple[str, ...]] = ("huggingface",)
    _preferred: ClassVar[tuple[str, ...]] = ("huggingface",)

    @property
    def task(self) -> str | None:
        """What the pipeline does, such as ``text-classification``."""
        return getattr(self.estimator, "task", None)

    def serialize_model(  # type: ignore[override] # the order is the reference's for this class
        self,
        as_onnx: bool = False,
        force_overwrite: bool = False,
        X_sample: object = None,  # noqa: N803 (the reference's)
    ) -> None:
        """Write the pipeline alone into the artifact's folder.

        Args:
            as_onnx: Not there: pipelines are not converted.
            force_overwrite: Whether a file that is there already may be written over.
            X_sample: Not needed.

        Raises:
            FileAlreadyExists: There is such a file already. Nothing was touched.
            ArtifactError: The pipeline cannot be written.
        """
        super().serialize_model(as_onnx=as_onnx, force_overwrite=force_overwrite, X_sample=X_sample)

    def set_model_input_serializer(self, model_input_serializer: str | SERDE) -> None:
        """Choose how data is sent; ``huggingface``, the reference's name for it, is ``json``, which loses nothing."""
        super().set_model_input_serializer(
            "json" if model_input_serializer == "huggingface" else model_input_serializer
        )

    def _describe(self, estimator: object) -> EstimatorFacts:
        facts = describe_as(
            estimator, (Framework.TRANSFORMERS,), model="HuggingFacePipelineModel", of="pipeline of transformers"
        )
        if estimator is not None and not hasattr(estimator, "task"):
            raise TypeError(
                f"A {type(estimator).__qualname__} alone is no pipeline: make one of it and its tokenizer, with "
                "transformers.pipeline(task, model=…, tokenizer=…)."
            )
        return facts

    def _own_predict(self) -> Callable[[object], object] | None:
        pipeline = self.estimator
        if not callable(pipeline):
            return None
        return lambda sample: pipeline(**sample) if isinstance(sample, dict) else pipeline(sample)

    def _body(self, data: object, *, auto_serialize_data: bool, content_type: str | None, image: object) -> Body:
        if image is not None and data is not None:
            raise UsageError("Both data and image were given: pass a dictionary with all arguments as data.")
        if image is not None:
            data, image = open_image(image), None
        return super()._body(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
