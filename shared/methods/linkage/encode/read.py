"""Reads both tables, column by column as the schema declares them, into `Records`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.addresses import Addresses
from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask, counts, lookup
from shared.methods.linkage.encode.fields import Field, encode, in_one_vocabulary, numbered
from shared.methods.linkage.encode.keys import joint
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.encode.shared_identifiers import encode_identifier
from shared.methods.linkage.encode.sounds import sounds
from shared.methods.linkage.encode.spellings import in_english
from shared.methods.linkage.encode.standardise import NO_DAY
from shared.methods.linkage.encode.variants import USUAL
from shared.methods.linkage.schema import Columns, Schema
from shared.methods.linkage.workers import WORKERS


@dataclass(frozen=True)
class _Table:
    """A table, of which a column that is not declared or not there is one without any value."""

    rows: pa.Table

    def text(self, name: str | None) -> pa.ChunkedArray:
        """A column as text, or as the codes of a dictionary of text, as it came."""
        if name in self.rows.column_names and pa.types.is_dictionary(self.rows.column(name).type):
            return self.rows.column(name)
        return self.column(name, pa.string())

    def texts(self, *names: str | None) -> list[pa.ChunkedArray]:
        """`text` of several columns."""
        return [self.text(name) for name in names]

    def column(self, name: str | None, kind: pa.DataType) -> pa.ChunkedArray:
        """A column of this type."""
        if name not in self.rows.column_names:
            return pa.chunked_array([pa.nulls(self.rows.num_rows, kind)])
        return self.rows.column(name).cast(kind)


@dataclass(frozen=True)
class _Sides:
    """Both tables and what their columns mean."""

    left: _Table
    right: _Table
    schema: Schema

    def both(self, name: Callable[[Columns], str | None]) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        """A column of each side, as text."""
        return self.left.text(name(self.schema.left)), self.right.text(name(self.schema.right))


def read_records(left: pa.Table, right: pa.Table, schema: Schema) -> Records:
    """Standardise and encode. A column that a table lacks is missing on that side; text of any kind is accepted."""
    sides = _Sides(_Table(left), _Table(right), schema)
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:  # Arrow encodes one column while Python spells out another
        surnames, forenames = workers.submit(_surnames, sides), workers.submit(_forenames, sides)
        areas, dates = workers.submit(_areas, sides), workers.submit(_dates, sides)
        left_address = workers.submit(Addresses.of, left, schema.left.address)
        right_address = workers.submit(Addresses.of, right, schema.right.address)
        uprn = workers.submit(_uprns, sides)
        upn = workers.submit(encode_identifier, schema.upn, *sides.both(lambda of: of.upn))
        uln = workers.submit(encode_identifier, schema.uln, *sides.both(lambda of: of.uln))
        families = workers.submit(encode, _as_it_is, [], [sides.right.text(schema.right.family)])
        contacts = workers.submit(_contacts, sides)
        sex = workers.submit(_sexes, sides)
    surname, words, surname_sound, other_surnames, parents = surnames.result()
    forename, first_name, further_names, forename_3, forename_sound = forenames.result()
    surname_sound, forename_sound = in_one_vocabulary(surname_sound, forename_sound)
    postcode, sector, district, area = areas.result()
    dob, unordered_dob, birth_year, birthday = dates.result()
    contact, other_parents = contacts.result()
    return Records(
        upn=upn.result(),
        uln=uln.result(),
        surname=surname,
        surname_words=words,
        surname_sound=surname_sound,
        other_surnames=other_surnames,
        forename=forename,
        first_name=first_name,
        further_names=further_names,
        forename_3=forename_3,
        forename_sound=forename_sound,
        dob=dob,
        unordered_dob=unordered_dob,
        birth_year=birth_year,
        birthday=birthday,
        sex=sex.result(),
        postcode=postcode,
        sector=sector,
        district=district,
        area=area,
        uprn=uprn.result(),
        family=_families(_of_right(families.result(), left.num_rows), surname, postcode),
        contact=contact,
        other_parents=other_parents,
        parents=parents,
        suppressed=_suppressed(sides),
        addresses=(left_address.result(), right_address.result()),
    )


def _areas(sides: _Sides) -> tuple[Field, Field, Field, Field]:
    """Postcode, sector, district and area."""
    left, right = sides.both(lambda of: of.postcode)
    postcode = encode(sides.schema.postcode.standard, [left], [right])
    sector = postcode.mapped(lambda codes: pc.utf8_slice_codeunits(codes, 0, -2))
    district = sector.mapped(lambda codes: pc.utf8_slice_codeunits(codes, 0, -2))
    area = district.mapped(lambda codes: pc.replace_substring_regex(codes, "[0-9].*", ""))
    return postcode, sector, district, area


def _uprns(sides: _Sides) -> Field:
    left, right = sides.both(lambda of: of.uprn)
    return encode(sides.schema.uprn.standard, [left], [right])


def _dates(sides: _Sides) -> tuple[Field, Field, Field, Field]:
    """Date of birth, the same without an order of day and month, the year, and the day and month."""
    columns = ((sides.left, sides.schema.left), (sides.right, sides.schema.right))
    days = [standardise.days(table.column(each.birth_date, pa.date32())) for table, each in columns]
    codes, values = numbered(pa.array(np.concatenate(days), mask=np.concatenate(days) == NO_DAY))
    dob = Field(values, codes[: len(days[0])], codes[len(days[0]) :])
    year = dob.mapped(lambda days: pc.year(days.cast(pa.int32()).cast(pa.date32())))
    unordered = dob.mapped(standardise.unordered_days)
    return dob, unordered, year, unordered.mapped(standardise.birthdays)


def _surnames(sides: _Sides) -> tuple[Field, Field, Field, tuple[Codes, ...], tuple[Codes, ...]]:
    """The whole surname, its words and its sound; the left rows' other surnames; those of the right rows' parents."""
    others, parents = sides.schema.left.other_surnames, [parent.surname for parent in sides.schema.right.parents]
    words = encode(
        _surnames_in_english,
        sides.left.texts(sides.schema.left.surname, *others),
        sides.right.texts(sides.schema.right.surname, *parents),
    )
    surname = words.mapped(standardise.together)
    of_left, *other_surnames = np.split(surname.left, 1 + len(others))
    of_right, *of_parents = np.split(surname.right, 1 + len(parents))
    as_words = Field(words.values, words.left[: len(of_left)], words.right[: len(of_right)])
    whole = Field(surname.values, of_left, of_right)
    return (
        whole,
        as_words.mapped(standardise.without_particles),
        whole.mapped(sounds),
        tuple(other_surnames),
        tuple(of_parents),
    )


def _forenames(sides: _Sides) -> tuple[Field, Field, Field, Field, Field]:
    """The whole forename, its first and further names, its first three letters, and the sound of the first name."""
    left, right = sides.both(lambda of: of.forename)
    forename = encode(_forenames_in_english, [left], [right])
    whole, first = forename.mapped(standardise.together), forename.mapped(first_words)
    start = whole.mapped(lambda names: pc.utf8_slice_codeunits(names, 0, 3))
    further = _further_names(forename, sides.left.text(sides.schema.left.middle_names))
    return whole, first, further, start, first.mapped(sounds)


def _surnames_in_english(values: pa.Array) -> pa.Array:
    return in_english(standardise.surnames(values), USUAL)


def _forenames_in_english(values: pa.Array) -> pa.Array:
    return in_english(standardise.forenames(values), USUAL)


def _sexes(sides: _Sides) -> Field:
    left, right = sides.both(lambda of: of.sex)
    return encode(standardise.words, [left], [right])


def _contacts(sides: _Sides) -> tuple[Field, tuple[Codes, ...]]:
    """First names of the left rows' contact and of the right rows' first parent; those of the other parents."""
    parents: list[str | None] = [parent.forename for parent in sides.schema.right.parents] or [None]
    contact = encode(
        standardise.forenames, [sides.left.text(sides.schema.left.contact)], sides.right.texts(*parents)
    ).mapped(first_words)
    first, *others = np.split(contact.right, len(parents))
    return Field(contact.values, contact.left, first), tuple(others)


def _of_right(field: Field, left_rows: int) -> Field:
    return Field(field.values, np.full(left_rows, MISSING, np.int32), field.right)


OF_ITS_OWN = 1000
"""Right rows from which a file without two rows of one family is one whose rows are numbered, not its families."""
MOST_AT_HOME = 12
"""Right rows of one surname and postcode, at most, to be taken for a family where no family is named."""


def _families(named: Field, surname: Field, postcode: Field) -> Field:
    """The families of the right rows. Where none is named, or in a large file no two rows name the same one (it numbers
    its rows), those of one surname and postcode."""
    several = np.any(counts(named.right, named.size) > 1)
    if several or (named.size and len(named.right) < OF_ITS_OWN):
        return named
    homes = joint([surname, postcode])
    size = counts(homes.right, homes.size)
    crowded = np.append(size > MOST_AT_HOME, False)[homes.right]
    missing = np.full(len(homes.left), MISSING, np.int32)
    return Field(homes.values, missing, np.where(crowded, np.int32(MISSING), homes.right))


def _suppressed(sides: _Sides) -> Mask:
    suppressed: Mask = pc.fill_null(sides.right.column(sides.schema.right.suppressed, pa.bool_()), False).to_numpy()
    return suppressed


def _as_it_is(values: pa.Array) -> pa.Array:
    return values


def first_words(names: pa.Array) -> pa.Array:
    """The first word of each name."""
    return pc.list_element(pc.split_pattern(names, " ", max_splits=1), 0)


def _further_names(forename: Field, middle_names: pa.ChunkedArray) -> Field:
    def further(names: pa.Array) -> pa.Array:
        rest = pc.replace_substring_regex(names, "^[^ ]* ?", "")
        return pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)

    own = forename.mapped(further)
    middle = encode(_forenames_in_english, [middle_names], [])
    codes, values = numbered(pa.concat_arrays([own.values, middle.values]))
    named = lookup(codes[: own.size], own.left)
    in_middle = lookup(codes[own.size :], middle.left)
    return Field(values, np.where(named >= 0, named, in_middle), lookup(codes[: own.size], own.right))
