"""How a name sounds, roughly: a key that spellings and transliterations of one name share.

The rules are those that registers in London show: Arabic, Somali, Turkish and South Asian names in Latin letters differ
in vowels, doubled letters and breathed consonants (Muhammad, Mohamed; Ebrahim, Ibraheem; Hussein, Hussain). The first
vowel stays as one of two kinds, because Hassan and Hussein are two names. The key only finds and grades pairs; it never
decides one.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

_RULES = (
    ("[^\\pL]", ""),
    ("PH", "F"),
    *((spelled, "K") for spelled in ("CK", "C", "Q")),
    ("OU|OO", "U"),
    *((spelled, "S") for spelled in ("SZ", "Z")),
    ("X", "H"),  # the Somali H; where it is another letter it is so on both sides
    ("^Y([AEIOU])", r"J\1"),
    ("([BDGKPRT])H", r"\1"),
    ("V", "W"),
    *((vowel, "A") for vowel in "YEI"),
    ("U", "O"),
)
_HEAD, _TAIL, _SILENT = "^[^AO]*[AO]?", "^[^AO]*[AO]", "AOHW"
_REPEATED = re.compile(r"(.)\1+")


def sounds(names: pa.Array) -> pa.Array:
    """One key for each name in standard form (`standardise`); names of one letter, and none, have none (null)."""
    words = names
    for spelled, heard in _RULES:
        # Letters alone are no pattern, and found several times quicker.
        replace = pc.replace_substring if spelled.isalpha() else pc.replace_substring_regex
        words = replace(words, spelled, heard)
    head = pc.struct_field(pc.extract_regex(words, f"(?P<head>{_HEAD})"), "head")
    tail = pc.replace_substring_regex(words, _TAIL, "")
    for letter in _SILENT:
        tail = pc.replace_substring(tail, letter, "")
    # A name without a vowel is all head.
    tail = pc.if_else(pc.match_substring_regex(words, "[AO]"), tail, "")
    keys = [key and _REPEATED.sub(r"\1", key) for key in pc.binary_join_element_wise(head, tail, "").to_pylist()]
    present = pc.greater(pc.utf8_length(names), 1)
    return pc.if_else(present, pa.array([key or None for key in keys], pa.string()), pa.scalar(None, pa.string()))
