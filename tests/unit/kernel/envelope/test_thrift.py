"""Thrift by a layout: what it knows, what it does not, and what lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.envelope.layouts import CRYPTO, FOOTER, PAGE_HEADER
from shared.kernel.envelope.thrift import BINARY, BOOL, DOUBLE, I8, I16, I32, I64, ListOf, Room, Struct, read_struct
from tests.unit.kernel.envelope import thrift_writer as write
from tests.unit.kernel.envelope.thrift_writer import Raw, unsigned

ROOM = Room(structs=20, unknown=20)
INNER = Struct({1: I32}, {2: I32})
LAYOUT = Struct(
    {1: I32, 2: BINARY, 3: BOOL, 4: I64, 5: INNER, 6: ListOf(I32, 3), 7: ListOf(INNER, 30), 8: I16, 9: I8},
    {10: I32, 11: BINARY, 12: BOOL, 13: INNER, 14: ListOf(INNER, 30), 15: DOUBLE},
)


def read(tree: write.Tree) -> dict[int, object]:
    return read_struct(write.write(tree), LAYOUT, ROOM)


@given(st.binary(), st.sampled_from([FOOTER, CRYPTO, PAGE_HEADER, LAYOUT]))
def test_any_bytes_are_read_or_refused(data: bytes, layout: Struct) -> None:
    try:
        read_struct(data, layout, ROOM)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, {}),
        ({1: (I32, 2)}, {1: 2}),
        ({1: (I32, -2), 4: (I64, 2**62), 8: (I16, -7)}, {1: -2, 4: 2**62, 8: -7}),
        ({3: (write.TRUE, 1)}, {3: True}),
        ({3: (write.FALSE, 0), 9: (I8, 200)}, {3: False, 9: b"\xc8"}),
        ({2: (BINARY, b"hi")}, {2: b"hi"}),
        ({4: (I64, 1), 1: (I32, 3)}, {4: 1, 1: 3}),
        ({6: (write.LIST, (I32, [1, -2, 3]))}, {6: [1, -2, 3]}),
        ({6: (write.LIST, (I32, []))}, {6: []}),
        ({7: (write.LIST, (write.STRUCT, [{1: (I32, 1)}] * 16))}, {7: [{1: 1}] * 16}),
        ({5: (write.STRUCT, {1: (I32, 1), 2: (I32, 9)})}, {5: {1: 1}}),
        (
            {
                1: (I32, 1),
                10: (I32, -9),
                11: (BINARY, b"x"),
                12: (write.TRUE, 1),
                13: (write.STRUCT, {}),
                14: (write.LIST, (write.STRUCT, [{}, {1: (I32, 5)}])),
                15: (DOUBLE, Raw(bytes(8))),
            },
            {1: 1},
        ),
    ],
)
def test_what_a_layout_knows_is_read_as_written(tree: write.Tree, expected: dict[int, object]) -> None:
    assert read(tree) == expected


UNKNOWN: dict[str, tuple[int, object]] = {
    "flag": (write.TRUE, 1),
    "byte": (I8, 7),
    "number": (I64, -(2**40)),
    "double": (DOUBLE, Raw(bytes(8))),
    "text": (BINARY, b"later"),
    "struct": (write.STRUCT, {3: (write.STRUCT, {9: (write.TRUE, 1)}), 400: (I32, 1)}),
    "list": (write.LIST, (I32, [1, 2, 3])),
    "list of flags": (write.LIST, (write.TRUE, [1, 2])),
    "set": (write.SET, (BINARY, [b"a", b"b"])),
    "map": (write.MAP, Raw(unsigned(2) + b"\x85" + b"\x01a\x02\x01b\x04")),
    "empty map": (write.MAP, Raw(b"\x00")),
    "uuid": (13, Raw(bytes(16))),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_no_layout_knows_is_passed_over_and_changes_nothing(what: str) -> None:
    """Before, between and behind known fields, and within them."""
    unknown = UNKNOWN[what]
    tree = {99: unknown, 1: (I32, 5), 98: unknown, 5: (write.STRUCT, {77: unknown, 1: (I32, 6)}), 2: (BINARY, b"x")}
    assert read(tree) == {1: 5, 5: {1: 6}, 2: b"x"}


@pytest.mark.parametrize("known", [*LAYOUT.kept, *LAYOUT.read_over])
@pytest.mark.parametrize("what", UNKNOWN)
def test_a_known_field_of_another_kind_is_refused(known: int, what: str) -> None:
    """Another reader would pass over it, or read on in another place."""
    kinds = {**LAYOUT.kept, **LAYOUT.read_over}
    kind, value = UNKNOWN[what]
    fits = {"flag": BOOL, "byte": I8, "number": I64, "double": DOUBLE, "text": BINARY}
    if kinds[known] == fits.get(what) or (what == "struct" and isinstance(kinds[known], Struct)):
        return
    if what == "list" and isinstance(kinds[known], ListOf) and known == 6:
        return
    with pytest.raises(ValueError, match="another kind"):
        read({known: (kind, value)})


def _nested(depth: int) -> write.Tree:
    return {1: (write.STRUCT, _nested(depth - 1))} if depth else {}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cut short"),
        (b"\x15", "cut short"),
        (b"\x28\x7fhi\x00", "cut short"),
        (b"\x69\xf5\xff\xff\xff\x0f", "too many"),
        (b"\x69\x45\x02\x02\x02\x02\x00", "too many"),
        (write.write({7: (write.LIST, (write.STRUCT, [{}] * 21))}), "too many"),
        (b"\x15" + b"\xff" * 11, "without end"),
        (b"\x15" + unsigned(2**32) + b"\x00", "too large"),
        (b"\x46" + unsigned(2**64) + b"\x00", "too large"),
        (b"\x84" + unsigned(2**16) + b"\x00", "too large"),
        (b"\x05" + unsigned(2**17) + b"\x02\x00", "too large"),
        (write.write({99: (write.STRUCT, _nested(17))}), "too deep"),
        (write.write({99: (write.LIST, (write.TRUE, [1] * 21))}), "not known"),
        (write.write(dict.fromkeys(range(100, 121), (write.TRUE, 1))), "not known"),
        (write.write({99: (write.MAP, Raw(unsigned(2**31) + b"\x11" + b"\x01" * 60))}), "not known"),
        (b"\x1f\x00", "another kind"),
        (b"\x0e\xc6\x01\x00\x00", "of no kind"),
        (b"\x0e\x01\x00", "of no kind"),
        (b"\x15\x02\x05\x02\x04\x00", "twice"),
        (b"\x32\x01\x05\x06\x02\x00", "another kind"),
        (b"\x31\x01\x06\x00", "twice"),
    ],
)
def test_what_lies_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_struct(data, LAYOUT, ROOM)
