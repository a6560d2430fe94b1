"""Pipelines of Spark, from a fitted pipeline to an endpoint that answers as the pipeline does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.artifact.spark_tables import to_pandas, to_spark
from modelyard.model.failures import SerializeModelNotImplementedError
from modelyard.model.framework.spark_model import SparkPipelineModel

pytestmark = [pytest.mark.frameworks, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def table(spark: Any, flowers: Any) -> Any:
    frame = flowers.data.set_axis(["sepal_length", "sepal_width", "petal_length", "petal_width"], axis=1)
    return to_spark(frame.assign(label=flowers.target.astype(float)), spark)


@pytest.fixture(scope="module")
def pipeline(table: Any) -> Any:
    """A pipeline that was fitted to flowers."""
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler

    assembler = VectorAssembler(inputCols=table.columns[:4], outputCol="features")
    return Pipeline(stages=[assembler, LogisticRegression(maxIter=20)]).fit(table)


def test_the_endpoint_answers_as_the_pipeline_does(
    table: Any, pipeline: Any, deploy: Callable[[Any], Any], tmp_path: Path
) -> None:
    inputs = table.drop("label").limit(100)
    expected = [row[0] for row in pipeline.transform(inputs).select("prediction").collect()]
    assert len(expected) == 100
    assert len(set(expected)) > 1
    model = SparkPipelineModel(pipeline, artifact_dir=str(tmp_path)).prepare(X_sample=inputs)
    assert (model.framework, model.algorithm) == ("pyspark", "PipelineModel")
    assert (tmp_path / "model" / "metadata").is_dir()
    assert (tmp_path / "model_input_data_schema.json").is_file()
    assert len(model.schema_input.attributes) == 4
    deploy(model)
    assert model.predict(inputs)["prediction"] == expected
    frame = to_pandas(inputs)
    assert model.predict(frame)["prediction"] == expected
    assert model.predict(frame[frame.columns[::-1]])["prediction"] == expected
    assert model.predict(frame.astype("float32").to_numpy().tolist())["prediction"] == expected
    assert model.predict(frame.to_dict("list"))["prediction"] == expected
    plain = {"data": frame.to_dict("records")}
    assert model.predict(plain, auto_serialize_data=False)["prediction"] == expected


def test_the_model_is_written_alone_in_the_order_of_the_reference(table: Any, pipeline: Any, tmp_path: Path) -> None:
    model = SparkPipelineModel(pipeline, str(tmp_path))
    inputs = table.drop("label").limit(5)
    model.serialize_model(False, inputs, False)
    assert (tmp_path / "model" / "metadata").is_dir()
    assert (tmp_path / "model_input_data_schema.json").is_file()
    with pytest.raises(FileExistsError):
        model.serialize_model(False, inputs, False)
    model.serialize_model(False, inputs, True)


def test_bad_input_is_refused(spark: Any, pipeline: Any, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline

    with pytest.raises(TypeError, match="fitted pipeline of Spark"):
        SparkPipelineModel(object())
    with pytest.raises(ValueError, match="no fitted"):
        SparkPipelineModel(Pipeline(stages=[]), artifact_dir=str(tmp_path)).prepare()
    with pytest.raises(SerializeModelNotImplementedError, match="serialize=False"):
        SparkPipelineModel(pipeline, artifact_dir=str(tmp_path)).prepare(as_onnx=True)
