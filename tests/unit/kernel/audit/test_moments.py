"""Times in logs: read where they have one meaning, else named."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.audit.logs.moments import Dating, Locale, read_time
from shared.kernel.audit.logs.unread import Why

LONDON = ZoneInfo("Europe/London")
TEN = "2026-09-28T10:42:07.000000Z"


@pytest.mark.parametrize(
    ("text", "zone", "dating", "said"),
    [
        ("2026-09-28T10:42:07.1234567Z", None, Dating(), "2026-09-28T10:42:07.1234567Z"),
        ("2026-09-28T10:42:07.123456789123Z", None, Dating(), "2026-09-28T10:42:07.123456Z"),
        ("2026-09-28 10:42:07Z", None, Dating(), TEN),
        ("2026-09-28T11:42:07+01:00", None, Dating(), TEN),
        ("2026-09-28T11:42:07+0100", UTC, Dating(), TEN),
        ("2026-09-28 10:42:07", UTC, Dating(), TEN),
        ("2026-09-28 10:42:07", None, Dating(), Why.NO_ZONE),
        ("2026-09-28 11:42:07", None, Dating(zone=LONDON), TEN),
        ("2026-09-28 10:42:07", UTC, Dating(zone=LONDON), TEN),
        ("2026-10-25 01:30:00", None, Dating(zone=LONDON), Why.TWO_TIMES),
        ("2026-03-29 01:30:00", None, Dating(zone=LONDON), Why.TWO_TIMES),
        ("9/28/2026, 10:42:07.000 AM", UTC, Dating(), TEN),
        ("9/28/2026, 10:42:07.000\u202fAM", UTC, Dating(), TEN),
        ("9/28/2026 10:42:07 AM", UTC, Dating(), TEN),
        ("28/09/2026, 10:42:07.000", UTC, Dating(), TEN),
        ("28/09/2026, 10:42:07 am", UTC, Dating(), TEN),
        ("28/09/2026, 10:42:07 a.m.", UTC, Dating("en-GB"), TEN),
        ("28/09/2026, 11:42:07", None, Dating("en-GB", LONDON), TEN),
        ("9/9/2026, 12:00:00 AM", UTC, Dating(), "2026-09-09T00:00:00.000000Z"),
        ("9/9/2026, 12:00:00 PM", UTC, Dating(), "2026-09-09T12:00:00.000000Z"),
        ("05/09/2026, 11:42:07.000", UTC, Dating(), Why.DAY_OR_MONTH),
        ("05/09/2026, 11:42:07.000 am", UTC, Dating(), Why.DAY_OR_MONTH),
        ("05/09/2026, 11:42:07", UTC, Dating("en-GB"), "2026-09-05T11:42:07.000000Z"),
        ("05/09/2026, 11:42:07", UTC, Dating("en-US"), "2026-05-09T11:42:07.000000Z"),
        ("28/09/2026, 10:42:07", UTC, Dating("en-US"), Why.OTHER_LOCALE),
        ("9/28/2026, 10:42:07 AM", UTC, Dating("en-GB"), Why.OTHER_LOCALE),
        ("13/13/2026, 10:42:07", UTC, Dating(), Why.NOT_A_TIME),
        ("30/02/2026, 10:42:07", UTC, Dating(), Why.NOT_A_TIME),
        ("2026-02-30T10:42:07Z", None, Dating(), Why.NOT_A_TIME),
        ("9/28/2026, 13:42:07 AM", UTC, Dating(), Why.NOT_A_TIME),
        ("9999-12-31T14:22:45Z", None, Dating(), Why.NOT_A_TIME),
        ("28.09.2026 10:42:07", UTC, Dating(), Why.NOT_A_TIME),
        ("28/09/26, 10:42:07", UTC, Dating(), Why.NOT_A_TIME),
        ("2026-09-28", UTC, Dating(), Why.NOT_A_TIME),
        ("1790592127", UTC, Dating(), Why.NOT_A_TIME),
        (1790592127, UTC, Dating(), Why.NOT_A_TIME),
        ("", UTC, Dating(), Why.NO_TIME),
        (None, UTC, Dating(), Why.NO_TIME),
    ],
)
def test_a_time_is_read_or_named(text: object, zone: tzinfo | None, dating: Dating, said: str) -> None:
    assert read_time(text, zone, dating) == said


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.sampled_from([("en-GB", "%d/%m/%Y, %H:%M:%S.%f"), ("en-US", "%m/%d/%Y, %I:%M:%S.%f %p")]),
)
def test_what_is_read_without_a_locale_is_what_is_read_with_the_right_one(
    moment: datetime, shape: tuple[Locale, str]
) -> None:
    locale, form = shape
    text = moment.strftime(form)
    stated, unstated = read_time(text, UTC, Dating(locale)), read_time(text, UTC, Dating())
    assert stated == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert unstated in (stated, Why.DAY_OR_MONTH)


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from([None, UTC, LONDON]))
def test_no_text_breaks_it(text: str, zone: tzinfo | None) -> None:
    said = read_time(text, zone, Dating())
    assert isinstance(said, Why) or said.endswith("Z")
