"""Reads Thrift's compact protocol, in which Parquet writes its footers and page headers.

Only reading, only into plain values, and never trusting a length: what does not fit raises `ValueError`.
"""

from __future__ import annotations

from typing import Any

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_DEPTH = 16


def read_struct(data: bytes) -> dict[int, Any]:
    """The struct at the start of `data`, as field id to bool, int, bytes, list or struct.

    Maps and doubles have no use here and raise `ValueError` too.
    """
    return read_struct_at(data)[0]


def read_struct_at(data: bytes) -> tuple[dict[int, Any], int]:
    """The struct at the start of `data`, and how many bytes it takes."""
    reader = _Reader(data)
    return reader.struct(_DEPTH), reader.at


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        field = 0
        while head := self._take(1)[0]:
            kind, step = head & 0x0F, head >> 4
            field = field + step if step else self._zigzag()
            if field in fields:
                # Other readers merge the two instead of taking the last: nothing checked here would hold there.
                raise ValueError("one field twice")
            fields[field] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if not depth:
            raise ValueError("nested too deep")
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind == _BINARY:
            return self._take(self._varint())
        if kind == _STRUCT:
            return self.struct(depth - 1)
        if kind in (_LIST, _SET):
            return self._list(depth - 1)
        if kind in (_BYTE, _TRUE, _FALSE):
            return self._take(1)[0]
        raise ValueError("a kind of value that has no use here")

    def _list(self, depth: int) -> list[Any]:
        head = self._take(1)[0]
        size = head >> 4
        if size == 0x0F:
            size = self._varint()
        if size > len(self._data):
            raise ValueError("longer than its file")
        return [self._value(head & 0x0F, depth) for _ in range(size)]

    def _take(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) != count:
            raise ValueError("cut short")
        self.at += count
        return taken

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a number without end")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
