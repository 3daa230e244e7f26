"""However many strangers, containers, operations and ways to come there are: none ever stands for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.audit import columns
from shared.kernel.audit.batches import in_batches
from shared.kernel.audit.chains import LedgerCopy
from shared.kernel.audit.explain import Explainer
from shared.kernel.audit.logs.read import Block
from shared.kernel.audit.operations import OPERATIONS
from shared.kernel.audit.register import Register
from tests.unit.kernel import second
from tests.unit.kernel.audit.term import ACCOUNT, FIRST, LAST, oid

MANY = 2**14
AT = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
READ: dict[str, Any] = {
    "at": AT,
    "category": "StorageRead",
    "service": "blob",
    "operation": "GetBlob",
    "account": ACCOUNT,
    "container": "lambeth-outbox",
    "blob": "a.parquet",
    "listed": "",
    "status": 200,
    "status_text": "Success",
    "authentication": "OAuth",
    "principal": oid("lambeth"),
    "ip": "198.51.100.7",
    "agent": "",
    "request": "",
    "id": "",
    "line": 1,
}


def explained(rows: Iterable[dict[str, Any]]) -> Explainer:
    """These operations, which differ from a borough's read of its outbox as they say, explained."""
    register = Register.model_validate(
        {"accounts": [ACCOUNT], "app": oid("app"), "boroughs": {"lambeth": {"identity": oid("lambeth")}}}
    )
    explainer = Explainer(second.both(), register, LedgerCopy({}, frozenset(), ()), FIRST, LAST)
    whole = [READ | row for row in rows]
    table = pa.table({name: [row[name] for row in whole] for name in OPERATIONS.names}, schema=OPERATIONS)
    for batch in in_batches([Block("logs/a.json", table, len(whole))]):
        explainer.add(batch)
    return explainer


def reads_of(explainer: Explainer, role: str) -> int:
    return sum(group.count for group in explainer.groups.values() if group.kind.person.role == role)


def test_a_stranger_after_many_strangers_is_not_the_borough() -> None:
    strangers = [{"principal": f"{n:08x}-0000-4000-8000-{n:012x}"} for n in range(MANY + 10)]
    explainer = explained([*strangers[: MANY - 1], {}, *strangers[MANY - 1 :]])
    assert reads_of(explainer, "borough") == 1
    assert reads_of(explainer, "unknown") == len(strangers)


def test_strangers_whose_ids_begin_alike_are_counted_apart() -> None:
    explainer = explained([{"principal": f"0a1b2c3d-0000-4000-8000-{n:012x}"} for n in (1, 1, 2)])
    assert sorted(group.count for group in explainer.groups.values()) == [1, 2]


def test_an_account_key_after_many_ways_to_come_is_an_account_key() -> None:
    ways = [{"authentication": f"Way{n}", "principal": ""} for n in range(40)]
    explainer = explained([*ways, {"authentication": "AccountKey", "principal": ""}])
    found = [group for group in explainer.groups.values() if group.kind.person.name == "account key"]
    assert [(group.count, group.kind.authentication) for group in found] == [(1, "AccountKey")]


def test_an_operation_after_many_others_is_itself() -> None:
    explainer = explained([*({"operation": f"Foreign{n}"} for n in range(300)), {"operation": "DeleteBlob"}])
    assert Counter(group.kind.operation for group in explainer.groups.values())["DeleteBlob"] == 1


@pytest.mark.parametrize("container", ["southwark-outbox", "ledger"])
def test_a_container_after_many_others_is_itself(container: str) -> None:
    explainer = explained([*({"container": f"strange{n}"} for n in range(2**16 + 5)), {"container": container}])
    assert {group.kind.place.kind: group.count for group in explainer.groups.values()} == {
        "other": 2**16 + 5,
        container.rpartition("-")[2]: 1,
    }


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**63), 2**63 - 1), st.booleans()), max_size=40))
def test_rows_together_are_the_rows_that_are_the_same(rows: list[tuple[int, int, bool]]) -> None:
    numbers, firsts = columns.together(*(np.array([row[n] for row in rows], np.int64) for n in range(3)))
    assert [rows[firsts[number]] for number in numbers] == rows
    assert len(firsts) == len(set(rows))
    assert all(rows[first] not in rows[:first] for first in firsts)


@given(st.lists(st.text(max_size=3)))
def test_a_column_says_what_it_was_made_of(texts: list[str]) -> None:
    made = columns.column_of(pa.chunked_array([texts[:2], texts[2:]], pa.string()))
    assert [made[row] for row in range(len(texts))] == texts
    assert len(set(made.values)) == len(made.values)
    assert made.where(bool).tolist() == [bool(text) for text in texts]
