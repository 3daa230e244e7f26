"""Notes in the names of rows: who decides because of one, and to whom a letter goes. The list is `notes.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.identifiers import Mask, as_mask
from shared.kernel.contract.notes import ReadNames, notes_of
from shared.kernel.contract.rules.frame import Frame
from shared.kernel.contract.rules.registry import Check, Context, Rulebook
from shared.kernel.documents import read_beside

NOTES = notes_of(read_beside(__file__, "notes.yaml"))

CLAIMANT = ("claimant_forename", "claimant_surname")
OF_PUPIL = ("surname", "forename", "middle_names", "preferred_surname", "former_surname")
IN_PUPILS = (*OF_PUPIL, "contact_forename", "contact_surname")
OF_CHILD = ("child_forename", "child_surname")
IN_HOUSEHOLDS = (*CLAIMANT, "partner_forename", "partner_surname", *OF_CHILD)
"""By dataset, the columns of names; of them those of the child that is linked."""

_DECIDES = {
    "stop": "A person decides, and nobody of the claim is written to.",
    "person": "A person decides.",
}
GUARD = "note"
"""Why a person decides, where no guard of the linkage has stopped the pair."""
GUARDIAN = "The parent or guardian"
"""In the place of a claimant's surname, where more or others than the claimant stand in the name."""


def note_rules(book: Rulebook, dataset: str, fields: Sequence[str], stopped: Mapping[str, object]) -> None:
    """A rule for each kind of note; where it stops a letter, the accepted row carries `stopped`."""
    for kind in NOTES.kinds:
        message = f"{kind.message} {_DECIDES.get(kind.effect, '')}".strip()
        instead = stopped if kind.effect == "stop" else {}
        check_of = partial(_holds, kind.name)
        book.warning_in_each(kind.codes[dataset], fields, message, kind.remedy, check_of, instead=instead)


def stopped(frame: Frame, fields: Sequence[str]) -> Mask:
    """Rows in whose names stands that nobody may be written to, or that nobody is there to write to."""
    verdict = frame.none()
    for field in fields:
        kinds = frame.read_as("notes", field, NOTES.read).kinds
        for kind in NOTES.of("stop"):
            verdict |= kinds.get(kind, False)
    return verdict


def _holds(kind: str, field: str) -> Check:
    def check(frame: Frame, _: Context) -> Mask:
        return frame.read_as("notes", field, NOTES.read).kinds.get(kind, frame.none())

    return check


@dataclass(frozen=True)
class Rows:
    """Rows as the linkage takes them, and what else their names say."""

    compared: pa.Table
    """Names without notes, followed by the other names that were in the cells."""
    deciding: Mapping[str, Mask]
    """By kind of note, the rows of which a person decides because of it."""


def read_rows(rows: pa.Table, fields: Sequence[str], of_child: Sequence[str]) -> Rows:
    """Read the notes in these columns of names. Who represents a child is as unclear as what became of one."""
    read = _read(rows, fields)
    deciding: dict[str, Mask] = {}
    for kind in NOTES.kinds:
        for field in {"stop": fields, "person": fields, "guardian": of_child}.get(kind.effect, ()):
            if field in read and kind.name in read[field].kinds:
                deciding[kind.name] = read[field].kinds[kind.name] | deciding.get(kind.name, False)
    return Rows(_with(rows, {field: names.compared for field, names in read.items()}), deciding)


def to_a_person(links: pa.Table, pupils: Rows, households: Rows) -> pa.Table:
    """Links of which none is automatic where a note decides otherwise; its kind stands in the sentence."""
    left, right = (links.column(name).combine_chunks() for name in ("pupil_row", "household_row"))
    says: dict[int, list[str]] = {}
    for kind in NOTES.kinds:
        for rows, side in ((left, pupils), (right, households)):
            if kind.name in side.deciding:
                held = as_mask(pc.and_(right.is_valid(), pa.array(side.deciding[kind.name]).take(rows)))
                for row in np.flatnonzero(held).tolist():
                    says.setdefault(row, []).append(kind.name.replace("_", " "))
    if not says:
        return links
    noted = np.isin(np.arange(links.num_rows), list(says))
    outcome, guard, sentence = (links.column(name).combine_chunks() for name in ("outcome", "guard", "sentence"))
    words = [f" A note stands in a name: {', '.join(dict.fromkeys(kinds))}." for _, kinds in sorted(says.items())]
    told = pc.binary_join_element_wise(sentence.filter(pa.array(noted)), pa.array(words, pa.string()), "")
    automatic = noted & as_mask(pc.equal(outcome, "matched"))
    put = {
        "outcome": pc.if_else(pa.array(automatic), "review", outcome),
        "guard": pc.if_else(pa.array(noted), pc.coalesce(guard, pa.scalar(GUARD)), guard),
        "sentence": pc.replace_with_mask(sentence, pa.array(noted), told),
    }
    return _with(links, put)


def without_notes(rows: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The rows with the plain names in these columns."""
    return _with(rows, {field: names.plain for field, names in _read(rows, fields).items()})


def addressed(households: pa.Table) -> pa.Table:
    """Households as a letter is addressed: to the claimant's plain name, or to the parent or guardian."""
    read = _read(households, CLAIMANT)
    unclear = np.zeros(households.num_rows, np.bool_)
    for names in read.values():
        for kind in NOTES.of("stop", "guardian"):
            unclear |= names.kinds.get(kind, False)
    plain = {field: names.plain for field, names in read.items()}
    plain = {"claimant_title": households.column("claimant_title"), **plain}
    to = {"claimant_title": None, "claimant_forename": None, "claimant_surname": GUARDIAN}
    put = {
        name: pc.if_else(pa.array(unclear), pa.scalar(to[name], pa.string()), column.cast(pa.string()))
        for name, column in plain.items()
    }
    return _with(households, put)


def _read(rows: pa.Table, fields: Sequence[str]) -> dict[str, ReadNames]:
    return {field: NOTES.read(rows.column(field)) for field in fields if field in rows.column_names}


def _with(rows: pa.Table, columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    for name, column in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return rows
