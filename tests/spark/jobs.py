"""What `tests.spark.run` lets Spark do: the recipe, and each of the mistakes that it guards against. Needs pyspark.

Run in a folder with `a.json` and `b.json` (two drop keys of one borough), `pupils.csv` and the datasets' empty files.
Writes sealed files there, and `said.json`: what each mistake was answered with.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, sys.argv[1])

import spark_seal
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import expr


def main() -> None:
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    [a], [b] = (json.loads(Path(name).read_bytes())["keys"] for name in ("a.json", "b.json"))
    spark_seal.main("pupils.csv", "pupils", "a.json", "recipe.parquet")
    rows = spark_seal.typed(spark.read.csv("pupils.csv", header=True), "pupils")
    # The library keeps its KMS clients: without an instance id of its own the new key would be wrapped for the old.
    Path("rotated.parquet").write_bytes(spark_seal.seal(rows, b, "rotated"))
    # Midnight of a summer's day in London is the evening before in UTC.
    born = expr("timestamp'2015-06-30 23:00:00 UTC'")
    summer = spark.read.csv("pupils.csv", header=True).drop("dob").withColumn("DOB", born)
    Path("summer.parquet").write_bytes(spark_seal.seal(spark_seal.typed(summer, "pupils"), a, "summer"))
    Path("said.json").write_text(json.dumps(mistakes(spark, rows, a)), encoding="utf-8")


def mistakes(spark: SparkSession, rows: DataFrame, key: dict[str, Any]) -> dict[str, str]:
    """What the recipe says to each."""
    misspelt = spark_seal.properties(key)
    misspelt["parquet.crypt.factory.class"] = misspelt.pop("parquet.crypto.factory.class")
    not_a_date = spark.createDataFrame([("J210234519001", "31/31/2015")], "upn string, dob string")
    many = rows.repartition(3)
    with mock.patch.object(spark_seal, "properties", return_value=misspelt):
        said = {"misspelt": answer(lambda: spark_seal.seal(rows, key, "misspelt"))}
    with mock.patch.object(type(many), "coalesce", lambda frame, _: frame):
        said["parts"] = answer(lambda: spark_seal.seal(many, key, "parts"))
    unknown = spark.createDataFrame([("x", "y")], "upn string, ethnicity string")
    said["unknown"] = answer(lambda: spark_seal.typed(unknown, "pupils"))
    said["not a date"] = answer(lambda: spark_seal.seal(spark_seal.typed(not_a_date, "pupils"), key, "dates"))
    return said


def answer(work: Any) -> str:
    """The kind of error and what it says, or nothing."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - that it is told at all is what is looked at
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    main()
