"""The contracts that a borough's files are packed to and checked by: the one place that says where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client.codes import invalid

if TYPE_CHECKING:
    from shared.kernel.contract.columns import Contract
    from shared.kernel.contract.validate import Validation
    from shared.kernel.errors import InvalidInput


@dataclass(frozen=True)
class Found:
    """A dataset of one agreement."""

    agreement: str
    """Its id."""
    contract: Contract


def find_contract(dataset: str, agreement: str | None = None, *, default: str | None = None) -> Found:
    """The dataset of that name: of the agreement that is named, else of the only one that has it; of several the
    `default` is meant, which a borough sets once.

    Raises `InvalidInput` INP-003, which names those there are, where there is none, and INP-000, which names the
    agreements, where there is no such agreement, or several have it and nothing says which is meant.
    """
    every = contracts()
    for named in (agreement, default):
        if named is not None and named not in every:
            raise _unclear(f"There is no agreement {named}; there are: {', '.join(every)}.")
    meant = {id: held for id, held in every.items() if agreement in (None, id)}
    having = [Found(id, held[dataset]) for id, held in meant.items() if dataset in held]
    if len(having) > 1 and default not in [found.agreement for found in having]:
        ids = " and ".join(found.agreement for found in having)
        raise _unclear(
            f"The agreements {ids} have a dataset {dataset}: say with --agreement which one is meant, or set "
            "default_agreement."
        )
    if not having:
        name = dataset if agreement is None else f"{dataset} in the agreement {agreement}"
        known = dict.fromkeys(name for held in meant.values() for name in held)
        raise invalid("INP-003", name=name, known=", ".join(known))
    return next((found for found in having if found.agreement == default), having[0])


def refused_whole(contract: Contract, checked: Validation) -> bool:
    """Whether the exchange takes no row of it: none is right, or one of a list of objections is wrong (DRP-020)."""
    from shared.kernel.contract.objections import CONTRACT

    return not checked.stands or (contract is CONTRACT and checked.rows_rejected > 0)


def _unclear(problem: str) -> InvalidInput:
    return invalid("INP-000", problem=problem, command="agreement")


def known_columns() -> frozenset[str]:
    """Names of columns that a message may repeat, whatever file they stand in: they are ours."""
    return frozenset(name for held in contracts().values() for contract in held.values() for name in contract.names)


def contracts() -> Mapping[str, Mapping[str, Contract]]:
    """By the agreement's id its contracts, by dataset; objections with those that are about people who can object."""
    from shared.agreements.registry import PACKAGES
    from shared.kernel.contract.objections import CONTRACT, objectable

    objections = {CONTRACT.dataset: CONTRACT}
    return {
        id: {**package.contracts, **(objections if objectable(package.contracts) else {})}
        for id, package in PACKAGES.items()
    }
