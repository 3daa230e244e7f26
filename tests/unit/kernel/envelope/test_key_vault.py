"""What only the Key Vault promises: how often it is called, what its failures mean, what it refuses to hold."""

from pathlib import Path

import pytest
import requests

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.vault import FRESH_SECONDS, KeyVaultKeys
from shared.kernel.errors import InvalidInput, KeyUnavailable, RejectedDrop
from tests.unit.kernel.envelope.fake_vault import VAULT_URL, Credential, FakeVault

DATA_KEY = bytes(range(32))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def keys(vault: FakeVault, clock: Clock) -> KeyVaultKeys:
    return KeyVaultKeys(VAULT_URL, Credential(), transport=vault.transport(), clock=clock)


def test_it_is_built_without_a_call_and_without_a_transport_of_ours() -> None:
    KeyVaultKeys(VAULT_URL, Credential())


def test_wrapping_calls_the_vault_never_and_unwrapping_once(keys: KeyVaultKeys, vault: FakeVault) -> None:
    key_id = keys.create_key("lambeth", Use.DROP)
    keys.accepted("lambeth", Use.DROP)
    vault.calls.clear()
    wrapped = [keys.wrap(key_id, DATA_KEY) for _ in range(3)]
    assert vault.calls == []
    for number, one in enumerate(wrapped, start=1):
        assert keys.unwrap(key_id, one) == DATA_KEY
        assert len(vault.calls) == number
    assert all(call.endswith("/unwrapkey") for call in vault.calls)


def test_an_unwrap_tells_the_vault_which_work_it_is_for(keys: KeyVaultKeys, vault: FakeVault) -> None:
    key_id = keys.create_key("lambeth", Use.DROP)
    wrapped = keys.wrap(key_id, DATA_KEY)
    at_work = keys.working_on("drop:0123456789abcdef0123456789abcdef")
    assert at_work.unwrap(key_id, wrapped) == DATA_KEY
    assert vault.marks[-1] == "01234567-89ab-cdef-0123-456789abcdef"
    assert keys.unwrap(key_id, wrapped) == DATA_KEY
    assert vault.marks[-1] != vault.marks[-2]


def test_signing_and_verifying_do_not_call_the_vault_again(keys: KeyVaultKeys, vault: FakeVault) -> None:
    key_id = keys.create_key(EXCHANGE, Use.SIGN)
    keys.accepted(EXCHANGE, Use.SIGN)
    vault.calls.clear()
    keys.verify(key_id, b"message", keys.sign(key_id, b"message"))
    assert vault.calls == []


def test_a_rotation_in_the_vault_is_seen_within_the_time_promised(
    keys: KeyVaultKeys, vault: FakeVault, clock: Clock
) -> None:
    old = keys.create_key("lambeth", Use.DROP)
    assert keys.current("lambeth", Use.DROP) == old
    new = KeyVaultKeys(VAULT_URL, Credential(), transport=vault.transport()).rotate("lambeth", Use.DROP)
    clock.now = FRESH_SECONDS - 1
    assert keys.current("lambeth", Use.DROP) == old
    clock.now = FRESH_SECONDS
    assert keys.current("lambeth", Use.DROP) == new
    assert keys.accepted("lambeth", Use.DROP) == {old, new}


@pytest.mark.parametrize(
    "fault",
    [401, 403, 429, 500, 503, requests.ConnectionError("down"), requests.ReadTimeout("slow")],
    ids=["no token", "no role", "throttled", "broken", "busy", "unreachable", "slow"],
)
def test_a_vault_that_does_not_answer_is_our_fault(
    keys: KeyVaultKeys, vault: FakeVault, fault: int | Exception
) -> None:
    key_id = keys.create_key("lambeth", Use.DROP)
    wrapped = keys.wrap(key_id, DATA_KEY)
    vault.fault = fault
    for act in (
        lambda: keys.unwrap(key_id, wrapped),
        lambda: keys.accepted(EXCHANGE, Use.SIGN),
        lambda: keys.current("southwark", Use.DROP),
        lambda: keys.create_key("lambeth", Use.DROP),
    ):
        with pytest.raises(KeyUnavailable, match="KEY-003") as raised:
            act()
        assert not isinstance(raised.value, RejectedDrop)
    vault.fault = None
    assert keys.unwrap(key_id, wrapped) == DATA_KEY


def test_a_failed_listing_is_not_remembered_as_an_empty_one(keys: KeyVaultKeys, vault: FakeVault) -> None:
    key_id = keys.create_key("lambeth", Use.DROP)
    vault.fault = 503
    with pytest.raises(KeyUnavailable, match="KEY-003"):
        keys.accepted("lambeth", Use.DROP)
    vault.fault = None
    assert keys.accepted("lambeth", Use.DROP) == {key_id}


def test_a_version_that_was_purged_is_missing(keys: KeyVaultKeys, vault: FakeVault) -> None:
    key_id = keys.create_key("lambeth", Use.DROP)
    wrapped = keys.wrap(key_id, DATA_KEY)
    vault.keys.clear()
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        keys.unwrap(key_id, wrapped)


def test_a_key_of_another_vault_is_not_ours(keys: KeyVaultKeys) -> None:
    key_id = keys.create_key("lambeth", Use.DROP)
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        keys.wrap(key_id.replace("kv-exchange-test", "kv-elsewhere"), DATA_KEY)


@pytest.mark.parametrize("use", [Use.SIGN, Use.RELEASE])
def test_the_vault_makes_no_key_that_is_a_boroughs_own(keys: KeyVaultKeys, use: Use) -> None:
    with pytest.raises(KeyUnavailable, match="A borough makes its own keys"):
        keys.create_key("lambeth", use)


def test_the_exchanges_own_keys_are_not_imported(keys: KeyVaultKeys, tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path)
    ring.create_key("lambeth", Use.DROP)
    with pytest.raises(KeyUnavailable, match="not imported"):
        keys.import_public(ring.export_public("lambeth", Use.DROP))


def test_names_in_the_vault_are_those_that_the_deployment_makes(keys: KeyVaultKeys, vault: FakeVault) -> None:
    keys.create_key("lambeth", Use.DROP)
    keys.create_key(EXCHANGE, Use.STAGING)
    keys.create_key(EXCHANGE, Use.SIGN)
    assert set(vault.keys) == {"drop-lambeth", "staging"}
    assert set(vault.secrets) == {"sign-exchange"}


def test_a_second_version_of_a_secret_changes_no_pseudonym_and_the_first_is_fetched_once(
    keys: KeyVaultKeys, vault: FakeVault, clock: Clock
) -> None:
    keys.create_secret("fsm")
    before = keys.pseudonyms("fsm").mark
    vault.calls.clear()
    assert keys.pseudonyms("fsm").mark == before
    assert vault.calls == []
    vault.secrets["pseudonym-fsm"].append(vault._new_secret("pseudonym-fsm", {"value": '{"k": "AAAA", "kty": "oct"}'}))
    clock.now = FRESH_SECONDS
    assert keys.pseudonyms("fsm").mark == before
    for version in vault.secrets["pseudonym-fsm"]:
        version.enabled = False
    clock.now = 2 * FRESH_SECONDS
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        keys.pseudonyms("fsm")
    with pytest.raises(InvalidInput, match="KEY-005"):  # it is to be enabled again, not replaced
        keys.create_secret("fsm")
    vault.fault = 503
    with pytest.raises(KeyUnavailable, match="KEY-003"):
        keys.pseudonyms("fsm")
