"""One table of operations, whatever form the logs have: `RAW` is what the lines say, `OPERATIONS` what it means."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.audit.schema import KEYS

RAW = pa.schema(
    [
        (name, pa.string())
        for name in (
            "time",
            "category",
            "operation",
            "status_text",
            "authentication",
            "token",
            "object_id",
            "object_key",
            "request",
            "agent",
            "uri",
            "ip",
            "account",
            "service",
            "resource",
            "key",
            "correlation",
        )
    ]
    + [("status", pa.int32()), ("line", pa.int32())]
)
"""As the line says it; null where it says nothing. `line` counts from 1 within the file."""

OPERATIONS = pa.schema(
    [
        ("at", pa.timestamp("us", "UTC")),
        ("category", pa.string()),
        ("service", pa.string()),
        ("operation", pa.string()),
        ("account", pa.string()),
        ("container", pa.string()),
        ("blob", pa.string()),
        ("listed", pa.string()),
        ("status", pa.int32()),
        ("status_text", pa.string()),
        ("authentication", pa.string()),
        ("principal", pa.string()),
        ("ip", pa.string()),
        ("agent", pa.string()),
        ("request", pa.string()),
        ("id", pa.string()),
        ("line", pa.int32()),
    ]
)
"""One row an operation; no field is null.

``at`` UTC · ``service`` blob, queue or vault · ``account`` storage account or vault · ``container`` or queue; empty for
the service itself · ``blob`` its whole name, or the vault's ``keys/<name>``: **a party may have chosen it, never show
it** · ``listed`` the prefix of a listing · ``principal`` the object id (lower case), or of a pass the digest of its
signature (upper case) · ``request`` the client's request id; of the vault the correlation id without hyphens · ``id``
what the service calls the request; empty in an export without it.
"""


def operations(raw: pa.Table) -> pa.Table:
    """`RAW` as `OPERATIONS`; rows in other numbers than they came are impossible: what is no operation raises.

    Raises `pa.ArrowInvalid` when a line has no time that is one, or is not valid text.
    """
    raw.validate(full=True)
    column = {name: pc.coalesce(raw.column(name), "") for name in RAW.names if name not in ("status", "line")}
    vault = pc.equal(column["category"], KEYS)
    parts = _object_key(column["object_key"])
    signature = _extract(column["token"], r"SasSignature\((?P<found>[0-9A-Fa-f]+)\)")
    is_pass = pc.and_(pc.not_equal(signature, ""), pc.not_equal(column["authentication"], "OAuth"))
    at = pc.cast(column["time"], pa.timestamp("ns", "UTC"))
    if at.null_count:
        raise pa.ArrowInvalid("no time")
    made = {
        "at": pc.cast(at, pa.timestamp("us", "UTC"), safe=False),
        "category": column["category"],
        "service": pc.if_else(
            vault,
            "vault",
            pc.if_else(
                pc.or_(
                    pc.equal(column["service"], "queue"),
                    pc.match_substring(column["resource"], "/queueservices", ignore_case=True),
                ),
                "queue",
                "blob",
            ),
        ),
        "operation": column["operation"],
        "account": pc.utf8_lower(
            _where(vault, column, _vault, pc.if_else(pc.equal(column["account"], ""), parts[0], column["account"]))
        ),
        "container": pc.if_else(vault, "", parts[1]),
        "blob": _where(vault, column, _key, parts[2]),
        "listed": _where(pc.equal(column["operation"], "ListBlobs"), column, _prefix, ""),
        "status": pc.coalesce(raw.column("status"), 0),
        "status_text": column["status_text"],
        "authentication": pc.if_else(vault, "OAuth", column["authentication"]),
        "principal": pc.if_else(is_pass, pc.utf8_upper(signature), pc.utf8_lower(column["object_id"])),
        "ip": column["ip"],
        "agent": column["agent"],
        "request": _where(vault, column, _correlation, column["request"]),
        "id": column["correlation"],
        "line": raw.column("line"),
    }
    return pa.table(made, schema=OPERATIONS)


def _object_key(key: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray, pa.ChunkedArray]:
    """Account, container and blob of ``/account/container/the/blob``, in quotes or not; what is missing is empty."""
    key = pc.utf8_trim(key, '"')
    rooted = pc.if_else(pc.starts_with(key, "/"), key, pc.binary_join_element_wise("", key, "/"))
    # Three slashes more, so that there are always three parts to take; the blob gives back what it got of them.
    parts = pc.split_pattern(pc.binary_join_element_wise(rooted, "///", ""), "/", max_splits=3)
    blob = pc.utf8_slice_codeunits(pc.list_element(parts, 3), 0, -3)
    return pc.list_element(parts, 1), pc.list_element(parts, 2), blob


def _where(
    rows: pa.ChunkedArray,
    column: dict[str, pa.ChunkedArray],
    say: Callable[[dict[str, pa.ChunkedArray]], pa.ChunkedArray],
    others: pa.ChunkedArray | str,
) -> pa.ChunkedArray:
    """What `say` says of these rows, asked for no others: expressions cost much, and most blocks have no such row."""
    if isinstance(others, str):
        others = pa.chunked_array([pa.repeat(others, len(rows))])
    if not pc.any(rows).as_py():
        return others
    answers = say({name: column[name].filter(rows) for name in ("key", "resource", "uri", "correlation")})
    return pc.replace_with_mask(others.combine_chunks(), rows.combine_chunks(), answers.combine_chunks())


def _key(column: dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    return _extract(column["key"], r"^https?://[^/]*/(?P<found>[a-z]+/[^/?]*)")


def _correlation(column: dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    return pc.replace_substring(column["correlation"], "-", "")


def _prefix(column: dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    """A prefix as it was asked for; only a slash needs its escape undone, since slugs need none."""
    return pc.replace_substring_regex(_extract(column["uri"], r"[?&]prefix=(?P<found>[^&]*)"), "(?i)%2F", "/")


def _vault(column: dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    named = _extract(pc.utf8_lower(column["resource"]), r"/vaults/(?P<found>[^/]+)")
    return pc.if_else(pc.equal(named, ""), _extract(column["key"], r"^https?://(?P<found>[^./]+)"), named)


def _extract(text: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.coalesce(pc.struct_field(pc.extract_regex(text, pattern), 0), "")
