"""Which order takes rows out of use, where there are several."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from shared.kernel.terms.stops import HELD, QUARANTINED, RELEASED, Stop, Stops

AT = datetime(2026, 11, 21, tzinfo=UTC)
TODAY, LAST = AT.date(), date(2026, 12, 1)
DROP = "d" * 32
HOLD = Stop("1" * 32, "hold", AT, "southwark", drops=frozenset({DROP}), day=LAST, said=frozenset({"a"}))
WAITING = Stop("2" * 32, "hold", AT, "southwark", drops=frozenset({DROP}), day=LAST, needed=2, said=frozenset({"a"}))
QUARANTINE = Stop("3" * 32, "quarantine", AT + timedelta(hours=1), "southwark", drops=frozenset({DROP}))


@pytest.mark.parametrize(
    ("stops", "on", "code"),
    [
        ((HOLD, QUARANTINE), TODAY, HELD),
        ((HOLD, QUARANTINE), LAST, HELD),
        ((HOLD,), LAST + timedelta(days=1), RELEASED),
        ((WAITING,), TODAY, HELD),
        ((WAITING, QUARANTINE), TODAY, QUARANTINED),
        ((WAITING, HOLD, QUARANTINE), TODAY, HELD),
    ],
)
def test_what_keeps_rows_goes_before_what_destroys_them_and_that_before_a_hold_that_is_not_agreed(
    stops: tuple[Stop, ...], on: date, code: object
) -> None:
    for order in permutations(stops):
        found = Stops(order).on("fsm", "lambeth", "southwark", work=DROP, on=on)
        assert found is not None
        assert found.code(on) is code


def test_an_order_concerns_what_it_names_and_nothing_else() -> None:
    assert Stops((HOLD,)).on("fsm", "southwark", work="e" * 32, on=TODAY) is None
    everything = Stop("4" * 32, "hold", AT, "southwark", "fsm", day=LAST)
    assert everything.concerns("fsm", "lambeth", "southwark", work="e" * 32)
    assert not everything.concerns("fsm", "lambeth", "wandsworth", work="e" * 32)
    assert not everything.concerns("origin-destination", "southwark", work="e" * 32)


def test_a_party_has_left_from_the_first_day_without_it() -> None:
    leaving = Stops((Stop("5" * 32, "leaving", AT, "southwark", "fsm", day=LAST),))
    assert leaving.left("fsm", LAST - timedelta(days=1)) == frozenset()
    assert leaving.left("fsm", LAST) == {"southwark"}
    assert leaving.left("origin-destination", LAST) == frozenset()
