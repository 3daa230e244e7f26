"""The vectors that we make: what each is, and what the exchange has to answer to it."""

from __future__ import annotations

import base64
import json
from datetime import datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives import hashes

from shared.kernel.envelope.canonical import canonical
from shared.kernel.envelope.keys import Use
from tests.vectors.sealing import Drop, Parquet, Signing, key_id
from tests.vectors.vector import (
    ROWS,
    Vector,
    accepted,
    changed,
    drop,
    holding,
    households,
    pupils,
    refused,
    signed,
    written,
)


def _upper(rows: pa.Table) -> pa.Table:
    return rows.rename_columns([name.upper() for name in rows.column_names])


def _with(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, values)


def _at(rows: pa.Table, hour: int, zone: str | None = None) -> pa.Table:
    """Birthdays as moments at that hour."""
    moments = [datetime.combine(day, time(hour)) for day in rows.column("dob").to_pylist()]
    return _with(rows, "dob", pa.array(moments, pa.timestamp("us", zone)))


def _plain() -> Drop:
    sink = pa.BufferOutputStream()
    pq.write_table(pupils(), sink)
    data = bytes(sink.getvalue())
    return data, Signing().sign(data, ROWS, sender="southwark", dataset="pupils")


def _households() -> Drop:
    return drop(households(), sender="lambeth", dataset="households")


def _earnings(kind: pa.DataType) -> pa.Table:
    rows = households(qualifying_benefit="UC")
    return _with(rows, "uc_net_earnings", pa.array([412.5, None, 0.25]).cast(kind))


def _not_a_number() -> pa.Table:
    return _with(_earnings(pa.float64()), "uc_net_earnings", pa.array([412.5, float("nan"), None]))


def _shared_starts() -> dict[str, str]:
    return {field.name: "DELTA_BYTE_ARRAY" for field in pupils().schema if pa.types.is_string(field.type)}


def _escaped(facts: dict[str, Any]) -> bytes:
    return canonical(facts).replace(b"/", b"\\/")


def _spaced(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True).encode()


def _with_null(facts: dict[str, Any]) -> bytes:
    return canonical(facts | {"replaces": None})


def _reversed(facts: dict[str, Any]) -> bytes:
    return json.dumps(dict(sorted(facts.items(), reverse=True)), separators=(",", ":")).encode()


def _flipped(data: bytes) -> bytes:
    """One bit of the first page is another."""
    return data[:200] + bytes([data[200] ^ 1]) + data[201:]


READ = (
    Vector("pupils", "as the page says", accepted(ROWS), drop),
    Vector("households", "as the page says, three claims", accepted(3), _households, "lambeth", "households"),
    written("snappy", "compressed by Snappy", accepted(ROWS), options={"compression": "snappy"}),
    written("gzip", "compressed by gzip", accepted(ROWS), options={"compression": "gzip"}),
    written("uncompressed", "not compressed", accepted(ROWS), options={"compression": "none"}),
    written("page-v2", "data pages of version 2, sealed whole", accepted(ROWS), options={"data_page_version": "2.0"}),
    written("row-groups", "three row groups", accepted(ROWS), options={"row_group_size": 5}),
    written(
        "plain-values",
        "without dictionaries, with statistics, page index and checksums",
        accepted(ROWS),
        options={"use_dictionary": False, "write_page_index": True, "write_page_checksum": True},
    ),
    written("arrow-schema", "with the Arrow schema", accepted(ROWS), options={"store_schema": True}),
    holding("one-row", "a single row", accepted(1), lambda: pupils(1)),
    holding(
        "needed-columns",
        "only what has to be there, in another order",
        accepted(ROWS, "accepted_with_errors"),
        lambda: pupils().select(
            ["school_name", "laestab", "urn", "enrol_status", "nc_year", "sex", "dob", "forename", "surname", "upn"]
        ),
    ),
    holding("midnight", "dates as midnight without a zone", accepted(ROWS), lambda: _at(pupils(), 0)),
    holding(
        "midnight-utc",
        "dates as midnight UTC, as .NET's DateTime becomes",
        accepted(ROWS),
        lambda: _at(pupils(), 0, "UTC"),
    ),
    Vector(
        "int96",
        "dates as INT96 at midnight",
        accepted(ROWS),
        lambda: drop(_at(pupils(), 0), Parquet(options={"use_deprecated_int96_timestamps": True})),
    ),
    Vector(
        "delta-byte-array",
        "texts by what they share with the one before",
        accepted(ROWS),
        lambda: drop(parquet=Parquet(options={"use_dictionary": False, "column_encoding": _shared_starts()})),
    ),
    Vector(
        "float-earnings",
        "amounts as FLOAT",
        accepted(3),
        lambda: drop(_earnings(pa.float32()), sender="lambeth", dataset="households"),
        "lambeth",
        "households",
    ),
    Vector(
        "nan-earnings",
        "an amount that is no number",
        accepted(3, "accepted_with_errors"),
        lambda: drop(_not_a_number(), sender="lambeth", dataset="households"),
        "lambeth",
        "households",
    ),
    Vector(
        "decimal-earnings",
        "amounts as DECIMAL",
        accepted(3),
        lambda: drop(_earnings(pa.decimal128(10, 2)), sender="lambeth", dataset="households"),
        "lambeth",
        "households",
    ),
    signed("more-metadata", "another entry beside the two", accepted(ROWS), more={"supplier": "an-example"}),
    holding(
        "row-faults",
        "two rows without a surname",
        accepted(ROWS, "partly_accepted", 2),
        lambda: _with(pupils(), "surname", pa.array([None, ""] + ["Okafor"] * (ROWS - 2))),
    ),
)
"""Good ones: everything that the page says is read."""

ENVELOPE = (
    Vector("plain", "plain Parquet, as a misspelt property writes it", refused("ENV-002", "plain Parquet"), _plain),
    changed("cut-short", "the last byte is lost", refused("ENV-002", "cut short"), lambda data: data[:-1]),
    signed("manifest-spaces", "JSON with spaces", refused("ENV-003", "no spaces", "at character"), spell=_spaced),
    signed("manifest-escaped", "JSON with `\\/`", refused("ENV-003", "escape"), spell=_escaped),
    signed("manifest-order", "members in another order", refused("ENV-003", "order"), spell=_reversed),
    signed("manifest-member-missing", "without `version`", refused("ENV-003", "version"), changes={"version": None}),
    signed(
        "manifest-member-more",
        "a member of your own",
        refused("ENV-003", "exactly these members"),
        changes={"supplier": "x"},
    ),
    signed("manifest-version-2", "version 2", refused("ENV-003", "version is the number 1"), changes={"version": 2}),
    signed(
        "manifest-rows-text",
        "`rows` as text",
        refused("ENV-003", "rows is a whole number without quotes"),
        changes={"rows": str(ROWS)},
    ),
    signed(
        "manifest-replaces-null",
        "`replaces` as null instead of left out",
        refused("ENV-003", "replaces is left out"),
        spell=_with_null,
    ),
    signed(
        "manifest-replaces-name",
        "`replaces` with the name of a blob",
        refused("ENV-003", "replaces is left out"),
        changes={"replaces": "pupils-2026-autumn"},
    ),
    signed(
        "manifest-zone",
        "`prepared_at` with +00:00",
        refused("ENV-003", "ends in Z"),
        changes={"prepared_at": "2026-12-01T09:00:00+00:00"},
    ),
    signed(
        "manifest-fraction",
        "`prepared_at` with milliseconds",
        refused("ENV-003", "ends in Z"),
        changes={"prepared_at": "2026-12-01T09:00:00.000Z"},
    ),
    signed(
        "manifest-sha256-upper", "hash in capitals", refused("ENV-003", "lower case"), changes={"sha256": "AB" * 32}
    ),
    signed("other-receiver", "to a borough", refused("ENV-004", "receiver"), changes={"receiver": "lambeth"}),
    signed("other-sender", "from another borough", refused("ENV-004", "sender"), changes={"sender": "lewisham"}),
    signed("signature-hex", "the signature in hex", refused("ENV-005", "86 characters"), write=bytes.hex),
    signed(
        "signature-padded",
        "the signature with padding",
        refused("ENV-005", "without padding"),
        write=lambda s: base64.urlsafe_b64encode(s).decode(),
    ),
    signed(
        "signature-standard-alphabet",
        "the signature with `+` and `/`",
        refused("ENV-005", "standard Base64"),
        write=lambda s: "+" + base64.b64encode(s).decode().rstrip("=")[1:],
    ),
    signed(
        "unknown-signer",
        "signed with a key that nobody has registered",
        refused("ENV-006", "signing_key_id", "thumbprint"),
        changes={"signing_key_id": "ring:southwark/sign/0123456789ab"},
    ),
    signed(
        "no-context",
        "signed without the context line",
        refused("ENV-007", "over the manifest alone", "borough-exchange manifest 1", "LF"),
        context=b"",
    ),
    signed(
        "context-crlf",
        "the context line ends in CR LF",
        refused("ENV-007", "ends in CR LF", "one LF"),
        context=b"borough-exchange manifest 1\r\n",
    ),
    signed("other-signer", "signed with another borough's key", refused("ENV-007"), signer="lambeth"),
    signed(
        "other-hash",
        "the hash of another file",
        refused("ENV-008", "SHA-256 over the sealed file"),
        changes={"sha256": "0" * 64},
    ),
    Vector(
        "other-drop-key",
        "sealed to another borough's drop key",
        refused("ENV-009", "key_id", "letter by letter"),
        lambda: drop(parquet=Parquet(owner="lambeth"), signing=Signing({"key_id": key_id("lambeth", Use.DROP)})),
    ),
    signed(
        "other-version",
        "under another version of the agreement",
        refused("AGR-002", "In force: fsm, version 1.0.0"),
        changes={"agreement_version": "0.9.0"},
    ),
    signed("unknown-dataset", "a dataset that there is not", refused("AGR-003"), changes={"dataset": "ethnicity"}),
    written(
        "data-key-128",
        "a data key of 128 bits",
        refused("ENV-010", "128 bits", "data_key_length_bits=256", "parquet.encryption.data.key.length.bits=256"),
        crypto={"data_key_length_bits": 128},
    ),
    written(
        "double-wrapping",
        "double wrapping",
        refused("ENV-010", "double_wrapping=False", "parquet.encryption.double.wrapping=false"),
        crypto={"double_wrapping": True},
    ),
    written(
        "gcm-ctr",
        "AES_GCM_CTR_V1",
        refused("ENV-010", "AES_GCM_CTR_V1", "parquet.encryption.algorithm=AES_GCM_V1"),
        crypto={"encryption_algorithm": "AES_GCM_CTR_V1"},
    ),
    written(
        "other-key-inside",
        "another key's id inside the file",
        refused("ENV-011"),
        named="ring:southwark/drop/0123456789ab",
    ),
    written(
        "mgf1-sha1",
        "OAEP with SHA-1 in MGF1, as Java does by default",
        refused("ENV-012", "SHA-256", "MGF1"),
        mgf=hashes.SHA1,
    ),
    Vector(
        "wrapped-for-another",
        "the data key wrapped for another borough's key",
        refused("ENV-012", "SHA-256", "MGF1"),
        lambda: drop(parquet=Parquet(owner="lambeth", named=key_id("southwark", Use.DROP))),
    ),
    changed("damaged", "a bit of the content was flipped before signing", refused("ENV-018"), _flipped),
    holding(
        "not-utf8",
        "text as Windows writes it, said to be UTF-8",
        refused("ENV-013", "not UTF-8", "(surname)", "Binary.fromString"),
        lambda: _with(pupils(), "surname", pa.array(["Müller".encode("cp1252")] * ROWS).view(pa.string())),
    ),
    holding(
        "nested",
        "a list of texts",
        refused("ENV-016", "column"),
        lambda: pupils().append_column("aliases", pa.array([["a"]] * ROWS)),
    ),
    holding(
        "too-many-columns",
        "65 columns",
        refused("ENV-015", "65"),
        lambda: pa.table({f"c{n}": ["x"] for n in range(65)}),
    ),
    signed("row-count", "one row more than there are", refused("ENV-017", "13"), changes={"rows": ROWS + 1}),
    written(
        "brotli", "compressed by Brotli", refused("ENV-018", "Brotli", "column 1 of"), options={"compression": "brotli"}
    ),
    written("lz4", "compressed by LZ4", refused("ENV-018", "LZ4"), options={"compression": "lz4"}),
    written(
        "column-key",
        "a column under a key of its own, the others in the clear",
        refused("ENV-018", "uniform"),
        crypto={"uniform_encryption": False, "column_keys": {"another-key": ["surname"]}},
    ),
)
"""Refused before a row is read, in the order of the gates."""

CONTENT = (
    signed(
        "from-the-future",
        "prepared two days ahead",
        refused("DRP-001", "minutes after it arrived; 10 are allowed for"),
        changes={"prepared_at": "2026-12-03T10:00:01Z"},
    ),
    signed(
        "stale",
        "prepared half a year ago",
        refused("DRP-002", "days before it arrived; 120 are allowed for pupils"),
        changes={"prepared_at": "2026-06-01T09:00:00Z"},
    ),
    holding("no-rows", "a file of no rows", accepted(0), lambda: pupils().slice(0, 0)),
    holding(
        "upper-case", "names in capitals", refused("FIL-003", "In lower case", "lower()"), lambda: _upper(pupils())
    ),
    holding(
        "unknown-column",
        "a column that the dataset does not know",
        refused("FIL-005", "ethnicity", "drop_columns"),
        lambda: pupils().append_column("ethnicity", pa.array(["x"] * ROWS)),
    ),
    holding("missing-column", "without UPN", refused("FIL-006", "upn"), lambda: pupils().drop_columns(["upn"])),
    holding(
        "number-for-text",
        "URN as a number",
        refused("FIL-009", "urn (is integer: must be text)"),
        lambda: _with(pupils(), "urn", pa.array([100042] * ROWS)),
    ),
    holding(
        "bare-bytes",
        "texts as bytes that nothing says are STRING",
        refused("FIL-009", "surname (is bytes without STRING: must be text)", "stringType()"),
        lambda: _with(pupils(), "surname", pa.array([b"Okafor"] * ROWS)),
    ),
    holding("time-of-day", "birthdays at 23:00", refused("FIL-010", "dob"), lambda: _at(pupils(), 23)),
    holding(
        "local-midnight",
        "birthdays at 23:00 UTC, once midnight in London",
        refused("FIL-010", "dob"),
        lambda: _at(pupils(), 23, "UTC"),
    ),
    signed(
        "replaces-unknown",
        "replaces a drop that is not there",
        refused("DRP-013"),
        changes={"replaces": "0123456789abcdef" * 2},
    ),
)
"""Opened, and refused as a file of its dataset."""

VECTORS = (*READ, *ENVELOPE, *CONTENT)
