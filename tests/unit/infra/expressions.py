"""What a snapshot leaves open, made readable: an expression of Azure Resource Manager stands there in brackets.

A value that Azure gives when the resource is there stands as text in «guillemets»: «/…/id-exchange.principalId».
What this does not know stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\d+)|([A-Za-z_]\w*)|([().,\[\]]))")


class _NotKnown(Exception):
    """A function that no snapshot of ours has had before."""


@dataclass(frozen=True)
class _Later:
    """A value that Azure gives, or what can be asked of it."""

    path: str

    def __str__(self) -> str:
        return f"«{self.path}»"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "environment": lambda: {"suffixes": {"storage": "core.windows.net"}},
    "format": lambda text, *parts: re.sub(r"\{(\d)\}", lambda hole: str(parts[int(hole[1])]), text),
    "listKeys": lambda id, _: _Later(f"keys of {id}"),
    "reference": lambda id, *_: _Later(id),
    "replace": lambda text, old, new: text.replace(old, str(new)),
    "resourceId": lambda subscription, group, kind, *names: (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{_path(kind, names)}"
    ),
}


def _path(kind: str, names: tuple[str, ...]) -> str:
    provider, *types = kind.split("/")
    return "/".join([provider, *(part for pair in zip(types, names, strict=True) for part in pair)])


def readable(value: Any) -> Any:
    """The value with its expressions worked out as far as they can be."""
    if isinstance(value, dict):
        return {str(readable(key)): readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        try:
            found, rest = _value(_tokens(value[1:-1]))
        except (_NotKnown, KeyError, IndexError, TypeError, ValueError):
            return value
        return str(found) if isinstance(found, _Later) else value if rest else found
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _NotKnown(text[position:])
        kind = ("text", "number", "name", "sign")[match.lastindex - 1]  # type: ignore[operator]
        found.append((kind, match[match.lastindex].replace("''", "'") if kind == "text" else match[match.lastindex]))  # type: ignore[index]
        position = match.end()
    return found


def _value(tokens: list[tuple[str, str]]) -> tuple[Any, list[tuple[str, str]]]:
    """One value from the beginning of the tokens, and the tokens behind it."""
    (kind, word), *rest = tokens
    if kind in ("text", "number"):
        return (word if kind == "text" else int(word)), rest
    if kind != "name" or rest[0] != ("sign", "(") or word not in FUNCTIONS:
        raise _NotKnown(word)
    given, rest = [], rest[1:]
    while rest[0] != ("sign", ")"):
        one, rest = _value(rest[1:] if rest[0] == ("sign", ",") else rest)
        given.append(one)
    return _members(FUNCTIONS[word](*given), rest[1:])


def _members(owner: Any, rest: list[tuple[str, str]]) -> tuple[Any, list[tuple[str, str]]]:
    while rest and rest[0][1] in (".", "["):
        key = rest[1][1]
        rest = rest[3:] if rest[0][1] == "[" else rest[2:]
        owner = _Later(f"{owner.path}.{key}") if isinstance(owner, _Later) else owner[key]
    return owner, rest
