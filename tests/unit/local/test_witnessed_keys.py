"""What a vault would log of the use of the exchange's keys, the local key ring's log has, in the vault's schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local import identities
from local.witnessed_keys import KeyLog, WitnessedKeys
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import UntrustedDrop
from tests.witnessed import lines

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WORK = "0123456789abcdef0123456789abcdef"
DATA_KEY = bytes(range(32))


@pytest.fixture
def keys(keys_folder: Path, tmp_path: Path) -> WitnessedKeys:
    return WitnessedKeys(LocalKeyRing(keys_folder / "keys"), identities.APP, KeyLog(tmp_path, lambda: NOW))


def test_an_unwrap_says_who_which_key_and_for_which_work(keys: WitnessedKeys, tmp_path: Path) -> None:
    key_id = keys.current("lambeth", Use.DROP)
    at_work = keys.working_on(f"drop:{WORK}")
    assert at_work.unwrap(key_id, at_work.wrap(key_id, DATA_KEY)) == DATA_KEY

    [line] = lines(tmp_path)

    assert (line["category"], line["operationName"], line["resultType"]) == ("AuditEvent", "KeyUnwrap", "Success")
    assert line["time"] == "2026-11-21T09:00:00.0000000Z"
    assert line["identity"]["claim"]["oid"] == identities.APP.object_id
    assert line["correlationId"].replace("-", "") == WORK
    assert line["properties"]["httpStatusCode"] == 200
    assert line["properties"]["id"].endswith(f"/keys/drop-lambeth/{key_id.rpartition('/')[2]}")
    [file] = tmp_path.rglob("PT1H.json")
    assert file.parts[-6:] == ("KV-EXCHANGE-LOCAL", "y=2026", "m=11", "d=21", "h=09", "m=00", "PT1H.json")[-6:]


def test_a_signing_key_that_is_fetched_is_witnessed_and_what_needs_no_private_part_is_not(
    keys: WitnessedKeys, tmp_path: Path
) -> None:
    key_id = keys.current(EXCHANGE, Use.SIGN)
    keys.verify(key_id, b"message", keys.sign(key_id, b"message"))
    keys.wrap(keys.current(EXCHANGE, Use.STAGING), DATA_KEY)
    assert keys.accepted(EXCHANGE, Use.SIGN) == {key_id}
    assert keys.public_key(key_id).owner == EXCHANGE

    assert [(line["operationName"], line["correlationId"]) for line in lines(tmp_path)] == [("SecretGet", "")]


def test_what_does_not_open_is_witnessed_as_a_failure(keys: WitnessedKeys, tmp_path: Path) -> None:
    with pytest.raises(UntrustedDrop):
        keys.unwrap(keys.current("lambeth", Use.DROP), b"not wrapped for anybody")
    [line] = lines(tmp_path)
    assert (line["resultType"], line["properties"]["httpStatusCode"]) == ("Failure", 400)
