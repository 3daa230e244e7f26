"""What is asked of a sealed file, point by point: what is found where it is missed, and how a writer sets it.

Whoever seals without our client acts on these alone, so each names its settings as Arrow C++ (pyarrow, ParquetSharp and
others on top of it) and parquet-java (Spark and others) name them. No text has room for a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.kernel.envelope import gates
from shared.kernel.envelope.gates import Reason
from shared.kernel.envelope.limits import (
    DATA_KEY_BYTES,
    LARGEST_BLOCK,
    METADATA_LIMIT,
    MOST_CHUNKS,
    MOST_CLEAR_BYTES,
    MOST_FILE_ID_BYTES,
    MOST_FOOTER_BYTES,
    MOST_GROUPS,
    MOST_HEADER_BYTES,
    MOST_PAGES,
    MOST_PAGES_OF_A_COLUMN,
    SIGNATURE_BYTES,
    WIDEST_NUMBER,
)
from shared.kernel.errors import Particulars, UntrustedDrop

ARROW, JAVA = "Arrow C++, pyarrow", "parquet-java, Spark"


@dataclass(frozen=True)
class Ask:
    """One thing that is asked. `found` has places for facts of one file."""

    gate: Reason
    found: str
    asked: str
    arrow: str = ""
    java: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """How each family of writers sets it; empty where it is no setting."""
        return {name: text for name, text in ((ARROW, self.arrow), (JAVA, self.java)) if text}

    def refusal(self, **facts: object) -> UntrustedDrop:
        """The refusal to raise; `facts` are counts, column positions and names of the format, never a value."""
        found, asked = self.found.format(**facts), self.asked.format(**facts)
        settings = "".join(f" {name}: {text}." for name, text in self.settings.items())
        return UntrustedDrop(
            self.gate.code,
            f"{self.gate.meaning} Found: {found}. Asked: {asked}.",
            self.gate.mend + settings,
            Particulars(found, asked, self.settings),
        )


_RESEAL = "one data key, wrapped once, inside the file"

# --- what arrives, and from whom (ENV-002, 004, 006, 008, 009) --------------------------------------------------------

NOT_SEALED = Ask(
    gates.SEALED,
    "{found}",
    "a file that begins and ends with PARE, as it does whose footer is encrypted too",
    "footer_key set, plaintext_footer=False, and encryption_properties given to the writer",
    "parquet.crypto.factory.class, parquet.encryption.uniform.key and parquet.encryption.plaintext.footer=false; "
    "without Spark: ParquetWriter.Builder.withEncryption, and not withPlaintextFooter",
)
ADDRESSED = Ask(
    gates.ADDRESS,
    "another {members} in the manifest",
    "as sender the slug of the inbox, {sender}; as receiver {receiver}; as dataset what was asked for, if any was",
)
SIGNER = Ask(
    gates.SIGNER,
    "a signing_key_id that names no sign key of {sender} which the operators have taken in",
    "the kid of your sign key as you sent it to them: ring:{sender}/sign/ and the first 12 hexadecimal digits of its "
    "thumbprint",
)
HASH = Ask(
    gates.HASH,
    "bytes whose SHA-256 is not the sha256 of the manifest; the receipt's sha256 is that of the bytes that arrived",
    "SHA-256 over the sealed file as it is put, read after its writer was closed, and not over a plain file",
)
KEY_ID = Ask(
    gates.KEY_ID,
    "a key_id that names no drop key of {sender}",
    "the kid of the drop key that the operators gave you, letter by letter: {accepted}",
)

# --- the manifest and its signature (ENV-003, 005, 007) ---------------------------------------------------------------

MEMBER_FORMS = {
    "agreement": "is the agreement's id alone, lower case: fsm",
    "agreement_version": "is three numbers with dots: 1.0.0",
    "collection": "is a term or a year: 2026-autumn, 2025-26",
    "dataset": "is lower case: pupils, households or decisions",
    "key_id": "is the kid of the drop key, letter by letter: ring:, owner, /drop/ and 12 hexadecimal digits; or a URL "
    "in a vault",
    "prepared_at": "is UTC in whole seconds and ends in Z: 2026-12-01T09:00:00Z",
    "receiver": "is exchange, or a borough's slug",
    "replaces": "is left out, or else the id of a drop of yours: 32 hexadecimal digits in lower case",
    "rows": "is a whole number without quotes",
    "sender": "is the borough's slug, lower case, as before -inbox in the address",
    "sha256": "is 64 hexadecimal digits in lower case, over the sealed bytes",
    "signing_key_id": "is the kid of the key that signs, letter by letter: ring:, owner, /sign/ and 12 hexadecimal "
    "digits",
    "version": "is the number 1",
}
"""Every member of a manifest, in the order of the canonical form, and its form."""
NEEDED_MEMBERS = tuple(name for name in MEMBER_FORMS if name != "replaces")
"""Those that must stand there. The other is a word that a sender says only when it was asked."""

_CANONICAL = (
    "canonical JSON: members in the order of their names' code points, no spaces, no line end, no escapes, no member "
    "twice"
)
METADATA_LENGTH = Ask(
    gates.MANIFEST, "{size:,} bytes of metadata", f"at most {METADATA_LIMIT:,} bytes of all names and values together"
)
MANIFEST_MISSING = Ask(
    gates.MANIFEST,
    "no metadata entry exchange_manifest",
    "the manifest as the entry exchange_manifest, in the same Put Blob as the file",
)
MANIFEST_JSON = Ask(gates.MANIFEST, "{found} in exchange_manifest", "one JSON object in UTF-8 without byte order mark")
MANIFEST_MEMBERS = Ask(
    gates.MANIFEST,
    "{found} in exchange_manifest",
    f"exactly these members: {', '.join(NEEDED_MEMBERS)}; and replaces where you were asked",
)
MANIFEST_MEMBER = Ask(gates.MANIFEST, "another form of {found}", "{forms}")
MANIFEST_SPELLING = Ask(gates.MANIFEST, "{found}, in exchange_manifest", _CANONICAL)
SIGNATURE_MISSING = Ask(
    gates.SIGNED,
    "no metadata entry exchange_signature",
    "the signature as the entry exchange_signature, in the same Put Blob as the file",
)
_SIGNATURE_FORM = f"{SIGNATURE_BYTES} bytes in Base64url (- and _) without padding: 86 characters"
SIGNATURE_FORM = Ask(gates.SIGNED, "{found}, in {characters:,} characters", _SIGNATURE_FORM)
SIGNATURE_LENGTH = Ask(gates.SIGNED, "{bytes:,} bytes in {characters:,} characters", _SIGNATURE_FORM)
SIGNATURE = Ask(
    gates.SIGNATURE,
    "a signature {found}",
    "plain Ed25519 (RFC 8032, no prehash) over the ASCII line 'borough-exchange manifest 1', one LF, and the bytes of "
    "exchange_manifest exactly as they stand in the metadata",
)

# --- how it is locked (ENV-010) ---------------------------------------------------------------------------------------

FOOTER_LENGTH = Ask(
    gates.LOCK,
    "the four bytes before the last PARE say {length:,}, in a file of {size:,} bytes",
    "the length of the footer, little-endian",
)
FOOTER_TOO_LONG = Ask(
    gates.LOCK,
    "a footer of {length:,} bytes, in which {groups} row groups are listed",
    f"at most {MOST_FOOTER_BYTES:,} bytes; fewer, larger row groups make it shorter",
    "row_group_size (WriterProperties max_row_group_length) 100000 or more",
    "parquet.block.size 134217728, the default; coalesce(1) before the write in Spark",
)
CLEAR_PART = Ask(
    gates.LOCK,
    f"no FileCryptoMetaData within the first {MOST_CLEAR_BYTES:,} bytes of the footer",
    "FileCryptoMetaData in Thrift's compact protocol, then the encrypted footer",
    "footer_key set, plaintext_footer=False",
    "parquet.encryption.plaintext.footer=false",
)
ALGORITHM = Ask(
    gates.LOCK,
    "the algorithm {algorithm}",
    "AES_GCM_V1 for every part",
    'encryption_algorithm="AES_GCM_V1" (ParquetCipher::AES_GCM_V1)',
    "parquet.encryption.algorithm=AES_GCM_V1",
)
PREFIX_STORED = Ask(
    gates.LOCK,
    "an AAD prefix, stored in the file",
    "no AAD prefix",
    "leave out aad_prefix of FileEncryptionProperties::Builder",
    "leave out FileEncryptionProperties.Builder.withAADPrefix",
)
PREFIX_SUPPLIED = Ask(
    gates.LOCK,
    "an AAD prefix that the file does not store (supply_aad_prefix)",
    "no AAD prefix: nobody here could supply it",
    "leave out aad_prefix and disable_aad_prefix_storage of FileEncryptionProperties::Builder",
    "leave out FileEncryptionProperties.Builder.withAADPrefix and withoutAADPrefixStorage",
)
FILE_ID = Ask(
    gates.LOCK,
    "an aad_file_unique of {length:,} bytes",
    f"1 to {MOST_FILE_ID_BYTES} bytes, as the library draws them",
)
KEY_MATERIAL = Ask(
    gates.LOCK,
    "key metadata that is not key material in JSON",
    "a JSON object of type PKMT1 as the key metadata of the footer, with masterKeyID and wrappedDEK",
    "CryptoFactory and a KmsClient; with a low-level footer_key_metadata, write that JSON yourself",
    "parquet.crypto.factory.class=org.apache.parquet.crypto.keytools.PropertiesDrivenCryptoFactory and "
    "parquet.encryption.kms.client.class; with FileEncryptionProperties.Builder.withFooterKeyMetadata, write that JSON "
    "yourself",
)
KEY_MATERIAL_MEMBER = Ask(
    gates.LOCK,
    "key material without {member}, or with another form of it",
    'keyMaterialType "PKMT1", internalStorage true, isFooterKey true and doubleWrapping false without quotes, '
    "masterKeyID the key_id of the manifest, wrappedDEK in standard Base64 (+ and /) with padding, on one line",
    "CryptoFactory writes them so",
    "PropertiesDrivenCryptoFactory writes them so",
)
MATERIAL_OUTSIDE = Ask(
    gates.LOCK,
    "key material that lies outside of the file (internalStorage)",
    "internalStorage true",
    "internal_key_material=True",
    "parquet.encryption.key.material.store.internally=true",
)
DOUBLE_WRAPPING = Ask(
    gates.LOCK,
    "a data key that is wrapped twice (doubleWrapping)",
    f"single wrapping: {_RESEAL}",
    "double_wrapping=False (DoubleWrapping in ParquetSharp)",
    "parquet.encryption.double.wrapping=false",
)
DATA_KEY_LENGTH = Ask(
    gates.LOCK,
    "a data key of {bits} bits",
    f"{8 * DATA_KEY_BYTES} bits",
    f"data_key_length_bits={8 * DATA_KEY_BYTES} (DataKeyLengthBits in ParquetSharp)",
    f"parquet.encryption.data.key.length.bits={8 * DATA_KEY_BYTES}",
)
LOCK_KEY = Ask(
    gates.LOCK_KEY,
    "a masterKeyID in the key material that is not the key_id of the manifest",
    "the same key id in both, character by character",
    "footer_key=<key id> of EncryptionConfiguration",
    "parquet.encryption.uniform.key=<key id>",
)
UNWRAP = Ask(
    gates.UNWRAP,
    "a wrappedDEK that the private key of key_id does not open",
    "RSA-OAEP with SHA-256 for the hash and for MGF1, an empty label, to the public key that key_id names",
    "in your KmsClient's WrapKey: OAEP with SHA-256 for both (.NET: RSAEncryptionPadding.OaepSHA256)",
    'in your KmsClient\'s wrapKey: new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, '
    "PSource.PSpecified.DEFAULT), as OAEPWithSHA-256AndMGF1Padding alone uses SHA-1 for MGF1",
)

# --- how it is written (ENV-013, 015 to 019) --------------------------------------------------------------------------

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

ASKS: tuple[Ask, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Ask))
"""In the order in which they stand here."""


def ask_page() -> str:
    """Every point as Markdown, by gate, for the users' handbook."""
    lines = [
        "# What is found and what is asked",
        "",
        "A refusal names one of these points, in words and as data (`refusal` in receipt and report), with facts of",
        "the file where … stands. Settings are named as the writers name them.",
        "",
        f"| code | what is found | what is asked | {ARROW} | {JAVA} |",
        "| --- | --- | --- | --- | --- |",
    ]
    for ask in sorted(ASKS, key=lambda ask: ask.gate.code):
        found, asked = (_PLACES.sub("…", text) for text in (ask.found, ask.asked))
        lines.append(f"| {ask.gate.code} | {found} | {asked} | {ask.arrow} | {ask.java} |")
    return "\n".join(lines) + "\n"


_PLACES = re.compile(r"\{.*?\}")
