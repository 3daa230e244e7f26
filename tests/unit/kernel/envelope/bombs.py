"""Small files that a hostile borough signs: each has a number, or many of a kind, that would cost much.

Every bomb is written here, with good keys; nothing of it is kept in the repository.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

from shared.kernel.envelope import gates
from tests.unit.kernel.envelope.forge import Drop, Forger
from tests.unit.kernel.envelope.forged_file import (
    DELTA_LENGTHS,
    DELTA_TEXTS,
    FIXED,
    GZIP,
    INT32,
    INT64,
    NONE,
    PLAIN,
    SNAPPY,
    TEXT,
    Chunk,
    Page,
    data_page,
    data_page_2,
    dictionary,
    forged,
    number_column,
    same_entry,
    text_column,
)
from tests.unit.kernel.envelope.houses import AGREEMENT, PUPILS
from tests.unit.kernel.envelope.thrift_writer import (
    BINARY,
    I32,
    I64,
    LIST,
    MAP,
    STRUCT,
    TRUE,
    Raw,
    Tree,
    unsigned,
    varint,
)

ROWS = AGREEMENT.limits.rows
Bomb = Callable[[Forger], Drop]
BOMBS: dict[str, tuple[Bomb, tuple[gates.Reason, ...]]] = {}


def bomb(name: str, *refused_by: gates.Reason) -> Callable[[Bomb], Bomb]:
    """Adds a bomb to the list, with the gates of which one has to refuse it."""

    def add(make: Bomb) -> Bomb:
        BOMBS[name] = (make, refused_by)
        return make

    return add


def text(value: bytes) -> bytes:
    """An entry of a dictionary or a plain page."""
    return struct.pack("<I", len(value)) + value


def decimal_column(physical: int, width: int, *, digits: int = 9, empty: bool = False) -> Tree:
    """A schema element: an amount of two decimal places."""
    kind: Tree = {1: (I32, physical), 2: (I32, width), 3: (I32, int(empty)), 4: (BINARY, b"amount")}
    return {**kind, 6: (I32, 5), 7: (I32, 2), 8: (I32, digits)}


def one_text(
    forger: Forger, rows: int, *pages: Page, codec: int = 6, column: Tree | None = None, **facts: object
) -> Drop:
    """A file of one column."""
    chunk = Chunk(rows, pages, codec=codec, **facts)  # type: ignore[arg-type]
    return forged(forger, [column or text_column()], [[chunk]])


# --- dictionaries ---------------------------------------------------------------------------------------------------


@bomb("149 million empty entries for one row", gates.PAGES)
def _(forger: Forger) -> Drop:
    return one_text(forger, 1, dictionary(149_000_000, bytes(4 * 149_000_000)), data_page(1, same_entry(1)))


@bomb("149 million empty entries that claim to be one", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    return one_text(forger, 1, dictionary(1, bytes(4 * 149_000_000)), data_page(1, same_entry(1)))


@bomb("more entries than rows", gates.PAGES)
def _(forger: Forger) -> Drop:
    return one_text(forger, ROWS, dictionary(ROWS + 1, bytes(4 * (ROWS + 1))), data_page(ROWS, same_entry(ROWS)))


@bomb("an entry for every row of 64 columns, all empty", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    pages = (dictionary(ROWS, bytes(4 * ROWS)), data_page(ROWS, same_entry(ROWS)))
    columns = [text_column(b"c%d" % number) for number in range(64)]
    return forged(forger, columns, [[Chunk(ROWS, pages) for _ in columns]])


@bomb("two billion entries claimed, four bytes there", gates.PAGES)
def _(forger: Forger) -> Drop:
    return one_text(forger, 1, dictionary(2**31 - 1, bytes(4), size=2**31 - 1), data_page(1, same_entry(1)))


@bomb("as many entries as rows claimed, four bytes there", gates.PAGES)
def _(forger: Forger) -> Drop:
    return one_text(forger, ROWS, dictionary(ROWS, bytes(4)), data_page(ROWS, same_entry(ROWS)))


@bomb("a dictionary of numbers, more than rows", gates.PAGES)
def _(forger: Forger) -> Drop:
    pages = (dictionary(14_000_000, bytes(4 * 14_000_000)), data_page(1, same_entry(1)))
    return one_text(forger, 1, *pages, column=number_column(INT32), physical=INT32)


@bomb("a dictionary of flags", gates.PAGES)
def _(forger: Forger) -> Drop:
    pages = (dictionary(1, bytes(1)), data_page(1, same_entry(1)))
    return one_text(forger, 1, *pages, column=number_column(0), physical=0)


@bomb("fixed bytes two gigabytes wide", gates.TYPES)
def _(forger: Forger) -> Drop:
    column = decimal_column(FIXED, 2**31 - 1)
    return one_text(forger, 1, data_page(1, bytes(100), encoding=PLAIN), column=column, physical=FIXED)


@bomb("a decimal 100,000 bytes wide, repeated", gates.TYPES)
def _(forger: Forger) -> Drop:
    column = decimal_column(FIXED, 100_000)
    pages = (dictionary(1, bytes(100_000)), data_page(ROWS, same_entry(ROWS)))
    return one_text(forger, ROWS, *pages, column=column, physical=FIXED)


@bomb("a decimal of text, one megabyte long, repeated", gates.PAGES)
def _(forger: Forger) -> Drop:
    column = decimal_column(TEXT, 0)
    pages = (dictionary(1, text(bytes(1_000_000))), data_page(ROWS, same_entry(ROWS)))
    return one_text(forger, ROWS, *pages, column=column)


def _repeated(length: int) -> Bomb:
    def make(forger: Forger) -> Drop:
        return one_text(forger, ROWS, dictionary(1, text(b"x" * length)), data_page(ROWS, same_entry(ROWS)))

    return make


for _length in (200, 1_500, 10_000, 1_000_000, 45_000_000):
    bomb(f"a text of {_length:,} bytes in 400,000 rows", gates.EXPANDED)(_repeated(_length))


@bomb("a text of a megabyte in 400,000 rows of bytes that are no text", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    pages = (dictionary(1, text(b"\xff" * 1_000_000)), data_page(ROWS, same_entry(ROWS)))
    return one_text(forger, ROWS, *pages, column=number_column(6))


@bomb("64 columns of one longer text each", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    pages = (dictionary(1, text(b"x" * 700_000)), data_page(5_000, same_entry(5_000)))
    columns = [text_column(b"c%d" % number) for number in range(64)]
    return forged(forger, columns, [[Chunk(5_000, pages) for _ in columns]])


@bomb("a long text in each of a thousand small row groups", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    pages = (dictionary(1, text(b"x" * 60_000)), data_page(400, same_entry(400)))
    return forged(forger, [text_column()], [[Chunk(400, pages)]] * 1_000)


@bomb("a row that points behind its dictionary", gates.DAMAGED)
def _(forger: Forger) -> Drop:
    pages = (dictionary(1, text(b"x" * 50_000)), data_page(ROWS, b"\x14" + unsigned(ROWS << 1) + b"\xff\xff\x0f"))
    return one_text(forger, ROWS, *pages)


@bomb("a dictionary with indices of 255 bits", gates.DAMAGED)
def _(forger: Forger) -> Drop:
    pages = (dictionary(1, text(b"x")), data_page(ROWS, b"\xff" + unsigned(ROWS << 1) + b"\x00" * 40))
    return one_text(forger, ROWS, *pages)


@bomb("a dictionary that is no part of the chunk", gates.PAGES)
def _(forger: Forger) -> Drop:
    return one_text(forger, 1, data_page(1, same_entry(1)))


@bomb("a dictionary behind data pages", gates.PAGES)
def _(forger: Forger) -> Drop:
    plain = data_page(1, text(b"x"), encoding=PLAIN)
    return one_text(forger, 2, plain, dictionary(1, text(b"x")), data_page(1, same_entry(1)))


@bomb("two dictionaries", gates.PAGES)
def _(forger: Forger) -> Drop:
    words = dictionary(1, text(b"x"))
    return one_text(forger, 1, words, words, data_page(1, same_entry(1)))


# --- pages ----------------------------------------------------------------------------------------------------------


@bomb("a page of one cell of a hundred megabytes", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    return one_text(forger, 1, data_page(1, text(bytes(100_000_000)), encoding=PLAIN))


@bomb("a gzip page that claims little", gates.DAMAGED)
def _(forger: Forger) -> Drop:
    page = data_page(1, text(bytes(100_000_000)), encoding=PLAIN, codec=GZIP, size=1_000)
    return one_text(forger, 1, page, codec=GZIP)


@bomb("a snappy page that claims little and says much", gates.DAMAGED)
def _(forger: Forger) -> Drop:
    page = data_page(1, text(b"x"), encoding=PLAIN, codec=SNAPPY)
    lying = Page(page.header, b"\xff\xff\xff\xff\x07" + page.body[1:])
    lying.header[3] = (I32, len(lying.body) + 32)
    return one_text(forger, 1, lying, codec=SNAPPY)


@bomb("ten pages that claim sixty megabytes each", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    pages = [data_page(1, text(b"x"), encoding=PLAIN, size=60_000_000) for _ in range(10)]
    return one_text(forger, 10, *pages)


@bomb("66,000 pages without a row", gates.PAGES)
def _(forger: Forger) -> Drop:
    empty = data_page(0, b"", encoding=PLAIN, codec=NONE)
    chunks = [Chunk(0, [empty] * 16_500, codec=NONE) for _ in range(4)]
    return forged(forger, [text_column(b"c%d" % number) for number in range(4)], [chunks])


@bomb("two billion rows in one page", gates.ROW_COUNT)
def _(forger: Forger) -> Drop:
    return one_text(forger, 1, data_page(2**31 - 1, same_entry(1), encoding=PLAIN))


@bomb("rows beyond the page's bytes", gates.DAMAGED)
def _(forger: Forger) -> Drop:
    return one_text(forger, ROWS, data_page(ROWS, text(b"x"), encoding=PLAIN))


@bomb("a page header of a megabyte", gates.PAGES)
def _(forger: Forger) -> Drop:
    page = data_page(1, text(b"x"), encoding=PLAIN)
    page.header[5][1][5] = (STRUCT, {1: (BINARY, bytes(1_000_000))})
    return one_text(forger, 1, page)


@bomb("a page header full of what nobody knows", gates.PAGES)
def _(forger: Forger) -> Drop:
    page = data_page(1, text(b"x"), encoding=PLAIN)
    page.header[99] = (LIST, (TRUE, [1] * 60_000))
    return one_text(forger, 1, page)


def _levels(**facts: tuple[int, object]) -> Bomb:
    def make(forger: Forger) -> Drop:
        return one_text(forger, 1, data_page_2(1, text(b"x"), **facts), codec=NONE)

    return make


for _name, _facts in {
    "definition levels of two gigabytes": {"f5": (I32, 2**31 - 1)},
    "definition levels of a negative length": {"f5": (I32, -1)},
    "repetition levels of two gigabytes": {"f6": (I32, 2**31 - 1)},
    "levels that make up for each other": {"f5": (I32, -8), "f6": (I32, 8)},
    "a version 2 page of other rows than values": {"f3": (I32, 2**31 - 1)},
    "a version 2 page of more empty cells than cells": {"f2": (I32, 2**31 - 1)},
}.items():
    bomb(_name, gates.PAGES)(_levels(**_facts))


def _deltas(head: bytes, encoding: int, physical: int) -> Bomb:
    def make(forger: Forger) -> Drop:
        column = text_column() if physical == 6 else number_column(physical)
        page = data_page(ROWS, head + bytes(200), encoding=encoding)
        return one_text(forger, ROWS, page, column=column, physical=physical)

    return make


for _encoding, _physical in ((5, INT32), (5, INT64), (DELTA_LENGTHS, 6)):
    for _what, _head in {
        "134 million small blocks": unsigned(2**32 - 128) + unsigned((2**32 - 128) // 32),
        "one block of four billion": unsigned(2**32 - 128) + unsigned(1),
        "one block of two billion": unsigned(2**31) + unsigned(1),
        "a block as writers make it": unsigned(128) + unsigned(4),
        "no blocks": unsigned(128) + unsigned(0),
        "blocks of nothing": unsigned(0) + unsigned(4),
    }.items():
        for _count in (ROWS, 2**31 - 1):
            bomb(f"deltas {_encoding} of {_physical}, {_what}, {_count} values", gates.PAGES, gates.DAMAGED)(
                _deltas(_head + unsigned(_count) + b"\x02", _encoding, _physical)
            )


def _texts(prefixes: bytes, rows: int, suffixes: bytes) -> Bomb:
    def make(forger: Forger) -> Drop:
        return one_text(forger, rows, data_page(rows, prefixes + suffixes, encoding=DELTA_TEXTS))

    return make


def _same_number(value: int, count: int) -> bytes:
    """So many times the same number, as differences of nothing: a few bytes for every 65,536."""
    blocks = -(-(count - 1) // 65_536)
    return unsigned(65_536) + unsigned(1) + unsigned(count) + varint(value) + bytes([0, 0]) * blocks


_ONE_LONG = unsigned(128) + unsigned(4) + unsigned(ROWS) + varint(60_000)
_LENGTHS = _ONE_LONG + (varint(-60_000) + bytes([32, 0, 0, 0]) + bytes(4 * 32)) + (bytes(1) + bytes(4)) * (ROWS // 128)
bomb("texts that all repeat 60,000 bytes", gates.EXPANDED)(
    _texts(_same_number(60_000, ROWS), ROWS, _LENGTHS + bytes(60_000))
)
bomb("texts that each repeat less than nothing", gates.PAGES)(
    _texts(_same_number(-1, ROWS), ROWS, _same_number(0, ROWS))
)
bomb("texts that repeat two billion times", gates.PAGES)(_texts(_same_number(9, 2**31 - 1)[:20], ROWS, bytes(20)))
bomb("texts that repeat what is not there", gates.DAMAGED)(
    _texts(_same_number(9, 100), 100, _same_number(1, 100) + bytes(100))
)


@bomb("64 columns of texts that repeat", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    page = data_page(ROWS, _same_number(1_000, ROWS) + _same_number(0, ROWS), encoding=DELTA_TEXTS)
    columns = [text_column(b"c%d" % number) for number in range(64)]
    return forged(forger, columns, [[Chunk(ROWS, [page]) for _ in columns]])


@bomb("64 columns of texts that repeat nothing in the smallest blocks", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    """As many blocks as there can be: each is one turn of a loop."""
    nothing = unsigned(128) + unsigned(4) + unsigned(ROWS) + bytes(1) + bytes(5) * (ROWS // 128)
    page = data_page(ROWS, nothing + nothing, encoding=DELTA_TEXTS)
    columns = [text_column(b"c%d" % number) for number in range(64)]
    return forged(forger, columns, [[Chunk(ROWS, [page]) for _ in columns]])


@bomb("lengths of text that go below nothing", gates.DAMAGED)
def _(forger: Forger) -> Drop:
    head = unsigned(128) + unsigned(4) + unsigned(2) + varint(-5) + varint(-(2**30)) + bytes(4)
    return one_text(forger, 2, data_page(2, head + bytes(64), encoding=DELTA_LENGTHS))


# --- the footer -----------------------------------------------------------------------------------------------------


def _footer(change: Callable[[Tree], Tree]) -> Bomb:
    def make(forger: Forger) -> Drop:
        page = data_page(1, text(b"x"), encoding=PLAIN)
        return forged(forger, [text_column()], [[Chunk(1, [page])]], change)

    return make


def _chunk_facts(**changes: object) -> Callable[[Tree], Tree]:
    def change(footer: Tree) -> Tree:
        facts = footer[4][1][1][0][1][1][1][0][3][1]
        for name, fact in changes.items():
            facts[int(name[1:])] = fact
        ordered = dict(sorted(facts.items()))
        facts.clear()
        facts.update(ordered)
        return footer

    return change


_MANY_BYTES = 3_900_000
"""As many as fit into a footer."""


def _many(of: int, entry: bytes) -> tuple[int, Raw]:
    """A list of as many entries as there is room for."""
    count = _MANY_BYTES // len(entry)
    return LIST, Raw(bytes([0xF0 | of]) + unsigned(count) + entry * count)


_DAMAGED_FOOTERS: dict[str, Callable[[Tree], Tree]] = {
    "a list of flags that nobody knows": lambda footer: {**footer, 99: _many(TRUE, b"\x01")},
    "a list of empty structs that nobody knows": lambda footer: {**footer, 99: _many(STRUCT, b"\x00")},
    "a list of empty lists": lambda footer: {
        **footer,
        99: _many(LIST, b"\x01"),
    },
    "a list of numbers without end": lambda footer: {**footer, 99: (LIST, Raw(b"\xf6" + unsigned(2**31 - 1)))},
    "a map of nothing": lambda footer: {
        **footer,
        99: (MAP, Raw(unsigned(_MANY_BYTES // 2) + b"\x11" + b"\x01" * _MANY_BYTES)),
    },
    "structs in structs": lambda footer: {**footer, 99: (STRUCT, Raw(b"\x1c" * _MANY_BYTES))},
    "a schema of a million nameless columns": lambda footer: {
        **footer,
        2: _many(STRUCT, b"\x48\x00\x00"),
    },
    "a million empty row groups": lambda footer: {**footer, 4: _many(STRUCT, b"\x00")},
    "a million empty notes": lambda footer: {
        **footer,
        5: _many(STRUCT, b"\x18\x00\x00"),
    },
    "a million column orders": lambda footer: {**footer, 7: _many(STRUCT, b"\x00")},
    "a field of text whose length goes beyond": lambda footer: {**footer, 6: (BINARY, Raw(unsigned(2**31 - 1)))},
    "a million encodings": _chunk_facts(f2=_many(I32, b"\x00")),
    "a million path names": _chunk_facts(f3=_many(BINARY, b"\x00")),
    "a million statistics of encodings": _chunk_facts(f13=_many(STRUCT, b"\x00")),
    "a million notes of a column": _chunk_facts(f8=_many(STRUCT, b"\x18\x00\x00")),
    "a histogram of a million levels": _chunk_facts(f16=(STRUCT, {2: _many(I64, b"\x00"), 3: (LIST, (I64, [0] * 10))})),
    "a number of another kind": _chunk_facts(f11=(I32, 4)),
    "a list of another kind than it has": _chunk_facts(f2=(LIST, (BINARY, [b""] * 3))),
    "a type beyond its 32 bits": _chunk_facts(f1=(I32, Raw(unsigned((6 + 2**32) << 1)))),
    "a type that its schema does not have": _chunk_facts(f1=(I32, INT32)),
    "a number of 80 bits": lambda footer: {**footer, 3: (I64, Raw(b"\xff" * 11 + b"\x01"))},
}
for _name, _change in _DAMAGED_FOOTERS.items():
    bomb(f"footer: {_name}", gates.DAMAGED)(_footer(_change))


for _name, _facts in {
    "bytes two exabytes long": {"f7": (I64, 2**62)},
    "bytes of a negative length": {"f7": (I64, -1)},
    "data that begins behind the file": {"f9": (I64, 2**40)},
    "a dictionary before the file": {"f11": (I64, -(2**40))},
}.items():
    bomb(f"footer: {_name}", gates.PAGES, gates.ROW_COUNT)(_footer(_chunk_facts(**_facts)))


@bomb("footer: a negative number of rows that makes up for another", gates.ROW_COUNT)
def _(forger: Forger) -> Drop:
    def change(footer: Tree) -> Tree:
        one = footer[4][1][1][0]
        footer[4] = (LIST, (STRUCT, [{**one, 3: (I64, 10**9)}, {**one, 3: (I64, 1 - 10**9)}]))
        return footer

    return _footer(change)(forger)


@bomb("footer: 33,000 row groups without a row", gates.PAGES, gates.DAMAGED)
def _(forger: Forger) -> Drop:
    return forged(forger, [text_column()], [[Chunk(0, [])]] * 33_000)


@bomb("footer: 16,000 row groups of two columns without a row", gates.ROW_COUNT, gates.DAMAGED)
def _(forger: Forger) -> Drop:
    def lie(footer: Tree) -> Tree:
        return {**footer, 3: (I64, 1)}

    columns = [text_column(b"a"), text_column(b"b")]
    return forged(forger, columns, [[Chunk(0, []), Chunk(0, [])]] * 16_000, lie)


@bomb("footer: every column lies in the same bytes", gates.PAGES)
def _(forger: Forger) -> Drop:
    def same(footer: Tree) -> Tree:
        chunks = footer[4][1][1][0][1][1][1]
        for chunk in chunks:
            chunk[3][1].update({7: chunks[0][3][1][7], 9: chunks[0][3][1][9]})
        return footer

    page = data_page(1, text(b"x"), encoding=PLAIN)
    columns = [text_column(b"c%d" % number) for number in range(64)]
    return forged(forger, columns, [[Chunk(1, [page])] * 64], same)


@bomb("a thousand columns", gates.COLUMNS)
def _(forger: Forger) -> Drop:
    page = data_page(1, text(b"x"), encoding=PLAIN)
    columns = [text_column(b"c%d" % number) for number in range(1_000)]
    return forged(forger, columns, [[Chunk(1, [page])] * 1_000])


@bomb("256-bit numbers in every cell, all empty", gates.EXPANDED)
def _(forger: Forger) -> Drop:
    """32 bytes of memory for each cell, out of nothing."""
    empty = struct.pack("<I", 5) + unsigned(ROWS << 1) + b"\x00"
    page = data_page(ROWS, empty + bytes(8), encoding=PLAIN)
    columns = [
        {**decimal_column(FIXED, 32, digits=76, empty=True), 4: (BINARY, b"c%d" % number)} for number in range(64)
    ]
    return forged(forger, columns, [[Chunk(ROWS, [page], physical=FIXED) for _ in columns]])


# --- what lies in the clear -----------------------------------------------------------------------------------------


def _crypto(change: Callable[[bytes], bytes]) -> Bomb:
    def make(forger: Forger) -> Drop:
        return forger.signed(forger.with_crypto(forger.parquet(PUPILS), change), 3)

    return make


def _material(value: bytes) -> bytes:
    return b"\x1c\x1c\x28\x08" + bytes(8) + b"\x00\x00\x28" + unsigned(len(value)) + value + b"\x00"


for _name, _value in {
    "clear part: lists in lists": b"[" * 3_000_000,
    "clear part: a million empty objects": b"[" + b"{}," * 1_000_000 + b"{}]",
    "clear part: a number of a million digits": b'{"keyMaterialType":' + b"9" * 1_000_000 + b"}",
    "clear part: a number too large to be one": b'{"keyMaterialType":1e999999999}',
    "clear part: no object": b"null",
    "clear part: a key id of a megabyte": json.dumps({"masterKeyID": "x" * 1_000_000}).encode(),
}.items():
    bomb(_name, gates.LOCK)(_crypto(lambda _, value=_value: _material(value)))


@bomb("clear part: a file id of three megabytes, authenticated with every page", gates.LOCK)
def _(forger: Forger) -> Drop:
    def change(crypto: bytes) -> bytes:
        at = crypto.index(b"\x28\x08")
        return crypto[: at + 1] + unsigned(3_000_000) + bytes(3_000_000) + crypto[at + 10 :]

    return _crypto(change)(forger)
