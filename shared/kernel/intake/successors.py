"""Which file took the place of which, since somebody in that one had objected, as the lists' chains say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.kernel.objected import OBJECTED

if TYPE_CHECKING:
    from shared.kernel.ledger.chain import Ledger

LOOKED = "looked"
"""The step of a list once it is known into which files one looks, and what will take the place of each."""
FILE, BY = "file", "by"
"""What the hashes of that event are named, with a number behind a dot: the file, and what takes its place."""


def successors(ledger: Ledger, party: str) -> dict[str, str]:
    """Of every file of the party that took the place of another, since somebody in that one had objected: which."""
    found: dict[str, str] = {}
    for subject in ledger.subjects(OBJECTED):
        for event in ledger.events(subject):
            if event.step == LOOKED and event.tenant == party:
                for name, file in event.hashes.items():
                    word, _, number = name.partition(".")
                    if word == FILE:
                        found[event.hashes[f"{BY}.{number}"]] = file
    return found


def first_of(drop: str, origin: Mapping[str, str]) -> str:
    """The drop itself, as its sender knows it."""
    while drop in origin:
        drop = origin[drop]
    return drop
