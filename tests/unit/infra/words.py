"""The operators and functions of Bicep that the templates use, and what stands for a value that only Azure knows."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class DeploymentFailed(Exception):
    """The template's own `fail(…)`, or a parameter that it does not allow."""


class Ambiguous(Exception):
    """An expression that `pycep` reads in another order than Bicep."""


class NotUnderstood(Exception):
    """A part of the language that this does not carry out."""


@dataclass(frozen=True)
class Later:
    """A value that Azure gives when the resource is there."""

    path: str

    def __str__(self) -> str:
        return f"«{self.path}»"


_COMPARISONS = {"equals", "not_equals", "greater_than", "less_than", "greater_than_or_equals", "less_than_or_equals"}
_LOGIC = {"and", "or", "conditional", "coalesce"}
_SUMS = {"add", "substract", "multiply", "divide", "modulo"}


def refuse_ambiguous(kind: str, operands: list[Any], path: str) -> None:
    """Raise `Ambiguous` where the parser, reading from right to left, takes another pair together than Bicep does."""
    last = operands[-1]
    inner = last["operator"]["type"] if isinstance(last, dict) and "operator" in last else None
    wrong = (
        (kind in _COMPARISONS and inner in _LOGIC | _COMPARISONS)
        or (kind in _SUMS and inner in _LOGIC | _COMPARISONS | _SUMS)
        or (kind in ("and", "or") and inner in {"and", "or", "conditional", "coalesce"} - {kind})
        or (kind == "coalesce" and inner in _COMPARISONS | {"conditional", "and", "or"})
        or (kind == "not" and inner in _LOGIC | _COMPARISONS)
    )
    if wrong:
        raise Ambiguous(f"{path}: {kind} … {inner}")


def _fail(message: str) -> None:
    raise DeploymentFailed(message)


def _digest(*parts: Any) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def _union(*lists: list[Any]) -> list[Any]:
    return list(dict.fromkeys(item for one in lists for item in one))


ARITHMETIC: dict[str, Callable[..., Any]] = {
    "equals": lambda a, b: a == b,
    "greater_than": lambda a, b: a > b,
    "not": lambda a: not a,
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a // b,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *lists: [item for one in lists for item in one],
    "contains": lambda container, item: item in container,
    "empty": lambda value: not value,
    "environment": lambda: {"suffixes": {"storage": "core.windows.net"}},
    "fail": _fail,
    "flatten": lambda lists: [item for one in lists for item in one],
    "items": lambda fields: [{"key": key, "value": fields[key]} for key in sorted(fields)],
    "max": max,
    "min": min,
    "guid": lambda *parts: str(uuid.UUID(_digest(*parts)[:32])),
    "join": lambda items, between: between.join(items),
    "length": len,
    "listFunc": lambda _, of, __: Later(f"keys of {of}"),
    "range": lambda start, count: list(range(start, start + count)),
    "replace": lambda text, old, new: text.replace(old, new),
    "resourceGroup": lambda: {"id": "/the resource group"},
    "skip": lambda items, count: items[count:],
    "split": lambda text, between: text.split(between),
    "subscription": lambda: {"id": "/the subscription"},
    "subscriptionResourceId": lambda kind, name: f"/{kind}/{name}",
    "take": lambda items, count: items[:count],
    "tenant": lambda: {"tenantId": "the tenant"},
    "tenantResourceId": lambda kind, name: f"/{kind}/{name}",
    "union": lambda first, *rest: {**first, **rest[0]} if isinstance(first, dict) else _union(first, *rest),
    "uniqueString": lambda *parts: _digest(*parts)[:13],
}
