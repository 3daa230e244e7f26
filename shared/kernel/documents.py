"""Reads a YAML file into a model, and says which key of it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shared.kernel.errors import InvalidAgreement
from shared.kernel.yaml_once import load_yaml_once

M = TypeVar("M", bound=BaseModel)


def wrong(path: Path, what: str) -> InvalidAgreement:
    """What is raised for a file (AGR-000): `what` names the key."""
    return InvalidAgreement("AGR-000", f"{shown(path)}: {what}")


def shown(path: Path) -> str:
    """The file as messages name it: with its folder, since many are called `agreement.yaml`."""
    return f"{path.parent.name}/{path.name}" if path.name == "agreement.yaml" else path.name


def read_mapping(path: Path) -> dict[str, Any]:
    """The keys of a YAML or JSON file. Raises `InvalidAgreement` (AGR-000) that names the file and the line."""
    try:
        document = load_yaml_once(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise wrong(path, f"there is no such file in the folder {path.parent.name}.") from None
    except UnicodeDecodeError:
        raise wrong(path, "is not text in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = "says a key twice" if "twice" in str(getattr(error, "problem", "")) else "is not YAML"
        raise wrong(path, f"{what}{f' at line {mark.line + 1}' if mark else ''}.") from error
    if not isinstance(document, dict):
        raise wrong(path, "must be a mapping of keys.")
    return document


def read_beside(module: str, name: str) -> dict[str, Any]:
    """`read_mapping` of the file of that name beside a module, given by its `__file__`: data of the package itself."""
    return read_mapping(Path(module).with_name(name))


def check(model: type[M], document: dict[str, Any], path: Path) -> M:
    """The document as the model. Raises `InvalidAgreement` (AGR-000) that names the file and the first wrong key."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        others = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise wrong(path, f"{key}: {first['msg']}{others}.") from error
