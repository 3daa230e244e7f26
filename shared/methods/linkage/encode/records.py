"""What linkage looks at: every field of both sides as integer codes of one vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.addresses import Addresses
from shared.methods.linkage.encode.arrays import Codes, Mask, lookup
from shared.methods.linkage.encode.fields import Field, numbered
from shared.methods.linkage.encode.keys import joint
from shared.methods.linkage.encode.known_forms import KnownForms
from shared.methods.linkage.encode.letters import Names
from shared.methods.linkage.encode.name_words import NameWords
from shared.methods.linkage.encode.shared_identifiers import SharedIdentifier
from shared.methods.linkage.encode.variants import FORENAMES, HONOURS, OF_NO_FAMILY, SURNAMES


@dataclass(frozen=True)
class Records:
    """The fields of both sides that linkage looks at, in standard form. `read.read_records` makes them."""

    upn: SharedIdentifier
    uln: SharedIdentifier
    surname: Field
    """The whole surname in one word."""
    surname_words: Field
    """The surname's words apart, for double-barrelled names; particles (`DE`, `AL`) only where nothing else is left."""
    surname_sound: Field
    """See `sounds`; in one vocabulary with `forename_sound`, so that names in the other order have one key."""
    other_surnames: tuple[Codes, ...]
    """Left only: former and preferred surnames, in the vocabulary of `surname`."""
    forename: Field
    """The whole forename in one word."""
    first_name: Field
    """The first word of the forename."""
    further_names: Field
    """The forename's other words; for a left row without any, the middle names."""
    forename_3: Field
    forename_sound: Field
    """Of the first name."""
    dob: Field
    unordered_dob: Field
    """The date with day and month in one order, so that a swap of the two is the same."""
    birth_year: Field
    birthday: Field
    """Day and month of birth, in one order."""
    sex: Field
    postcode: Field
    sector: Field
    """The postcode without its last two letters."""
    district: Field
    """The postcode's outward part."""
    area: Field
    """The letters with which the postcode begins."""
    uprn: Field
    family: Field
    """Missing for every left row."""
    contact: Field
    """First name of the left row's contact, and of the right row's first parent."""
    other_parents: tuple[Codes, ...]
    """Right only: first names of the parents after the first, in the vocabulary of `contact`."""
    parents: tuple[Codes, ...]
    """Right only: the surname of each parent, in the vocabulary of `surname`."""
    suppressed: Mask
    """Right only: nobody of the family may be written to."""
    addresses: tuple[Addresses, Addresses]
    """Of the left and of the right side."""

    @property
    def left_rows(self) -> int:
        """How many rows the left table has."""
        return len(self.surname.left)

    @property
    def right_rows(self) -> int:
        """How many rows the right table has."""
        return len(self.surname.right)

    @cached_property
    def whole_name(self) -> Field:
        """Surname and first name as one field, without values."""
        return joint([self.surname, self.first_name])

    @cached_property
    def families(self) -> Codes:
        """The family of each right row; one that names none is a family of its own."""
        return np.where(self.family.right >= 0, self.family.right, self.family.size + np.arange(self.right_rows))

    @cached_property
    def every_name(self) -> Names:
        """Surnames, forenames and first names as one vocabulary: the values of the three, one after the other."""
        return Names(pa.concat_arrays([field.values for field in (self.surname, self.forename, self.first_name)]))

    @cached_property
    def first_and_further(self) -> Names:
        """First names and further names as one vocabulary."""
        return Names(pa.concat_arrays([self.first_name.values, self.further_names.values]))

    @cached_property
    def name_words(self) -> tuple[tuple[Field, NameWords], ...]:
        """The fields of which a whole name is made, each with the words of its values."""
        fields = (self.first_name, self.further_names, self.surname_words)
        return tuple((field, NameWords(field.values)) for field in fields)

    @cached_property
    def honours(self) -> Mask:
        """Which first names are honours beside that by which a person is called; the last entry is of a missing one."""
        listed = pc.is_in(self.first_name.values, pa.array(sorted(HONOURS), pa.string()))
        return np.append(listed.to_numpy(zero_copy_only=False), False)

    @cached_property
    def surnames_of_no_family(self) -> Mask:
        """Which surnames mark sex or rank; the last entry is of a missing one."""
        listed = pc.is_in(self.surname.values, pa.array(OF_NO_FAMILY, pa.string()))
        return np.append(listed.to_numpy(zero_copy_only=False), False)

    @cached_property
    def known_surnames(self) -> KnownForms:
        """Forms of one surname."""
        return KnownForms(self.surname.values, SURNAMES)

    @cached_property
    def known_forenames(self) -> KnownForms:
        """Forms of one first name."""
        return KnownForms(self.first_name.values, FORENAMES)

    @cached_property
    def known_forename(self) -> Field:
        """As what the first name is known: one for forms of a name that share their first group, or sound the same."""
        _, vocabulary = self.name_words[0]
        known_as = [word.known_as for (word,) in vocabulary.words[:-1]]
        codes, values = numbered(pa.array(known_as, pa.string()))
        return Field(values, lookup(codes, self.first_name.left), lookup(codes, self.first_name.right))

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
