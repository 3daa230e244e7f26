"""The manifest as somebody needs it who writes it himself: each member's meaning, and the JSON Schema of the model."""

from __future__ import annotations

import json
from typing import Any

from docs.governance.markdown import table
from shared.kernel.envelope.asks import NEEDED_MEMBERS
from shared.kernel.envelope.manifest import Manifest

MEMBERS = {
    "agreement": "Id of the agreement.",
    "agreement_version": "The version that is in force: three numbers.",
    "collection": "Which census the file belongs to: year and term. The same for all datasets of it.",
    "dataset": "Which dataset the file is.",
    "key_id": "`kid` of the `drop` key that the data key is wrapped for, letter by letter.",
    "prepared_at": "When you sealed it: UTC, whole seconds, ending in `Z`; the newest file of a dataset and collection "
    "counts.",
    "receiver": "`exchange`",
    "replaces": "Left out, but where a receipt has asked you (`DRP-010`, `DRP-011`): the id of the drop that this file "
    "replaces.",
    "rows": "How many rows the file has: a number, not text.",
    "sender": "Your slug: the one before `-inbox` in the address.",
    "sha256": "SHA-256 of the sealed bytes: 64 lower-case hex digits.",
    "signing_key_id": "`kid` of your `sign` key.",
    "version": "`1`, a number. It has no default.",
}

_SECONDS = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
"""How the model writes a moment, and so the only spelling of it that is canonical."""


def manifest_schema() -> str:
    """JSON Schema of the manifest, made from the model that the exchange reads it with."""
    # As it is written, not as it may be read: the canonical form has every member, whatever the model would supply.
    document = Manifest.model_json_schema(mode="serialization")
    properties: dict[str, Any] = document["properties"]
    for name, what in properties.items():
        what.pop("title", None)
        what.pop("default", None)
        what["description"] = MEMBERS[name].replace("`", "")
    properties["prepared_at"]["pattern"] = _SECONDS
    [word, _] = properties["replaces"].pop("anyOf")
    properties["replaces"] |= word  # it may be left out, but never be null
    properties["receiver"] = {"const": "exchange", "description": "Always the exchange."}
    return json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Manifest of a sealed file",
            "description": "Its canonical JSON goes into the blob's metadata as exchange_manifest.",
            "type": "object",
            "additionalProperties": False,
            "required": sorted(NEEDED_MEMBERS),
            "properties": dict(sorted(properties.items())),
        },
        indent=2,
    ) + "\n"  # fmt: skip


def members_table() -> str:
    """The members of the manifest, in canonical order."""
    return table(("member", "what stands there"), [(f"`{name}`", MEMBERS[name]) for name in sorted(MEMBERS)])
