"""Times as logs and exports write them. A day and a month, or a zone, are never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from shared.kernel.audit.logs.unread import Why

Locale = Literal["", "en-GB", "en-US"]

_AZURE = re.compile(r"(?:19[7-9]|20\d|21\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<part>\d+))?"
_ISO = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[T ]{_CLOCK} ?(?P<zone>Z|z|UTC|[+-]\d\d:?\d\d)?", re.ASCII
)
_SLASHED = re.compile(
    rf"(?P<one>\d{{1,2}})/(?P<two>\d{{1,2}})/(?P<year>\d{{4}}),? {_CLOCK}(?: (?P<half>[AaPp])\.?[Mm]\.?)?", re.ASCII
)
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))
"""Narrow and unbreakable ones, which browsers put before AM and PM."""
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
_NOON = 12


@dataclass(frozen=True)
class Dating:
    """What somebody states of the times in exports, where these do not say it themselves."""

    locale: Locale = ""
    """``en-GB``: the day stands first; ``en-US``: the month does."""
    zone: tzinfo | None = None


def read_time(text: object, zone: tzinfo | None, dating: Dating) -> str | Why:
    """ISO 8601 in UTC, to the microsecond. `zone` is what the column's heading says."""
    if not isinstance(text, str):
        return Why.NO_TIME if text is None else Why.NOT_A_TIME
    if _AZURE.fullmatch(text):
        return text if _is_moment(text) else Why.NOT_A_TIME
    plain = text.translate(_SPACES).strip()
    if not plain:
        return Why.NO_TIME
    if found := _ISO.fullmatch(plain):
        zone = _offset(found["zone"]) or zone or dating.zone
        clock = _clock(found, int(found["month"]), int(found["day"]))
    elif found := _SLASHED.fullmatch(plain):
        months = _months(int(found["one"]), int(found["two"]), dating.locale)
        if isinstance(months, Why):
            return months
        zone = zone or dating.zone
        clock = _clock(found, *months)
    else:
        return Why.NOT_A_TIME
    if clock is None:
        return Why.NOT_A_TIME
    return _in_utc(clock, zone)


def _is_moment(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    return UTC if text in ("Z", "z", "UTC") else datetime.strptime(text, "%z").tzinfo


def _months(one: int, two: int, locale: Locale) -> tuple[int, int] | Why:
    """Month and day of two numbers. Without a locale only where one meaning is possible."""
    day_first, month_first = two <= _NOON, one <= _NOON
    if locale == "en-GB" or (not locale and not month_first):
        return (two, one) if day_first else Why.OTHER_LOCALE if locale else Why.NOT_A_TIME
    if locale == "en-US" or not day_first:
        return (one, two) if month_first else Why.OTHER_LOCALE if locale else Why.NOT_A_TIME
    return (one, two) if one == two else Why.DAY_OR_MONTH


def _clock(found: re.Match[str], month: int, day: int) -> datetime | None:
    """The time without its zone; `None` when there is none such."""
    hour, half = int(found["hour"]), found.groupdict().get("half")
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half in "Pp" else 0)
    part = int((found["part"] or "0")[:6].ljust(6, "0"))
    try:
        return datetime(  # noqa: DTZ001 (its zone is found apart)
            int(found["year"]), month, day, hour, int(found["minute"]), int(found["second"]), part
        )
    except ValueError:
        return None


def _in_utc(clock: datetime, zone: tzinfo | None) -> str | Why:
    if zone is None:
        return Why.NO_ZONE
    first, second = (clock.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        return Why.TWO_TIMES
    try:
        moment = first.astimezone(UTC)
    except OverflowError:
        return Why.NOT_A_TIME
    if not _FIRST <= moment < _LAST - timedelta(days=1):
        return Why.NOT_A_TIME
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
