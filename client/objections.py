"""A borough's list of who has objected under an agreement: sealed to its own key beside its keys, used by `pack`,
dropped whole."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.contracts import Found, find_contract
from client.files import write_together
from client.sealed_files import beside, load
from shared.kernel.contract.objections import CLAIM, CONTRACT, PERSON, UPN, names_in_objections, names_of
from shared.kernel.days import london_day
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.open import Place, open_own
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.objected import OBJECTIONS

if TYPE_CHECKING:
    from datetime import date

    from client.pack.packed import Packed
    from client.person import Person
    from client.settings import Settings
    from shared.kernel.contract.columns import Contract

NAMED_BY = ("upn", "claim", "forename", "surname", "born")
"""What of a person a list can keep them out by, as `client.person.QUESTIONS` has it."""
_FIRST_FILE = "objections.parquet"
"""What the list was called while one agreement alone had any."""


@dataclass(frozen=True)
class ListOfObjections:
    """The list under one agreement."""

    settings: Settings
    found: Found

    def read(self) -> pa.Table:
        """Everybody on it, in the columns of its contract; nobody where there is none yet."""
        path = self._there()
        if path is None:
            return CONTRACT.arrow_schema().empty_table()
        sealed, slug, ring = load(path), self.settings.slug(), self.settings.key_ring()
        limits = self.settings.agreement(self.found.agreement).limits.staged
        own = Place(slug, slug, ring.accepted(slug, Use.RELEASE), lambda manifest: limits, limits)
        return open_own(sealed.data, sealed.metadata, own, ring).table.cast(CONTRACT.arrow_schema())

    def write(self, rows: pa.Table) -> None:
        """Seal the list to the borough itself, in the place of the one before."""
        from client.settings import now

        slug, ring, before, path = self.settings.slug(), self.settings.key_ring(), self._there(), self._path
        terms = self.settings.agreement(self.found.agreement)
        label = Label(slug, slug, OBJECTIONS, self.collection(), now())
        sealed = seal(rows, label, agreement=terms, key_id=ring.current(slug, Use.RELEASE), keys=ring)
        write_together({beside(path): json.dumps(sealed.metadata, indent=1).encode(), path: sealed.data})
        if before not in (None, path):
            for file in (before, beside(before)):
                file.unlink(missing_ok=True)

    def collection(self) -> str:
        """The list is of none, and a sealed file must name one: one that is open today, else any that there is."""
        from client.settings import today

        terms = self.settings.agreement(self.found.agreement).terms_of(OBJECTIONS)
        return (*terms.open_on(today()), *terms.collections)[0]

    @property
    def _path(self) -> Path:
        return self.settings.key_folder() / f"objections-{self.found.agreement}.parquet"

    def _there(self) -> Path | None:
        """Where it lies now; a list of the first days says itself under which agreement it is."""
        if self._path.is_file():
            return self._path
        first = self.settings.key_folder() / _FIRST_FILE
        return first if first.is_file() and load(first).manifest.agreement == self.found.agreement else None


def open_list(settings: Settings, agreement: str | None) -> ListOfObjections:
    """The list under the agreement, or under the only one that can have any. Raises as `find_contract`."""
    return ListOfObjections(settings, find_contract(OBJECTIONS, agreement, default=settings.default_agreement))


def new_rows(listed: pa.Table, person: Person, why: str, first: date, last: date | None) -> tuple[str, pa.Table]:
    """The number of the objection, and its rows, one for each way in which the person is named; none where the same
    objection is on the list already, under the number that it has there.

    Raises `InvalidInput` OBJ-020 where the person is named by what no file is kept free of.
    """
    facts = {"reason": why, "from_day": first, "until_day": last}
    rows = [{**dict.fromkeys(CONTRACT.names), **facts, **way} for way in _ways(person)]
    known: dict[str, list[dict[str, Any]]] = {}
    for row in listed.to_pylist():
        known.setdefault(row["objection_ref"], []).append(row)
    for ref, there in known.items():
        if [{**row, "objection_ref": ref} for row in rows] == there:
            return ref, listed.slice(0, 0)
    ref = f"o-{secrets.token_hex(4)}"
    new = [{**row, "objection_ref": ref} for row in rows]
    return ref, pa.Table.from_pylist(new, schema=CONTRACT.arrow_schema())


def _ways(person: Person) -> list[dict[str, Any]]:
    if person.uln or person.nino:
        raise invalid("OBJ-020", problem="neither ULN nor National Insurance number is one of the ways")
    names: list[dict[str, Any]] = [
        {"named_by": PERSON, "forename": forename, "surname": surname, "dob": person.born}
        for forename, surname in dict.fromkeys(product(person.forename, person.surname))
    ]
    ways = [{"named_by": UPN, "upn": person.upn}, *names] if person.upn else names
    if not person.claim:
        return ways
    if ways:
        raise invalid("OBJ-020", problem="a claim is all of its children, and a child is named beside it")
    return [{"named_by": CLAIM, "claim": person.claim}]


def keep_out(packed: Packed, settings: Settings, contract: Contract, agreement: str) -> tuple[Packed, int | None]:
    """The packed file without the rows of people on the list today, and how many these are; `None` where the folder of
    keys, beside which the list lies, is not here, so that nobody can say."""
    from client.settings import now

    if not contract.named_by or contract is CONTRACT:
        return packed, 0
    if not settings.keys or not settings.key_folder().is_dir():
        return packed, None
    listed = on(open_list(settings, agreement).read(), london_day(now()))
    if not listed.num_rows:
        return packed, 0
    sender = pa.repeat("", listed.num_rows)
    names = names_in_objections(sender, listed, _joined).drop_null()
    rows = packed.table
    out = pa.array([False] * rows.num_rows, pa.bool_())
    for of_word in names_of(contract, pa.repeat("", rows.num_rows), rows, _joined).values():
        out = pc.or_(out, pc.is_in(of_word, names))
    return replace(packed, table=rows.filter(pc.invert(out))), int(pc.sum(out).as_py() or 0)


def on(listed: pa.Table, today: date) -> pa.Table:
    """Those that hold on that day."""
    begun = pc.less_equal(listed.column("from_day"), pa.scalar(today))
    ends = pc.fill_null(pc.greater_equal(listed.column("until_day"), pa.scalar(today)), True)
    return listed.filter(pc.and_(begun, ends))


def _joined(word: str, *columns: pa.Array | pa.ChunkedArray) -> pa.Array:
    """In the place of a keyed name, which only the exchange can make: the values themselves, on this machine alone."""
    return pc.binary_join_element_wise(word, *(column.cast(pa.string()) for column in columns), "\x1f")
