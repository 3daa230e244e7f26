"""JSON Schema of the files that say what is agreed and who the parties are, for editors. Each lies beside its file."""

from __future__ import annotations

import json

from pydantic import BaseModel


def schema_text(model: type[BaseModel]) -> str:
    """The schema of a file, as it is committed."""
    return json.dumps(model.model_json_schema(), indent=2, sort_keys=True) + "\n"
