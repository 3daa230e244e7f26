"""Writes and reads sealed Parquet: AES-GCM under a fresh 256-bit data key, footer and all, one wrapped key inside.

Writing leaves key handling to the library, so that any reader of the format's key material (PKMT1) can open the file.
Reading does not: the data key is unwrapped beforehand, which makes the reader refuse plain files and parts under other
keys, and keeps a failing key service apart from a damaged file.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from shared.kernel.envelope import content_asks
from shared.kernel.envelope.footer import Footer, column_place, read_footer
from shared.kernel.envelope.gates import COLUMNS, ROWS, refuse
from shared.kernel.envelope.limits import DATA_KEY_BYTES, FREE_BYTES, MOST_EXPANSION
from shared.kernel.envelope.lock import Lock
from shared.kernel.envelope.pages import grows, weigh
from shared.kernel.errors import UntrustedDrop

if TYPE_CHECKING:
    from shared.kernel.envelope.keys import KeyService
    from shared.kernel.terms.model import Limits

_BATCH_ROWS = 65_536
_EXTENSION = b"ARROW:extension:name"
_BYTES_OF = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}
"""The same bytes, which need not be UTF-8."""


class _Wrapping(pe.KmsClient):  # type: ignore[misc]  # pyarrow ships no types
    """What the Parquet writer asks to wrap its data key."""

    def __init__(self, keys: KeyService) -> None:
        super().__init__()
        self._keys = keys

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return base64.b64encode(self._keys.wrap(master_key_identifier, key_bytes)).decode("ascii")


def check_shape(schema: pa.Schema, rows: int, limits: Limits, known: frozenset[str] = frozenset()) -> None:
    """Raise `UntrustedDrop` for too many rows (ENV-014), too many columns or one twice (ENV-015), or a type that is
    nested, an Arrow extension or fixed-width bytes (ENV-016).

    Columns are named by position, and by name where it is `known`: another name is the sender's text.
    """
    _check_size(rows, len(schema), limits)
    for name, times in Counter(schema.names).items():
        if times > 1:
            places = [number for number, other in enumerate(schema.names, start=1) if other == name]
            raise content_asks.DUPLICATE_COLUMN.refusal(
                places=f"columns {', '.join(map(str, places[:10]))} of {len(schema)}"
            )
    for position, field in enumerate(schema, start=1):
        if not _is_flat(field):
            raise _not_flat(field, column_place(field.name, position, len(schema), known))


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows:
        raise refuse(ROWS, f"It claims {rows}; at most {limits.rows} are allowed.")
    if columns > limits.columns:
        raise refuse(COLUMNS, f"It has {columns}; at most {limits.columns} are allowed.")


def write_sealed(table: pa.Table, key_id: str, keys: KeyService) -> bytes:
    """The table as sealed Parquet for `key_id`; its types are what Parquet itself can say, metadata is left behind."""
    factory = pe.CryptoFactory(lambda _: _Wrapping(keys))
    settings = pe.EncryptionConfiguration(
        footer_key=key_id,
        uniform_encryption=True,
        encryption_algorithm="AES_GCM_V1",
        plaintext_footer=False,
        double_wrapping=False,
        internal_key_material=True,
        data_key_length_bits=8 * DATA_KEY_BYTES,
    )
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(None),
        sink,
        compression="zstd",
        store_schema=False,
        write_statistics=False,
        encryption_properties=factory.file_encryption_properties(pe.KmsConnectionConfig(), settings),
    )
    return bytes(sink.getvalue())


def room_for(sealed_bytes: int, limits: Limits) -> int:
    """How many bytes a sealed file of that size may expand to: what the agreement allows, if it is large enough."""
    return min(limits.decompressed_bytes, FREE_BYTES + MOST_EXPANSION * sealed_bytes)


@dataclass(frozen=True)
class Content:
    """A file whose footer and pages are checked: what is left is to read it."""

    file: pq.ParquetFile
    schema: pa.Schema
    """As the table will have it: all text is plain `string`."""
    footer: Footer
    room: int
    """Bytes that it may expand to."""


def check_content(
    data: bytes, lock: Lock, data_key: bytes, *, rows: int, limits: Limits, known: frozenset[str] = frozenset()
) -> Content:
    """Look at everything in the file but its values: footer, schema, every page header.

    Raises `UntrustedDrop`, ENV-013 to ENV-019, and ENV-010 for a footer that is too long.
    """
    room = room_for(len(data), limits)
    with _parsing(lambda: "a schema"):
        footer = read_footer(data, lock, data_key, known)
        _check_size(max(footer.rows, footer.group_rows), len(footer.columns), limits)
        if not rows == footer.rows == footer.group_rows:
            raise content_asks.ROWS_DIFFER.refusal(manifest=rows, footer=footer.rows, groups=footer.group_rows)
        file = _open(data, data_key, ())
        check_shape(file.schema_arrow, footer.rows, limits, known)
        weights = weigh(data, footer, lock, data_key, limit=room)
        schema = pa.schema([(field.name, _plain(field.type)) for field in file.schema_arrow])
        repeated = tuple(
            column
            for column, (facts, weight) in enumerate(zip(footer.columns, weights, strict=True))
            if facts.is_text and weight.repeated > room // len(weights)
        )
        return Content(_open(data, data_key, repeated) if repeated else file, schema, footer, room)


def _open(data: bytes, data_key: bytes, repeated: tuple[int, ...]) -> pq.ParquetFile:
    """The reader. Columns that are `repeated` it hands over as dictionaries, so that no text is written out often."""
    return pq.ParquetFile(
        pa.BufferReader(data),
        pre_buffer=False,
        # A day of the year 9999 is beyond what 64 bits of nanoseconds reach.
        coerce_int96_timestamp_unit="us",
        read_dictionary=repeated,
        decryption_properties=pe.create_decryption_properties(data_key),
    )


def read_content(content: Content) -> pa.Table:
    """The table inside, of exactly as many rows as the manifest says.

    Raises `UntrustedDrop`, ENV-013 or ENV-019. What rows come to is known before they are written out: memory stays
    within a few times `content.room`, whatever the file says of itself.
    """
    footer, schema, room = content.footer, content.schema, content.room
    least = [footer.rows * _row_bytes(field.type) for field in schema]
    if sum(least) > room:
        raise grows(footer, least, room)
    spent = [0] * len(schema)
    batches = []
    with _parsing(lambda: _unreadable(content)):
        for batch in content.file.iter_batches(_BATCH_ROWS):
            # Text that is not UTF-8, and a place that no dictionary has, are found here, not by whoever reads it later.
            for facts, array in zip(footer.columns, batch.columns, strict=True):
                _check_values(array, facts.place)
            for column, array in enumerate(batch.columns):
                spent[column] += _plain_bytes(array)
            if sum(spent) > room:
                raise grows(footer, spent, room)
            batches.append(batch.cast(schema))
        return pa.Table.from_batches(batches, schema)


def read_own(data: bytes, data_key: bytes) -> pa.Table:
    """The table in a file that this program has written, as `read_content` would give it; nothing in it is checked.

    Raises `UntrustedDrop` (ENV-013) where that cannot be read.
    """
    with _parsing(lambda: "the content"):
        return _open(data, data_key, ()).read()


def _row_bytes(kind: pa.DataType) -> int:
    """What a row takes at least: a number its width, a text the place where it ends."""
    if pa.types.is_null(kind):
        return 0
    is_number = pa.types.is_primitive(kind) or pa.types.is_decimal(kind)
    return (kind.bit_width + 7) // 8 if is_number else 4


def _plain_bytes(array: pa.Array) -> int:
    """What a column comes to once it is written out."""
    if not isinstance(array, pa.DictionaryArray):
        return int(array.nbytes)
    lengths = pc.binary_length(array.dictionary).take(array.indices)
    return 4 * len(array) + int(pc.sum(lengths, min_count=0).as_py())


def _is_flat(field: pa.Field) -> bool:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    # An extension type that is not registered here arrives as its storage type, with its name beside it.
    extension = isinstance(kind, pa.BaseExtensionType) or _EXTENSION in (field.metadata or {})
    return not (extension or pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind))


def _not_flat(field: pa.Field, place: str) -> UntrustedDrop:
    """Why a type is refused, in words that are ours: the name of an extension type is the sender's text."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if isinstance(kind, pa.BaseExtensionType) or _EXTENSION in (field.metadata or {}):
        return content_asks.EXTENSION.refusal(place=place)
    fixed = pa.types.is_fixed_size_binary(kind)
    return content_asks.NOT_PLAIN.refusal(kind="of bytes of fixed width" if fixed else "of nested values", place=place)


def _check_values(array: pa.Array, place: str) -> None:
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        if _is_other_text(array.dictionary if isinstance(array, pa.DictionaryArray) else array):
            raise content_asks.NOT_UTF8.refusal(place=place) from None
        raise content_asks.NOT_READ.refusal(part=f"values of {place}") from None


def _is_other_text(words: pa.Array) -> bool:
    """Whether these are whole texts, of which one is not UTF-8."""
    if words.type not in _BYTES_OF:
        return False
    words.view(_BYTES_OF[words.type]).validate(full=True)
    try:
        words.validate(full=True)
    except pa.ArrowInvalid:
        return True
    return False


def _plain(kind: pa.DataType) -> pa.DataType:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    text = pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value)
    return pa.string() if text else value


@contextmanager
def _parsing(part: Callable[[], str]) -> Iterator[None]:
    """Whatever the reader says of the file is the file's fault; only running out of memory is ours."""
    try:
        yield
    except MemoryError:  # pyarrow's own is one of its errors too
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise content_asks.NOT_READ.refusal(part=part()) from None


def _unreadable(content: Content) -> str:
    """Which pages the reader cannot read. It does not say so itself, and is asked for one column after the other."""
    for name, facts in zip(content.schema.names, content.footer.columns, strict=True):
        try:
            for _ in content.file.iter_batches(_BATCH_ROWS, columns=[name]):
                pass
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            return f"pages of {facts.place}"
    return "pages"
