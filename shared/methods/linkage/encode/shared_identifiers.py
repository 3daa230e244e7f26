"""Identifiers that rows of both sides may share (UPN, ULN)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from shared.methods.linkage.encode.arrays import Mask
from shared.methods.linkage.encode.fields import Field, encode
from shared.methods.linkage.schema import Spelling


@dataclass(frozen=True)
class SharedIdentifier(Field):
    """Codes of identifiers that hold."""

    lasting: Mask
    """Which values are not replaced by and by, so that two of one person cannot differ; the last entry is of none."""


def encode_identifier(spelling: Spelling, left: pa.ChunkedArray, right: pa.ChunkedArray) -> SharedIdentifier:
    """An identifier of both sides, in its standard spelling."""
    field = encode(spelling.standard, [left], [right])
    values = field.values.cast(pa.string())
    temporary = np.zeros(field.size, np.bool_) if spelling.temporary is None else spelling.temporary(values)
    return SharedIdentifier(field.values, field.left, field.right, np.append(~np.asarray(temporary, np.bool_), False))
