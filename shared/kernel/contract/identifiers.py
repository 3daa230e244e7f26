"""Identifiers: do they hold, and what is their one spelling?

Two forms of each check. The singular (`upn_ok`) takes one text that is already in normal form. The plural (`upns_ok`)
takes a whole column (Arrow array or chunked array, numpy array, pandas series, list) and gives a numpy bool array in
which an empty cell is False. Both read ASCII only: a full-width digit or a dotless i is not an identifier.

Sources: UPN, DfE guide to UPNs; ULN, HESA field C17051; NINO, HMRC NIM39110; UPRN, Ordnance Survey
Open UPRN. A format that holds does not say that the number was ever issued.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

UPN_ALPHABET = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""A=0 to Z=22; no I, O or S."""

UPN = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]")
ULN = re.compile(r"[1-9][0-9]{9}")
NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
UPRN = re.compile(r"[1-9][0-9]{0,11}")
POSTCODE = re.compile(
    r"(?:GIR 0AA|[A-PR-UWYZ](?:[0-9]{1,2}|[0-9][A-HJKPSTUW]|[A-HK-Y][0-9]{1,2}|[A-HK-Y][0-9][ABEHMNPRV-Y])"
    r" [0-9][ABD-HJLNP-UW-Z]{2})"
)
_POSTCODE_SIGNS = r"[\s\p{Z}\p{Cf}.,\-\x{2010}-\x{2015}]"
"""What a postcode may be written with and still be sure; a question mark or a bracket says that it is not."""
# RE2 has no look-ahead, so a column is tested against the shape and then against the prefixes never issued.
_NINO_SHAPE = NINO.pattern.removeprefix("(?!BG|GB|KN|NK|NT|TN|ZZ)")
_NINO_NEVER_ISSUED = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")

_UPN_VALUES = {**{letter: value for value, letter in enumerate(UPN_ALPHABET)}, **{str(d): d for d in range(10)}}
_UPN_WEIGHTS = np.arange(2, 14, dtype=np.int32)
_ULN_WEIGHTS = np.arange(10, 0, -1, dtype=np.int32)
_BYTE_VALUES = np.zeros(256, dtype=np.int32)
for _character, _value in _UPN_VALUES.items():
    _BYTE_VALUES[ord(_character)] = _value
_UPN_LETTER_BYTES = np.frombuffer(UPN_ALPHABET.encode(), dtype=np.uint8)


def upn_check_letter(body: str) -> str:
    """The first character of the UPN whose characters 2 to 13 are `body`; ValueError when they cannot be."""
    if not re.fullmatch(r"[0-9]{11}[0-9A-HJ-NP-RT-Z]", body):
        raise ValueError("a UPN's body is 11 digits and a digit or letter of the UPN alphabet")
    return UPN_ALPHABET[sum(position * _UPN_VALUES[c] for position, c in enumerate(body, 2)) % 23]


def upn_ok(upn: str) -> bool:
    """Does this UPN, permanent or temporary, have its shape and its check letter?"""
    return UPN.fullmatch(upn) is not None and upn_check_letter(upn[1:]) == upn[0]


def upn_temporary(upn: str) -> bool:
    """Is this a UPN that holds, and a temporary one (a letter in position 13)?"""
    return upn_ok(upn) and upn[-1].isalpha()


def uln_ok(uln: str) -> bool:
    """Does this ULN have its shape and its check digit?"""
    return (
        ULN.fullmatch(uln) is not None
        and sum(int(d) * w for d, w in zip(uln, range(10, 0, -1), strict=True)) % 11 == 10
    )


def nino_ok(nino: str) -> bool:
    """Does this National Insurance number have its shape? It has no check digit."""
    return NINO.fullmatch(nino) is not None


def uprn_normal(uprn: str) -> str | None:
    """The UPRN without blanks and leading zeros, or None where it is not 1 to 12 digits (`1.0`, `1E+11`)."""
    normal = uprn.strip().lstrip("0")
    return normal if UPRN.fullmatch(normal) else None


def uprn_ok(uprn: str) -> bool:
    """Is this a UPRN, leading zeros or not?"""
    return uprn_normal(uprn) is not None


def postcode_normal(postcode: str) -> str | None:
    """`SE15 4QP` from any spelling of it, or None where it is no postcode; a pseudo-postcode is none."""
    compact = _without_signs(postcode)
    normal = f"{compact[:-3]} {compact[-3:]}"
    return normal if POSTCODE.fullmatch(normal) else None


def is_pseudo_postcode(postcode: str) -> bool:
    """Is this a `ZZ99` code, which says where somebody is not rather than where they are?"""
    return _without_signs(postcode).startswith("ZZ99")


def _without_signs(postcode: str) -> str:
    """In capitals and without `_POSTCODE_SIGNS`, for one text."""
    unseen = ("Zs", "Zl", "Zp", "Cf")
    signs = "\t\n\f\r.,-\u2010\u2011\u2012\u2013\u2014\u2015"
    kept = (sign for sign in postcode if sign not in signs and unicodedata.category(sign) not in unseen)
    return "".join(sign.upper() if sign.isascii() else sign for sign in kept)


def as_text(values: Any) -> pa.Array:
    """A column in any of the forms this module takes, as one Arrow string array."""
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values, pa.string(), from_pandas=True)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values if values.type == pa.string() else values.cast(pa.string())


def matches(values: Any, pattern: re.Pattern[str] | str) -> Mask:
    """Which cells are, from first to last character, what the pattern says? Never an empty one."""
    text = pattern if isinstance(pattern, str) else pattern.pattern
    return as_mask(pc.match_substring_regex(as_text(values), rf"\A(?:{text})\z"))


def as_mask(flags: pa.Array) -> Mask:
    """An Arrow bool array as numpy, with null as False."""
    return np.asarray(flags.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def upns_ok(values: Any) -> Mask:
    """`upn_ok` of a column."""
    text = as_text(values)
    shaped = matches(text, UPN)
    letters = _byte_rows(text, shaped, 13)
    expected = _UPN_LETTER_BYTES[(_BYTE_VALUES[letters[:, 1:]] @ _UPN_WEIGHTS) % 23]
    return _within(shaped, letters[:, 0] == expected)


def upns_temporary(values: Any) -> Mask:
    """`upn_temporary` of a column."""
    text = as_text(values)
    return upns_ok(text) & matches(text, r".{12}[A-Z]")


def upns_shaped(values: Any) -> Mask:
    """Which cells have the shape of a UPN, whatever their check letter?"""
    return matches(values, UPN)


def ulns_ok(values: Any) -> Mask:
    """`uln_ok` of a column."""
    text = as_text(values)
    shaped = matches(text, ULN)
    sums = _BYTE_VALUES[_byte_rows(text, shaped, 10)] @ _ULN_WEIGHTS
    return _within(shaped, sums % 11 == 10)


def ninos_ok(values: Any) -> Mask:
    """`nino_ok` of a column."""
    text = as_text(values)
    prefix = pc.utf8_slice_codeunits(text, 0, 2)
    return matches(text, _NINO_SHAPE) & ~as_mask(pc.is_in(prefix, pa.array(_NINO_NEVER_ISSUED)))


def nino_bodies_ok(values: Any) -> Mask:
    """Which cells are the first eight characters of a NINO, without its last letter?"""
    return ninos_ok(pc.binary_join_element_wise(as_text(values), "A", ""))


def uprns_ok(values: Any) -> Mask:
    """Which cells are UPRNs in normal form (no leading zeros)?"""
    return matches(values, UPRN)


def rounded_uprns(values: Any) -> Mask:
    """Which UPRNs (without leading zeros) are ones that a spreadsheet has rounded: `1.00023E+11` written out again.

    A column of numbers shows at most six digits of a twelve-digit one. Nine digits and more that end in six zeros are
    a rounded number far sooner than a home, and two homes rounded alike would be taken for one.
    """
    return matches(values, r"[1-9][0-9]{2,5}0{6}|[1-9][0-9]{0,4}0{7}")


def postcodes_ok(values: Any) -> Mask:
    """Which cells are postcodes in normal form (`SE15 4QP`)?"""
    return matches(values, POSTCODE)


def pseudo_postcodes(values: Any) -> Mask:
    """`is_pseudo_postcode` of a column of postcodes in normal form."""
    return as_mask(pc.starts_with(as_text(values), "ZZ99"))


def identifiers_normal(values: Any) -> pa.Array:
    """Upper case, no blanks and nothing that does not show: the normal form of UPN, ULN, NINO, URN, LAESTAB."""
    return pc.ascii_upper(pc.replace_substring(_shown(as_text(values)), " ", ""))


def uprns_normal(values: Any) -> pa.Array:
    """Without blanks and leading zeros. What is no UPRN stays as sent, so that a rule can refuse it."""
    text = pc.utf8_trim_whitespace(_shown(as_text(values)))
    stripped = pc.utf8_ltrim(text, "0")
    # A cell of zeros only must not turn into an empty cell, which nobody would report.
    number = pc.and_(pc.utf8_is_digit(text), pc.not_equal(stripped, ""))
    return pc.if_else(number, stripped, text)


def postcodes_normal(values: Any) -> pa.Array:
    """`SE15 4QP` from any spelling of it. What cannot be a postcode stays, in upper case, for a rule to refuse."""
    text = pc.ascii_upper(as_text(values))
    compact = pc.replace_substring(text, " ", "")
    # Only what is left to remove makes the slow way necessary, and most columns have nothing.
    plain = pc.and_(pc.utf8_is_alnum(compact), pc.string_is_ascii(compact))
    if not pc.all(plain, min_count=0).as_py():
        compact = pc.replace_substring_regex(compact, _POSTCODE_SIGNS, "")
    outward, inward = pc.utf8_slice_codeunits(compact, 0, -3), pc.utf8_slice_codeunits(compact, -3)
    length = pc.binary_length(compact)
    possible = pc.and_(pc.greater_equal(length, 5), pc.less_equal(length, 7))
    return pc.if_else(possible, pc.binary_join_element_wise(outward, inward, " "), text)


def _shown(text: pa.Array) -> pa.Array:
    """Without characters that do not show, and with a blank for every other kind of space."""
    if pc.all(pc.string_is_ascii(text), min_count=0).as_py():
        return text
    return pc.replace_substring_regex(pc.replace_substring_regex(text, r"\p{Cf}", ""), r"\p{Z}", " ")


def _byte_rows(text: pa.Array, chosen: Mask, width: int) -> npt.NDArray[np.uint8]:
    """The chosen cells as a matrix of bytes; each must be exactly `width` ASCII characters."""
    taken = text.filter(pa.array(chosen))
    if len(taken) == 0:
        return np.empty((0, width), dtype=np.uint8)
    _, offsets, data = taken.buffers()
    start = int(np.frombuffer(offsets, dtype=np.int32)[taken.offset])
    return np.frombuffer(data, dtype=np.uint8, count=len(taken) * width, offset=start).reshape(-1, width)


def _within(chosen: Mask, holds: Mask) -> Mask:
    """A verdict on the chosen cells as a verdict on all of them."""
    verdict = np.zeros(len(chosen), dtype=np.bool_)
    verdict[chosen] = holds
    return verdict
