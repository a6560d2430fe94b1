"""TensorFlow's models: those of Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.model.framework.checks import describe_as
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.framework.images import eager_tensor_of_image
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import TensorflowModelSerializerType

if TYPE_CHECKING:
    from modelyard.model.request_data import Body


class TensorFlowModel(EstimatorModel):
    """Be a Keras model, of TensorFlow or on its own, on its way to an endpoint.

    It is saved in Keras's own format, which runs no code of the file. The files of its own classes go into the
    artifact; each needs what Keras asks of it, a ``get_config()`` where its constructor has arguments.

    Args:
        estimator: The trained ``keras.Model``.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``tf`` unless told, or ``tf_onnx``.
        model_input_serializer: How data is sent: ``json``.
        as_onnx: Whether prepare() converts the estimator to ONNX without being told.

    Raises:
        TypeError: The estimator is none of Keras's.

    Example:
        A network that was trained on pictures of digits::

            model = TensorFlowModel(network).prepare(X_sample=digits[:5])
            model.verify(tf.constant(digits[:2]))  # {'prediction': [[0.9, …], [0.0, …]]}
    """

    model_save_serializer_type: ClassVar[type] = TensorflowModelSerializerType

    _template: ClassVar[str] = "tensorflow"
    _serializers: ClassVar[tuple[str, ...]] = ("tf", "tf_onnx")
    _preferred: ClassVar[tuple[str, ...]] = ("tf",)
    _onnx: ClassVar[str | None] = "tf_onnx"

    def serialize_model(  # type: ignore[override] # the order is the reference's for this class
        self,
        as_onnx: bool = False,
        X_sample: object = None,  # noqa: N803 (the reference's)
        force_overwrite: bool = False,
    ) -> None:
        """Write the network alone into the artifact's folder.

        Args:
            as_onnx: Whether to convert it to ONNX.
            X_sample: Some rows of input, for the conversion.
            force_overwrite: Whether a file that is there already may be written over.

        Raises:
            FileAlreadyExists: There is such a file already. Nothing was touched.
            ArtifactError: The network cannot be written.
        """
        super().serialize_model(as_onnx=as_onnx, force_overwrite=force_overwrite, X_sample=X_sample)

    def _describe(self, estimator: object) -> EstimatorFacts:
        known = (Framework.KERAS, Framework.TENSORFLOW)
        return describe_as(estimator, known, model="TensorFlowModel", of="model of Keras's")

    def _own_predict(self) -> Callable[[object], object] | None:
        from modelyard.artifact.score_blocks import keras_calls

        return lambda sample: keras_calls.call(self.estimator, sample)

    def _body(self, data: object, *, auto_serialize_data: bool, content_type: str | None, image: object) -> Body:
        if image is not None:
            data, image = eager_tensor_of_image(image), None
        return super()._body(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
