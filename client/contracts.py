"""The contracts that a borough's files are packed to and checked by: the one place that says where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.codes import invalid
from shared.agreements.free_school_meals.contracts import CONTRACTS

if TYPE_CHECKING:
    from shared.kernel.contract.columns import Contract

KNOWN_COLUMNS = frozenset(name for contract in CONTRACTS.values() for name in contract.names)
"""Names that a message may repeat, whatever file they stand in."""


def contract_of(dataset: str) -> Contract:
    """The contract of a dataset; `InvalidInput` INP-003, which names those there are, where there is none."""
    if dataset not in CONTRACTS:
        raise invalid("INP-003", name=dataset, known=", ".join(CONTRACTS))
    return CONTRACTS[dataset]
