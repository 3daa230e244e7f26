"""Reads `agreements/` and says which key is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from shared.kernel.errors import InvalidAgreement
from shared.kernel.terms.model import Agreement, BoroughRegister
from shared.methods.linkage.policy import LinkageModel

try:  # an agreement is read in 3 ms instead of 21, by every command and at every cold start
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

FOLDER = Path(__file__).resolve().parents[3] / "agreements"


def load_agreement(folder: Path | None = None, name: str = "fsm") -> Agreement:
    """Read `<folder>/<name>.yaml` and `<folder>/boroughs.yaml`.

    Raises `InvalidAgreement` that names the file and the key, e.g. `fsm.yaml: retention.promise_days: …`.
    """
    folder = folder or FOLDER
    register = _checked(BoroughRegister, _read(folder / "boroughs.yaml"), "boroughs.yaml")
    terms = _read(folder / f"{name}.yaml")
    if "boroughs" in terms:
        raise InvalidAgreement("AGR-000", f"{name}.yaml: boroughs: belongs in boroughs.yaml.")
    _read_model(folder, terms)
    agreement: Agreement = _checked(Agreement, terms | {"boroughs": register.boroughs}, f"{name}.yaml")
    return agreement


def _read_model(folder: Path, terms: dict[str, Any]) -> None:
    """Put the linkage model in the place of the name of its file."""
    linkage = terms.get("linkage")
    if isinstance(linkage, dict) and isinstance(linkage.get("model"), str):
        path = folder / linkage["model"]
        if path.parent != folder:
            raise InvalidAgreement("AGR-000", "linkage.model: must be a file of the agreements folder.")
        linkage["model"] = _checked(LinkageModel, _read(path), path.name)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)
    except FileNotFoundError:
        raise InvalidAgreement("AGR-000", f"{path.name}: there is no such file in the agreements folder.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise InvalidAgreement("AGR-000", f"{path.name}: is not YAML{where}.") from error
    if not isinstance(document, dict):
        raise InvalidAgreement("AGR-000", f"{path.name}: must be a mapping of keys.")
    return document


def _checked(model: Any, document: dict[str, Any], file: str) -> Any:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        others = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InvalidAgreement("AGR-000", f"{file}: {key}: {first['msg']}{others}.") from error
