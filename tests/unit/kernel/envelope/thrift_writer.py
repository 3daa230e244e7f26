"""Thrift's compact protocol, any of it, read into plain values and written back: for forgers, who obey no layout.

A struct is `{field: (kind, value)}`, a list `(kind of its entries, [entries])`; numbers are ints, texts bytes. What an
honest writer would never write (a list that says another length than it has) is written by hand, as `Raw`.
"""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

Tree = dict[int, tuple[int, Any]]


class Raw(bytes):
    """Bytes to stand there as they are."""


def unsigned(value: int) -> bytes:
    """A length as the protocol writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def varint(value: int) -> bytes:
    """A signed number as the protocol writes it."""
    return unsigned(value << 1 if value >= 0 else ((-value) << 1) - 1)


def write(tree: Tree) -> bytes:
    """The struct, fields in the order given, every field number spelt out where it does not follow the one before."""
    out, last = bytearray(), 0
    for field, (kind, value) in tree.items():
        step = field - last
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + varint(field)
        last = field
        if kind not in (TRUE, FALSE):
            out += _value(kind, value)
    return bytes(out) + b"\x00"


def _value(kind: int, value: Any) -> bytes:
    if isinstance(value, Raw):
        return bytes(value)
    if kind in (I16, I32, I64):
        return varint(value)
    if kind == BINARY:
        return unsigned(len(value)) + value
    if kind == STRUCT:
        return write(value)
    if kind in (LIST, SET):
        of, entries = value
        head = bytes([len(entries) << 4 | of]) if len(entries) < 15 else bytes([0xF0 | of]) + unsigned(len(entries))
        return head + b"".join(_value(of, entry) for entry in entries)
    if kind in (BYTE, TRUE, FALSE):
        return bytes([value])
    raise ValueError(kind)


def parse(data: bytes) -> Tree:
    """The struct at the start of `data`."""
    return _Reading(data).struct()


class _Reading:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def struct(self) -> Tree:
        tree: Tree = {}
        field = 0
        while head := self.take(1)[0]:
            kind = head & 0x0F
            field = field + (head >> 4) if head > 0x0F else self.signed()
            tree[field] = (kind, kind == TRUE if kind in (TRUE, FALSE) else self.value(kind))
        return tree

    def value(self, kind: int) -> Any:
        if kind in (I16, I32, I64):
            return self.signed()
        if kind == BINARY:
            return self.take(self.number())
        if kind == STRUCT:
            return self.struct()
        if kind == DOUBLE:
            return Raw(self.take(8))
        if kind in (LIST, SET):
            head = self.take(1)[0]
            size = self.number() if head >> 4 == 15 else head >> 4
            return head & 0x0F, [self.value(head & 0x0F) for _ in range(size)]
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self) -> int:
        value = self.number()
        return (value >> 1) ^ -(value & 1)
