"""Rules by which two spellings are one name, so that no table need list them.

`respelled` writes a name as its sounds demand and no more: what it makes equal, English ears do not tell apart. It is
stricter than `sounds`, keeps every vowel, and so may decide. `parts` gives the short forms of names that are sentences.
`in_english` turns Somali spelling, where it cannot be anything else, into the spelling that English registers use.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

SHORTEST_RESPELLED = 5
"""Letters from which the rules hold: of short names, one letter makes another (Mia, Maya)."""
_RESPELLED = (
    ("PH", "F"),
    ("CK", "K"),
    ("^CHR", "KR"),
    ("C([^HEIY]|$)", r"K\1"),
    ("Q", "K"),
    ("XH", "J"),  # Albanian
    ("([BDGKPRT])H", r"\1"),
    ("(EY|IE|EE|EIGH)$", "I"),
    ("([^I])AH$", r"\1A"),  # Mariah is not Maria
    ("EE", "I"),
    ("OO", "U"),
    ("OU", "U"),
    ("([A-Z])Y", r"\1I"),
    ("EI", "AI"),
    *((letter * 2, letter) for letter in string.ascii_uppercase),
)


def respelled(names: pa.Array) -> pa.Array:
    """Each name as it sounds, letter by letter; null where it is too short for the rules to hold."""
    words = names
    for spelled, heard in _RESPELLED:
        # Letters alone are no pattern, and found several times quicker.
        replace = pc.replace_substring if spelled.isalpha() else pc.replace_substring_regex
        words = replace(words, spelled, heard)
    long = pc.greater_equal(pc.utf8_length(names), SHORTEST_RESPELLED)
    return pc.if_else(long, words, pa.scalar(None, pa.string()))


_GOD = re.compile("OLUWA|OLU(?=.{4})|CHUKWU|CHI(?=.{4})")
"""In a Yoruba or Igbo name, who has done what the rest says."""
_SENTENCE = (
    "OLUWA|CHUKWU|^(OLU|ADE|ADU|AYO|AKIN|ANU|IFE|IRE|ORE|OMO|OLA|OYIN|OPE|TEMI|TOLU|TITI|FOLA|FUNMI|DAMI|EBUN|ENI|INI"
    "|IYANU|BOLU|MOFE|MOYO|CHI|KENE|KOSI|SOMTO|MUNA|OBI|OGE|ONYE|ONYI|UGO|UZO|TINO|TADI|TAPI|KUDZ|TAKU|NOKU|NOM|ANES)"
    "|(OLA|AYO|OLUWA|CHUKWU|CHI|DAYO|TAYO|MIDE|LOLA|TOPE|TUNDE|NASHE|TENDA|AISHE)$"
)
_LEAST_NAME, _LEAST_START, _LEAST_END, _LEAST_REST = 7, 3, 4, 3
"""Letters of a name that is a sentence, of its beginning or end that stands for it, and of what is left out."""


def are_sentences(names: pa.Array) -> pa.Array:
    """Which names are sentences of several words (Oluwatobiloba), any part of which may be the name at home."""
    long = pc.greater_equal(pc.utf8_length(names), _LEAST_NAME)
    return pc.and_(long, pc.match_substring_regex(names, _SENTENCE))


def parts(name: str) -> Iterator[str]:
    """What a name that is a sentence may be shortened to: its beginning or its end, with or without God's name."""
    for whole in {name, *_GOD.sub(" ", name).split()}:
        most = len(name) - _LEAST_REST
        yield from (whole[:letters] for letters in range(_LEAST_START, min(len(whole), most) + 1))
        yield from (whole[-letters:] for letters in range(_LEAST_END, min(len(whole), most) + 1))


_AYN, _LONG = re.compile("C(?!H)"), re.compile(r"([A-Z])\1")


def in_english(names: pa.Array, usual: dict[str, str]) -> pa.Array:
    """Names of which Somali words are spelt as in English registers: as `usual` says, or else by rule.

    Only what has a letter of the Somali alphabet where no English name has it is touched: X before a vowel beside a
    doubled vowel, or a word that `usual` lists.
    """
    may = pc.fill_null(pc.match_substring_regex(names, "[CX]"), False)
    changed = [_in_english(name, usual) for name in names.filter(may).to_pylist()]
    return pc.replace_with_mask(names, may, pa.array(changed, pa.string()))


_MARKED = re.compile("X[AEIOU]|[AEIOU]X|^CABD")
_DOUBLED = re.compile("AA|II|UU|^CABD")


@cache
def _by_rule(word: str) -> str:
    return _LONG.sub(r"\1", _AYN.sub("", word).replace("X", "H").replace("DH", "D").replace("Q", "K"))


def _in_english(name: str, usual: dict[str, str]) -> str:
    def word(word: str) -> str:
        return _by_rule(word) if _MARKED.search(word) and _DOUBLED.search(word) else word

    return " ".join(usual.get(each) or word(each) for each in name.split(" "))
