"""The day is London's: also in the hour after midnight in summer, when UTC is still at yesterday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.days import london_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 6, 30, 23, 30, tzinfo=UTC), date(2027, 7, 1)),
        (datetime(2027, 6, 30, 22, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2027, 3, 27, 23, 30, tzinfo=UTC), date(2027, 3, 27)),  # the clocks go forward that night
        (datetime(2027, 3, 28, 23, 30, tzinfo=UTC), date(2027, 3, 29)),
        (datetime(2027, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), date(2027, 7, 1)),
    ],
)
def test_the_day_is_that_of_london(moment: datetime, day: date) -> None:
    assert london_day(moment) == day


def test_a_moment_without_a_zone_is_on_no_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        london_day(datetime(2027, 7, 1))  # noqa: DTZ001 - that is the point


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_london_is_never_behind_utc_and_at_most_an_hour_ahead(moment: datetime) -> None:
    assert moment.date() <= london_day(moment) <= (moment + timedelta(hours=1)).date()
