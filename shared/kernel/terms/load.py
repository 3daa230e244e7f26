"""Reads one agreement's file and says which key of it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from shared.kernel.documents import check, read_mapping, wrong
from shared.kernel.terms.model import Agreement

A = TypeVar("A", bound=Agreement)


def read_terms(path: Path, model: type[A], *, id: str) -> A:
    """The agreement in a file, as its package's model has it.

    Raises `InvalidAgreement` (AGR-000) that names the file and the key, such as ``retention.promise_days``.
    """

    def read(name: str) -> dict[str, Any]:
        if Path(name).name != name:
            raise wrong(path, f"{name}: a file must lie beside the agreement's own.")
        return read_mapping(path.with_name(name))

    terms = check(model, model.with_files(read_mapping(path), read), path)
    if terms.id != id:
        raise wrong(path, f"id: must be {id}, as the registry of agreements has it.")
    return terms
