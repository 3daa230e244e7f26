"""Good drops, each changed in some way, and what comes of them at the gates: `make mutations`.

::

    python -m tests.security.mutations 12000 1     so many, by this seed; what is tried lies in build/mutation.parquet

The sender is a borough gone bad. It signs whatever it made, and as it knows the data key it seals again what it changed
inside. A drop is refused with a code, or it holds the rows of the good one, or it is a good drop of other rows: whole,
of plain types, and read in the same way by the plain Parquet reader. Nothing else may come of it, nor any exception
without a code, nor a value of a row in a message, nor more than the gates are allowed in time and memory.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from shared.agreements.free_school_meals.contracts import PUPILS
from shared.kernel.contract.validate import validate
from shared.kernel.envelope.canonical import to_text
from shared.kernel.envelope.footer import Chunk, read_footer
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.lock import read_lock
from shared.kernel.envelope.manifest import MANIFEST_KEY, SIGNATURE_KEY
from shared.kernel.errors import RejectedDrop
from tests.security.memory import growth
from tests.unit.kernel.envelope.forge import Drop, Forger
from tests.unit.kernel.envelope.houses import NOON, House, build_house
from tests.unit.kernel.envelope.thrift_writer import BINARY, LIST, STRUCT, Tree, parse, write
from tests.world import pupil, table

ROWS = 40
SECONDS, MEGABYTES = 2.0, 300
KEPT = Path(__file__).resolve().parents[2] / "build" / "mutation.parquet"
_SURNAMES = ("Okafor", "O'Neill", "Żak", "")


@dataclass(frozen=True)
class Good:
    """A drop that is accepted, and whoever sealed it."""

    forger: Forger
    data: bytes
    rows: pa.Table

    def signed(self, data: bytes) -> Drop:
        """Other bytes under a manifest that fits them."""
        return self.forger.signed(data, self.rows.num_rows)


def good_drops(house: House) -> tuple[Good, ...]:
    """The same pupils in every way of writing that is read."""
    rows = table("pupils", [pupil(n, surname=_SURNAMES[n % 4], middle_names="x" * n) for n in range(1, ROWS + 1)])
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    ways: tuple[dict[str, Any], ...] = (
        {"compression": "zstd"},
        {"compression": "snappy", "row_group_size": 15},
        {"compression": "gzip", "data_page_version": "2.0"},
        {"compression": "none", "use_dictionary": False, "write_page_index": True},
        {"use_dictionary": False, "column_encoding": dict.fromkeys(texts, "DELTA_BYTE_ARRAY")},
        {"use_dictionary": False, "column_encoding": dict.fromkeys(texts, "DELTA_LENGTH_BYTE_ARRAY")},
        {"compression": "none", "data_page_size": 64, "write_batch_size": 4, "store_schema": True},
    )
    return tuple(_good(Forger(house), rows, options) for options in ways)


def _good(forger: Forger, rows: pa.Table, options: dict[str, Any]) -> Good:
    return Good(forger, forger.parquet(rows, **options), rows)


# --- changes of bytes and of structs ----------------------------------------------------------------------------------


def scrambled(draw: random.Random, data: bytes) -> bytes:
    """Bytes with one change: flipped, set, left out, put in, doubled, swapped, cut off."""
    if not data:
        return bytes([draw.randrange(256)])
    at, length = draw.randrange(len(data)), draw.choice((1, 1, 1, 2, 4, 8, draw.randrange(1, 64)))
    before, part, behind = data[:at], data[at : at + length], data[at + length :]
    other = draw.randrange(len(data))
    changes: tuple[Callable[[], bytes], ...] = (
        lambda: data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :],
        lambda: before + draw.randbytes(len(part)) + behind,
        lambda: before + draw.choice((b"\x00", b"\xff", b"\x7f")) * len(part) + behind,
        lambda: before + behind,
        lambda: before + draw.randbytes(length) + data[at:],
        lambda: before + part + part + behind,
        lambda: before + data[other : other + length] + behind,
        lambda: before,
    )
    return draw.choice(changes)()


def edited(draw: random.Random, tree: Tree) -> Tree:
    """The struct with one of its values, at any depth, changed, left out, doubled or put in another field."""
    places = list(_places(tree))
    holder, key, kind, value = draw.choice(places)
    if isinstance(holder, dict) and draw.random() < 0.2:
        _moved(draw, holder, key)
    elif kind == BINARY:
        _put(holder, key, kind, scrambled(draw, value))
    elif kind == LIST:
        of, entries = value
        picked = draw.randrange(len(entries)) if entries else 0
        fewer, more = entries[:picked] + entries[picked + 1 :], entries[:picked] + entries[picked : picked + 1] * 2
        _put(holder, key, kind, (of, draw.choice((fewer, more + entries[picked + 1 :], entries[::-1]))))
    elif isinstance(value, int):
        near = (value + 1, value - 1, value * 2, -value, value ^ 1 << draw.randrange(40), value + draw.randrange(300))
        far = (0, 1, -1, 2**15, 2**31 - 1, -(2**31), 2**32, 2**63 - 1, draw.randrange(2**16))
        _put(holder, key, kind, draw.choice(near + far))
    return tree


def _moved(draw: random.Random, holder: Tree, key: int) -> None:
    kind, value = holder[key]
    choice = draw.randrange(4)
    if choice == 0:
        del holder[key]
    elif choice == 1:
        holder[draw.randrange(1, 20)] = (kind, value)
    elif choice == 2 and isinstance(value, int) and not isinstance(value, bool):
        holder[key] = (draw.choice((4, 5, 6)), value)
    else:
        holder.pop(key)
        holder[key] = (kind, value)


def _put(holder: Any, key: int, kind: int, value: Any) -> None:
    holder[key] = (kind, value) if isinstance(holder, dict) else value


def _places(tree: Tree) -> Iterator[tuple[Any, int, int, Any]]:
    for key, (kind, value) in tree.items():
        yield tree, key, kind, value
        if kind == STRUCT:
            yield from _places(value)
        elif kind == LIST:
            of, entries = value
            for number, entry in enumerate(entries):
                if of == STRUCT:
                    yield from _places(entry)
                else:
                    yield entries, number, of, entry


# --- the ways to change a drop ----------------------------------------------------------------------------------------


def _sealed_bytes(draw: random.Random, good: Good) -> Drop:
    data = good.data
    for _ in range(draw.choice((1, 1, 2, 5))):
        data = scrambled(draw, data)
    return good.signed(data)


def _other_part(draw: random.Random, good: Good) -> Drop:
    """A stretch of the file in another place of it, as long as what it covers."""
    data, length = good.data, draw.randrange(1, 400)
    here, there = (draw.randrange(4, len(data) - length) for _ in range(2))
    return good.signed(data[:here] + data[there : there + length] + data[here + length :])


def _clear_part(draw: random.Random, good: Good) -> Drop:
    def change(clear: bytes) -> bytes:
        return scrambled(draw, clear) if draw.random() < 0.5 else write(edited(draw, parse(clear)))

    return good.signed(good.forger.with_crypto(good.data, change))


def _footer(draw: random.Random, good: Good) -> Drop:
    def change(footer: bytes) -> bytes:
        if draw.random() < 0.3:
            return scrambled(draw, footer)
        tree = parse(footer)
        for _ in range(draw.choice((1, 1, 2, 4))):
            tree = edited(draw, tree)
        return write(tree)

    return good.signed(good.forger.with_footer(good.data, change))


def _page(draw: random.Random, good: Good) -> Drop:
    """One page with another header or other values, sealed again; mostly the footer says its new size."""
    data, forger = good.data, good.forger
    lock = read_lock(data)
    chunk = draw.choice(read_footer(data, lock, forger.data_key).chunks)
    at, header, body, aads = draw.choice(list(_pages(good, chunk)))
    old = 8 + len(header) + len(body) + 2 * 28
    if draw.random() < 0.5:
        body = scrambled(draw, body)
    if draw.random() < 0.6:
        header = scrambled(draw, header) if draw.random() < 0.3 else write(edited(draw, parse(header)))
    elif draw.random() < 0.8:
        tree = parse(header)
        tree[3] = (tree[3][0], len(body) + 32)
        header = write(tree)
    new = forger.sealed_part(header, aads[0]) + forger.sealed_part(body, aads[1])
    grown = len(new) - old
    changed = data[:at] + new + data[at + old :]
    if not grown or draw.random() < 0.1:
        return good.signed(changed)
    return good.signed(forger.with_footer(changed, lambda footer: _shifted(footer, chunk, at, grown)))


def _pages(good: Good, chunk: Chunk) -> Iterator[tuple[int, bytes, bytes, tuple[bytes, bytes]]]:
    """Where each page of a column lies, its header and body opened, and what authenticates the two."""
    data, forger = good.data, good.forger
    at, ordinal = chunk.start, -1 if chunk.has_dictionary else 0
    place = chunk.group.to_bytes(2, "little") + chunk.column.to_bytes(2, "little")
    while at < chunk.end:
        number = b"" if ordinal < 0 else ordinal.to_bytes(2, "little")
        kinds = (b"\x05", b"\x03") if ordinal < 0 else (b"\x04", b"\x02")
        aads = tuple(forger.file_id_of(data) + kind + place + number for kind in kinds)
        body_at = at + 4 + int.from_bytes(data[at : at + 4], "little")
        behind = body_at + 4 + int.from_bytes(data[body_at : body_at + 4], "little")
        yield (
            at,
            forger.opened_part(data[at:body_at], aads[0]),
            forger.opened_part(data[body_at:behind], aads[1]),
            (aads[0], aads[1]),
        )
        at, ordinal = behind, ordinal + 1


def _shifted(footer: bytes, chunk: Chunk, at: int, grown: int) -> bytes:
    """The footer of a file in which a page at `at` has grown."""
    tree = parse(footer)
    for number, (_, group) in enumerate((STRUCT, group) for group in tree[4][1][1]):
        for column, entry in enumerate(group[1][1][1]):
            facts = entry[3][1]
            for place in (9, 11):
                if place in facts and facts[place][1] > at:
                    facts[place] = (facts[place][0], facts[place][1] + grown)
            if (number, column) == (chunk.group, chunk.column):
                facts[7] = (facts[7][0], facts[7][1] + grown)
    return write(tree)


def _manifest(draw: random.Random, good: Good) -> Drop:
    """Another text of the manifest, mostly signed by its sender; or another signature, or other metadata."""
    data, metadata = good.signed(good.data)
    text, keys = metadata[MANIFEST_KEY], good.forger.keys
    key_id = keys.current("lambeth", Use.SIGN)
    if draw.random() < 0.7:
        changed = scrambled(draw, text.encode())
        signature = keys.sign(key_id, b"borough-exchange manifest 1\n" + changed)
        said = changed.decode("utf-8", "surrogateescape")
        metadata = {MANIFEST_KEY: said, SIGNATURE_KEY: to_text(signature)}
        return data, metadata if draw.random() < 0.8 else {
            **metadata,
            SIGNATURE_KEY: good.signed(data)[1][SIGNATURE_KEY],
        }
    name = draw.choice((MANIFEST_KEY, SIGNATURE_KEY))
    value = scrambled(draw, metadata[name].encode()).decode("latin-1")
    return data, {**metadata, draw.choice((name, name, name.upper(), "other")): value}


def _twice(draw: random.Random, good: Good) -> Drop:
    """A footer that is changed inside and then outside, or the end of one file behind the beginning of another."""
    first, _ = _footer(draw, good)
    if draw.random() < 0.5:
        return good.signed(scrambled(draw, first))
    return good.signed(first[: -draw.randrange(1, 400)] + good.data[-300:])


WAYS: tuple[tuple[Callable[[random.Random, Good], Drop], bool, int], ...] = (
    (_sealed_bytes, False, 3),
    (_other_part, False, 1),
    (_clear_part, False, 2),
    (_footer, True, 5),
    (_page, True, 6),
    (_manifest, False, 2),
    (_twice, True, 1),
)
"""How a drop is changed, whether its sender may have made a good drop of other rows by that, and how often."""


# --- what comes of it -------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What came of so many drops."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    largest: int = 0
    """Kilobytes."""
    faults: list[str] = field(default_factory=list)


def tried(house: House, goods: tuple[Good, ...], seed: int, number: int, keep: Path | None = None) -> Tally:
    """One changed drop, by seed and number, and what came of it."""
    draw = random.Random(f"{seed} {number}")
    way, may_differ, _ = draw.choices(WAYS, [weight for *_, weight in WAYS])[0]
    good = draw.choice(goods)
    data, metadata = way(draw, good)
    if keep:
        keep.write_bytes(data)
    tally, said = Tally(), ""

    def work() -> None:
        nonlocal said
        said = _outcome(house, good, (data, metadata), may_differ)

    began = time.process_time()
    try:
        tally.largest = growth(work)
    except Exception as error:  # noqa: BLE001  # whatever it is, it has no code
        said = f"FAULT {type(error).__name__}: {error}"
    tally.slowest = time.process_time() - began
    if said.startswith("FAULT"):
        tally.faults.append(f"{seed} {number} {way.__name__}: {said}")
    tally.outcomes[said.partition(":")[0]] += 1
    return tally


def _outcome(house: House, good: Good, drop: Drop, may_differ: bool) -> str:
    try:
        opened = house.opened(*drop)
        rows = opened.table
        validate(rows, PUPILS, as_of=NOON.date(), stale_after_days=60)
    except RejectedDrop as refusal:
        values = {value for name in ("upn", "surname", "postcode") for value in good.rows.column(name).to_pylist()}
        told = any(value and value in str(refusal) for value in values)
        return f"FAULT: a value in {refusal.code}" if told else refusal.code
    if rows.equals(good.rows):
        return "accepted with the same rows"
    if not may_differ:
        return "FAULT: accepted with other rows"
    rows.validate(full=True)
    key = pe.create_decryption_properties(good.forger.data_key)
    plain = pq.read_table(pa.BufferReader(drop[0]), decryption_properties=key)
    if rows.num_rows != opened.manifest.rows or not plain.cast(rows.schema).equals(rows):
        return "FAULT: accepted with rows that the plain reader does not read so"
    return "accepted as a good drop of other rows"


def run(house: House, count: int, seed: int, keep: Path | None = None) -> Tally:
    """So many changed drops."""
    goods, whole = good_drops(house), Tally()
    for good in goods:
        assert house.opened(*good.signed(good.data)).table.equals(good.rows)
    for number in range(count):
        one = tried(house, goods, seed, number, keep)
        whole.outcomes += one.outcomes
        whole.slowest, whole.largest = max(whole.slowest, one.slowest), max(whole.largest, one.largest)
        whole.faults += one.faults
    return whole


def main(arguments: list[str]) -> int:
    """Exit code: 0 if nothing came of them but what may."""
    count, seed = (int(word) for word in (*arguments, *("12000", "1")[len(arguments) :]))
    KEPT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tally = run(build_house("ring", Path(folder)), count, seed, KEPT)
    lines = [f"{said:45}{times:7,}" for said, times in sorted(tally.outcomes.items())]
    lines.append(f"slowest {tally.slowest:.2f} s of the processor, largest {tally.largest / 1000:.0f} MB")
    sys.stdout.write("\n".join([*lines, *tally.faults]) + "\n")
    return 1 if tally.faults or tally.slowest > SECONDS or tally.largest > MEGABYTES * 1000 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
