"""Keys at the command line: made once, handed over in public parts, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The key folders of a borough and of the exchange."""
    folder = tmp_path_factory.mktemp("keys")
    return folder / "lambeth", folder / "exchange"


def test_a_borough_makes_hands_over_rotates_and_revokes_keys(exchange, folders, tmp_path):
    ours, theirs = (("--keys", folder) for folder in folders)
    made = exchange("keys", "new", "--borough", "lambeth", *ours, "--json").json["made"]
    assert [key.split("/")[:2] for key in made] == [["ring:lambeth", "release"], ["ring:lambeth", "sign"]]

    again = exchange("keys", "new", "--borough", "lambeth", "--use", "sign", *ours, "--json")
    assert (again.code, again.json["error"]["code"]) == (7, "INP-024")

    public = tmp_path / "lambeth-public.json"
    assert exchange("keys", "export", "--borough", "lambeth", "--out", public, *ours, "--json").json["exported"] == made
    private = [path.read_text() for path in (folders[0] / "private").iterdir()]
    assert '"d"' not in public.read_text()
    assert all('"d"' in text for text in private)
    assert exchange("keys", "import", public, *theirs, "--json").json["imported"] == made

    sign = made[1]
    rotated = exchange("keys", "rotate", "--use", "sign", "--borough", "lambeth", *ours, "--json").json["made"]
    listed = exchange("keys", "list", *ours, "--json").json["keys"]
    assert [(key["key"], key["current"]) for key in listed if key["use"] == "sign"] == [(sign, "no"), (*rotated, "yes")]
    assert {key["private_part"] for key in listed} == {"here"}
    assert {key["private_part"] for key in exchange("keys", "list", *theirs, "--json").json["keys"]} == {"elsewhere"}

    assert exchange("keys", "revoke", sign, *ours).code == 0
    left = exchange("keys", "list", *ours, "--json").json["keys"]
    assert [key["current"] for key in left if key["key"] == sign] == ["revoked"]
    assert exchange("keys", "rotate", "--use", "sign", "--borough", "lambeth", *ours).code == 0
    assert exchange("keys", "export", "--borough", "lambeth", "--out", public, *ours).code == 0
    assert exchange("keys", "import", public, *theirs).code == 0
    told = exchange("keys", "list", *theirs, "--json").json["keys"]
    assert [key["current"] for key in told if key["key"] == sign] == ["revoked"]
    assert "ring:lambeth/release" in exchange("keys", "list", *ours).out


def test_the_exchange_makes_the_keys_that_boroughs_seal_to(exchange, tmp_path):
    made = exchange("keys", "new", "--owner", "lambeth", "--use", "drop", "--keys", tmp_path, "--json").json["made"]
    assert made[0].startswith("ring:lambeth/drop/")


@pytest.mark.parametrize(
    ("args", "exit_code", "code"),
    [
        (("new", "--borough", "paris"), 2, "INP-023"),
        (("new", "--owner", "paris"), 2, "INP-023"),
        (("new", "--borough", "lambeth", "--use", "door"), 2, "INP-025"),
        (("new",), 2, "INP-008"),
        (("rotate", "--borough", "lewisham"), 2, "INP-123"),
        (("import", "gone.json"), 2, "INP-001"),
    ],
)
def test_a_slip_is_answered_with_its_code(exchange, tmp_path, args, exit_code, code):
    said = exchange("keys", *args, "--keys", tmp_path, "--json")
    assert (said.code, said.json["error"]["code"]) == (exit_code, code)


def test_what_is_no_public_key_is_not_imported(exchange, tmp_path):
    (tmp_path / "k.json").write_text('{"keys": [{"kty": "RSA"}]}')
    said = exchange("keys", "import", tmp_path / "k.json", "--keys", tmp_path, "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "KEY-004")


def test_a_key_that_alone_opens_results_is_revoked_only_when_that_is_meant(exchange, tmp_path, monkeypatch):
    keys = ("--keys", tmp_path)
    release = exchange("keys", "new", "--borough", "lambeth", *keys, "--json").json["made"][0]
    monkeypatch.setattr("client.commands.keys._unread", lambda *_: ["fsm/results/2026-autumn/1/matches.parquet"])
    refused = exchange("keys", "revoke", release, *keys, "--json")
    assert refused.json["error"]["code"] == "KEY-011"
    assert "matches.parquet" in refused.json["error"]["message"]
    assert [key["current"] for key in exchange("keys", "list", *keys, "--json").json["keys"]] == ["yes", "yes"]
    assert exchange("keys", "revoke", release, "--anyway", *keys).code == 0
    assert "revoked" in [key["current"] for key in exchange("keys", "list", *keys, "--json").json["keys"]]


def test_without_an_outbox_it_is_said_that_nobody_looked(exchange, tmp_path):
    keys = ("--keys", tmp_path)
    release = exchange("keys", "new", "--borough", "lambeth", *keys, "--json").json["made"][0]
    done = exchange("keys", "revoke", release, *keys)
    assert done.code == 0
    assert "was not looked at" in done.err
