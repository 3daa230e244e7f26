"""How a name sounds, roughly: a key under which spellings and transliterations of one name meet.

The rules are those that registers in London show: Arabic, Somali, Turkish and South Asian names in Latin letters differ
in vowels, doubled letters and breathed consonants (Muhammad, Mohamed; Ebrahim, Ibraheem; Hussein, Hussain). The first
vowel stays as one of two kinds, because Hassan and Hussein are two names. The key only finds and grades pairs; it never
decides one.
"""

from __future__ import annotations

import re

import pyarrow as pa

_BREATHED = re.compile("(?<=[BDGKPRT])H")
_SPELLINGS = (("PH", "F"), ("CK", "K"), ("OU", "U"), ("OO", "U"), ("SZ", "S"), ("CZ", "S"), ("X", "H"))
"""`X` is the Somali H; where it is another letter it is so on both sides."""
_INITIAL_Y = re.compile("^Y(?=[AEIOU])")
_REPEATED = re.compile(r"(.)\1+")
_LETTERS = str.maketrans("CQZVYEIU", "KKSWAAAO")
_LATER_VOWELS = re.compile("[AO]")


def sounds(names: pa.Array) -> pa.Array:
    """One key for each name in standard form (`standardise`); names of one letter, and none, have none (null)."""
    return pa.array([_sound(name) for name in names.to_pylist()], pa.string())


def _sound(name: str | None) -> str | None:
    if name is None or len(name) < 2:
        return None
    word = name.replace(" ", "")
    for spelled, said in _SPELLINGS:
        word = word.replace(spelled, said)
    word = _BREATHED.sub("", _INITIAL_Y.sub("J", word)).translate(_LETTERS)
    start = next((place for place, letter in enumerate(word) if letter in "AO"), len(word))
    tail = _LATER_VOWELS.sub("", word[start + 1 :]).replace("H", "").replace("W", "")
    return _REPEATED.sub(r"\1", word[: start + 1] + tail) or None
