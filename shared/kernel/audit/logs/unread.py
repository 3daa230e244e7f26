"""What was not read of a log, by reason. Nothing is passed over: what is not an operation in the end is in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Why(StrEnum):
    """Why something was not read, or not wholly, as a report says it: never with what stands there."""

    # The file as a whole.
    LINK = "a link, which is not followed: put the file itself there"
    NOT_A_FILE = "neither a file nor a folder"
    CANNOT_BE_OPENED = "it cannot be opened or read to its end"
    ZIP = "a zip file or workbook: unpack it, or export the sheet as CSV"
    PACKED = "packed otherwise than with gzip: unpack it"
    PACKED_TWICE = "gzip within gzip within gzip: unpack it"
    COLUMNAR = "Parquet or Avro: export the rows as JSON or CSV"
    FOREIGN = "the file of another program: it is no log"
    GZIP_CUT_OFF = "the gzip file is cut off here; what stands before was read"
    GZIP_DAMAGED = "the gzip file is damaged from here on; what stands before was read"
    ENCODING = "the text is damaged from here on; what stands before was read"
    CLASSIC = "a log of classic Storage Analytics, which the exchange's accounts do not write"
    NO_FORM = "no form of log that the audit knows"
    # One record, or what should be one.
    NOT_JSON = "not JSON, or cut off"
    TOO_LONG = "longer than 16 MB"
    NO_RECORD = "JSON that is no record of a log"
    NOT_WHOLE = "an answer that says itself that it is not whole: ask again for less at once"
    FOREIGN_MEMBER = "something unknown beside a list of records"
    TWICE = "a name that stands twice, so that one of two values would have to be chosen"
    EVENT = "an event of Event Grid: it says what was stored, and not who asked"
    OTHER_LOG = "a kind of log that the audit does not read (its Category)"
    NO_OPERATION = "it does not say which operation it was"
    NO_ACCOUNT = "it does not say on which account or vault"
    NO_STATUS = "it does not say how it ended (StatusCode)"
    NO_IDENTITY = "read without who came and how, since the export has no column AuthenticationType"
    TEXT = "not valid text"
    CELLS = "more or fewer cells than headings"
    QUOTES = "a quote that is not closed on its line"
    # Its time.
    NO_TIME = "it has no time"
    NOT_A_TIME = "its time is in no form that the audit knows"
    NO_ZONE = "its time does not say its zone: state it with --log-zone"
    DAY_OR_MONTH = "which is the day of its time, and which the month, cannot be told: state it with --log-locale"
    OTHER_LOCALE = "its time cannot be one of the locale that --log-locale states"
    TWO_TIMES = "its local time is one that the clocks passed twice, or never"


@dataclass
class Tally:
    """How often, and where first."""

    line: int
    """1, 2, 3 …; 0 where the file as a whole is meant."""
    count: int = 0


@dataclass
class Unread:
    """What was not read of one file, or of one part of it."""

    by_reason: dict[Why, Tally] = field(default_factory=dict)

    def add(self, line: int, why: Why, count: int = 1) -> None:
        """Something in that line was not read."""
        if count:
            tally = self.by_reason.setdefault(why, Tally(line))
            tally.line = min(tally.line, line)
            tally.count += count

    def extend(self, found: Iterable[tuple[int, Why]]) -> None:
        """Some things, each in its line, were not."""
        for line, why in found:
            self.add(line, why)

    def merge(self, other: Unread) -> None:
        """What was not read of another part of the same file."""
        for why, tally in other.by_reason.items():
            self.add(tally.line, why, tally.count)

    def sentences(self) -> Iterable[tuple[int, str]]:
        """For each reason the first line, and a sentence."""
        for why, tally in self.by_reason.items():
            records = f" ({tally.count} {'record' if tally.count == 1 else 'records'})" if tally.line else ""
            yield tally.line, f"{why[:1].upper()}{why[1:]}{records}."

    @property
    def count(self) -> int:
        """How many things."""
        return sum(tally.count for tally in self.by_reason.values())
