"""Both tables as integer codes: what linkage looks at, in standard form."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.addresses import Addresses
from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask, lookup
from shared.methods.linkage.encode.digits import encode_digits
from shared.methods.linkage.encode.fields import Field, encode, in_one_vocabulary, numbered
from shared.methods.linkage.encode.keys import joint
from shared.methods.linkage.encode.known_forms import KnownForms
from shared.methods.linkage.encode.letters import Names
from shared.methods.linkage.encode.shared_identifiers import SharedIdentifier, encode_identifier
from shared.methods.linkage.encode.sounds import sounds
from shared.methods.linkage.encode.standardise import NO_DAY
from shared.methods.linkage.encode.variants import FORENAMES, SURNAMES
from shared.methods.linkage.workers import WORKERS


@dataclass(frozen=True)
class Records:
    """The standardised fields of pupils and household children that linkage looks at."""

    upn: SharedIdentifier
    uln: SharedIdentifier
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
    area: Field
    """The letters with which the postcode begins."""
    uprn: Field
    household_ref: Field
    """Missing for every pupil."""
    contact: Field
    """First name of the pupil's contact, and of the claimant."""
    partner: Codes
    """Households only, in the vocabulary of `contact`."""
    suppressed: Mask
    """Households only: the claim says that nobody may be written to."""
    parents: tuple[Codes, Codes]
    """Households only: surname of the claimant and of the partner, in the vocabulary of `surname`."""
    addresses: tuple[Addresses, Addresses]
    """Of pupils and of households."""

    @property
    def pupils(self) -> int:
        """How many pupil rows."""
        return len(self.surname.pupils)

    @property
    def households(self) -> int:
        """How many household child rows."""
        return len(self.surname.households)

    @cached_property
    def whole_name(self) -> Field:
        """Surname and first name as one field, without values."""
        return joint([self.surname, self.first_name])

    @cached_property
    def every_name(self) -> Names:
        """Surnames, forenames and first names as one vocabulary: the values of the three, one after the other."""
        return Names(pa.concat_arrays([field.values for field in (self.surname, self.forename, self.first_name)]))

    @cached_property
    def first_and_further(self) -> Names:
        """First names and further names as one vocabulary."""
        return Names(pa.concat_arrays([self.first_name.values, self.further_names.values]))

    @cached_property
    def known_surnames(self) -> KnownForms:
        """Forms of one surname."""
        return KnownForms(self.surname.values, SURNAMES)

    @cached_property
    def known_forenames(self) -> KnownForms:
        """Forms of one first name."""
        return KnownForms(self.first_name.values, FORENAMES)

    @cached_property
    def known_names(self) -> KnownForms:
        """Forms of one first name among all names (`every_name`)."""
        return KnownForms(self.every_name.values, FORENAMES)

    @cached_property
    def calendar(self) -> tuple[Codes, npt.NDArray[np.uint32]]:
        """Of each date of birth the days since 1970-01-01, and its eight digits of four bits: `0x20140317`."""
        days = self.dob.values.to_numpy(zero_copy_only=False)
        return days.astype(np.int32), standardise.digits_of_dates(days)

    def key(self, name: str) -> Field:
        """The field that a cascade tier calls `name`."""
        field: Field = getattr(self, name)
        return field


def read_records(pupils: pa.Table, households: pa.Table) -> Records:
    """Standardise and encode. A column that a table lacks is missing on that side; text of any kind is accepted."""
    sides = pupils, households
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:  # Arrow encodes one column while Python spells out another
        surnames, forenames = workers.submit(_surnames, *sides), workers.submit(_forenames, *sides)
        areas, dates = workers.submit(_areas, *sides), workers.submit(_dates, *sides)
        addresses = [workers.submit(Addresses.of, table) for table in sides]
        uprn = workers.submit(encode_digits, standardise.uprns, _text(pupils, "uprn"), _text(households, "uprn"))
        upn = workers.submit(encode_identifier, standardise.upns, _text(pupils, "upn"), _text(households, "child_upn"))
        uln = workers.submit(encode_identifier, standardise.ulns, _text(pupils, "uln"), _text(households, "child_uln"))
        references = workers.submit(encode, _as_it_is, [], [_text(households, "household_ref")])
        contacts = workers.submit(_contacts, *sides)
        sex = workers.submit(encode, standardise.words, [_text(pupils, "sex")], [_text(households, "child_sex")])
    surname, words, surname_sound, (preferred, former), parents = surnames.result()
    forename, first_name, further_names, forename_3, forename_sound = forenames.result()
    surname_sound, forename_sound = in_one_vocabulary(surname_sound, forename_sound)
    postcode, sector, district, area = areas.result()
    dob, unordered_dob, birth_year = dates.result()
    contact, partner = contacts.result()
    return Records(
        upn=upn.result(),
        uln=uln.result(),
        surname=surname,
        surname_words=words,
        surname_sound=surname_sound,
        preferred_surname=preferred,
        former_surname=former,
        forename=forename,
        first_name=first_name,
        further_names=further_names,
        forename_3=forename_3,
        forename_sound=forename_sound,
        dob=dob,
        unordered_dob=unordered_dob,
        birth_year=birth_year,
        sex=sex.result(),
        postcode=postcode,
        sector=sector,
        district=district,
        area=area,
        uprn=uprn.result(),
        household_ref=_of_households(references.result(), pupils.num_rows),
        contact=contact,
        partner=partner,
        suppressed=_suppressed(households),
        parents=parents,
        addresses=(addresses[0].result(), addresses[1].result()),
    )


def _areas(pupils: pa.Table, households: pa.Table) -> tuple[Field, Field, Field, Field]:
    """Postcode, sector, district and area."""
    postcode = encode(standardise.postcodes, [_text(pupils, "postcode")], [_text(households, "postcode")])
    sector = postcode.mapped(lambda codes: pc.utf8_slice_codeunits(codes, 0, -2))
    district = sector.mapped(lambda codes: pc.utf8_slice_codeunits(codes, 0, -2))
    area = district.mapped(lambda codes: pc.replace_substring_regex(codes, "[0-9].*", ""))
    return postcode, sector, district, area


def _dates(pupils: pa.Table, households: pa.Table) -> tuple[Field, Field, Field]:
    """Date of birth, the same without an order of day and month, and the year."""
    dob = _dob(pupils, households)
    year = dob.mapped(lambda days: pc.year(days.cast(pa.int32()).cast(pa.date32())))
    return dob, dob.mapped(standardise.unordered_days), year


def _surnames(
    pupils: pa.Table, households: pa.Table
) -> tuple[Field, Field, Field, tuple[Codes, Codes], tuple[Codes, Codes]]:
    """The whole surname, its words and its sound; preferred and former ones; those of the parents."""
    words = encode(
        standardise.surnames,
        [_text(pupils, name) for name in ("surname", "preferred_surname", "former_surname")],
        [_text(households, name) for name in ("child_surname", "claimant_surname", "partner_surname")],
    )
    surname = words.mapped(standardise.together)
    legal, preferred, former = np.split(surname.pupils, 3)
    own, claimant, partner = np.split(surname.households, 3)
    as_words = Field(words.values, words.pupils[: pupils.num_rows], words.households[: households.num_rows])
    whole = Field(surname.values, legal, own)
    return (
        whole,
        as_words.mapped(standardise.without_particles),
        whole.mapped(sounds),
        (preferred, former),
        (claimant, partner),
    )


def _forenames(pupils: pa.Table, households: pa.Table) -> tuple[Field, Field, Field, Field, Field]:
    """The whole forename, its first and further names, its first three letters, and the sound of the first name."""
    forename = encode(standardise.forenames, [_text(pupils, "forename")], [_text(households, "child_forename")])
    whole, first = forename.mapped(standardise.together), forename.mapped(first_words)
    start = whole.mapped(lambda names: pc.utf8_slice_codeunits(names, 0, 3))
    return whole, first, _further_names(forename, pupils), start, first.mapped(sounds)


def _contacts(pupils: pa.Table, households: pa.Table) -> tuple[Field, Codes]:
    contact = encode(
        standardise.forenames,
        [_text(pupils, "contact_forename")],
        [_text(households, name) for name in ("claimant_forename", "partner_forename")],
    ).mapped(first_words)
    claimant, partner = np.split(contact.households, 2)
    return Field(contact.values, contact.pupils, claimant), partner


def _of_households(field: Field, pupils: int) -> Field:
    return Field(field.values, np.full(pupils, MISSING, np.int32), field.households)


def _suppressed(households: pa.Table) -> Mask:
    said: Mask = pc.fill_null(_column(households, "suppress_contact", pa.bool_()), False).to_numpy()
    return said


def _as_it_is(values: pa.Array) -> pa.Array:
    return values


def first_words(names: pa.Array) -> pa.Array:
    """The first word of each name."""
    return pc.list_element(pc.split_pattern(names, " ", max_splits=1), 0)


def _further_names(forename: Field, pupils: pa.Table) -> Field:
    def further(names: pa.Array) -> pa.Array:
        rest = pc.replace_substring_regex(names, "^[^ ]* ?", "")
        return pc.if_else(pc.equal(rest, ""), pa.scalar(None, pa.string()), rest)

    own = forename.mapped(further)
    middle = encode(standardise.forenames, [_text(pupils, "middle_names")], [])
    both = pa.concat_arrays([own.values, middle.values])
    codes, values = numbered(both)
    named = lookup(codes[: own.size], own.pupils)
    in_middle = lookup(codes[own.size :], middle.pupils)
    return Field(values, np.where(named >= 0, named, in_middle), lookup(codes[: own.size], own.households))


def _dob(pupils: pa.Table, households: pa.Table) -> Field:
    sides = [
        standardise.days(_column(table, name, pa.date32()))
        for table, name in ((pupils, "dob"), (households, "child_dob"))
    ]
    codes, values = numbered(pa.array(np.concatenate(sides), mask=np.concatenate(sides) == NO_DAY))
    return Field(values, codes[: len(sides[0])], codes[len(sides[0]) :])


def _text(table: pa.Table, name: str) -> pa.ChunkedArray:
    """A column as text, or as the codes of a dictionary of text, as it came."""
    if name in table.column_names and pa.types.is_dictionary(table.column(name).type):
        return table.column(name)
    return _column(table, name, pa.string())


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, kind)])
    return table.column(name).cast(kind)
