"""Which kind of container a name is, whose, and in which agreement's folder. The table of storage, read backwards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel import names
from shared.kernel.intake.due import MARKS
from shared.kernel.intake.index import INDEX
from shared.kernel.intake.stops import STOP
from shared.kernel.intake.ties import TIES
from shared.kernel.objected import OBJECTED
from shared.kernel.rights.incidents import INCIDENT
from shared.kernel.rights.out_of_use import OUT_OF_USE
from shared.kernel.terms.agreements import NONE
from shared.kernel.terms.current import CURRENT, FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.kernel.terms.agreements import Agreed, Agreements

HELD = "held"
"""What holds keep: no policy reaches it."""
SHARED = ("staging", "pending", "decisions", HELD, "requests", "claims", "certificates")
"""Containers of which each party has the part under its own prefix."""
EXCHANGE = NONE
REPLAY = "replay"
OPERATED = (REPLAY, INCIDENT)
"""The parts of the ledger that operators may add to: what they gave again, and removed; incidents."""
REPORTS, CERTIFICATES, HEADS = "reports", "certificates", "heads"
"""Folders of an outbox that are of no job: the answers to drops, what the sweep delivers, and the daily heads."""
FOLDERS = {"staging": 2, "pending": 2, "decisions": 2, "requests": 1, "claims": 2, "outbox": 2}
"""Containers with a folder for each agreement: how many folders of a name say what it is, of two one within that."""
_WHOLE = {"ledger": "ledger", "reference": "reference", "deadletter": "deadletter"}
_OWN_WORK = (
    *("drop", "event", "sweep", "watchdog", "result", "policy", "records", *OPERATED, "reconcile", "wake"),
    *("order", "waiting", "turn", "heads", "notice", OBJECTED, CURRENT, STOP, OUT_OF_USE),
)
_ANSWERS = ("report.json", "report.xlsx", "receipt.json", "leaving.json", "notice.json")


@dataclass(frozen=True)
class Place:
    """A kind of container and whose it, or its part, is: a slug, `exchange`, or empty for a listing across parts.

    The ledger is the exchange's, but for the parts of operators.
    """

    kind: str
    owner: str
    agreement: str = ""
    """Id of the agreement whose folder of the part it is; `exchange` for what is of none; empty for any other folder,
    for the part as a whole, and where there are no such folders."""
    folder: str = ""
    """Within that: a dataset, a word of the agreement's, ``reports``; empty for any other."""


class Places:
    """All places that these agreements have."""

    def __init__(self, agreements: Agreements) -> None:
        self._slugs = frozenset(agreements.known)
        self._folders = {agreed.terms.id: folders_of(agreed) for agreed in agreements}
        self._folders[EXCHANGE] = frozenset({REPORTS, CERTIFICATES, HEADS})
        self._ours = {"outbox": re.compile(_of_outboxes(agreements)), "ledger": re.compile(_of_ledger(agreements))}

    def container(self, service: str, container: str) -> Place:
        """The place of a container; the owner of a shared one's part is for `part` to say."""
        if service == "vault":
            return Place("vault", EXCHANGE)
        if service == "queue":
            return Place("queue", EXCHANGE)
        if not container:
            return Place("account", EXCHANGE)
        if container in _WHOLE:
            return Place(_WHOLE[container], EXCHANGE)
        if container in SHARED:
            return Place(container, "")
        slug, _, box = container.rpartition("-")
        if box in ("inbox", "outbox") and slug in self._slugs:
            return Place(box, slug)
        return Place("other", "")

    def part(self, first: str) -> str:
        """Whose part of a shared container begins with this; empty when nobody's."""
        return first if first in self._slugs or first == EXCHANGE else ""

    def within(self, kind: str, folders: Iterable[str]) -> tuple[str, str]:
        """The agreement and the folder within it that these folders of a part are; empty what is neither."""
        named = [*folders, "", ""]
        agreement = named[0] if named[0] in self._folders else ""
        known = self._folders.get(agreement, frozenset())
        return agreement, named[1] if FOLDERS[kind] == 2 and named[1] in known else ""

    def shown_name(self, kind: str, blob: str) -> str:
        """The name, where our own grammar made it and it can hold nothing else; else empty."""
        ours = self._ours.get(kind)
        return blob if ours is not None and ours.fullmatch(blob) else ""


def folders_of(agreed: Agreed) -> frozenset[str]:
    """Every folder that an agreement's part of staging, pending, decisions, claims or of an outbox can have."""
    folders = {f"{dataset}{more}" for dataset in agreed.pipeline.contracts for more in ("", INDEX, TIES)}
    for rights in agreed.pipeline.kinds.values():
        folders |= {*rights.reads, *rights.looks_up, *rights.keeps, *rights.recalls, *rights.remembers}
        folders |= {*rights.settles, *rights.leaves_pending}
        folders |= {*rights.sends.values(), rights.folder}
    return frozenset({*folders, REPORTS, MARKS})


def _of_outboxes(agreements: Agreements) -> str:
    """Names in outboxes that this product's own grammar makes, and nobody else: safe to repeat."""
    made = [
        f"{_one_of([*_ids(agreements), EXCHANGE])}/{REPORTS}/{names.ID}/{_one_of(_ANSWERS)}",
        rf"{EXCHANGE}/({CERTIFICATES}|{HEADS})/\d{{4}}-\d\d-\d\d-{names.ID}\.json",
    ]
    for agreed in agreements:
        collections = _one_of({name for terms in agreed.terms.datasets.values() for name in terms.collections})
        for rights in agreed.pipeline.kinds.values():
            files = {(folder, f"{release}.parquet") for release, folder in rights.sends.items()}
            files.add((rights.folder, "summary.json"))
            made += [
                f"{re.escape(agreed.terms.id)}/{re.escape(folder)}/{collections}/{names.ID}/{re.escape(file)}"
                for folder, file in sorted(files)
            ]
            if rights.has_results:
                made.append(f"{re.escape(agreed.terms.id)}/{re.escape(rights.folder)}/{collections}/{re.escape(FILE)}")
    return "|".join(made)


def _of_ledger(agreements: Agreements) -> str:
    kinds = {*_OWN_WORK, *(kind for agreed in agreements for kind in agreed.pipeline.kinds)}
    return rf"{_one_of(kinds)}/(\d{{8}}-(\d{{4}}-)?)?{names.ID}/\d{{4}}\.json"


def _ids(agreements: Agreements) -> list[str]:
    return [agreed.terms.id for agreed in agreements]


def _one_of(words: Iterable[str]) -> str:
    return f"({'|'.join(re.escape(word) for word in sorted(words))})"
