"""JSON Schema of the agreement files, for editors (`agreements/schema/`)."""

from __future__ import annotations

import json

from shared.kernel.terms.model import AgreementFile, BoroughRegister


def schemas() -> dict[str, str]:
    """The schema files by name, as they are committed."""
    return {
        "agreement.schema.json": _text(AgreementFile.model_json_schema()),
        "boroughs.schema.json": _text(BoroughRegister.model_json_schema()),
    }


def _text(schema: dict[str, object]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
