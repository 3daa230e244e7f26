"""Which day a moment falls on, for everything that people and the agreement date: London's.

A night job at 00:30 on 1 July runs at 23:30 UTC on 30 June; by UTC its extract would be one of tomorrow.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def london_day(moment: datetime) -> date:
    """London's day at a moment that knows its zone; ValueError where it does not."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is on no day")
    return moment.astimezone(LONDON).date()
