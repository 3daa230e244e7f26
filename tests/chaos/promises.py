"""What may be used in a schedule of two years, worked out from the schedule alone: the yardstick of `two_years`.

Nothing here asks the exchange. A pupil may be linked, sent or enrolled for a home borough while the file that counts of
either side has them, neither side's list of objections names them, and nothing has taken either file out of use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

SCHOOLS = ("southwark", "wandsworth")
HOMES = ("lambeth", "lewisham")
ELSEWHERE = "elsewhere"
CHILDREN = {
    **dict.fromkeys(("Amara", "Bola", "Chidi"), "southwark"),
    **dict.fromkeys(("Dayo", "Efe", "Femi"), "wandsworth"),
}
"""Each with the borough of their school."""
PENDING_DAYS, LIST_DAYS = 45, 400
"""As long as what was sent is known by its reference; as long as a list of objections holds that nobody renews."""


@dataclass(frozen=True)
class Objection:
    """One person on a borough's list."""

    begins: date
    ends: date | None

    def holds(self, on: date, listed: date) -> bool:
        """Whether it holds that day, on a list of that other."""
        return self.begins <= on < listed + timedelta(days=LIST_DAYS) and (self.ends is None or on <= self.ends)


@dataclass
class File:
    """One file that was taken in."""

    sender: str
    dataset: str
    collection: str
    drop: str
    key: str
    came: datetime
    people: dict[str, str]
    """Child and home borough, or `ELSEWHERE`."""
    kept_out: set[str] = field(default_factory=set)
    """Who was on its sender's list when it came, or has been since."""

    def has(self, child: str, home: str) -> bool:
        """Whether it says that they live there, and may."""
        return self.people.get(child) == home and child not in self.kept_out


@dataclass
class Sent:
    """A pair that was sent to its home borough."""

    ref: str
    last: datetime
    """When it was last known to stand while both sides lay here."""


@dataclass
class Book:
    """All that has happened, and what follows from it."""

    last_day: date
    counting: dict[tuple[str, str, str], File] = field(default_factory=dict)
    """The file that counts by sender, dataset and collection."""
    files: dict[str, File] = field(default_factory=dict)
    """By the id of the drop; one whose objectors were taken out has another, too."""
    stopped: dict[str, set[str]] = field(default_factory=dict)
    """By drop: the orders that have taken it out of use."""
    left: dict[str, date] = field(default_factory=dict)
    lists: dict[str, tuple[date, dict[str, Objection]]] = field(default_factory=dict)
    """By borough: the day of its list, and who is on it."""
    refs: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Child, home borough and collection of every reference that was ever sent."""
    sent: dict[tuple[str, str, str], Sent] = field(default_factory=dict)
    """By child, home borough and collection: what is to be told when it stands no more."""
    closed: set[str] = field(default_factory=set)
    """References that a family or an officer has closed: nobody is told of these."""

    def objecting(self, slug: str, on: date) -> set[str]:
        """Who is on the borough's list that day."""
        listed, entries = self.lists.get(slug, (on, {}))
        return {child for child, entry in entries.items() if entry.holds(on, listed)}

    def counts(self, file: File) -> None:
        """From now on it is this file that counts."""
        self.counting[file.sender, file.dataset, file.collection] = file

    def sides(self, child: str, home: str, collection: str) -> tuple[File | None, File | None]:
        """The file of the school borough and that of the home borough that count."""
        return (
            self.counting.get((CHILDREN[child], "pupils", collection)),
            self.counting.get((home, "households", collection)),
        )

    def is_there(self, child: str, home: str, collection: str) -> bool:
        """Whether both sides say that they have the child."""
        return all(file is not None and file.has(child, home) for file in self.sides(child, home, collection))

    def is_usable(self, file: File | None, on: date) -> bool:
        """Whether anybody may work with the file."""
        return file is not None and file.drop not in self.stopped and not self.has_left(file.sender, on)

    def has_left(self, slug: str, on: date) -> bool:
        """Whether the borough is no party that day."""
        return slug in self.left and on >= self.left[slug]

    def may(self, child: str, home: str, collection: str, on: date) -> bool:
        """Whether the child may be linked, sent or enrolled."""
        return (
            on <= self.last_day
            and not self.has_left(home, on)
            and self.is_there(child, home, collection)
            and all(self.is_usable(file, on) for file in self.sides(child, home, collection))
        )

    def stop(self, drops: set[str], order: str) -> None:
        """The order takes these files out of use; who had results over them, whole ones, is told by it, and not by
        notices."""
        collections = {file.collection for file in self.files.values() if file.drop in drops}
        for drop in drops:
            self.stopped.setdefault(drop, set()).add(order)
        for key in list(self.sent):
            if key[2] in collections:
                del self.sent[key]

    def known(self, now: datetime) -> set[tuple[str, str, str]]:
        """The pairs that the exchange still knows to have been sent."""
        life = timedelta(days=PENDING_DAYS - 4)
        return {key for key, sent in self.sent.items() if now - sent.last < life}

    def owed(self, now: datetime) -> Iterator[tuple[str, str]]:
        """References and boroughs that are to be told that a pair stands no more; each once."""
        for (child, home, collection), sent in list(self.sent.items()):
            if self.is_there(child, home, collection):
                continue
            del self.sent[child, home, collection]
            sides = self.sides(child, home, collection)
            in_time = now - sent.last < timedelta(days=PENDING_DAYS - 1)
            both = all(self.is_usable(file, now.date()) for file in sides)
            if in_time and both and sent.ref not in self.closed and now.date() <= self.last_day:
                yield from ((sent.ref, slug) for slug in (home, CHILDREN[child]) if not self.has_left(slug, now.date()))
