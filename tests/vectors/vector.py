"""What a vector is, and the ways in which one drop differs from a good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from tests.vectors.sealing import Drop, Parquet, Signing
from tests.world import household, pupil, table

ROWS = 12


@dataclass(frozen=True)
class Expected:
    """What the receipt has to say."""

    status: str
    code: str = ""
    rows_in: int | None = None
    rejected: int | None = None
    says: tuple[str, ...] = ()
    """Words of the report's line on the file: what a sender has to be told to mend it."""


@dataclass(frozen=True)
class Vector:
    """One drop."""

    name: str
    title: str
    expected: Expected
    make: Callable[[], Drop]
    sender: str = "southwark"
    dataset: str = "pupils"


def pupils(rows: int = ROWS) -> pa.Table:
    """Children who live in Lambeth and go to school in Southwark."""
    born = (date(2015, month, 21) for month in range(1, rows + 1))
    return table("pupils", [pupil(n, dob=dob, middle_names=[None, "Grace"][n % 2]) for n, dob in enumerate(born, 1)])


def households(**changes: Any) -> pa.Table:
    """Claims in Lambeth."""
    return table("households", [household(f"H{n}", child_dob=date(2015, n, 21), **changes) for n in range(1, 4)])


def drop(
    rows: pa.Table | None = None,
    parquet: Parquet | None = None,
    signing: Signing | None = None,
    change: Callable[[bytes], bytes] = bytes,
    *,
    sender: str = "southwark",
    dataset: str = "pupils",
) -> Drop:
    """Rows, written and signed; `change` is made to the sealed bytes before they are signed."""
    sent = pupils() if rows is None else rows
    data = change((parquet or Parquet(owner=sender)).write(sent))
    return data, (signing or Signing()).sign(data, sent.num_rows, sender=sender, dataset=dataset)


def accepted(rows: int, status: str = "accepted", rejected: int = 0) -> Expected:
    """Taken in."""
    return Expected(status, "", rows, rejected)


def refused(code: str, *says: str) -> Expected:
    """Refused as a whole."""
    return Expected("rejected", code, says=says)


def written(name: str, title: str, expected: Expected, **parquet: Any) -> Vector:
    """A vector that differs in how the Parquet file is written."""
    return Vector(name, title, expected, lambda: drop(parquet=Parquet(**parquet)))


def signed(name: str, title: str, expected: Expected, **signing: Any) -> Vector:
    """A vector that differs in how the manifest is written or signed."""
    return Vector(name, title, expected, lambda: drop(signing=Signing(**signing)))


def holding(name: str, title: str, expected: Expected, make: Callable[[], pa.Table]) -> Vector:
    """A vector that differs in what the file holds."""
    return Vector(name, title, expected, lambda: drop(make()))


def changed(name: str, title: str, expected: Expected, change: Callable[[bytes], bytes]) -> Vector:
    """A vector whose sealed bytes are others than the library wrote; signed all the same."""
    return Vector(name, title, expected, lambda: drop(change=change))
