"""Pipelines of Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from modelyard.artifact.estimator import EstimatorFacts
from modelyard.artifact.spark_tables import is_spark, to_pandas
from modelyard.model.framework.checks import describe_as
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import SparkModelInputSerializerType, SparkModelSerializerType

if TYPE_CHECKING:
    from modelyard.model.request_data import Body
    from modelyard.model.serde.common import SERDE


class SparkPipelineModel(EstimatorModel):
    """Be a fitted pipeline of Spark on its way to an endpoint.

    It is saved as Spark itself saves it, with the schema of ``X_sample``, which the rows of each request are given.
    Where it serves there has to be Java, as for all of Spark.
    Each worker runs a Spark of its own, on its machine alone.

    Args:
        estimator: The fitted ``pyspark.ml.PipelineModel``, or one fitted stage.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``spark``.
        model_input_serializer: How data is sent: ``json``; Spark's DataFrames go as pandas's.
        as_onnx: Not there: pipelines are not converted.

    Raises:
        TypeError: The estimator is none of Spark's.

    Example:
        A pipeline that was trained on a DataFrame::

            model = SparkPipelineModel(pipeline.fit(flowers)).prepare(X_sample=flowers)
            model.verify(flowers.limit(2))  # {'prediction': [0.0, 0.0]}
    """

    model_save_serializer_type: ClassVar[type] = SparkModelSerializerType
    model_input_serializer_type: ClassVar[type] = SparkModelInputSerializerType

    _template: ClassVar[str] = "spark"
    _serializers: ClassVar[tuple[str, ...]] = ("spark",)
    _preferred: ClassVar[tuple[str, ...]] = ("spark",)

    def serialize_model(  # type: ignore[override] # the order is the reference's for this class
        self,
        as_onnx: bool = False,
        X_sample: object = None,  # noqa: N803 (the reference's)
        force_overwrite: bool = False,
    ) -> None:
        """Write the pipeline alone into the artifact's folder.

        Args:
            as_onnx: Not there: Spark's pipelines are not converted.
            X_sample: Some rows of input, whose schema the rows of each request are given.
            force_overwrite: Whether a file that is there already may be written over.

        Raises:
            FileAlreadyExists: There is such a file already. Nothing was touched.
            ArtifactError: The pipeline cannot be written.
        """
        super().serialize_model(as_onnx=as_onnx, force_overwrite=force_overwrite, X_sample=X_sample)

    def set_model_input_serializer(self, model_input_serializer: str | SERDE) -> None:
        """Choose how data is sent; ``spark``, the reference's name for it, is ``json``, which loses nothing."""
        super().set_model_input_serializer(
            "json" if model_input_serializer == SparkModelInputSerializerType.SPARK else model_input_serializer
        )

    def _describe(self, estimator: object) -> EstimatorFacts:
        return describe_as(estimator, (Framework.SPARK,), model="SparkPipelineModel", of="fitted pipeline of Spark's")

    def _own_predict(self) -> Callable[[object], object] | None:
        return None  # a Spark to ask is slow to start: verify() tells

    def _body(self, data: object, *, auto_serialize_data: bool, content_type: str | None, image: object) -> Body:
        if is_spark(data):
            data = to_pandas(data)
        return super()._body(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
