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
    monkeypatch.setattr("client.key_facts.unread_results", lambda *_: ["fsm/results/2026-autumn/1/matches.parquet"])
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


def test_a_key_is_limited_to_its_time(exchange, tmp_path):
    keys, new = ("--keys", tmp_path), ("--borough", "lambeth", "--use", "sign")

    def sign_keys():
        listed = exchange("keys", "list", *keys, "--json").json["keys"]
        return [(key["key"], key["from"], key["to"], key["current"]) for key in listed if key["use"] == "sign"]

    [first] = exchange("keys", "new", *new, *keys, "--json").json["made"]
    rotated = exchange("keys", "rotate", *new, "--from", "2099-01-01", *keys, "--json")
    [second] = rotated.json["made"]
    assert sign_keys() == [(first, "", "", "yes"), (second, "2099-01-01T00:00:00Z", "", "not now")]
    assert exchange("keys", "limit", first, "--from", "2020-01-01", "--to", "2099-02-01", *keys).code == 0
    assert sign_keys()[0] == (first, "2020-01-01T00:00:00Z", "2099-02-01T00:00:00Z", "yes")
    longer = exchange("keys", "limit", first, "--to", "2099-03-01", *keys, "--json")
    assert (longer.code, longer.json["error"]["code"]) == (2, "KEY-012")
    for wrong in ((), ("--to", "2020-01-01"), ("--from", "2099-01-01", "--to", "2098-01-01")):
        assert exchange("keys", "limit", first, *wrong, *keys, "--json").json["error"]["code"] == "INP-000"
    unknown = exchange("keys", "limit", "ring:lambeth/sign/0", "--to", "2099-01-01", *keys, "--json")
    assert unknown.json["error"]["code"] == "KEY-001"
    assert sign_keys()[0] == (first, "2020-01-01T00:00:00Z", "2099-02-01T00:00:00Z", "yes")


def test_since_when_a_revoked_key_was_compromised_may_be_said_later(exchange, tmp_path):
    keys = ("--keys", tmp_path)
    [key] = exchange("keys", "new", "--borough", "lambeth", "--use", "sign", *keys, "--json").json["made"]
    assert exchange("keys", "revoke", key, *keys).code == 0
    assert exchange("keys", "revoke", key, "--compromised-since", "2026-10-01", *keys).code == 0
    [facts] = exchange("keys", "list", *keys, "--json").json["keys"]
    assert (facts["current"], facts["compromised_since"]) == ("revoked", "2026-10-01T00:00:00Z")
    later = exchange("keys", "revoke", key, "--compromised-since", "2026-11-01", *keys, "--json")
    assert later.json["error"]["code"] == "KEY-012"
