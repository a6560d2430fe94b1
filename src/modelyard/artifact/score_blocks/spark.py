"""Pipelines of Spark: rows become a DataFrame of the schema that the model was trained with."""

from __future__ import annotations

from modelyard.artifact.score_blocks.blocks import Blocks

SPARK = Blocks(
    name="Spark",
    pre_block="""
import pandas as pd

features = deserialize(data, input_schema_path)
if isinstance(features, list) and features and all(isinstance(each, str) for each in features):
    features = [json.loads(each) for each in features]  # as oracle-ads sends Spark's tables
return features if isinstance(features, pd.DataFrame) else pd.DataFrame(features)
""",
    inference_block="""
answered = model.transform(as_spark(features)).select("prediction").collect()
return [row[0] for row in answered]
""",
    post_block="return [each.toArray() if hasattr(each, 'toArray') else each for each in yhat]",
    top_block='''
share_memory = False  # a JVM answers one process alone: each worker has its own


def spark_session():
    """Return this process's Spark, on this machine alone."""
    from pyspark.sql import SparkSession

    building = SparkSession.builder.appName("score").master("local[1]")
    for key, value in (
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.sql.shuffle.partitions", "1"),
        ("spark.ui.enabled", "false"),
    ):
        building = building.config(key, value)
    return building.getOrCreate()


@lru_cache(maxsize=1)
def spark_schema():
    """Return the schema of the model's input, as the artifact has it; None where it has none."""
    from pyspark.sql.types import StructType

    path = os.path.join(artifact_dir, "model_input_data_schema.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return StructType.fromJson(json.load(file))


def as_spark(frame):
    """Return a table as a DataFrame of Spark's: columns that are missing are null."""
    schema = spark_schema()
    if schema is None:
        columns = [as_values(frame[name], None) for name in frame]
        return spark_session().createDataFrame(list(zip(*columns)), [str(name) for name in frame.columns])
    if all(isinstance(name, int) for name in frame.columns):  # rows without names: in the schema's order
        frame = frame.set_axis(schema.names[: frame.shape[1]], axis=1)
    kinds = {"double": float, "float": float, "integer": int, "long": int}
    columns = [
        as_values(frame[field.name], kinds.get(field.dataType.typeName()))
        if field.name in frame
        else [None] * len(frame)
        for field in schema.fields
    ]
    return spark_session().createDataFrame(list(zip(*columns)), schema)


def as_values(column, kind):
    """Return a column as plain values, missing ones as None."""
    import pandas as pd

    missing = pd.isna(column).tolist()
    values = column.tolist()
    return [None if gone else kind(each) if kind else each for each, gone in zip(values, missing)]
''',
)
