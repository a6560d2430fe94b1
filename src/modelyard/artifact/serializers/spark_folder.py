"""Pipelines of Spark as Spark itself writes them, with the schema of their input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from modelyard.artifact.serializers.serializer import Extent, Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed
from modelyard.artifact.spark_tables import is_spark, to_spark
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

EXTRA = "spark"
MODEL = "model"
SCHEMA = f"{MODEL}_input_data_schema.json"


def save(estimator: object, path: Path, given: Given) -> Written:
    """Write a fitted pipeline, and the schema of the sample, to the top of an artifact."""
    with needed("pyspark", extra=EXTRA):
        from pyspark.ml import Model, PipelineModel
        from pyspark.ml.util import MLWritable
    if not isinstance(estimator, Model) or not isinstance(estimator, MLWritable):
        raise ArtifactError(f"A {type(estimator).__name__} is no fitted pipeline or model of Spark's.")
    pipeline = estimator if isinstance(estimator, PipelineModel) else PipelineModel([estimator])
    path.mkdir()
    pipeline.write().overwrite().save((path / MODEL).absolute().as_uri())
    if given.sample is None:
        return Written(load_block=_LOAD, remarks=(_NO_SCHEMA,))
    (path / SCHEMA).write_text(json.dumps(_schema_of(given.sample), indent=2), "utf-8")
    return Written(load_block=_LOAD)


def _schema_of(sample: object) -> object:
    """Return the schema of a DataFrame of Spark's or of pandas's, as Spark writes it."""
    from pyspark.sql import SparkSession

    if is_spark(sample):
        return json.loads(cast("DataFrame", sample).schema.json())
    import pandas as pd

    frame = sample if isinstance(sample, pd.DataFrame) else pd.DataFrame(sample)  # type: ignore[call-overload]
    return json.loads(to_spark(frame, SparkSession.builder.getOrCreate()).schema.json())


_NO_SCHEMA = (
    "Without X_sample the model's input has no schema: Spark will guess the types of the columns of each request."
)
_LOAD = f"""
from pyspark.ml import PipelineModel

spark_session()
return PipelineModel.load("file://" + os.path.join(artifact_dir, "{MODEL}"))
"""

SPARK = Serializer(name="spark", suffix="", save=save, load_block=_LOAD, extent=Extent.ARTIFACT)
