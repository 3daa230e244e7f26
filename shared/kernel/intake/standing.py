"""Where a new drop stands among its sender's others: it replaces one, waits for a word, or comes too late.

Every drop leaves its rows' identifiers, sealed like the rows, in its sender's part of staging: the index. It is written
before the others are looked for, so of two drops that arrive at once at least one sees the other. What is seen is fixed
in a claim, and told to every party in which either has rows, before the rows themselves are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.codes import NOT_LATER, OLDER, SAME_SECOND, SHARES_NOTHING, TOO_MANY, UNKNOWN_DROP
from shared.kernel.intake.staging import read_staged, stage
from shared.kernel.intake.ties import Tie, counting
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.contract.columns import Contract
    from shared.kernel.exchange import Sharing
    from shared.kernel.storage.areas import BlobFacts

MOST = 100
"""As many other files of one sender, dataset and collection may lie here: each is compared with each."""
_HOMES, _ORDINAL, _ROWS = "parties", "ordinal", "rows"
_CODES = {code.code: code for code in (SHARES_NOTHING, SAME_SECOND, OLDER)}
_CODE_OF = {
    "question": SHARES_NOTHING.code,
    "recalls": SHARES_NOTHING.code,
    "same_second": SAME_SECOND.code,
    "older": OLDER.code,
}


@dataclass(frozen=True)
class Entry:
    """One drop of a sender as its index tells of it, without being opened."""

    partition: Partition
    ordinal: int
    """Which of those made in the same second it is, in the order in which they were taken in."""
    rows: int
    parties: tuple[str, ...]

    @property
    def drop(self) -> str:
        """The drop's id."""
        return self.partition.drop

    @property
    def prepared_at(self) -> datetime:
        """When its sender says that it was made."""
        return self.partition.prepared_at

    @property
    def place(self) -> tuple[datetime, int]:
        """Its place in the order of its sender's files."""
        return self.prepared_at, self.ordinal


@dataclass(frozen=True)
class Standing:
    """What its sender is told of a drop's place among the others."""

    word: str
    """``first``; ``replaces`` the other; ``question``, or ``same_second``: it waits, the other counts; ``older``: the
    other, made later, counts; ``recalls``: it counts, and the other, made later, waits."""
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
        return self.word in ("first", "replaces", "recalls")

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


def check_word(sharing: Sharing, partition: Partition, replaces: str | None) -> None:
    """Raise `NotAgreed` when the drop cannot replace the one that its manifest names (DRP-013, DRP-014), or when too
    many files of its kind lie here already (DRP-015). What was found once holds whenever the drop is tried again."""
    others = {entry.drop: entry.prepared_at for entry in _entries(sharing, partition)}
    found = ""
    if len(others) > MOST:
        found = TOO_MANY.code
    elif replaces is not None:
        found = UNKNOWN_DROP.code
        if replaces in others:
            found = NOT_LATER.code if others[replaces] >= partition.prepared_at else ""
    held = sharing.claim(partition.sender, f"word-{partition.drop}", {"refused": found})["refused"]
    for code in (TOO_MANY, UNKNOWN_DROP, NOT_LATER):
        if held == code.code:
            raise code.refusal()


def place(
    sharing: Sharing, partition: Partition, accepted: pa.Table, parties: Iterable[str], replaces: str | None
) -> Placed:
    """Give the drop its place, and tell every party that is concerned.

    `accepted` are its accepted rows, `parties` where some of them go, `replaces` the drop that its manifest names.
    """
    own = tuple(sorted(parties))
    identifiers = _identifiers(accepted, sharing.pipeline.contracts[partition.dataset])
    _write_index(sharing, partition, identifiers, own, accepted.num_rows)
    fixed = sharing.claim(
        partition.sender, f"standing-{partition.drop}", _look(sharing, partition, identifiers, own, replaces)
    )
    ties = [Tie.named(name) for name in fixed["ties"]]
    for party in sorted({*fixed["parties"], partition.sender}):
        for tie in ties:
            _write(sharing, party, tie)
    return Placed(Standing(**fixed["standing"]), tuple(fixed["parties"]))


def _look(
    sharing: Sharing, partition: Partition, identifiers: pa.Array, own: Sequence[str], replaces: str | None
) -> dict[str, Any]:
    entries = _entries(sharing, partition)
    [this] = [entry for entry in entries if entry.drop == partition.drop]
    others = [entry for entry in entries if entry is not this]
    shared = {entry.drop: _shared(sharing, entry, identifiers) for entry in others}
    ties = [_tie(this, entry, shared[entry.drop], replaces) for entry in others]
    known = [Tie.named(blob.name) for blob in _listed(sharing, partition, "ties")]
    before = counting(others, known)
    now = counting(entries, [*known, *ties])
    standing = _standing(this, before, now, shared)
    parties = sorted({*own, *(party for entry in others for party in entry.parties)})
    return {
        "ties": sorted(tie.name for tie in ties),
        "parties": parties,
        "standing": standing.__dict__,
    }


def _standing(this: Entry, before: Entry | None, now: Entry | None, shared: dict[str, int]) -> Standing:
    other = before if now is this else now
    if other is None:
        return Standing("first" if now is this else "question", rows=this.rows)
    if now is this:
        word = "replaces" if other.place < this.place else "recalls"
    elif this.place < other.place:
        word = "older"
    else:
        word = "same_second" if this.prepared_at == other.prepared_at else "question"
    return Standing(word, other.drop, this.rows, other.rows, shared[other.drop])


def _tie(this: Entry, other: Entry, shared: int, replaces: str | None) -> Tie:
    later, earlier = (this, other) if other.place < this.place else (other, this)
    meets = later.prepared_at > earlier.prepared_at and shared > 0
    stated = replaces == other.drop  # and then this is the later one: `check_word` has seen to it
    partition = this.partition
    return Tie(partition.dataset, partition.collection, partition.sender, later.drop, earlier.drop, meets or stated)


def _identifiers(accepted: pa.Table, contract: Contract) -> pa.Array:
    return pc.unique(accepted.column(str(contract.identifier)).combine_chunks().drop_null())


def _shared(sharing: Sharing, entry: Entry, identifiers: pa.Array) -> int:
    held = read_staged(sharing, entry.partition.sender, _index(entry.partition).name).column("identifier")
    return int(pc.sum(pc.is_in(held, identifiers)).as_py() or 0)


def _write_index(
    sharing: Sharing, partition: Partition, identifiers: pa.Array, parties: Sequence[str], rows: int
) -> None:
    ordinal = _ordinal(sharing, partition)
    told = {_ORDINAL: str(ordinal), _ROWS: str(rows)}
    if parties:
        told[_HOMES] = ",".join(parties)  # an empty entry does not come back as it went
    stage(sharing, partition.sender, _index(partition), pa.table({"identifier": identifiers}), told)


def _ordinal(sharing: Sharing, partition: Partition) -> int:
    """Which of its sender's files of that second it is: whoever comes first takes the first number that is free."""
    second = f"{partition.dataset}-{partition.collection}-{partition.prepared_at:%Y%m%dT%H%M%SZ}"
    number = 0
    while sharing.claim(partition.sender, f"second-{second}-{number}", {"drop": partition.drop})["drop"] != (
        partition.drop
    ):
        number += 1
    return number


def _entries(sharing: Sharing, partition: Partition) -> list[Entry]:
    return [_entry(blob) for blob in _listed(sharing, partition, "index")]


def _entry(blob: BlobFacts) -> Entry:
    index = Partition.named(blob.name)
    told = blob.metadata
    return Entry(
        replace(index, dataset=index.dataset.removesuffix("index")),
        int(told[_ORDINAL]),
        int(told[_ROWS]),
        tuple(told[_HOMES].split(",")) if _HOMES in told else (),
    )


def _index(partition: Partition) -> Partition:
    return replace(partition, dataset=f"{partition.dataset}index")


def _listed(sharing: Sharing, partition: Partition, kind: str) -> list[BlobFacts]:
    folder = f"{partition.dataset}{kind}/{partition.collection}/"
    return list(sharing.staging(partition.sender).list(folder))


def _write(sharing: Sharing, party: str, tie: Tie) -> None:
    with suppress(AlreadyExists):  # its name says all
        sharing.staging(party).create(tie.name, b"")
