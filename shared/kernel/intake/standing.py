"""Where a new drop stands among its sender's others: it replaces one, waits for a word, or comes too late.

Every drop leaves its rows' identifiers, sealed like the rows, in its sender's part of staging: the index. It is written
before the others are looked for, so of two drops that arrive at once at least one sees the other. What is seen is fixed
in a claim, and told to every party in which either has rows, before the rows themselves are. Which files came to count
is remembered beyond their days (`order.py`), so that none ever gives its place to an older one that comes late.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.codes import (
    NOT_LATER,
    OLDER,
    SAME_SECOND,
    SAME_SECOND_GONE,
    SHARES_NOTHING,
    TOO_LATE,
    TOO_MANY,
    UNKNOWN_DROP,
)
from shared.kernel.intake.index import Entry, entries_beside, identifiers_of, shared_with, write_index
from shared.kernel.intake.order import Order, Remembered, order_of, remember
from shared.kernel.intake.over import read_over
from shared.kernel.intake.staging import stage
from shared.kernel.intake.ties import TIES, Tie, Word, counting
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing

MOST = 100
"""As many other files of one sender, dataset and collection may lie here: each is compared with each."""
_CODES = {code.code: code for code in (SHARES_NOTHING, SAME_SECOND, OLDER)}
_CODE_OF = {
    "question": SHARES_NOTHING.code,
    "same_second": SAME_SECOND.code,
    "older": OLDER.code,
}


@dataclass(frozen=True)
class Standing:
    """What its sender is told of a drop's place among the others."""

    word: str
    """``first``; ``replaces`` the other; ``question``, or ``same_second``: it waits, the other counts; ``older``: the
    other, made later, counts, and this one never does."""
    other: str = ""
    """The id of the drop that it is about."""
    rows: int = 0
    """Accepted rows of this drop."""
    other_rows: int = 0
    shared: int = 0
    """Identifiers that both have."""

    @property
    def counts(self) -> bool:
        """Whether it is this drop whose rows are used."""
        return self.word in ("first", "replaces")

    @property
    def code(self) -> str:
        """Of what the sender should know or answer; empty where all is as usual."""
        return _CODE_OF.get(self.word, "")


def told(standing: Standing) -> dict[str, str | int]:
    """What receipt and report say of it: whether the drop counts, which other drop is concerned, and both counts."""
    told: dict[str, str | int] = {"counts": "yes" if standing.counts else "no", "standing": standing.word}
    if standing.other:
        told |= {
            "other_drop": standing.other,
            "rows_of_this": standing.rows,
            "rows_of_other": standing.other_rows,
            "shared_identifiers": standing.shared,
        }
    if code := _CODES.get(standing.code):
        told |= {"standing_code": code.code, "what_it_means": code.meaning, "what_to_do": code.remedy}
    return told


@dataclass(frozen=True)
class Placed:
    """A drop in its place: what its sender is told, and which parties have to hear of it."""

    standing: Standing
    parties: tuple[str, ...]
    """Its own and those of every other file: where it has no row now, that is what it says."""


def check_place(sharing: Sharing, partition: Partition, replaces: str | None) -> None:
    """Raise `NotAgreed` when the drop can have no place: it is no newer than one that counted and is gone by now
    (DRP-017, DRP-019), cannot replace the one that its manifest names (DRP-013, DRP-014), or too many files of its kind
    lie here already (DRP-015). What was found once holds whenever the drop is tried again."""
    others = {entry.drop: entry.prepared_at for entry in entries_beside(sharing, partition)}
    found = _too_late(partition, order_of(sharing, partition).newest, others)
    if len(others) > MOST:
        found = TOO_MANY.code
    elif replaces is not None and not found:
        found = UNKNOWN_DROP.code
        if replaces in others:
            found = NOT_LATER.code if others[replaces] > partition.prepared_at else ""
    held = sharing.claim(partition.sender, f"word-{partition.drop}", {"refused": found})["refused"]
    for code in (TOO_MANY, TOO_LATE, SAME_SECOND_GONE, UNKNOWN_DROP, NOT_LATER):
        if held == code.code:
            raise code.refusal()


def _too_late(partition: Partition, newest: Remembered | None, here: Container[str]) -> str:
    """The code of why the file can no longer count, where one that is not older has counted and is here no more."""
    if newest is None or newest.drop == partition.drop or newest.drop in here:
        return ""
    if newest.prepared_at == partition.prepared_at:
        return SAME_SECOND_GONE.code
    return TOO_LATE.code if newest.prepared_at > partition.prepared_at else ""


def place(
    sharing: Sharing, partition: Partition, accepted: pa.Table, parties: Iterable[str], replaces: str | None
) -> Placed:
    """Give the drop its place, and tell every party that is concerned.

    `accepted` are its accepted rows, `parties` where some of them go, `replaces` the drop that its manifest names.
    """
    own = tuple(sorted(parties))
    identifiers = identifiers_of(accepted, sharing.pipeline.contracts[partition.dataset])
    write_index(sharing, partition, identifiers, own, accepted.num_rows)
    look = _look_until_it_holds(sharing, partition, identifiers, replaces)
    fixed = sharing.claim(partition.sender, f"standing-{partition.drop}", look.facts)
    for name in fixed["ties"]:
        tie = Tie.named(name)
        for party in sorted({*fixed["parties"], partition.sender}):
            _write(sharing, party, tie)
    for name, without in fixed["newer"].items():
        for party in without:
            stage(sharing, party, Partition.named(name), accepted.schema.empty_table())
    return Placed(Standing(**fixed["standing"]), tuple(fixed["parties"]))


def _look_until_it_holds(sharing: Sharing, partition: Partition, identifiers: pa.Array, replaces: str | None) -> _Look:
    """Look, and remember which file counts now; look again where another one has come to count meanwhile."""
    shared: dict[str, int] = {}
    while True:
        order = order_of(sharing, partition)
        entries = entries_beside(sharing, partition)
        known = _ties_beside(sharing, partition) if len(entries) > 1 else []  # a tie is between two
        for entry in entries:
            if entry.drop not in {*shared, partition.drop}:
                shared[entry.drop] = shared_with(sharing, entry, identifiers)
        look = _look(partition, entries, shared, known, order, replaces)
        look.facts["parties"] = sorted({*look.facts["parties"], *_of_files_gone(sharing, partition, order, entries)})
        if look.comes_to_count is None or order.has(look.comes_to_count.drop):
            return look
        with suppress(AlreadyExists):
            remember(sharing, order, look.comes_to_count, partition)
            return look


def _of_files_gone(sharing: Sharing, partition: Partition, order: Order, entries: Iterable[Entry]) -> Iterator[str]:
    """Parties that still decide on what was found in a file of the sender that is gone: what this one says, that it has
    none of theirs, concerns them."""
    gone = {event.hashes["drop"] for event in order.events} - {entry.drop for entry in entries}
    if not gone or sharing.agreement.retention.pending_days is None:
        return
    for party in sharing.agreement.participants:
        for blob in sharing.pending(party.slug).list():
            said = read_over(blob.metadata)
            if said and Partition.named(blob.name).collection == partition.collection:
                _, over = said
                if any(sender == partition.sender and drop in gone for sender, drop in over):
                    yield party.slug


@dataclass(frozen=True)
class _Look:
    facts: dict[str, Any]
    """For the claim: standing, ties, parties, and which newer files have no row where this one has some."""
    comes_to_count: Entry | None
    """The file that counts because this one came: itself, as a rule."""


def _look(
    partition: Partition,
    entries: Sequence[Entry],
    shared: dict[str, int],
    known: Sequence[Tie],
    order: Order,
    replaces: str | None,
) -> _Look:
    """`shared`: how many identifiers this file and each other one have in common; `known`: the ties of the others."""
    [this] = [entry for entry in entries if entry.drop == partition.drop]
    others = [entry for entry in entries if entry is not this]
    later = {entry.drop for entry in entries if entry.place >= this.place}
    earlier = [entry for entry in entries if entry.drop not in later]
    before = counting(earlier, [tie for tie in known if tie.later not in later])
    if (newest := order.later_than(this)) is not None:
        ties = [_tie_of(partition, newest.drop, this.drop, "late")]
        now = next((entry for entry in others if entry.drop == newest.drop), None)
        standing = Standing("older", rows=this.rows)
        if now is not None:  # its days may have ended since `check_place`
            standing = Standing("older", now.drop, this.rows, now.rows, shared[now.drop])
        comes_to_count = None
    else:
        ties = [_tie(this, entry, shared[entry.drop], replaces) for entry in others]
        now = counting(entries, [*known, *ties])
        standing = _standing(this, before, now, shared)
        comes_to_count = now if now is not before else None
    facts = {
        "ties": sorted(tie.name for tie in ties),
        "parties": sorted({*this.parties, *(party for entry in others for party in entry.parties)}),
        "standing": standing.__dict__,
        "newer": {
            entry.partition.name: sorted(set(this.parties) - set(entry.parties))
            for entry in others
            if entry.place > this.place
        },
    }
    return _Look(facts, comes_to_count)


def _standing(this: Entry, before: Entry | None, now: Entry | None, shared: dict[str, int]) -> Standing:
    other = before if now is this else now
    if other is None:
        return Standing("first" if now is this else "question", rows=this.rows)
    if now is this:
        word = "replaces"
    elif this.place < other.place:
        word = "older"
    else:
        word = "same_second" if this.prepared_at == other.prepared_at else "question"
    return Standing(word, other.drop, this.rows, other.rows, shared[other.drop])


def _tie(this: Entry, other: Entry, shared: int, replaces: str | None) -> Tie:
    later, earlier = (this, other) if other.place < this.place else (other, this)
    # A file of no rows says that there are none, of which nothing can be shared: what it says is no question.
    meets = later.prepared_at > earlier.prepared_at and (shared > 0 or not (later.rows and earlier.rows))
    stated = replaces == other.drop  # and then this is the later one: `check_place` has seen to it
    return _tie_of(this.partition, later.drop, earlier.drop, "meets" if meets or stated else "apart")


def _tie_of(partition: Partition, later: str, earlier: str, word: Word) -> Tie:
    return Tie(partition.dataset, partition.collection, partition.sender, later, earlier, word)


def _ties_beside(sharing: Sharing, partition: Partition) -> list[Tie]:
    area = sharing.staging(partition.sender)
    return [Tie.named(blob.name) for blob in area.list(f"{partition.dataset}{TIES}/{partition.collection}/")]


def _write(sharing: Sharing, party: str, tie: Tie) -> None:
    with suppress(AlreadyExists):  # its name says all
        sharing.staging(party).create(tie.name, b"")
