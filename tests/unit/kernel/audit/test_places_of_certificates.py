"""A certificate is of one party, one day and one sweep, and each of these is asked by itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.audit.certificates import misplaced
from shared.kernel.disposal.notes import Sweep
from shared.kernel.json_once import loads_once

SWEEP = Sweep("lambeth", date(2026, 11, 21))
OTHER = Sweep("lambeth", date(2026, 11, 22))


def payload(**changes: Any) -> dict[str, Any]:
    body = {
        "borough": "lambeth",
        "certificate": SWEEP.id,
        "swept_at": "2026-11-21T02:00:00+00:00",
        "ledger": {"subject": SWEEP.subject},
    }
    return {"kind": "certificate", "body": body | changes}


def where(party: str = "lambeth", day: str = "2026-11-21", sweep: str = SWEEP.id) -> Path:
    return Path("certificates") / party / f"{day}-{sweep}.json"


def test_in_its_place_nothing_is_wrong() -> None:
    assert misplaced(where(), payload()) == ""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (where("southwark"), payload()),
        (where(day="2026-11-22"), payload()),
        (where(sweep=OTHER.id), payload()),
        (where(day="2026-11-22", sweep=OTHER.id), payload()),
        (where(), payload(swept_at="2026-11-22T02:00:00+00:00")),
        (where(), payload(certificate=OTHER.id)),
        (where(), payload(ledger={"subject": OTHER.subject})),
        (where(), payload(borough="southwark")),
        (where(), payload() | {"kind": "receipt"}),
        (Path("certificates/lambeth/november.json"), payload()),
    ],
)
def test_elsewhere_something_is(path: Path, said: dict[str, Any]) -> None:
    assert misplaced(path, said)


@pytest.mark.parametrize(
    "document", ['{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '[{"a":1,"a":2}]', b'{"a":1,"\\u0061":2}']
)
def test_json_that_says_a_name_twice_says_nothing(document: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever kind of value error: callers catch that
        loads_once(document)


def test_a_name_may_stand_in_two_objects() -> None:
    assert loads_once('[{"a":1},{"a":2}]') == [{"a": 1}, {"a": 2}]
