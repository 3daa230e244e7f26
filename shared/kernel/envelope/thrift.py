"""Reads Thrift's compact protocol, in which Parquet writes its footers and page headers, by a layout of what may stand
there.

Whoever reads the same bytes after this reader must understand the same. So what a layout knows has exactly the kind
that it says: another reader passes over a field of another kind, or reads on in another place. What no layout knows is
passed over as Thrift means it, but only so much of it. No length is trusted: what does not fit raises `ValueError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = range(1, 14)

BOOL, I8, I16, I32, I64, DOUBLE, BINARY = _TRUE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY
"""Kinds of plain values, as they stand in a layout."""

_FLAGS = (_TRUE, _FALSE)
_BITS = {_I16: 16, _I32: 32, _I64: 64}
_PLAIN = frozenset({*_BITS, _BINARY})
_WIDTHS = {_TRUE: 1, _FALSE: 1, _BYTE: 1, _DOUBLE: 8, _UUID: 16}
"""Bytes of an entry of a list, by kind. As a field of a struct, a flag takes none: its kind is its value."""

_DEPTH = 16
"""How deep values that no layout knows may be nested."""


@dataclass(frozen=True)
class ListOf:
    """A list of at most so many entries."""

    of: Kind
    most: int


@dataclass(frozen=True)
class Struct:
    """The fields of one struct: those that are handed back, and those that are only read over."""

    kept: Mapping[int, Kind]
    read_over: Mapping[int, Kind]

    @cached_property
    def wires(self) -> Mapping[int, int]:
        """The kind in which each field lies in the bytes."""
        return {field: _wire(kind) for field, kind in {**self.kept, **self.read_over}.items()}


Kind = int | Struct | ListOf


def _wire(kind: Kind) -> int:
    return _STRUCT if isinstance(kind, Struct) else _LIST if isinstance(kind, ListOf) else kind


@dataclass(frozen=True)
class Room:
    """How much one struct may hold, over all."""

    structs: int
    """Entries of lists that are handed back."""
    unknown: int
    """Values that its layout does not know."""


class TooManyEntries(ValueError):
    """A list says that it has more entries than its layout allows."""

    def __init__(self, entries: int) -> None:
        super().__init__("too many entries")
        self.entries = entries


def read_struct(data: bytes, layout: Struct, room: Room) -> dict[int, Any]:
    """The struct at the start of `data`: the fields that `layout` keeps, as bool, int, bytes, list or dict."""
    return read_struct_at(data, layout, room)[0]


def read_struct_at(data: bytes, layout: Struct, room: Room) -> tuple[dict[int, Any], int]:
    """The struct at the start of `data`, and how many bytes it takes."""
    reader = _Reader(data, room)
    try:
        return reader.struct(layout), reader.at
    except IndexError:
        raise ValueError("cut short") from None


class _Reader:
    def __init__(self, data: bytes, room: Room) -> None:
        self._data = data
        self._structs_left, self._unknown_left = room.structs, room.unknown
        self.at = 0

    def struct(self, layout: Struct) -> dict[int, Any]:
        """What is kept of it. Each kept field stands there once: of two, other readers merge both, or take the last."""
        data, wires, kept = self._data, layout.wires, layout.kept
        found: dict[int, Any] = {}
        field = 0
        while head := data[self.at]:
            self.at += 1
            kind = head & 0x0F
            field = field + (head >> 4) if head > 0x0F else self._number(_I16)
            wire = wires.get(field)
            if wire is None:
                self._pass_field(kind, _DEPTH)
            elif wire != kind and (wire != _TRUE or kind != _FALSE):
                raise ValueError("of another kind")
            elif field in found:
                raise ValueError("one field twice")
            elif field not in kept:
                if kind not in _FLAGS:
                    self.at = self._behind(layout.read_over[field], kind, self.at)
            else:
                found[field] = kind == _TRUE if wire == _TRUE else self._value(kept[field], kind)
        self.at += 1
        return found

    def _value(self, expected: Kind, kind: int) -> Any:
        """One value, of the kind that the layout says."""
        if kind in _BITS:
            return self._number(kind)
        if isinstance(expected, Struct):
            return self.struct(expected)
        if isinstance(expected, ListOf):
            of, size = self._head_of(expected)
            if isinstance(expected.of, Struct):
                self._structs_left -= size
                if self._structs_left < 0:
                    raise ValueError("too many entries")
            return [self._value(expected.of, of) for _ in range(size)]
        return self._taken(self._varint() if kind == _BINARY else _WIDTHS[kind])

    def _head_of(self, expected: ListOf) -> tuple[int, int]:
        of, size = self._list_head()
        if size > expected.most:
            raise TooManyEntries(size)
        if size and of != _wire(expected.of):
            raise ValueError("of another kind")
        return of, size

    def _behind(self, expected: Kind, kind: int, at: int) -> int:
        """Where a value ends that a layout knows and nobody asks for: most of a footer, so without a call for each."""
        data = self._data
        if kind in _BITS or kind == _BINARY:
            value = data[at]
            if value < 0x80:
                return at + 1 + value if kind == _BINARY else at + 1
            self.at = at
            if kind != _BINARY:
                self._number(kind)
                return self.at
            return self._varint() + self.at
        if isinstance(expected, Struct):
            return self._behind_struct(expected, at)
        if isinstance(expected, ListOf):
            self.at = at
            of, size = self._head_of(expected)
            at = self.at
            for _ in range(size):
                at = self._behind(expected.of, of, at)
            return at
        return at + _WIDTHS[kind]

    def _behind_struct(self, layout: Struct, at: int) -> int:
        data, wires, field = self._data, layout.wires, 0
        while head := data[at]:
            at += 1
            kind = head & 0x0F
            if head > 0x0F:
                field += head >> 4
            else:
                self.at = at
                field, at = self._number(_I16), self.at
            wire = wires.get(field)
            if wire == kind and kind in _PLAIN:
                value = data[at]
                if value >= 0x80:
                    at = self._behind(kind, kind, at)
                elif kind == _BINARY:
                    at += 1 + value
                else:
                    at += 1
            elif wire is None:
                self.at = at
                self._pass_field(kind, _DEPTH)
                at = self.at
            elif wire != kind and (wire != _TRUE or kind != _FALSE):
                raise ValueError("of another kind")
            elif kind not in _FLAGS:
                at = self._behind(layout.kept.get(field) or layout.read_over[field], kind, at)
        return at + 1

    def _number(self, kind: int) -> int:
        value = self._varint()
        if value >> _BITS[kind]:
            # Other readers keep the lower bits.
            raise ValueError("a number too large for its kind")
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        data, at = self._data, self.at
        byte = data[at]
        if byte < 0x80:
            self.at = at + 1
            return byte
        value = byte & 0x7F
        for shift in range(7, 70, 7):
            at += 1
            byte = data[at]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.at = at + 1
                return value
        raise ValueError("a number without end")

    def _taken(self, size: int) -> bytes:
        start = self.at
        self._skip(size)
        return self._data[start : self.at]

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise ValueError("cut short")

    def _list_head(self) -> tuple[int, int]:
        """Kind and number of a list's entries."""
        head = self._data[self.at]
        self.at += 1
        size = head >> 4
        return head & 0x0F, self._varint() if size == 0x0F else size

    def _pass_field(self, kind: int, depth: int) -> None:
        """Passes over a field that no layout knows."""
        self._count()
        if kind not in _FLAGS:
            self._pass_value(kind, depth)

    def _pass_value(self, kind: int, depth: int) -> None:
        if not depth:
            raise ValueError("nested too deep")
        if kind in _WIDTHS:
            self._skip(_WIDTHS[kind])
        elif kind in _BITS:
            self._number(kind)
        elif kind == _BINARY:
            self._skip(self._varint())
        elif kind == _STRUCT:
            self._pass_struct(depth - 1)
        elif kind in (_LIST, _SET):
            of, size = self._list_head()
            self._pass_entries(size, (of,), depth - 1)
        elif kind == _MAP:
            size = self._varint()
            kinds = self._taken(1)[0] if size else 0
            self._pass_entries(size, (kinds >> 4, kinds & 0x0F), depth - 1)
        else:
            raise ValueError("of no kind")

    def _pass_struct(self, depth: int) -> None:
        while head := self._data[self.at]:
            self.at += 1
            if head <= 0x0F:
                self._number(_I16)
            self._pass_field(head & 0x0F, depth)
        self.at += 1

    def _pass_entries(self, size: int, kinds: tuple[int, ...], depth: int) -> None:
        for _ in range(size):
            self._count()
            for kind in kinds:
                self._pass_value(kind, depth)

    def _count(self) -> None:
        self._unknown_left -= 1
        if self._unknown_left < 0:
            raise ValueError("too much that is not known")
