"""The agreements that the pages of codes and datasets tell of: each a heading, and the contracts below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from client.contracts import contracts
from shared.agreements.registry import load_agreements
from shared.kernel.contract.columns import Contract


@dataclass(frozen=True)
class Documented:
    """One agreement."""

    id: str
    """Of the folder of its datasets' files."""
    title: str
    contracts: Mapping[str, Contract]

    @property
    def heading(self) -> str:
        """Of its section: what it is for, and the word for it in manifests."""
        return f"{self.title} (`{self.id}`)"


@cache
def documented() -> tuple[Documented, ...]:
    """All of them, in the order of the registry, each with all that can be dropped under it: objections too."""
    by_id = contracts()
    return tuple(
        Documented(agreed.terms.id, agreed.terms.title, by_id[agreed.terms.id]) for agreed in load_agreements()
    )
