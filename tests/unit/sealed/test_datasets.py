"""What is published of each dataset is what the exchange checks with."""

from __future__ import annotations

import io
import json
import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from docs.agreements import documented
from docs.sealed.datasets import KINDS, datasets_page, empty_parquet, row_schema
from docs.sealed.manifest import MEMBERS, manifest_schema
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.columns import Contract
from shared.kernel.contract.validate import validate
from shared.kernel.envelope.manifest import Manifest
from shared.kernel.objected import OBJECTIONS
from tests.world import NOW, decision, household, pupil, table

CONTRACT = [pytest.param(contract, id=name) for name, contract in CONTRACTS.items()]
GOOD = {"pupils": pupil(), "households": household(), "decisions": decision("0a1b2c3d4e5f-1-0a1b2c3d4e5f-1")}


def rejected(dataset: str, row: dict[str, Any]) -> bool:
    """Whether the exchange refuses a file of this one row, or the row."""
    checked = validate(table(dataset, [row]), CONTRACTS[dataset], as_of=NOW.date(), stale_after_days=60)
    return bool(checked.rows_rejected)


@pytest.mark.parametrize("contract", CONTRACT)
def test_the_page_has_every_column_with_its_codes(contract: Contract) -> None:
    section = datasets_page(documented()).partition(f"### `{contract.dataset}`")[2].partition("\n### ")[0]
    lines = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert [line[0].strip("| `") for line in lines] == list(contract.names)
    for line, column in zip(lines, contract.columns, strict=True):
        assert line[1].strip() == ("yes" if column.required else "")
        assert re.findall(r"`([^`]+)`", line[3]) == list(column.codes or ())
    assert contract.one_row
    assert contract.one_row in " ".join(section.split())


@pytest.mark.parametrize("contract", CONTRACT)
def test_the_empty_file_has_the_columns_in_the_types_that_are_read(contract: Contract) -> None:
    empty = pq.read_table(io.BytesIO(empty_parquet(contract)))
    assert empty.schema == contract.arrow_schema()
    assert empty.num_rows == 0


@pytest.mark.parametrize("contract", CONTRACT)
def test_the_schema_of_a_row_says_what_the_rules_say(contract: Contract) -> None:
    schema = json.loads(row_schema(contract))
    good = GOOD[contract.dataset]
    assert set(schema["properties"]) == set(contract.names)
    assert not schema["additionalProperties"]
    assert not rejected(contract.dataset, good)
    for name in schema["required"]:
        assert rejected(contract.dataset, good | {name: None}), name
    for name, what in schema["properties"].items():
        allows_null = isinstance(what["type"], list)
        assert allows_null == (name not in schema["required"])
        assert (None in what.get("enum", [None])) == allows_null or "enum" not in what
        for code in what.get("enum", ()):
            if code is not None and name != "nc_year":  # a year has to go with an age
                why = "wrong_family" if code == "recall" else None  # a recall says why
                assert not rejected(contract.dataset, good | {name: code, "reason": why}), f"{name}: {code}"
    longest = schema["properties"][next(n for n in contract.names if n.endswith(("surname", "reason")))]["maxLength"]
    for name, what in schema["properties"].items():
        if "maxLength" in what:
            assert what["maxLength"] == longest
            assert rejected(contract.dataset, good | {name: "X" * (longest + 1)}) or name not in schema["required"]


def as_midnight(days: list[date], zone: str | None = None) -> pa.Array:
    return pa.array([datetime.combine(day, time()) for day in days], pa.timestamp("us", zone))


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("text", pa.array(["a"], pa.large_string())),
        ("text", pa.array(["a"], pa.string_view())),
        ("date", as_midnight([date(2026, 11, 1)])),
        ("date", as_midnight([date(2026, 11, 1)], "UTC")),
        ("decimal", pa.array([412.37], pa.float32())),
        ("integer", pa.array([1], pa.int8())),
        ("integer", pa.array([1], pa.uint32())),
        ("decimal", pa.array([4], pa.decimal128(10, 2))),
        ("decimal", pa.array([4], pa.int32())),
    ],
)
def test_what_the_page_says_is_read_as_well_is_read(kind: str, written: pa.Array) -> None:
    rows = table("households", [household(uc_net_earnings=4.0, qualifying_benefit="UC")])
    name = {"text": "claimant_title", "date": "extract_date", "integer": "child_seq", "decimal": "uc_net_earnings"}[
        kind
    ]
    rows = rows.set_column(rows.schema.get_field_index(name), name, written)
    assert validate(rows, CONTRACTS["households"], as_of=NOW.date(), stale_after_days=60).status == "accepted"


def test_every_kind_of_column_is_in_the_table_of_types() -> None:
    assert {column.kind for contract in CONTRACTS.values() for column in contract.columns} == set(KINDS)


def test_the_manifests_schema_takes_what_the_model_writes_and_asks_for_every_member() -> None:
    schema = json.loads(manifest_schema())
    manifest = Manifest(
        sender="southwark",
        receiver="exchange",
        agreement="fsm",
        agreement_version="1.0.0",
        dataset="pupils",
        collection="2026-autumn",
        rows=1,
        sha256="0" * 64,
        key_id="ring:southwark/drop/0123456789ab",
        signing_key_id="ring:southwark/sign/0123456789ab",
        prepared_at=NOW,
    )
    written = json.loads(manifest.document())
    assert list(written) == schema["required"] == sorted(set(MEMBERS) - {"replaces"})
    asked = json.loads(manifest.model_copy(update={"replaces": "0" * 32}).document())
    assert list(asked) == sorted(MEMBERS) == list(schema["properties"])
    for name, what in schema["properties"].items():
        if "pattern" in what:
            assert re.search(what["pattern"], asked[name], re.ASCII), name
        if "const" in what:
            assert asked[name] == what["const"]
        if what.get("type") == "integer":
            assert what["minimum"] <= asked[name] <= what["maximum"]
    assert not re.search(schema["properties"]["prepared_at"]["pattern"], "2026-12-01T09:00:00+00:00")


def test_the_published_files_lie_where_the_page_says() -> None:
    folder = Path(__file__).parents[3] / "docs" / "users" / "datasets"
    linked = set(re.findall(r"\]\(([a-z]+/[a-z]+\.[a-z.]+)\)", datasets_page(documented())))
    assert linked == {f"fsm/{name}{end}" for name in (*CONTRACTS, OBJECTIONS) for end in (".parquet", ".schema.json")}
    assert all((folder / name).is_file() for name in linked)
