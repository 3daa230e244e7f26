"""Files of a made-up collection: pupils by residence, numbers by school authority."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pyarrow as pa
import yaml

from shared.agreements.origin_destination.contracts import CONTRACTS
from shared.agreements.origin_destination.pipeline import PIPELINE, TOTALS
from shared.agreements.origin_destination.terms import TERMS, OriginDestination
from shared.agreements.registry import agreement_file
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Carried, Job, Routed

BARNET, CAMDEN, ENFIELD, SURREY, KENT = "E09000003", "E09000007", "E09000010", "E10000030", "E10000016"
NUMBERS = {BARNET: "302", CAMDEN: "202", ENFIELD: "308"}
SLUGS = {BARNET: "barnet", CAMDEN: "camden", ENFIELD: "enfield"}
COLLECTION = "2026-autumn"
MADE = datetime(2026, 10, 5, 9, tzinfo=UTC)
PERIOD = {"fsm_start_date": date(2025, 9, 1), "fsm_end_date": None}
NO_PERIOD = {"fsm_start_date": None, "fsm_end_date": None}
POSTCODES = pa.table({"postcode": ["N1 1AA", "CF1 1AA"], "ons_code": [BARNET, "W06000015"]})


@cache
def agreement() -> OriginDestination:
    """The agreement between three boroughs of nobody's pilot."""
    terms = yaml.safe_load(agreement_file("origin-destination").read_text(encoding="utf-8"))
    terms["controllers"] = list(SLUGS.values())
    for dataset in terms["datasets"].values():
        dataset["dropped_by"] = list(SLUGS.values())
    return TERMS.model_validate(terms)


def pupil(
    number: int, school: str, home: str | None, *, postcode: str | None = None, fsm: bool = False
) -> dict[str, Any]:
    """One accepted row."""
    facts = {"upn": f"U{number:012d}", "laestab": f"{NUMBERS[school]}4000", "home_la": home, "postcode": postcode}
    return facts | (PERIOD if fsm else NO_PERIOD)


def pupils(school: str, homes: Mapping[str | None, tuple[int, int]]) -> pa.Table:
    """Accepted pupils of one school authority: by residence how many, and how many of them with an open period."""
    rows = [
        pupil(number, school, home, fsm=number < fsm) for home, (many, fsm) in homes.items() for number in range(many)
    ]
    return table("roll", rows)


def table(dataset: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Accepted rows, with their number in the file."""
    schema = CONTRACTS[dataset].arrow_schema().append(pa.field("row", pa.int64()))
    return pa.Table.from_pylist([row | {"row": number} for number, row in enumerate(rows)], schema=schema)


def routed(dataset: str, rows: pa.Table, sender: str) -> Routed:
    """Where the rows of a borough's file go."""
    return PIPELINE.route(dataset, rows, sender=SLUGS[sender], agreement=agreement(), postcodes=lambda: POSTCODES)


class Collection:
    """The files of a collection as they come, and the releases as they are made."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], tuple[Partition, pa.Table]] = {}
        self.kept: dict[Partition, pa.Table] = {}
        self._drops = 0

    def come(self, dataset: str, sender: str, rows: pa.Table) -> None:
        """A file arrives and counts from now on."""
        self._drops += 1
        partition = Partition(dataset, COLLECTION, SLUGS[sender], MADE, f"{self._drops:032x}")
        part = routed(dataset, rows, sender).parts.get("liia")
        assert part is not None
        self.files[dataset, sender] = (partition, part)

    def release(self) -> Carried:
        """Carry the job out over all that is there."""
        tables = dict(self.files.values())
        job = Job(TOTALS, "liia", COLLECTION, tuple(file.name for file in tables))
        carried = PIPELINE.carry_out(job, tables | self.kept, agreement(), MADE, KeyedPseudonyms(bytes(32)))
        for word, rows in carried.kept.items():
            self.kept[Partition(word, COLLECTION, "liia", MADE, f"{len(self.kept):032x}")] = rows
        return carried


def numbers(carried: Carried, to: str = "liia") -> dict[tuple[str, str, str], int | str]:
    """What a party gets: by measure, residence and school authority (names) the number, or the symbol."""
    rows = next(release.rows for release in carried.releases if release.to == to).to_pylist()
    return {
        (row["measure"], row["la_name"], row["school_la_name"]): row["symbol"] if row["value"] is None else row["value"]
        for row in rows
    }
