"""How two files of one sender stand to each other, and which of several files counts.

A file says what its sender has from now on: a newer one takes the place of the one before it.
Whether it does is a question where the two share no row's identifier (a part of the whole, another system's
numbers), or where both bear the same second. A question is never answered here: the earlier file counts until its
sender says that the newer one replaces it. A file that comes after one made later has come to count never counts.

A tie is a blob without content. Its name holds ids alone, so that planning a run opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar, cast

from shared.kernel import names

TIES = "ties"
"""What the folder of a dataset's ties is called beyond the dataset."""
_NAME = re.compile(
    rf"(?P<dataset>{names.DATASET}){TIES}/(?P<collection>{names.COLLECTION})/"
    rf"(?P<sender>{names.SLUG})\.(?P<later>{names.ID})\.(?P<earlier>{names.ID})\.(?P<word>meets|apart|late)"
)

Word = Literal["meets", "apart", "late"]


class File(Protocol):
    """One drop of a sender, as far as its place among the others goes."""

    @property
    def drop(self) -> str:
        """The drop's id."""

    @property
    def prepared_at(self) -> datetime:
        """When its sender says that it was made."""


F = TypeVar("F", bound=File)


@dataclass(frozen=True)
class Tie:
    """Two drops of one sender, dataset and collection."""

    dataset: str
    collection: str
    sender: str
    later: str
    """Made later or, in the same second, taken in later."""
    earlier: str
    word: Word
    """`meets`: the later one may take the earlier one's place, because they share an identifier or the sender says so.
    `apart`: whether it may is a question. `late`: the later one had come to count before the earlier one came."""

    @property
    def name(self) -> str:
        """The blob name within the agreement's part of a party's staging area."""
        return f"{self.dataset}{TIES}/{self.collection}/{self.sender}.{self.later}.{self.earlier}.{self.word}"

    @classmethod
    def named(cls, name: str) -> Tie:
        """Read a blob name back. Raises `ValueError` for any other name."""
        found = _NAME.fullmatch(name)
        if not found or not names.is_collection(found["collection"]):
            raise ValueError("not the name of a tie")
        dataset, collection, sender, later, earlier, word = found.groups()
        return cls(dataset, collection, sender, later, earlier, cast(Word, word))


def in_order(files: Iterable[F], ties: Iterable[Tie]) -> list[F]:
    """By the second in which they were made, and within a second as they were taken in."""
    files, made = list(files), {file.drop: file.prepared_at for file in files}
    same = [tie.later for tie in ties if made.get(tie.later) == made.get(tie.earlier) is not None]
    return sorted(files, key=lambda file: (file.prepared_at, same.count(file.drop)))


def never(files: Iterable[F], ties: Iterable[Tie]) -> set[str]:
    """The drops that count no more, whatever comes: a later one had come to count before they came, or may have taken
    their place and is gone, since it was put into quarantine or lay here for longer."""
    there = {file.drop for file in files}
    return {tie.earlier for tie in ties if tie.word == "late" or (tie.word == "meets" and tie.later not in there)}


def counting(files: Sequence[F], ties: Sequence[Tie]) -> F | None:
    """The one that counts; `None` where there is none, or only questions whose earlier files are gone by now.

    The same files and ties give the same answer, whatever came first. `files` are all that lie there.
    """
    meets = {(tie.later, tie.earlier): tie.word == "meets" for tie in ties if tie.word != "late"}
    counts: F | None = None
    for file in _in_play(files, ties):
        if counts is not None:
            may_replace = meets.get((file.drop, counts.drop), True)
        else:
            before = [met for (later, _), met in meets.items() if later == file.drop]
            may_replace = any(before) or not before
        if may_replace:
            counts = file
    return counts


def that_may_count(files: Sequence[F], ties: Sequence[Tie]) -> list[F]:
    """The one that counts, and those made after it, of which it is a question: an answer, or a file that comes late,
    can let them count."""
    counts, order = counting(files, ties), _in_play(files, ties)
    return order[order.index(counts) :] if counts else order


def _in_play(files: Sequence[F], ties: Sequence[Tie]) -> list[F]:
    over = never(files, ties)
    return in_order([file for file in files if file.drop not in over], ties)
