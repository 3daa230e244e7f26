"""What a Bicep template would deploy: parsed by `pycep`, its loops, conditions and modules expanded as ARM would.

There is no Bicep command line to ask, so this carries out the part of the language that `infra/bicep` uses and refuses
the rest. It checks no types, knows no resource schema and cannot say what Azure makes of the result. What Azure alone
knows (an id, a principal, a key) stands as text in «guillemets».

`pycep` drops brackets and reads operators from right to left, so `a == b ? c : d` would be misread. Such an
expression is refused (`Ambiguous`); with brackets around the left part it is read as Bicep reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pycep import BicepParser
from pycep.models import BicepElement

from tests.unit.infra.words import (
    ARITHMETIC,
    FUNCTIONS,
    Ambiguous,
    DeploymentFailed,
    Later,
    NotUnderstood,
    refuse_ambiguous,
)

Source = Callable[[str], str]
"""Gives the text of a file of the repository by its path."""


@dataclass(frozen=True)
class Resource:
    """One resource that would be deployed, or one `existing` that is pointed at."""

    type: str
    name: str
    """With the names of its parents: `account/default/container`."""
    body: Mapping[str, Any] = field(default_factory=dict, compare=False)
    scope: Resource | None = None
    """What an extension resource, such as a role assignment, is put on; `None` is the resource group."""

    @property
    def id(self) -> str:
        """Good enough to tell resources apart, and to recognise one."""
        return f"/{self.type}/{self.name}"

    def member(self, key: str) -> Any:
        """What the template may ask of a resource."""
        if key in ("id", "name"):
            return self.name.rpartition("/")[2] if key == "name" else self.id
        return Later(f"{self.id}.{key}")


class Deployed:
    """A module that was deployed: only its outputs can be asked for."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        self.outputs = outputs


@cache
def parse(text: str) -> dict[str, Any]:
    """The template's syntax tree."""
    return _parser().parse(text=text)


@cache
def _parser() -> BicepParser:
    return BicepParser(cache=False)


@cache
def _yaml(text: str) -> Any:
    return yaml.safe_load(text)


def deploy(path: str, source: Source, **parameters: Any) -> list[Resource]:
    """Every resource that the template at `path` deploys with these parameters, in its modules too."""
    found: list[Resource] = []
    _Template(path, source, parameters, found).run()
    return found


def outputs(path: str, source: Source, **parameters: Any) -> dict[str, Any]:
    """What the template at `path` tells whoever deploys it with these parameters."""
    return _Template(path, source, parameters, []).run()


class _Template:
    """One file with its parameters: names are worked out when they are first asked for."""

    def __init__(self, path: str, source: Source, given: Mapping[str, Any], found: list[Resource]) -> None:
        self.path, self.source, self.given, self.found = path, source, given, found
        self.tree = parse(source(path))
        self.known: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Deploy everything; returns the outputs."""
        if unknown := set(self.given) - set(self.tree.get("parameters", {})):
            raise DeploymentFailed(f"{self.path}: no such parameter: {', '.join(sorted(unknown))}")
        for kind in ("parameters", "variables", "resources", "modules"):
            for name in self.tree.get(kind, {}):
                self.name(name)
        return {name: self.value(said["value"], {}) for name, said in self.tree.get("outputs", {}).items()}

    def name(self, name: str) -> Any:
        """The value of a parameter, variable, resource or module."""
        if name not in self.known:
            self.known[name] = self._work_out(name)
        return self.known[name]

    def _work_out(self, name: str) -> Any:
        for kind, make in (
            ("parameters", self._parameter),
            ("variables", lambda _, said: self._each(said["value"], {}, self.value)),
            ("resources", self._resource),
            ("modules", self._module),
        ):
            if name in self.tree.get(kind, {}):
                return make(name, self.tree[kind][name])
        raise NotUnderstood(f"{self.path}: {name}")

    def _parameter(self, name: str, said: dict[str, Any]) -> Any:
        if name not in self.given and said["default"] is None:
            raise DeploymentFailed(f"{self.path}: {name} is missing")
        value = self.given[name] if name in self.given else self.value(said["default"], {})
        for decorator in said["decorators"]:
            kind, limit = decorator["type"], decorator["argument"]
            if (
                (kind == "allowed" and value not in limit)
                or (kind == "min_length" and len(value) < limit)
                or (kind == "max_length" and len(value) > limit)
            ):
                raise DeploymentFailed(f"{self.path}: {name}: {kind}")
        return value

    def _resource(self, _: str, said: dict[str, Any]) -> Any:
        def one(config: Any, local: dict[str, Any]) -> Resource:
            body = self.value(config, local)
            parent, scope = body.pop("parent", None), body.pop("scope", None)
            name = f"{parent.name}/{body.pop('name')}" if parent else body.pop("name")
            resource = Resource(said["type"], str(name), body, scope)
            if not said["existing"]:
                self.found.append(resource)
            return resource

        return self._each(said["config"], {}, one)

    def _module(self, _: str, said: dict[str, Any]) -> Any:
        path = (PurePosixPath(self.path).parent / said["detail"]["path"]).as_posix()

        def one(config: Any, local: dict[str, Any]) -> Deployed:
            given = self.value(config.get("params", {}), local)
            return Deployed(_Template(path, self.source, given, self.found).run())

        return self._each(said["config"], {}, one)

    def _each(self, said: Any, local: dict[str, Any], make: Callable[[Any, dict[str, Any]], Any]) -> Any:
        """Carry out `if (…) {…}` and `[for …: {…}]` around what `make` makes."""
        if isinstance(said, dict) and set(said) == {"condition", "config"}:
            return make(said["config"], local) if self.value(said["condition"], local) else None
        if isinstance(said, dict) and "loop_type" in said:
            detail = said["loop_type"]["detail"]
            made = []
            for index, item in enumerate(self.value(detail["array_name"], local)):
                here = {**local, detail["item_name"]: item, detail.get("index_name", ""): index}
                made.append(make(said["config"], here))
            return made
        return make(said, local)

    def value(self, said: Any, local: dict[str, Any]) -> Any:
        """Work out an expression."""
        if isinstance(said, BicepElement):
            return local[said] if said in local else self.name(said)
        if isinstance(said, str):
            return self._text(said, local)
        if isinstance(said, list):
            return [self.value(item, local) for item in said]
        if not isinstance(said, dict):
            return said
        if "loop_type" in said:
            return self._each(said, local, self.value)
        if set(said) == {"operator"}:
            return self._operator(said["operator"], local)
        if set(said) == {"function"}:
            return self._function(said["function"], local)
        return {self._text(key.strip("'"), local): self.value(item, local) for key, item in said.items()}

    def _text(self, text: str, local: dict[str, Any]) -> str:
        pieces = list(_pieces(text.replace("\\'", "'")))
        return "".join(piece if plain else str(self._expression(piece, local)) for plain, piece in pieces)

    def _expression(self, text: str, local: dict[str, Any]) -> Any:
        return self.value(parse(f"var x = {text}\n")["variables"]["x"]["value"], local)

    def _operator(self, said: dict[str, Any], local: dict[str, Any]) -> Any:
        kind, operands = said["type"], list(said["operands"].values())
        refuse_ambiguous(kind, operands, self.path)
        if kind == "conditional":
            return self.value(operands[1 if self.value(operands[0], local) else 2], local)
        if kind == "coalesce":
            try:
                left = self.value(operands[0], local)
            except KeyError:
                left = None
            return self.value(operands[1], local) if left is None else left
        if kind == "property_accessor":
            return self._member(self.value(operands[0], local), operands[1], local)
        if kind == "index_accessor":
            return self.value(operands[0], local)[self.value(operands[1], local)]
        if kind == "and":
            return self.value(operands[0], local) and self.value(operands[1], local)
        values = [self.value(operand, local) for operand in operands]
        if kind not in ARITHMETIC:
            raise NotUnderstood(f"{self.path}: {kind}")
        return ARITHMETIC[kind](*values)

    def _member(self, owner: Any, said: Any, local: dict[str, Any]) -> Any:
        """`owner.said`, where `pycep` has read `a.b.c[d]` as `a.(b.(c[d]))`."""
        if isinstance(said, dict):
            inner = said["operator"]
            if inner["type"] not in ("property_accessor", "index_accessor"):
                raise Ambiguous(f"{self.path}: … .{inner['type']}")
            first, then = inner["operands"]["operand_1"], inner["operands"]["operand_2"]
            owner = self._member(owner, first, local)
            if inner["type"] == "property_accessor":
                return self._member(owner, then, local)
            return owner[self.value(then, local)]
        if isinstance(owner, Resource):
            return owner.member(said)
        if isinstance(owner, Later):
            return Later(f"{owner.path}.{said}")
        if isinstance(owner, Deployed):
            return owner.outputs
        return owner[str(said)]

    def _function(self, said: dict[str, Any], local: dict[str, Any]) -> Any:
        name = re.sub(r"_(.)", lambda match: match[1].upper(), said["type"])
        arguments = [argument for argument in said.get("parameters", {}).values() if argument is not None]
        if name == "loadYamlContent":
            file = _joined(PurePosixPath(self.path).parent, arguments[0])
            return _yaml(self.source(file))
        if name in ("map", "filter"):
            array, function = self.value(arguments[0], local), arguments[1]["detail"]
            for_each = [
                (item, self.value(function["expression"], {**local, function["var_1"]: item})) for item in array
            ]
            return [made for _, made in for_each] if name == "map" else [item for item, kept in for_each if kept]
        if name not in FUNCTIONS:
            raise NotUnderstood(f"{self.path}: {name}()")
        return FUNCTIONS[name](*(self.value(argument, local) for argument in arguments))


def _joined(folder: PurePosixPath, path: str) -> str:
    for part in PurePosixPath(path).parts:
        folder = folder.parent if part == ".." else folder / part
    return folder.as_posix()


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The plain (`True`) and the interpolated pieces of a string; an interpolation may hold strings that hold more."""
    start = position = 0
    while (position := text.find("${", position)) >= 0:
        yield True, text[start:position]
        depth, end = 1, position + 2
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield False, text[position + 2 : end - 1]
        start = position = end
    yield True, text[start:]


def of_repository(root: Path, changed: Mapping[str, str] | None = None) -> Source:
    """Reads files of the repository at `root`, some of them `changed`."""
    return lambda path: (changed or {}).get(path) or (root / path).read_text(encoding="utf-8")
