"""How many officers decide for a party, over all of its files and not file by file.

Each takes a place: a claim that holds a keyed pseudonym, and no name. There are as many places as the agreement allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.terms.gates import MORE_OFFICERS

if TYPE_CHECKING:
    from shared.kernel.contract.columns import Contract
    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.partition import Partition

_WORD = "officer"


def check_all_officers(sharing: Sharing, partition: Partition, accepted: pa.Table, contract: Contract) -> None:
    """Raise `NotAgreed` (AGR-008) where the drop's officers and those of the sender's earlier files are too many.

    What was found once holds whenever the drop is tried again. A drop that is refused takes no place that was free
    when it was looked at.
    """
    if contract.officer is None or not accepted.num_rows:
        return
    # The case of a user name tells nobody apart.
    names = pc.unique(pc.utf8_lower(accepted.column(contract.officer).combine_chunks().drop_null()))
    wanted = set(sharing.pseudonyms(_WORD, pa.repeat(partition.sender, len(names)), names).to_pylist())
    seated = set(_seated(sharing, partition.sender))
    free = sharing.agreement.officers_per_party - len(wanted | seated)
    key = f"officers-{partition.drop}"
    if sharing.claim(partition.sender, key, {"refused": free < 0})["refused"]:
        raise MORE_OFFICERS.refusal()
    for officer in sorted(wanted - seated):  # who has a place keeps it, whichever are free now
        _seat(sharing, partition.sender, officer)


def _seated(sharing: Sharing, party: str) -> Iterator[str]:
    """The officers who have a place."""
    for number in range(sharing.agreement.officers_per_party):
        held = sharing.claimed(party, _place(number))
        if held is not None:
            yield held[_WORD]


def _seat(sharing: Sharing, party: str, officer: str) -> None:
    """Give the officer the first place that is free. Raises `NotAgreed` where there is none:
    somebody else took it just now."""
    for number in range(sharing.agreement.officers_per_party):
        if sharing.claim(party, _place(number), {_WORD: officer})[_WORD] == officer:
            return
    raise MORE_OFFICERS.refusal()


def _place(number: int) -> str:
    return f"officer-{number}"
