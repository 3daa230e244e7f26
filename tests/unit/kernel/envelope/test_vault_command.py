"""`exchange vault`: a keeper makes, hands out and revokes keys of the vault without a line of Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from client.cli import run
from operate.site import OperatedSite
from shared.kernel.envelope.keys import Use, read_public
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.vault import KeyVaultKeys
from tests.unit.kernel.envelope.fake_vault import VAULT_URL, Credential, FakeVault


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVault:
    fake = FakeVault()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXCHANGE_KEY_VAULT", VAULT_URL)
    monkeypatch.setattr(
        OperatedSite,
        "vault_keys",
        lambda site: KeyVaultKeys(site.need("vault"), Credential(), transport=fake.transport()),
    )
    keys = KeyVaultKeys(VAULT_URL, Credential(), transport=fake.transport())
    keys.create_key(EXCHANGE, Use.STAGING)
    for slug in ("lambeth", "lewisham", "southwark", "wandsworth"):
        keys.create_key(slug, Use.DROP)
    return fake


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_the_signing_key_is_made_once_rotated_and_exported_with_every_version(
    vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of = ["--owner", "exchange", "--use", "sign"]
    assert run(["vault", "rotate", *of]) == 2
    assert run(["vault", "new", *of]) == 0
    assert run(["vault", "new", *of]) == 7
    assert "INP-047" in capsys.readouterr().err
    assert run(["vault", "rotate", *of]) == 0
    capsys.readouterr()

    assert run(["vault", "export", *of, "--out", "exchange-sign.json", "--json"]) == 0

    document = (tmp_path / "exchange-sign.json").read_bytes()
    assert [key.key_id for key in read_public(document)] == said(capsys)["exported"]
    assert len(read_public(document)) == 2
    assert b'"d"' not in document


def test_a_boroughs_keys_are_imported_listed_and_revoked(
    vault: FakeVault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = LocalKeyRing(tmp_path / "keys")
    key = ring.create_key("lambeth", Use.SIGN)
    (tmp_path / "lambeth.json").write_bytes(ring.export_public("lambeth", Use.SIGN))
    assert run(["vault", "import", "none.json"]) == 2
    assert run(["vault", "import", "lambeth.json"]) == 0
    assert run(["vault", "rotate", "--owner", "lambeth", "--use", "drop"]) == 0
    capsys.readouterr()

    assert run(["vault", "list", "--json"]) == 0
    rows = [(row["owner"], row["use"], row["current"]) for row in said(capsys)["keys"]]
    assert rows.count(("lambeth", "drop", "yes")) == rows.count(("lambeth", "drop", "no")) == 1
    assert ("lambeth", "sign", "yes") in rows
    assert run(["vault", "revoke", key]) == 0
    capsys.readouterr()
    assert run(["vault", "list", "--json"]) == 0
    assert key not in {row["key"] for row in said(capsys)["keys"]}


def test_what_a_keeper_mistypes_is_said(vault: FakeVault, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for words in (["--owner", "atlantis", "--use", "drop"], ["--owner", "lambeth", "--use", "open"]):
        assert run(["vault", "rotate", *words]) == 2
    assert run(["vault", "new", "--owner", "lambeth", "--use", "release"]) == 2
    monkeypatch.delenv("EXCHANGE_KEY_VAULT")
    assert run(["vault", "list"]) == 2
    assert "EXCHANGE_KEY_VAULT" in capsys.readouterr().err


def test_the_secret_of_an_agreements_pseudonyms_is_made_once(
    vault: FakeVault, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["vault", "pseudonyms", "--agreement", "gossip"]) == 2
    assert "AGR-007" in capsys.readouterr().err
    assert run(["vault", "pseudonyms", "--agreement", "fsm", "--json"]) == 0
    assert said(capsys)["made"] == ["pseudonym-fsm"]
    assert [len(versions) for name, versions in vault.secrets.items() if name == "pseudonym-fsm"] == [1]
    assert run(["vault", "pseudonyms", "--agreement", "fsm"]) == 2
    assert "KEY-005" in capsys.readouterr().err
