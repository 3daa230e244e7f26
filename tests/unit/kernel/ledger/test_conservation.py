"""Every row that went in ended in exactly one place."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import ConservationBroken
from shared.kernel.ledger.conservation import Tally, check_conservation

rows = st.integers(0, 10**6)
tallies = st.builds(
    Tally,
    rows_in=st.just(0),
    ends=st.dictionaries(st.sampled_from(["rejected", "routed", "matched", "excluded.leaver"]), rows),
).map(lambda tally: dataclasses.replace(tally, rows_in=tally.rows_out))


@given(tallies)
def test_what_ends_somewhere_is_what_went_in(tally: Tally) -> None:
    check_conservation(tally)
    counts = tally.counts()
    assert sum(counts.values()) == 2 * counts["rows_in"] == 2 * tally.rows_in


@given(tallies, st.integers(-5, 5).filter(bool))
def test_a_row_too_few_or_too_many_stops_the_work(tally: Tally, lost: int) -> None:
    with pytest.raises(ConservationBroken, match=f"LED-002: {tally.rows_in + lost} rows went in"):
        check_conservation(dataclasses.replace(tally, rows_in=tally.rows_in + lost))


def test_two_wrongs_do_not_balance() -> None:
    with pytest.raises(ConservationBroken, match="matched 3, unmatched -1"):
        check_conservation(Tally(2, {"matched": 3, "unmatched": -1}))


def test_the_counts_of_an_event_leave_out_what_did_not_occur() -> None:
    tally = Tally(5, {"rejected": 2, "excluded.leaver": 3, "excluded.out_of_age": 0})
    assert tally.counts() == {"rows_in": 5, "rejected": 2, "excluded.leaver": 3}
    assert Tally(0, {}).counts() == {"rows_in": 0}
