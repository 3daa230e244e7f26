"""What Parquet says may stand in its footers and page headers (`parquet.thrift` of the format).

All of it is here, also what nobody asks for: a reader that knows a field reads it by its own idea of the field, so this
one must read it so too. Kept is what the gates ask for. No list may be longer than an honest writer makes it: readers
make room for its entries.
"""

from __future__ import annotations

from shared.kernel.envelope.limits import MOST_CHUNKS
from shared.kernel.envelope.thrift import BINARY, BOOL, DOUBLE, I8, I16, I32, I64, ListOf, Struct

MOST_NOTES = 1_000
"""Entries of the footer's key/value metadata."""

_EMPTY = Struct({}, {})
_NOTE = Struct({}, {1: BINARY, 2: BINARY})
_STATISTICS = Struct({}, {1: BINARY, 2: BINARY, 3: I64, 4: I64, 5: BINARY, 6: BINARY, 7: BOOL, 8: BOOL, 9: I64})

# --- the clear part at the end of a sealed file: 1 algorithm (1 AES-GCM, 2 AES-GCM-CTR), 2 key metadata ---------------

_AES = Struct({1: BINARY, 2: BINARY, 3: BOOL}, {})
"""1 AAD prefix, 2 AAD of the file, 3 whether a prefix has to be supplied."""
CRYPTO = Struct({1: Struct({1: _AES, 2: _AES}, {}), 2: BINARY}, {})

# --- the footer -------------------------------------------------------------------------------------------------------

_TIME_UNIT = Struct({}, {1: _EMPTY, 2: _EMPTY, 3: _EMPTY})
_TIME = Struct({}, {1: BOOL, 2: _TIME_UNIT})
_LOGICAL_TYPE = Struct(
    # 5 is a decimal number. Of the others nothing is asked: the reader says what type comes of it.
    {5: Struct({}, {1: I32, 2: I32})},
    {
        **dict.fromkeys((1, 2, 3, 4, 6, 11, 12, 13, 14, 15, 19), _EMPTY),
        7: _TIME,
        8: _TIME,
        10: Struct({}, {1: I8, 2: BOOL}),
        16: Struct({}, {1: I8}),
        17: Struct({}, {1: BINARY}),
        18: Struct({}, {1: BINARY, 2: I32}),
    },
)
_SCHEMA_ELEMENT = Struct(
    {1: I32, 2: I32, 3: I32, 4: BINARY, 5: I32, 6: I32, 10: _LOGICAL_TYPE},
    {7: I32, 8: I32, 9: I32, 11: I32},
)
"""1 type, 2 its width, 3 repetition, 4 name, 5 number of children, 6 converted type, 10 logical type."""

_SIZE_STATISTICS = Struct({}, {1: I64, 2: ListOf(I64, 32), 3: ListOf(I64, 32)})
_BOX = Struct({}, dict.fromkeys(range(1, 9), DOUBLE))
_COLUMN_FACTS = Struct(
    {1: I32, 4: I32, 5: I64, 7: I64, 9: I64, 11: I64},
    {
        2: ListOf(I32, 32),
        3: ListOf(BINARY, 32),
        6: I64,
        8: ListOf(_NOTE, 8),
        10: I64,
        12: _STATISTICS,
        13: ListOf(Struct({}, {1: I32, 2: I32, 3: I32}), 64),
        14: I64,
        15: I32,
        16: _SIZE_STATISTICS,
        17: Struct({}, {1: _BOX, 2: ListOf(I32, 64)}),
    },
)
"""1 type, 4 codec, 5 number of values, 7 bytes in the file, where the 9 data and 11 dictionary begin. Offsets of an
index or a Bloom filter are nothing that anybody here follows."""

_COLUMN_CHUNK = Struct(
    {
        1: BINARY,
        3: _COLUMN_FACTS,
        8: Struct({1: _EMPTY, 2: Struct({}, {1: ListOf(BINARY, 32), 2: BINARY})}, {}),
        9: BINARY,
    },
    {2: I64, 4: I64, 5: I32, 6: I64, 7: I32},
)
"""1 another file, 3 facts, 8 how it is sealed (1 with the footer's key, 2 with its own), 9 facts under its own key."""

_ROW_GROUP = Struct(
    {1: ListOf(_COLUMN_CHUNK, MOST_CHUNKS), 3: I64},
    {
        2: I64,
        4: ListOf(Struct({}, {1: I32, 2: BOOL, 3: BOOL}), MOST_CHUNKS),
        5: I64,
        6: I64,
        7: I16,
    },
)
FOOTER = Struct(
    {2: ListOf(_SCHEMA_ELEMENT, MOST_CHUNKS), 3: I64, 4: ListOf(_ROW_GROUP, MOST_CHUNKS), 6: BINARY},
    {
        1: I32,
        5: ListOf(_NOTE, MOST_NOTES),
        7: ListOf(Struct({}, dict.fromkeys((1, 2, 3), _EMPTY)), MOST_CHUNKS),
        8: Struct({}, {1: Struct({}, {1: BINARY, 2: BINARY, 3: BOOL}), 2: Struct({}, {1: BINARY, 2: BINARY, 3: BOOL})}),
        9: BINARY,
    },
)
"""2 schema, 3 rows, 4 row groups, 6 who wrote it."""

GROUP_COUNT = Struct({4: ListOf(_ROW_GROUP, 0)}, {1: I32, 2: FOOTER.kept[2], 3: I64})
"""The same, of which nothing is read but how many row groups it has: `TooManyEntries` says so."""

# --- page headers -----------------------------------------------------------------------------------------------------

PAGE_HEADER = Struct(
    {
        1: I32,
        2: I32,
        3: I32,
        5: Struct({1: I32, 2: I32, 3: I32}, {4: I32, 5: _STATISTICS}),
        7: Struct({1: I32, 2: I32}, {3: BOOL}),
        8: Struct({1: I32, 2: I32, 3: I32, 4: I32, 5: I32, 6: I32, 7: BOOL}, {8: _STATISTICS}),
    },
    {4: I32, 6: _EMPTY},
)
"""1 kind, 2 size decompressed, 3 size compressed; 5 of a data page (1 values, 2 encoding, 3 that of its levels), 7 of a
dictionary (1 entries, 2 encoding), 8 of a version 2 page (1 values, 2 empty ones, 3 rows, 4 encoding, bytes of 5
definition and 6 repetition levels, 7 whether it is compressed)."""
