"""Seals a Spark DataFrame as one file, by Spark's own Parquet writer and `DropKms.java`. See spark.md beside this.

spark-submit --jars drop-kms.jar spark_seal.py source.csv pupils drop.json sealed.parquet
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col


def properties(drop: dict[str, Any]) -> dict[str, str]:
    """What the writer is told. A name that is misspelt is not refused: the file is then written in the clear."""
    return {
        "parquet.crypto.factory.class": "org.apache.parquet.crypto.keytools.PropertiesDrivenCryptoFactory",
        "parquet.encryption.kms.client.class": "exchange.DropKms",
        "parquet.encryption.kms.instance.id": drop["kid"],
        "parquet.encryption.uniform.key": drop["kid"],
        "parquet.encryption.double.wrapping": "false",
        "parquet.encryption.data.key.length.bits": "256",
        "exchange.drop.n": drop["n"],
        "exchange.drop.e": drop["e"],
    }


def typed(frame: DataFrame, dataset: str) -> DataFrame:
    """The columns of the dataset in the types of its empty Parquet file; a column that it does not know is an error."""
    spark = frame.sparkSession
    spark.conf.set("spark.sql.session.timeZone", "Europe/London")
    spark.conf.set("spark.sql.ansi.enabled", "true")  # else a date that is none becomes an empty cell
    known = {field.name: field.dataType for field in spark.read.parquet(f"{dataset}.parquet").schema}
    if unknown := {name.lower() for name in frame.columns} - set(known):
        raise ValueError(f"not in the dataset: {', '.join(sorted(unknown))}")
    present = {name.lower() for name in frame.columns}
    return frame.select([col(name).cast(kind).alias(name) for name, kind in known.items() if name in present])


def seal(frame: DataFrame, drop: dict[str, Any], folder: str) -> bytes:
    """The bytes of the one sealed file. `folder` must not be there yet, and must be one that this program can read."""
    frame.coalesce(1).write.options(**properties(drop)).parquet(folder)
    [part] = Path(folder).glob("part-*.parquet")
    sealed = part.read_bytes()
    if not sealed[:4] == sealed[-4:] == b"PARE":
        raise ValueError("NOT SEALED: Spark wrote plain Parquet. Do not upload it; look for a misspelt property.")
    return sealed


def main(source: str, dataset: str, drop: str, out: str) -> None:
    spark = SparkSession.builder.getOrCreate()
    frame = typed(spark.read.csv(source, header=True), dataset)
    [*_, newest] = sorted(json.loads(Path(drop).read_bytes())["keys"], key=lambda key: key["created"])
    with tempfile.TemporaryDirectory() as folder:
        Path(out).write_bytes(seal(frame, newest, f"{folder}/sealed"))
    print(frame.count())


if __name__ == "__main__":
    main(*sys.argv[1:])
