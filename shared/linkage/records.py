"""Both tables as integer codes: one vocabulary per field for the two sides, so that equal codes mean equal values."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.linkage import standardise
from shared.linkage.sounds import sounds
from shared.linkage.standardise import NO_DAY

MISSING = -1
Codes = npt.NDArray[np.int64]
"""Integer codes, one per row; `MISSING` where the row says nothing."""
Mask = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]
"""Comparison levels (see `levels`), one per pair."""


@dataclass(frozen=True)
class Field:
    """One field of both sides. `values[code]` is the standard form; codes below zero are missing."""

    values: pa.Array
    pupils: Codes
    households: Codes

    @property
    def size(self) -> int:
        """How many distinct values there are."""
        return len(self.values)

    @cached_property
    def rows(self) -> Codes:
        """How many rows of both sides have each value."""
        both = (np.bincount(side[side >= 0], minlength=self.size) for side in (self.pupils, self.households))
        rows: Codes = sum(both, np.zeros(self.size, np.int64))
        return rows

    def mapped(self, change: Callable[[pa.Array], pa.Array]) -> Field:
        """The field after `change` on its vocabulary, e.g. its first three letters; null becomes missing."""
        codes, values = _numbered(change(self.values))
        return Field(values, lookup(codes, self.pupils), lookup(codes, self.households))


@dataclass(frozen=True)
class Records:
    """The standardised fields of pupils and household children that linkage looks at."""

    upn: Field
    uln: Field
    surname: Field
    """The whole surname in one word."""
    surname_words: Field
    """The surname's words apart, for double-barrelled names; particles (`DE`, `AL`) only where nothing else is left."""
    surname_sound: Field
    """See `sounds`; in one vocabulary with `forename_sound`, so that names in the other order meet."""
    preferred_surname: Codes
    """Pupils only, in the vocabulary of `surname`."""
    former_surname: Codes
    forename: Field
    """The whole forename in one word."""
    first_name: Field
    """The first word of the forename."""
    further_names: Field
    """The forename's other words; for a pupil without any, the middle names."""
    forename_3: Field
    forename_sound: Field
    """Of the first name."""
    dob: Field
    unordered_dob: Field
    """The date with day and month in one order, so that a swap of the two is the same."""
    birth_year: Field
    sex: Field
    postcode: Field
    sector: Field
    """The postcode without its last two letters."""
    district: Field
    """The postcode's outward part."""
    uprn: Field
    household_ref: Field
    """Missing for every pupil."""
    contact: Field
    """First name of the pupil's contact, and of the claimant."""
    partner: Codes
    """Households only, in the vocabulary of `contact`."""
    suppressed: Mask
    """Households only: the claim says that nobody may be written to."""
    parents: pa.Table
    """Raw surnames of claimant and partner: read only where a pair needs them."""
    addresses: tuple[pa.Table, pa.Table]
    """Raw address columns of pupils and households: read only where a pair needs them (`address_text`)."""

    @property
    def pupils(self) -> int:
        """How many pupil rows."""
        return len(self.surname.pupils)

    @property
    def households(self) -> int:
        """How many household child rows."""
        return len(self.surname.households)

    def key(self, name: str) -> Field:
        """The field that a cascade tier calls `name`."""
        field: Field = getattr(self, name)
        return field


def read_records(pupils: pa.Table, households: pa.Table) -> Records:
    """Standardise and encode. A column that a table lacks is missing on that side; text of any kind is accepted."""
    with ThreadPoolExecutor(max_workers=2) as workers:  # Arrow encodes one column while Python spells out another
        surnames = workers.submit(_surnames, pupils, households)
        forenames = workers.submit(_forenames, pupils, households)
        postcodes = workers.submit(
            encode, standardise.postcodes, [_text(pupils, "postcode")], [_text(households, "postcode")]
        )
        uprn = workers.submit(encode_shared, standardise.uprns, _text(pupils, "uprn"), _text(households, "uprn"))
        upn = workers.submit(encode_shared, standardise.upns, _text(pupils, "upn"), _text(households, "child_upn"))
        references = workers.submit(encode, _as_it_is, [], [_text(households, "household_ref")])
        contacts = workers.submit(_contacts, pupils, households)
        dob = _dob(pupils, households)
        uln = encode_shared(standardise.ulns, _text(pupils, "uln"), _text(households, "child_uln"))
        sex = encode(standardise.words, [_text(pupils, "sex")], [_text(households, "child_sex")])
        surname, words, preferred, former = surnames.result()
        forename, first_name, further_names = forenames.result()
        postcode, (contact, partner) = postcodes.result(), contacts.result()
        surname_sound, forename_sound = _in_one_vocabulary(surname.mapped(sounds), first_name.mapped(sounds))
        return Records(
            upn=upn.result(),
            uln=uln,
            surname=surname,
            surname_words=words,
            surname_sound=surname_sound,
            preferred_surname=preferred,
            former_surname=former,
            forename=forename,
            first_name=first_name,
            further_names=further_names,
            forename_3=forename.mapped(lambda names: pc.utf8_slice_codeunits(names, 0, 3)),
            forename_sound=forename_sound,
            dob=dob,
            unordered_dob=dob.mapped(standardise.unordered_days),
            birth_year=dob.mapped(lambda days: pc.year(days.cast(pa.int32()).cast(pa.date32()))),
            sex=sex,
            postcode=postcode,
            sector=postcode.mapped(lambda codes: pc.utf8_slice_codeunits(codes, 0, -2)),
            district=postcode.mapped(lambda codes: pc.utf8_slice_codeunits(codes, 0, -4)),
            uprn=uprn.result(),
            household_ref=_of_households(references.result(), pupils.num_rows),
            contact=contact,
            partner=partner,
            suppressed=_suppressed(households),
            parents=_parents(households),
            addresses=(_address(pupils), _address(households)),
        )


def _surnames(pupils: pa.Table, households: pa.Table) -> tuple[Field, Field, Codes, Codes]:
    words = encode(
        standardise.surnames,
        [_text(pupils, name) for name in ("surname", "preferred_surname", "former_surname")],
        [_text(households, "child_surname")],
    )
    surname = words.mapped(standardise.together)
    legal, preferred, former = np.split(surname.pupils, 3)
    own = Field(words.values, words.pupils[: pupils.num_rows], words.households)
    return (
        Field(surname.values, legal, surname.households),
        own.mapped(standardise.without_particles),
        preferred,
        former,
    )


def _forenames(pupils: pa.Table, households: pa.Table) -> tuple[Field, Field, Field]:
    forename = encode(standardise.forenames, [_text(pupils, "forename")], [_text(households, "child_forename")])
    return forename.mapped(standardise.together), forename.mapped(first_words), _further_names(forename, pupils)


def _contacts(pupils: pa.Table, households: pa.Table) -> tuple[Field, Codes]:
    contact = encode(
        standardise.forenames,
        [_text(pupils, "contact_forename")],
        [_text(households, name) for name in ("claimant_forename", "partner_forename")],
    ).mapped(first_words)
    claimant, partner = np.split(contact.households, 2)
    return Field(contact.values, contact.pupils, claimant), partner


def _of_households(field: Field, pupils: int) -> Field:
    return Field(field.values, np.full(pupils, MISSING), field.households)


def _suppressed(households: pa.Table) -> Mask:
    said: Mask = pc.fill_null(_column(households, "suppress_contact", pa.bool_()), False).to_numpy(zero_copy_only=False)
    return said


def encode(standard: Callable[[pa.Array], pa.Array], pupils: list[pa.Array], households: list[pa.Array]) -> Field:
    """Codes of the columns of each side (several of one side lie one after the other), by their `standard` form."""
    columns = [*pupils, *households]
    filled = [column for column in columns if column.null_count < len(column)]
    raw = pa.concat_arrays([pa.array([], pa.string()), *filled]).dictionary_encode()
    codes, values = _numbered(standard(raw.dictionary))
    found = lookup(codes, pc.fill_null(raw.indices, MISSING).to_numpy(zero_copy_only=False))
    rows, start = [], 0
    for column in columns:
        length = len(column) if column.null_count < len(column) else 0
        rows.append(found[start : start + length] if length else np.full(len(column), MISSING))
        start += length
    nothing = np.zeros(0, np.int64)
    split = len(pupils)
    return Field(values, np.concatenate([nothing, *rows[:split]]), np.concatenate([nothing, *rows[split:]]))


def _as_it_is(values: pa.Array) -> pa.Array:
    return values


def encode_shared(standard: Callable[[pa.Array], pa.Array], pupils: pa.Array, households: pa.Array) -> Field:
    """`encode` for what is only ever compared for equality: where one side is empty, the other need not be read."""
    if households.null_count == len(households) or pupils.null_count == len(pupils):
        return Field(pa.array([], pa.string()), np.full(len(pupils), MISSING), np.full(len(households), MISSING))
    return encode(standard, [pupils], [households])


def first_words(names: pa.Array) -> pa.Array:
    """The first word of each name."""
    return pc.list_element(pc.split_pattern(names, " ", max_splits=1), 0)


def _in_one_vocabulary(one: Field, other: Field) -> tuple[Field, Field]:
    codes, values = _numbered(pa.concat_arrays([one.values, other.values]))
    first, second = codes[: one.size], codes[one.size :]
    return (
        Field(values, lookup(first, one.pupils), lookup(first, one.households)),
        Field(values, lookup(second, other.pupils), lookup(second, other.households)),
    )


def lookup(table: Codes, codes: Codes) -> Codes:
    """`table[code]` for every code, `MISSING` for the missing."""
    found: Codes = np.append(table, MISSING)[codes]
    return found


def _numbered(values: pa.Array) -> tuple[Codes, pa.Array]:
    encoded = values.dictionary_encode()
    return pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary


def _further_names(forename: Field, pupils: pa.Table) -> Field:
    def further(names: pa.Array) -> pa.Array:
        rest = pc.replace_substring_regex(names, "^[^ ]* ?", "")
        return pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)

    own = forename.mapped(further)
    middle = encode(standardise.forenames, [_text(pupils, "middle_names")], [])
    both = pa.concat_arrays([own.values, middle.values])
    codes, values = _numbered(both)
    named = lookup(codes[: own.size], own.pupils)
    in_middle = lookup(codes[own.size :], middle.pupils)
    return Field(values, np.where(named >= 0, named, in_middle), lookup(codes[: own.size], own.households))


def _dob(pupils: pa.Table, households: pa.Table) -> Field:
    sides = [
        standardise.days(_column(table, name, pa.date32()))
        for table, name in ((pupils, "dob"), (households, "child_dob"))
    ]
    codes, values = _numbered(pa.array(np.concatenate(sides), mask=np.concatenate(sides) == NO_DAY))
    return Field(values, codes[: len(sides[0])], codes[len(sides[0]) :])


def _parents(households: pa.Table) -> pa.Table:
    return pa.table({name: _text(households, name) for name in ("claimant_surname", "partner_surname")})


_ADDRESS = ("saon", "paon", "street", "address_line_1", "address_line_2", "address_line_3")


def _address(table: pa.Table) -> pa.Table:
    # Towns and postcodes stay out: their digits are not a house number.
    return table.select([name for name in _ADDRESS if name in table.column_names])


def address_text(columns: pa.Table, rows: Codes) -> pa.Array:
    """The address of these rows in one line."""
    if not columns.num_columns:
        return pa.nulls(len(rows), pa.string())
    taken = columns.take(pa.array(rows))
    parts = (_text(taken, name) for name in columns.column_names)
    # Filled, not skipped: where every part of every row is null, skipping gives an array without rows (pyarrow 26).
    return pc.binary_join_element_wise(*(pc.fill_null(part, "") for part in parts), " ")


def _text(table: pa.Table, name: str) -> pa.Array:
    return _column(table, name, pa.string())


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    return table.column(name).combine_chunks().cast(kind)
