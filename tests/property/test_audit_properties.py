"""The audit takes logs as they come: in any order, dealt out over any files, with any rubbish between."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.audit.audit import audit
from shared.kernel.audit.logs.blocks import _of_lines, read_block, read_records
from shared.kernel.audit.logs.moments import Dating
from shared.kernel.audit.report import AuditReport
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from tests.unit.kernel import second
from tests.unit.kernel.audit.misdeeds import MISDEEDS
from tests.unit.kernel.audit.term import CHILD, FIRST, LAST, Term, make_term

NAMES = ("another borough's officer reads a result", "a third officer collects", "a borough deletes from its outbox")


@pytest.fixture(scope="module")
def misdone(tmp_path_factory: pytest.TempPathFactory) -> Term:
    """A term with several things amiss, so that there is something to say of it."""
    keys = LocalKeyRing(tmp_path_factory.mktemp("keys"))
    keys.create_key(EXCHANGE, Use.SIGN)
    term = make_term(keys)
    for misdeed in MISDEEDS:
        if misdeed.name in NAMES:
            misdeed.do(term)
    return term


def _audited(term: Term, split: int | None) -> AuditReport:
    with tempfile.TemporaryDirectory() as folder:
        return audit(term.write(Path(folder), split=split), second.both(), FIRST, LAST)


def _without_places(report: AuditReport) -> dict[str, Any]:
    """What it says, but for the files and lines where it stands, and how many files there were."""
    said: dict[str, Any] = json.loads(json.dumps(report.document()))
    said["inputs"].pop("files")
    for check in said["checks"]:
        for found in check["exceptions"]:
            found.pop("place")
        check["exceptions"].sort(key=json.dumps)
    return said


@settings(max_examples=8)
@given(order=st.randoms(use_true_random=False), split=st.sampled_from([None, 0, 1, 2, 7]))
def test_order_and_files_of_lines_change_nothing(misdone: Term, order: Any, split: int | None) -> None:
    shuffled = replace(misdone, lines=list(misdone.lines))
    order.shuffle(shuffled.lines)
    said = _without_places(_audited(shuffled, split))
    assert said == _without_places(_audited(misdone, None))
    assert CHILD not in json.dumps(said)


SCRAPS = st.one_of(
    st.binary(max_size=60).map(lambda scrap: scrap.replace(b"\n", b"").replace(b"\r", b"")),
    st.sampled_from(
        [b"{", b"null", b"[]", b"5", b'{"a":1}', b'{"time":5}', b"{}{}", b'\xff\xfe{"time":"x"}', b'{"records":5}']
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["time", "category", "operationName", "identity", "properties", "TimeGenerated", "x"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=9,
    ).map(lambda value: json.dumps(value).encode()),
)


def _lines(term: Term) -> Iterator[bytes]:
    return (json.dumps(line).encode() for line in term.lines[:40])


@settings(max_examples=150)
@given(scraps=st.lists(st.tuples(st.integers(0, 40), SCRAPS), max_size=6))
def test_rubbish_between_lines_is_counted_and_costs_no_other_line(
    misdone: Term, scraps: list[tuple[int, bytes]]
) -> None:
    lines = list(_lines(misdone))
    for place, scrap in sorted(scraps, reverse=True, key=lambda entry: entry[0]):
        lines.insert(place, scrap)
    block = b"\n".join(lines)
    table, unread = read_block(block, 1, Dating())
    assert table.num_rows >= 40
    said_something = sum(1 for _, scrap in scraps if not _is_nothing(scrap))
    assert table.num_rows + unread.count >= 40 + said_something


def _is_nothing(scrap: bytes) -> bool:
    """An empty line, and an empty list of records, hold no record, damaged or not."""
    if not scrap.strip() or b"records" in scrap:
        return True
    try:
        return _is_empty(json.loads(scrap))
    except ValueError:
        return False


def _is_empty(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_empty, value))


@settings(max_examples=30)
@given(cut=st.integers(1, 900))
def test_a_line_that_is_cut_off_is_one_unreadable_line(misdone: Term, cut: int) -> None:
    lines = list(_lines(misdone))
    block = b"\n".join([*lines, lines[0][:cut]])
    table, unread = read_block(block, 1, Dating())
    assert (table.num_rows, unread.count) == (40, 1)


def test_line_by_line_says_the_same_as_all_at_once(misdone: Term) -> None:
    block = b"".join(line + b"\n" for line in _lines(misdone) if b"AuditEvent" not in line)
    at_once, _ = read_block(block, 1, Dating())
    one_by_one, _ = read_records(_of_lines(enumerate(block.splitlines(), 1)), Dating())
    assert at_once.equals(one_by_one)
