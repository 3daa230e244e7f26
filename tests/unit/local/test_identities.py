"""Who is who on the local exchange, its one time, its certificate and its register."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import identities, tls
from local.clock import Clock
from local.identities import Login
from local.register import Pass, write_register
from shared.agreements.registry import load_agreements
from shared.kernel.audit.register import read_register, signature_hash

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
URL = "https://127.0.0.1:1/exchange/lambeth-inbox?sp=c&sig=a%2Bb%2Fc%3D"


def claims(token: str) -> dict[str, Any]:
    middle = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))))


def test_a_token_says_who_it_is_and_holds_by_the_emulators_clock() -> None:
    said = claims(Login(identities.officer("lambeth"), lambda: NOW).get_token("scope").token)
    assert said["oid"] == identities.officer("lambeth").object_id
    assert said["idtyp"] == "user"
    assert said["nbf"] < NOW.timestamp() < said["exp"]


def test_a_token_is_kept_for_hours_and_renewed_before_it_ends_or_when_the_clock_was_set() -> None:
    moment = [NOW]
    login = Login(identities.APP, lambda: moment[0])
    first = login.get_token().token
    moment[0] = NOW + timedelta(hours=22)
    assert login.get_token().token == first
    for moment[0] in (NOW + timedelta(hours=23, minutes=1), NOW + timedelta(days=26), NOW - timedelta(days=1)):
        renewed = login.get_token().token
        assert renewed != first
        assert claims(renewed)["nbf"] < moment[0].timestamp() < claims(renewed)["exp"]


def test_nobody_shares_an_id_and_ids_are_the_same_everywhere() -> None:
    slugs = load_agreements().parties
    everybody = [identities.APP, identities.HOST, identities.DEPLOYER, identities.OPERATOR]
    everybody += [who for slug in slugs for who in (identities.borough(slug), identities.officer(slug))]
    assert len({who.object_id for who in everybody}) == len(everybody) == 4 + 2 * len(slugs)
    assert identities.APP.object_id == "10562e42-20af-5ff5-be00-3d733b9a91ea"


def test_the_clock_runs_on_from_where_it_was_set(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "deep" / "clock", NOW)
    first, second = clock(), clock()
    assert NOW <= first <= second < NOW + timedelta(minutes=1)
    clock.go(NOW + timedelta(days=27))
    assert timedelta(0) <= clock() - (NOW + timedelta(days=27)) < timedelta(minutes=1)
    assert int(clock.file.read_text()) == pytest.approx(
        (clock() - datetime.now(UTC)) / timedelta(milliseconds=1), abs=5
    )


def test_a_certificate_is_kept_while_it_lasts_and_made_anew_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, key = tls.certificate(tmp_path)
    first = made.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    tls.certificate(tmp_path)
    assert made.read_bytes() == first
    monkeypatch.setattr(tls, "_RENEWED_BEFORE", timedelta(days=400))
    tls.certificate(tmp_path)
    assert made.read_bytes() != first


def test_the_register_is_one_that_the_audit_reads_and_keeps_earlier_passes(tmp_path: Path) -> None:
    agreement, path = load_agreements(), tmp_path / "register.yaml"
    issued = Pass.of(URL, "lambeth", "inbox", NOW, NOW + timedelta(days=7))
    assert issued.signature == signature_hash("a%2Bb%2Fc%3D") == hashlib.sha256(b"a+b/c=").hexdigest().upper()
    write_register(path, "exchange", agreement, [issued])
    write_register(path, "exchange", agreement, [Pass.of(URL + "x", "lambeth", "inbox", NOW, NOW)])

    register = read_register(path)

    assert register.accounts == ("exchange",)
    assert len(register.passes) == 2
    assert register.app == (identities.APP.object_id,)
    named = {named.id: (named.role, named.party) for named in register.principals()}
    assert named[identities.borough("lambeth").object_id] == ("borough", "lambeth")
    assert named[identities.officer("southwark").object_id] == ("officer", "southwark")
    assert named[identities.HOST.object_id] == ("platform", "")
    assert "sig" not in yaml.safe_dump(yaml.safe_load(path.read_text())["passes"]).replace("signature", "")
