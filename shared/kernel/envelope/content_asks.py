"""What is asked of the Parquet inside a sealed file: its footer, columns and pages (ENV-013, 015 to 019)."""

from __future__ import annotations

from shared.kernel.envelope import gates
from shared.kernel.envelope.ask import Ask
from shared.kernel.envelope.limits import (
    LARGEST_BLOCK,
    MOST_CHUNKS,
    MOST_GROUPS,
    MOST_HEADER_BYTES,
    MOST_PAGES,
    MOST_PAGES_OF_A_COLUMN,
    WIDEST_NUMBER,
)

FOOTER_CLOSED = Ask(
    gates.DAMAGED,
    "a footer that the file's data key does not open",
    "the length in four bytes, a nonce of 12 bytes, ciphertext and tag of AES_GCM_V1 under the data key that is "
    "wrapped, with aad_file_unique and one byte 0x00 as AAD",
    "let the library seal the file with footer_key; change no byte of it afterwards",
    "let the library seal the file with the key of FileEncryptionProperties; change no byte of it afterwards",
)
FOOTER_FORM = Ask(
    gates.DAMAGED,
    "a footer that is not FileMetaData in Thrift's compact protocol, or whose parts do not fit together",
    "schema, row groups and columns as the Parquet format has them, every field once and in its own type",
)
NOT_UTF8 = Ask(
    gates.DAMAGED,
    "text that is not UTF-8: {place}",
    "STRING in UTF-8; Windows-1252 and Latin-1 have to be converted",
    "give the writer Unicode strings",
    "Binary.fromString(text), or bytes of StandardCharsets.UTF_8",
)
NOT_READ = Ask(
    gates.DAMAGED,
    "{part} that the reader (Arrow C++) cannot read",
    "pages whose bodies are sealed as their headers are (with kind 2, or 3 of a dictionary, in the AAD) and encoded as "
    "these say: a file that another Parquet reader reads whole",
)
DUPLICATE_COLUMN = Ask(gates.COLUMNS, "one name for {places}", "each name once")
MANY_COLUMNS = Ask(gates.COLUMNS, "{columns:,} columns", "at most {most:,}")
NESTED = Ask(gates.TYPES, "a nested or repeated column: {place}", "flat columns, one value for each row")
FIXED_WIDTH = Ask(
    gates.TYPES,
    "FIXED_LEN_BYTE_ARRAY of {width:,} bytes: {place}",
    f"text as STRING; FIXED_LEN_BYTE_ARRAY only for DECIMAL, of at most {WIDEST_NUMBER} bytes",
)
EXTENSION = Ask(
    gates.TYPES,
    "a column of an extension type, of Arrow or as Parquet's UUID and JSON: {place}",
    "text, date, integer, decimal or flag",
    "pa.string() and the other plain types; store_schema=False (ArrowWriterProperties without store_schema)",
    "LogicalTypeAnnotation.stringType() on BINARY, and none of uuidType, jsonType, bsonType",
)
NOT_PLAIN = Ask(
    gates.TYPES,
    "a column {kind}: {place}",
    "text, date, integer, decimal or flag, one value for each row",
    "pa.string() for text",
    "LogicalTypeAnnotation.stringType() on BINARY for text",
)
MANY_CHUNKS = Ask(
    gates.PAGES,
    "{groups:,} row groups of {columns} columns",
    f"at most {MOST_GROUPS:,} row groups, and {MOST_CHUNKS:,} columns of all row groups together",
    "row_group_size (WriterProperties max_row_group_length) 100000 or more",
    "parquet.block.size 134217728, the default; coalesce(1) before the write in Spark",
)
OLD_JAVA = Ask(
    gates.PAGES,
    "created_by names parquet-mr before 1.2.9, whose columns are longer than their length (PARQUET-816)",
    "another version of the writer, or its true one in created_by",
    java="1.12 or later",
)
OLD_ARROW = Ask(
    gates.PAGES,
    "created_by names parquet-cpp-arrow before 3.0, whose version 2 pages say wrongly that they are not compressed "
    "(ARROW-10353): {place}",
    "another version of the writer, or pages of version 1",
    'data_page_version="1.0"',
)
IN_THE_CLEAR = Ask(
    gates.PAGES,
    "a column in the clear: {place}",
    "footer and every column sealed with the footer's key (uniform encryption)",
    "uniform_encryption=True, and no column_keys",
    "parquet.encryption.uniform.key, and neither parquet.encryption.footer.key nor parquet.encryption.column.keys",
)
OWN_KEY = Ask(
    gates.PAGES,
    "a column with a key of its own: {place}",
    "footer and every column sealed with the footer's key (uniform encryption)",
    "uniform_encryption=True, and no column_keys",
    "parquet.encryption.uniform.key, and neither parquet.encryption.footer.key nor parquet.encryption.column.keys",
)
OTHER_FILE = Ask(gates.PAGES, "a column whose file_path names another file: {place}", "all columns in one file")
CODEC = Ask(
    gates.PAGES,
    "compression {codec}: {place}",
    "none, Snappy, gzip or Zstandard",
    'compression="zstd", "snappy", "gzip" or "none"',
    "parquet.compression (Spark: spark.sql.parquet.compression.codec) zstd, snappy, gzip or uncompressed",
)
ENCODING = Ask(
    gates.PAGES,
    "encoding {encoding}: {place}",
    "PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY, RLE, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY or "
    "BYTE_STREAM_SPLIT",
    "leave out column_encoding",
    "parquet.writer.version=v1",
)
PAGE_KIND = Ask(
    gates.PAGES,
    "a page of a kind that does not belong there: {place}",
    "one dictionary page or none, then data pages of version 1 or 2",
)
CLEAR_LEVELS = Ask(
    gates.PAGES,
    "pages of version 2 whose levels lie in the clear before the ciphertext, as parquet-java writes them: {place}",
    "every page sealed as a whole",
    'data_page_version="1.0", or "2.0", which Arrow C++ seals as a whole',
    "parquet.writer.version=v1 (PARQUET_1_0), the default",
)
NOT_OPEN = Ask(
    gates.PAGES,
    "a page that the file's data key does not open in its place: {place}",
    "every page sealed with AES_GCM_V1 under the footer's key, with row group, column and page number in its AAD",
)
OUTSIDE = Ask(
    gates.PAGES,
    "a column whose place in the file is outside of it, or overlaps another's: {place}",
    "data_page_offset, dictionary_page_offset and total_compressed_size of the pages as they lie in the file",
)
PAGE_NUMBERS = Ask(
    gates.PAGES,
    "a page header whose numbers do not fit the page or its row group: {place}",
    "sizes and counts as the page has them; a dictionary of no more entries than its row group has rows",
)
HEADER_LENGTH = Ask(
    gates.PAGES,
    "a page header of {length:,} bytes: {place}",
    f"at most {MOST_HEADER_BYTES:,} bytes",
    "write_statistics=False",
    "parquet.column.statistics.enabled=false",
)
MANY_PAGES = Ask(
    gates.PAGES,
    "more than {most:,} pages: {place}",
    f"at most {MOST_PAGES_OF_A_COLUMN + 1:,} pages in a column of a row group, and {MOST_PAGES:,} in the file",
    "data_page_size 1048576, the default; row_group_size 100000 or more",
    "parquet.page.size 1048576 and parquet.page.row.count.limit 20000, the defaults",
)
MIXED_DICTIONARY = Ask(
    gates.PAGES,
    "pages with a dictionary beside pages of encoding DELTA: {place}",
    "either of the two in a column",
    "use_dictionary=False where column_encoding is set",
    "parquet.writer.version=v1",
)
DECIMAL_DICTIONARY = Ask(
    gates.PAGES,
    "decimals as BYTE_ARRAY with a dictionary: {place}",
    "decimals as INT32, INT64 or FIXED_LEN_BYTE_ARRAY, or without a dictionary",
    "use_dictionary=False for that column",
    "parquet.enable.dictionary#<column>=false",
)
DELTAS = Ask(
    gates.PAGES,
    "a page of encoding DELTA that says it has more values than it has rows, or blocks in another form: {place}",
    f"as many values as rows; blocks of a multiple of 128 values, at most {LARGEST_BLOCK:,}",
    "leave out column_encoding",
    "parquet.writer.version=v1",
)
ROWS_DIFFER = Ask(
    gates.ROW_COUNT,
    "{manifest:,} rows in the manifest, {footer:,} in the footer, {groups:,} in its row groups",
    "the same number in all three",
)
PAGE_ROWS = Ask(
    gates.ROW_COUNT,
    "other rows in its pages ({found_rows:,}) than in its row group ({rows:,}): {place}",
    "num_values of a column's pages that add up to num_rows of the row group",
)
GROWS = Ask(
    gates.EXPANDED,
    "more than {room:,} bytes; what grows most is {place}",
    "no more than this, which the agreement and the sealed file's own size allow",
)
