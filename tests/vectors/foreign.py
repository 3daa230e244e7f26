"""The vectors that others have sealed, with code that shares nothing with ours, and what the answer to each has to be.

C# (ParquetSharp, .NET's RSA, NSec) and Spark's own writer (parquet-java 1.13, 1.15, 1.17). They cannot be made anew
here.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.vectors.sealing import FOLDER, Drop
from tests.vectors.vector import Expected, Vector, accepted, refused


def _kept(name: str, title: str, expected: Expected, sender: str = "southwark", dataset: str = "pupils") -> Vector:
    return Vector(name, title, expected, lambda: read(FOLDER / "foreign" / f"{name}.parquet"), sender, dataset)


def read(path: Path) -> Drop:
    """A kept drop."""
    return path.read_bytes(), json.loads(path.with_suffix(".metadata.json").read_bytes())


FOREIGN = (
    _kept("a-pupils", "C#: as the page says", accepted(40)),
    _kept("b-households", "C#: as the page says", accepted(40), "lambeth", "households"),
    _kept("p-unusual-types", "C#: every type that is read", accepted(40), "lambeth", "households"),
    _kept("spark-pupils", "Spark: as the recipe says", accepted(40)),
    _kept("u-delta-byte-array", "C#: texts by what they share with the one before", accepted(40)),
    _kept("v-utc-dates", "C#: dates as midnight UTC, as .NET's DateTime becomes", accepted(40)),
    _kept("w-float-earnings", "C#: amounts as FLOAT", accepted(40), "lambeth", "households"),
    _kept("spark-created-by", "Spark: `created_by` says parquet-mr version 2.0.0", accepted(40)),
    _kept("spark-end-9999-int96", "Spark: INT96, ends in 9999 without a start", accepted(40, "accepted_with_errors")),
    _kept("spark-part-0", "Spark: the first of three part files", accepted(14)),
    _kept("spark-part-1", "Spark: the second", accepted(13)),
    _kept("spark-part-2", "Spark: the third", accepted(13)),
    _kept(
        "q-default-key-length",
        "C#: a data key of 128 bits",
        refused("ENV-010", "128 bits", "data_key_length_bits=256", "DataKeyLengthBits"),
    ),
    _kept(
        "r-default-double-wrapping",
        "C#: double wrapping",
        refused("ENV-010", "double_wrapping=False", "parquet.encryption.double.wrapping=false"),
    ),
    _kept(
        "s2-aad-prefix-hidden",
        "C#: an AAD prefix that the file does not store",
        refused("ENV-010", "AAD prefix that the file does not store"),
    ),
    _kept("t-lz4", "C#: compressed by LZ4", refused("ENV-018", "LZ4", "column 1 of", "Snappy")),
    _kept("i-oaep-sha1", "C#: wrapped by OAEP with SHA-1", refused("ENV-012", "SHA-256", "MGF1")),
    _kept("x2-time-zone", "C#: `prepared_at` with +00:00", refused("ENV-003", "ends in Z")),
    _kept(
        "y1-padded-signature", "C#: the signature with padding", refused("ENV-005", "without padding", "86 characters")
    ),
    _kept(
        "spark-writer-2",
        "Spark: data pages of version 2, whose levels lie in the clear",
        refused("ENV-018", "version 2", "parquet.writer.version=v1"),
    ),
    _kept("spark-upper-case", "Spark: names in capitals", refused("FIL-003", "lower case")),
)
