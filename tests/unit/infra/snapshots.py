"""What a deployment would make, as the Bicep compiler says it: every resource, with loops, conditions and modules
carried out. One compiler is kept running, since it takes seconds to begin and half a second for a snapshot.
"""

from __future__ import annotations

import atexit
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from anthonycmartin.bicep_rpc_client import (
    BicepClient,
    CompileParamsRequest,
    CompileRequest,
    FormatRequest,
    GetSnapshotRequest,
    RpcError,
    SnapshotMetadata,
)

from tests.bicep_compiler import program
from tests.unit.infra.expressions import readable
from tests.unit.infra.templates import ROOT

BICEP = "infra/bicep"
SUBSCRIPTION = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-borough-exchange-pilot"
_ASKED = re.compile(r"readEnvironmentVariable\(\s*'(\w+)'(?:,\s*'([^']*)')?\s*\)")


_NO_RULES = {"bicepconfig.json": '{"analyzers": {"core": {"enabled": false}}}'}
"""A snapshot asks what is deployed; the rules have a test of their own."""


class DeploymentFailed(Exception):
    """The template's own `fail(…)`, or what its types do not allow."""


@dataclass(frozen=True)
class Resource:
    """One resource that would be deployed."""

    type: str
    name: str
    """With the names of its parents: `account/default/container`."""
    id: str
    body: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def scope(self) -> str | None:
        """Id of what an extension resource, such as a role assignment, is put on; `None` is the resource group."""
        on = self.id.rpartition("/providers/")[0]
        return on if "/providers/" in on else None

    @property
    def place(self) -> str:
        """The name of the scope: `account/default/container`; nothing where it is the resource group."""
        return named(self.scope) if self.scope else ""

    @property
    def placed_on(self) -> str:
        """The type of the scope."""
        return "/".join(_inside(self.scope or "")[:1] + _inside(self.scope or "")[1::2])


def named(id: str) -> str:
    """The name in an id, with those of its parents."""
    return "/".join(_inside(id)[2::2])


def _inside(id: str) -> list[str]:
    return id.rpartition("/providers/")[2].split("/")


@dataclass(frozen=True)
class Snapshot:
    """What one template would deploy, and what it says afterwards."""

    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]


class Templates:
    """The templates, in which files can be changed, and the compiler that reads them.

    It keeps what it has loaded once by its path, so every set of files gets a folder of its own.
    """

    def __init__(self, program: Path) -> None:
        self._client = BicepClient(program)
        atexit.register(self._client.close)
        self._sound = {
            path.relative_to(ROOT / BICEP).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted((ROOT / BICEP).rglob("*"))
            if path.is_file()
        }
        self._known: dict[str, Snapshot] = {}

    def snapshot(self, template: str, parameters: str, changed: Mapping[str, str]) -> Snapshot:
        """What the template deploys with this file of parameters, while some files have another text.

        Raises `DeploymentFailed` with the compiler's own words.
        """
        key = json.dumps([template, parameters, dict(changed)], sort_keys=True)
        if key not in self._known:
            with self._folder({**changed, "asked.bicepparam": parameters}) as folder:
                self._known[key] = self._ask(folder, template)
        return self._known[key]

    def findings(self, file: str, changed: Mapping[str, str] | None = None) -> list[str]:
        """What the compiler and its rules have to say of a file."""
        with self._folder({"bicepconfig.json": self._sound["bicepconfig.json"], **(changed or {})}) as folder:
            said = self._client.compile(CompileRequest(folder / file)).diagnostics
        return [f"{file}: {one['code']}: {one['message']}" for one in said]

    def formatted(self, file: str) -> str:
        """The file as `bicep format` writes it."""
        return self._client.format(FormatRequest(ROOT / BICEP / file)).contents

    @contextmanager
    def _folder(self, changed: Mapping[str, str]) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="exchange-bicep-") as name:
            for path, text in {**self._sound, **_NO_RULES, **changed}.items():
                file = Path(name) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            yield Path(name)

    def _ask(self, folder: Path, template: str) -> Snapshot:
        metadata = SnapshotMetadata(
            tenant_id="11111111-1111-1111-1111-111111111111",
            subscription_id=SUBSCRIPTION.rpartition("/")[2],
            resource_group=None if template == "main.bicep" else GROUP.rpartition("/")[2],
            location="uksouth",
            deployment_name="exchange",
        )
        try:
            said = self._client.get_snapshot(GetSnapshotRequest(folder / "asked.bicepparam", metadata))
        except RpcError as error:
            refused = error.message == "Compilation failed"
            raise DeploymentFailed(self._why(folder, template) if refused else error.message) from None
        found = json.loads(said.snapshot)
        return Snapshot(tuple(map(_resource, found["predictedResources"])), readable(found["outputs"]))

    def _why(self, folder: Path, template: str) -> str:
        said = self._client.compile(CompileRequest(folder / template)).diagnostics
        if not any(one["level"] == "Error" for one in said):
            said = self._client.compile_params(CompileParamsRequest(folder / "asked.bicepparam")).diagnostics
        return "; ".join(f"{one['code']}: {one['message']}" for one in said if one["level"] == "Error")


def _resource(said: dict[str, Any]) -> Resource:
    body = readable({key: value for key, value in said.items() if key not in ("id", "type", "name")})
    return Resource(said["type"], readable(said["name"]), readable(said["id"]), body)


@cache
def templates() -> Templates:
    """Those of the repository. Skips the test where there is no compiler."""
    return Templates(program())


def settings_in(parameters: str, environment: Mapping[str, str]) -> str:
    """A file of parameters with what it would read of that environment written into it."""
    return _ASKED.sub(lambda asked: quoted(environment.get(asked[1], asked[2] or "")), parameters)


def quoted(text: str) -> str:
    """A text as Bicep writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"
