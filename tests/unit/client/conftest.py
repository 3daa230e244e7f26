"""The command line as a test uses it: arguments in; exit code, standard output and standard error out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from client.cli import run


@dataclass(frozen=True)
class Said:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Exchange = Callable[..., Said]


@pytest.fixture
def exchange(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """Run `exchange …` in this process, with nothing of the tester's own settings."""
    for name in (
        "PROFILE",
        "BOROUGH",
        "KEYS",
        "AGREEMENTS",
        "DEFAULT_AGREEMENT",
        "INBOX_URL",
        "OUTBOX_URL",
        "ACCOUNT_URL",
        "TRACEBACK",
    ):
        monkeypatch.delenv(f"EXCHANGE_{name}", raising=False)

    def command(*args: object) -> Said:
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command
