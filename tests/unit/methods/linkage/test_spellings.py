"""Rules of spelling and whole names: what is one name, what is not, and that no quick look loses a pair."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.methods.linkage.compare.whole_names import Name, may_share_words, words_in_common
from shared.methods.linkage.encode.known_forms import KnownForms
from shared.methods.linkage.encode.name_words import NameWords
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.encode.spellings import in_english, respelled
from shared.methods.linkage.encode.standardise import forenames
from shared.methods.linkage.encode.variants import USUAL
from tests.unit.methods.linkage.families import children, pupils
from tests.unit.methods.linkage.london_names import listed


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SAADIK", "SADIQ", True),
        ("NASREEN", "NASRIN", True),
        ("LESLEY", "LESLIE", True),
        ("KARTHIK", "KARTIK", True),
        ("HANNAH", "HANNA", True),
        ("CHRISTINE", "KRISTINE", True),
        ("MARIAH", "MARIA", False),
        ("AARON", "ARUN", False),
        ("NADIA", "NIDA", False),
        ("IVAN", "EVAN", False),
        ("ZAHRA", "SAHRA", False),
        ("MAIA", "MAYA", False),  # too short for a rule
    ],
)
def test_a_respelling_makes_one_name_of_what_english_ears_do_not_tell_apart(one: str, other: str, same: bool) -> None:
    first, second = respelled(pa.array([one, other])).to_pylist()
    assert (first == second and first is not None) is same


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ("OLUWATOBILOBA", "TOBI", True),
        ("CHUKWUEBUKA", "EBUKA", True),
        ("BOLUWATIFE", "TIFE", True),
        ("AYOMIDE", "MIDE", True),
        ("OLUWATOBI", "OLUWATONI", False),
        ("TEMIDAYOR", "TEMIDAYO", False),  # a slip of the hand is no short form
        ("CHRISTABEL", "ABEL", False),
        ("ADELAIDE", "AIDE", True),
    ],
)
def test_a_name_that_is_a_sentence_is_known_by_its_parts(one: str, other: str, known: bool) -> None:
    forms = KnownForms(pa.array([one, other, "UNLIKE"]), (("NOBODY", "ELSE"),))
    for codes in ((0, 1), (1, 0)):
        pair = tuple(np.array([code]) for code in codes)
        assert forms.are(pair)[0] == forms.may_be(pair)[0] == known  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("somali", "english"),
    [
        ("CABDI", "ABDI"),
        ("XUSEEN CALI", "HUSSEIN CALI"),  # Cali is a girl's name too
        ("CABDISHAAFI", "ABDISHAFI"),  # by rule
        ("XAASHIIMO", "HASHIMO"),
        ("XAVIER", "XAVIER"),
        ("ISAAC", "ISAAC"),
        ("CARLA", "CARLA"),
        ("ALEXANDRA", "ALEXANDRA"),
    ],
)
def test_somali_spelling_is_read_where_it_cannot_be_english(somali: str, english: str) -> None:
    assert in_english(pa.array([somali, None]), USUAL).to_pylist() == [english, None]


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("Son Of", None),
        ("Daughter of Maria", None),
        ("Baby Girl", None),
        ("Twin 2", None),
        ("Resident", None),
        ("B/O Fatima", None),
        ("Son", "SON"),  # a Vietnamese name
        ("Babykutty", "BABYKUTTY"),
        ("Sonny", "SONNY"),
        ("S O", "S O"),
    ],
)
def test_what_a_register_writes_before_a_child_is_named_is_no_forename(written: str, standard: str | None) -> None:
    assert forenames(pa.array([written])).to_pylist() == [standard]


def _name(forename: str, surname: str) -> Name:
    first, last = NameWords(pa.array([forename, surname])).words[:2]
    return Name(first, last)


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (("MOHAMMED RAKIB", "HUSSAIN"), ("RAKIB", "HOSSAIN"), 2),
        (("NGUYEN THI", "LAN"), ("LAN", "NGUYEN"), 2),
        (("CHAN KA", "YAN"), ("KA YAN", "CHAN"), 3),
        (("THARANI", "K"), ("THARANI", "KANDIAH"), 1),
        (("THARANI", "K"), ("THARANI", "SELVARAJAH"), 0),
        (("KA YAN", "CHAN"), ("KA MAN", "CHAN"), 0),
        (("MARIA JOSE", "SANTOS"), ("JOSE", "SANTOS PEREIRA"), 0),
        (("J", "K"), ("J", "K"), 0),  # initials alone are no words
    ],
)
def test_words_in_common(left: tuple[str, str], right: tuple[str, str], words: int) -> None:
    assert words_in_common(_name(*left), _name(*right))[0] == words
    assert words_in_common(_name(*right), _name(*left))[0] == words


def test_the_quick_look_loses_no_pair_that_has_its_words_in_common() -> None:
    names = [side for pair in (*listed("same"), *listed("other")) for side in (pair.left, pair.right)]
    records = read_records(
        pupils(*({"forename": forename, "surname": surname} for forename, surname in names)),
        children(*({"child_forename": forename, "child_surname": surname} for forename, surname in names)),
        SCHEMA,
    )
    pairs = Pairs(*(each.ravel() for each in np.indices((len(names), len(names)))))
    may = may_share_words(records, pairs)
    assert 0 < may.mean() < 0.05
    words = [_of_row(records, row) for row in range(len(names))]
    assert not [
        (names[left], names[right])
        for left, right in zip(pairs.left[~may].tolist(), pairs.right[~may].tolist(), strict=True)
        if left < right
        and words[left].forename
        and words[right].forename  # no other pair is looked at
        and words_in_common(words[left], words[right])[0]
    ]


def _of_row(records: Records, row: int) -> Name:
    first, further, surname = (vocabulary.words[field.left[row]] for field, vocabulary in records.name_words)
    return Name(first + further, surname)
