"""Standard forms of names, dates and house numbers, for the distinct values of a column, never for its rows.

Every function takes a string (or date) array and gives an array of the same length; a null in the result means "says
nothing": empty, a placeholder, or not of the shape it should have. Nothing is ever raised for what a value contains.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.keys import positions

# Letters that NFKD leaves whole, as London registers transliterate them.
_LETTERS = str.maketrans(
    {"Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Æ": "AE", "æ": "ae"}
    | {"Œ": "OE", "œ": "oe", "Þ": "TH", "þ": "th", "ı": "i", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t"}
)
_APOSTROPHES = re.compile("['`´‘’‛ʹʻʼʽˈ′＇]")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"")
_BRACKET = r"[()\[\]\"]"
_NOT_LETTERS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d")
_MARK = frozenset(("Mn", "Mc", "Me"))

TITLES = frozenset(("MR", "MRS", "MISS", "MS", "MX", "MASTER", "MSTR", "MST", "DR", "REV", "PROF"))
NO_NAME = frozenset(
    (
        "UNKNOWN",
        "UNKOWN",
        "NOT KNOWN",
        "NOTKNOWN",
        "UNNAMED",
        "NO NAME",
        "NONAME",
        "NO SURNAME",
        "NO FORENAME",
        "NONE",
        "NULL",
        "NAN",
        "N A",
        "NK",
        "NFN",
        "FNU",
        "LNU",
        "NMN",
        "TBC",
        "TBA",
        "TO BE CONFIRMED",
        "NOT STATED",
        "NOT GIVEN",
        "NOT PROVIDED",
        "REFUSED",
        "ANON",
        "ANONYMOUS",
        "TEST",
        "XX",
        "X",
    )
)
# What a register writes before a child is named. A surname may be Child or Twin, so only forenames are looked at.
_UNBORN = "BABY|CHILD|INFANT|TWIN|TRIPLET|UNBORN|NEWBORN|NEW BORN|BOY|GIRL|MALE|FEMALE|FIRST|SECOND"
_RELATED = "SON|DAUGHTER|BROTHER|SISTER|SIBLING|BABY|CHILD|INFANT|TWIN|BOY|GIRL"
_NO_FORENAME = re.compile(
    rf"(NEW |UNNAMED |THE )?({_UNBORN})( (BABY|CHILD|INFANT|TWIN|TRIPLET|UNBORN|NEWBORN|BOY|GIRL|MALE|FEMALE|OF|ONE|TWO"
    r"|THREE|A|B|C))*"
    # Of whom follows, or does not; without `of`, Son is a name.
    rf"|({_RELATED})( (ONE|TWO|THREE|A|B|C))? OF( .*)?|B O .+"
    r"|(THE )?(BROTHER|SISTER|SIBLING|RESIDENT|OCCUPIER|OCCUPANT|TENANT|DEPENDANT|DEPENDENT)S?( [A-C])?"
    r"|(FORENAME |NAME )?(AWAITED|AWAITING NAME|NOT YET NAMED|NOT NAMED|TO BE NAMED)|TBN"
)

# Dates that systems write when they have none.
PLACEHOLDER_DATES = (
    date(1, 1, 1),
    date(1753, 1, 1),
    date(1800, 1, 1),
    date(1899, 12, 30),
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(1901, 1, 1),
    date(1911, 11, 11),
    date(1970, 1, 1),
    date(2099, 1, 1),
    date(2099, 12, 31),
    date(2999, 12, 31),
    date(9999, 12, 31),
)
_EPOCH = date(1970, 1, 1)


def surnames(values: pa.Array) -> pa.Array:
    """Surnames as capital words with single spaces (`SMITH JONES`, `ONEIL`); placeholders are null."""
    return _names(values, _name, one_by_one="")


def forenames(values: pa.Array) -> pa.Array:
    """Forenames as capital words with single spaces, without titles or bracketed names; placeholders are null."""
    titled = "|".join(TITLES)
    names = _names(values, _forename, one_by_one=f"^({titled}) | ({titled})$")
    return _where(pc.invert(pc.match_substring_regex(names, f"^(?:{_NO_FORENAME.pattern})$")), names)


def together(names: pa.Array) -> pa.Array:
    """Names in one word, so that `SMITH JONES`, `Smith-Jones` and `SMITHJONES` are the same."""
    return pc.replace_substring(names, " ", "")


_PARTICLES = re.compile(
    r"\b(AL|ABU|AP|BEN|BIN|BINT|DA|DAS|DE|DEL|DELLA|DEN|DER|DI|DO|DOS|DU|E|EL|IBN|LA|LE|LOS|MAC|MC|OF|SAINT|ST|TER|VAN"
    r"|VON|Y)\b"
)


def without_particles(names: pa.Array) -> pa.Array:
    """Surnames in words without those that many families share (`DA SILVA` gives `SILVA`), if others are left."""

    def rest(name: str) -> str:
        return " ".join(_PARTICLES.sub("", name).split()) or name

    several = pc.fill_null(pc.match_substring(names, " "), False)
    return pc.replace_with_mask(names, several, pa.array(map(rest, names.filter(several).to_pylist()), pa.string()))


def unordered_days(values: pa.Array) -> pa.Array:
    """Days since 1970-01-01 as numbers that are the same for a date and for the one with day and month exchanged."""
    dates = values.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    day, month = (dates - months).astype(np.int64), months.astype(np.int64) % 12
    year = months.astype("datetime64[Y]").astype(np.int64)
    return pa.array((year * 32 + np.minimum(day, month)) * 32 + np.maximum(day, month))


def birthdays(unordered: pa.Array) -> pa.Array:
    """Day and month of `unordered_days`, in one order, without the year."""
    return pc.bit_wise_and(unordered, 1023)


def digits_of_dates(days: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The eight digits of dates, given in days since 1970-01-01, four bits each: `0x20140317`."""
    dates = days.astype("datetime64[D]")
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    parts = years.astype(np.int64) + 1970, (months - years).astype(np.int64) + 1, (dates - months).astype(np.int64) + 1
    number = (parts[0] * 100 + parts[1]) * 100 + parts[2]
    digits = np.zeros(len(days), np.uint32)
    for place in range(8):
        digits |= (number // 10**place % 10).astype(np.uint32) << np.uint32(4 * place)
    return digits


def house_numbers(values: pa.Array) -> pa.Array:
    """The numbers in address text (`Flat 3a, 12 High Street` gives `3A 12`) but for ordinals of streets; null: none."""
    numbered = np.flatnonzero(pc.match_substring_regex(values, "[0-9]").fill_null(False).to_numpy(zero_copy_only=False))
    single = _words_of_digits(pc.utf8_upper(values.take(pa.array(numbered))))
    place = np.full(len(values), -1)
    place[numbered] = np.arange(len(numbered))
    return _where(pc.not_equal(single, ""), single).take(pa.array(place, mask=place < 0))


def _words_of_digits(texts: pa.Array) -> pa.Array:
    """Of each text in capitals the words that begin with a digit, but for ordinals, with a space between them.

    All texts are one row of bytes: to find words in it takes a tenth of the time of patterns.
    """
    if not len(texts):
        return texts
    bounds = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    # A byte on either side of each text, so that words end where texts do.
    data = np.frombuffer(texts.buffers()[2], np.uint8)[bounds[0] : bounds[-1]]
    at = np.arange(len(data)) + np.repeat(np.arange(1, len(texts) + 1), np.diff(bounds))
    row = np.zeros(len(data) + len(texts) + 1, np.uint8)
    row[at] = data
    digit, letter = (row >= ord("0")) & (row <= ord("9")), (row >= ord("A")) & (row <= ord("Z"))
    within = digit | letter
    starts = np.flatnonzero(within[1:] & ~within[:-1]) + 1
    ends = np.flatnonzero(within[:-1] & ~within[1:]) + 1
    letters = np.cumsum(letter)
    ending = row[ends - 2].astype(np.int32) << 8 | row[ends - 1]
    ordinal = (letters[ends - 1] - letters[starts - 1] == 2) & np.isin(ending, _ORDINALS)
    kept = np.flatnonzero(digit[starts] & ~ordinal)
    starts, ends = starts[kept], ends[kept]
    of_text = np.searchsorted(bounds[1:] - bounds[0] + np.arange(1, len(texts) + 1), starts)
    words = ends - starts + 1  # each with the byte after it, which is no part of a word
    taken = positions(starts, words)
    spaced = np.where(within[taken], row[taken], ord(" ")).astype(np.uint8)
    length = np.bincount(of_text, weights=words, minlength=len(texts)).astype(np.int32)
    offsets = np.append(np.int32(0), np.cumsum(length, dtype=np.int32))
    found = pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(spaced))
    return pc.ascii_rtrim(found, " ")


_ORDINALS = np.array([ord(first) << 8 | ord(last) for first, last in ("ST", "ND", "RD", "TH")])


def words(values: pa.Array) -> pa.Array:
    """Codes and references compared as they are: trimmed, in capitals, empty is null."""
    trimmed = pc.utf8_upper(pc.utf8_trim_whitespace(values))
    return _where(pc.not_equal(trimmed, ""), trimmed)


def days(values: pa.Array) -> npt.NDArray[np.int64]:
    """Dates as days since 1970-01-01 (int64); missing and placeholder dates are `NO_DAY`."""
    counted = pc.fill_null(values.cast(pa.int32()), NO_DAY).to_numpy(zero_copy_only=False).astype(np.int64)
    placeholders = np.array([(day - _EPOCH).days for day in PLACEHOLDER_DATES])
    return np.where(np.isin(counted, placeholders), NO_DAY, counted)


NO_DAY = int(np.iinfo(np.int32).min)


def _where(present: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(present, values, pa.scalar(None, pa.string()))


def _names(values: pa.Array, spelled: Callable[[str | None], str | None], one_by_one: str) -> pa.Array:
    """What `spelled` makes of every value. Those without accents and brackets, as most are, are read together: `_name`
    does the same to them. Names of the pattern `one_by_one`, where there is one, go one by one too."""
    letters = pc.replace_substring_regex(pc.ascii_upper(values), "['`0-9]+", "")
    names = pc.ascii_trim(pc.replace_substring_regex(letters, "[^A-Z]+", " "), " ")
    slowly = pc.or_(pc.invert(pc.string_is_ascii(values)), pc.match_substring_regex(values, _BRACKET))
    if one_by_one:
        slowly = pc.or_(slowly, pc.match_substring_regex(names, one_by_one))
    slowly = pc.fill_null(slowly, False)
    refused = pc.or_(pc.is_in(names, pa.array(["", *sorted(NO_NAME)])), pc.match_substring_regex(names, _ONE_LETTER))
    others = [spelled(value) for value in values.filter(slowly).to_pylist()]
    return pc.replace_with_mask(_where(pc.invert(refused), names), slowly, pa.array(others, pa.string()))


def _name(value: str | None) -> str | None:
    if value is None:
        return None
    if not value.isascii():
        decomposed = unicodedata.normalize("NFKD", value.translate(_LETTERS))
        value = "".join(letter for letter in decomposed if unicodedata.category(letter) not in _MARK)
    value = _APOSTROPHES.sub("", _BRACKETED.sub(" ", value)).upper()
    name = _NOT_LETTERS.sub(" ", _DIGITS.sub("", value)).strip()
    return _unless_placeholder(name)


def _unless_placeholder(name: str) -> str | None:
    return None if not name or name in NO_NAME or _one_letter_repeated(name) else name


def _forename(value: str | None) -> str | None:
    name = _name(value)
    if name is None:
        return None
    parts = name.split(" ")
    while len(parts) > 1 and parts[0] in TITLES:
        parts = parts[1:]
    while len(parts) > 1 and parts[-1] in TITLES:
        parts = parts[:-1]
    name = " ".join(parts)
    return None if name in NO_NAME or _NO_FORENAME.fullmatch(name) else name


_ONE_LETTER = "|".join(f"^{letter}{{3,}}$" for letter in string.ascii_uppercase)


def _one_letter_repeated(name: str) -> bool:
    # `ZZZ` is a placeholder; a doubled character of another script is a name.
    return len(name) > 2 and name == name[0] * len(name) and name.isascii()
