"""What every key service promises: the same tests over a key ring and over a Key Vault."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from shared.kernel.envelope import jwk
from shared.kernel.envelope.keys import PublicKey, Use, lookup, read_public
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.vault import KeyVaultKeys
from shared.kernel.errors import BadSignature, InvalidInput, KeyUnavailable, RejectedDrop, UntrustedDrop
from tests.unit.kernel.envelope.fake_vault import FakeVault
from tests.unit.kernel.envelope.houses import HOMES, House, exchange_keys

DATA_KEY = bytes(range(32))
VALUES = pa.array(["B801200005001", None, "", "J210234519001"])
Keys = LocalKeyRing | KeyVaultKeys


@pytest.fixture(params=HOMES)
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    """An empty key service, to be changed at will."""
    return exchange_keys(request.param, tmp_path, FakeVault())


def test_what_is_wrapped_for_a_key_that_key_unwraps(house: House) -> None:
    for owner, use in (("lambeth", Use.DROP), (EXCHANGE, Use.STAGING)):
        key_id = house.exchange.current(owner, use)
        wrapped = house.exchange.wrap(key_id, DATA_KEY)
        assert DATA_KEY not in wrapped
        assert house.exchange.unwrap(key_id, wrapped) == DATA_KEY


def test_a_borough_wraps_for_the_exchange_with_the_public_part_alone(house: House) -> None:
    borough = house.boroughs["lambeth"]
    key_id = borough.current("lambeth", Use.DROP)
    assert house.exchange.unwrap(key_id, borough.wrap(key_id, DATA_KEY)) == DATA_KEY
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        borough.unwrap(key_id, borough.wrap(key_id, DATA_KEY))


def test_the_exchange_cannot_unwrap_what_is_released_to_a_borough(house: House) -> None:
    key_id = house.exchange.current("lambeth", Use.RELEASE)
    wrapped = house.exchange.wrap(key_id, DATA_KEY)
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        house.exchange.unwrap(key_id, wrapped)
    assert house.boroughs["lambeth"].unwrap(key_id, wrapped) == DATA_KEY


@pytest.mark.parametrize(
    "damage", [lambda wrapped: wrapped[:-1], lambda wrapped: bytes([wrapped[0] ^ 1]) + wrapped[1:]]
)
def test_a_damaged_wrap_is_the_senders_fault(house: House, damage: object) -> None:
    key_id = house.exchange.current("lambeth", Use.DROP)
    with pytest.raises(UntrustedDrop, match="ENV-012"):
        house.exchange.unwrap(key_id, damage(house.exchange.wrap(key_id, DATA_KEY)))  # type: ignore[operator]


def test_a_wrap_for_another_key_is_the_senders_fault(house: House) -> None:
    wrapped = house.exchange.wrap(house.exchange.current("southwark", Use.DROP), DATA_KEY)
    with pytest.raises(UntrustedDrop, match="ENV-012"):
        house.exchange.unwrap(house.exchange.current("lambeth", Use.DROP), wrapped)


def test_each_owner_and_use_has_keys_of_its_own(house: House) -> None:
    asked = [("lambeth", Use.DROP), ("southwark", Use.DROP), ("lambeth", Use.RELEASE), ("lambeth", Use.SIGN)]
    asked += [(EXCHANGE, Use.STAGING), (EXCHANGE, Use.SIGN)]
    ids = [house.exchange.accepted(*who) for who in asked]
    assert all(len(held) == 1 for held in ids)
    assert len(frozenset().union(*ids)) == len(asked)
    assert house.exchange.accepted("lambeth", Use.STAGING) == frozenset()


def test_a_signature_holds_for_its_message_and_key_only(house: House) -> None:
    own, other = house.exchange.current(EXCHANGE, Use.SIGN), house.exchange.current("lambeth", Use.SIGN)
    signature = house.exchange.sign(own, b"message")
    house.exchange.verify(own, b"message", signature)
    house.boroughs["lambeth"].verify(own, b"message", signature)
    for key_id, message, given in (
        (own, b"massage", signature),
        (own, b"message", bytes(64)),
        (own, b"message", b""),
        (other, b"message", signature),
        (house.exchange.current("lambeth", Use.DROP), b"message", signature),
    ):
        with pytest.raises(BadSignature, match="KEY-002"):
            house.exchange.verify(key_id, message, given)


def test_the_exchange_cannot_sign_for_a_borough(house: House) -> None:
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        house.exchange.sign(house.exchange.current("lambeth", Use.SIGN), b"message")


def test_a_key_of_one_use_serves_no_other(house: House) -> None:
    sign, drop = house.exchange.current(EXCHANGE, Use.SIGN), house.exchange.current("lambeth", Use.DROP)
    for misuse in (
        lambda: house.exchange.wrap(sign, DATA_KEY),
        lambda: house.exchange.unwrap(sign, b""),
        lambda: house.exchange.sign(drop, b"message"),
    ):
        with pytest.raises(KeyUnavailable, match="KEY-001"):
            misuse()


def test_rotation_makes_the_new_key_current_and_the_old_one_still_opens(keys: Keys) -> None:
    old = keys.create_key("lambeth", Use.DROP)
    wrapped = keys.wrap(old, DATA_KEY)
    new = keys.rotate("lambeth", Use.DROP)
    assert keys.current("lambeth", Use.DROP) == new != old
    assert keys.accepted("lambeth", Use.DROP) == {old, new}
    assert keys.unwrap(old, wrapped) == DATA_KEY


def test_what_was_signed_before_a_rotation_still_verifies(keys: Keys) -> None:
    ids = [keys.create_key(EXCHANGE, Use.SIGN)]
    signature = keys.sign(ids[0], b"message")
    ids += [keys.rotate(EXCHANGE, Use.SIGN), keys.rotate(EXCHANGE, Use.SIGN)]
    assert [key.key_id for key in keys.held(EXCHANGE, Use.SIGN)] == ids
    keys.verify(ids[0], b"message", signature)


def test_a_revoked_key_does_nothing_any_more(keys: Keys) -> None:
    drop, sign = keys.create_key("lambeth", Use.DROP), keys.create_key(EXCHANGE, Use.SIGN)
    wrapped, signature = keys.wrap(drop, DATA_KEY), keys.sign(sign, b"message")
    new = keys.rotate("lambeth", Use.DROP)
    keys.revoke(drop)
    keys.revoke(sign)
    assert keys.accepted("lambeth", Use.DROP) == {new}
    assert keys.accepted(EXCHANGE, Use.SIGN) == frozenset()
    for act in (
        lambda: keys.wrap(drop, DATA_KEY),
        lambda: keys.unwrap(drop, wrapped),
        lambda: keys.sign(sign, b"message"),
        lambda: keys.verify(sign, b"message", signature),
        lambda: keys.current(EXCHANGE, Use.SIGN),
        lambda: keys.rotate(EXCHANGE, Use.SIGN),
        lambda: keys.revoke(sign),
    ):
        with pytest.raises(KeyUnavailable, match="KEY-001"):
            act()


def test_revoking_the_newest_makes_the_one_before_it_current(keys: Keys) -> None:
    old, new = keys.create_key(EXCHANGE, Use.SIGN), keys.create_key(EXCHANGE, Use.SIGN)
    keys.revoke(new)
    assert keys.current(EXCHANGE, Use.SIGN) == old


def test_a_missing_key_is_our_fault_and_says_whose_it_is(keys: Keys) -> None:
    with pytest.raises(KeyUnavailable, match=r"KEY-001.*sign of lambeth") as raised:
        keys.current("lambeth", Use.SIGN)
    assert not isinstance(raised.value, RejectedDrop)
    assert keys.accepted("lambeth", Use.SIGN) == frozenset()
    with pytest.raises(KeyUnavailable):
        keys.export_public("lambeth", Use.SIGN)


@pytest.mark.parametrize(
    "key_id", ["", "nonsense", "ring:lambeth/sign/000000000000", "ring:Lambeth/sign/0", "ring:lambeth/paint/0"]
)
def test_an_id_that_no_key_has_is_said_to_be_missing(keys: Keys, key_id: str) -> None:
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        keys.public_key(key_id)


@pytest.mark.parametrize("owner", ["../lambeth", "Lambeth", "", "lam beth", "lambeth.drop"])
def test_an_owner_that_is_no_slug_never_becomes_a_name(keys: Keys, owner: str) -> None:
    with pytest.raises(ValueError, match="not a slug"):
        keys.accepted(owner, Use.SIGN)


def test_imported_keys_keep_their_ids_and_their_order(keys: Keys, tmp_path: Path) -> None:
    borough = LocalKeyRing(tmp_path / "lambeth")
    ids = [borough.create_key("lambeth", Use.SIGN) for _ in range(3)]
    for _ in range(2):  # importing twice changes nothing
        assert list(keys.import_public(borough.export_public("lambeth", Use.SIGN))) == ids
    assert [key.key_id for key in keys.held("lambeth", Use.SIGN)] == ids
    assert keys.held("lambeth", Use.SIGN) == borough.held("lambeth", Use.SIGN)


def test_importing_does_not_bring_a_revoked_key_back(keys: Keys, tmp_path: Path) -> None:
    borough = LocalKeyRing(tmp_path / "lambeth")
    key_id = borough.create_key("lambeth", Use.SIGN)
    exported = borough.export_public("lambeth", Use.SIGN)
    keys.import_public(exported)
    keys.revoke(key_id)
    keys.import_public(exported)
    assert keys.accepted("lambeth", Use.SIGN) == frozenset()


def test_an_export_holds_no_private_part(house: House) -> None:
    for owner, use in (("lambeth", Use.DROP), (EXCHANGE, Use.SIGN), ("lambeth", Use.RELEASE)):
        (entry,) = json.loads(house.exchange.export_public(owner, use))["keys"]
        assert set(entry) - {"kid", "owner", "purpose", "created"} in ({"kty", "n", "e"}, {"kty", "crv", "x"})


def _entry(house: House, use: Use) -> dict[str, object]:
    entry: dict[str, object] = json.loads(house.boroughs["lambeth"].export_public("lambeth", use))["keys"][0]
    return entry


def _weak(house: House) -> dict[str, object]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers()
    public = jwk.rsa_public(numbers.n.to_bytes(256, "big"), numbers.e.to_bytes(4, "big"))
    kid = f"ring:lambeth/release/{jwk.thumbprint(public)[:12]}"
    return {**_entry(house, Use.RELEASE), **public, "kid": kid}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda house: {**_entry(house, Use.SIGN), "purpose": "release"},
        lambda house: {**_entry(house, Use.SIGN), "purpose": "paint"},
        lambda house: {**_entry(house, Use.SIGN), "owner": "southwark"},
        lambda house: {**_entry(house, Use.SIGN), "owner": "../southwark"},
        lambda house: {**_entry(house, Use.SIGN), "kid": "ring:lambeth/sign/000000000000"},
        lambda house: {**_entry(house, Use.SIGN), "kid": "https://kv.vault.azure.net/keys/sign-lambeth/0"},
        lambda house: {**_entry(house, Use.SIGN), "x": _entry(house, Use.SIGN)["x"][:-2]},  # type: ignore[index]
        lambda house: {**_entry(house, Use.SIGN), "crv": "X25519"},
        lambda house: {**_entry(house, Use.SIGN), "created": "today"},
        lambda house: {**_entry(house, Use.SIGN), "kty": "oct"},
        lambda house: {"kid": "ring:lambeth/sign/000000000000"},
        _weak,
    ],
)
def test_a_key_that_is_weak_or_not_what_it_says_is_not_imported(house: House, keys: Keys, spoil: object) -> None:
    document = json.dumps({"keys": [spoil(house)]}).encode()  # type: ignore[operator]
    with pytest.raises(InvalidInput, match="KEY-004"):
        keys.import_public(document)


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b'{"keys": 1}', b'{"keys": ["x"]}', b"\xff", b"[" * 20_000])
def test_what_is_no_set_of_keys_is_not_imported(keys: Keys, document: bytes) -> None:
    with pytest.raises(InvalidInput, match="KEY-004"):
        keys.import_public(document)


def test_an_auditor_finds_only_the_keys_that_were_handed_over(house: House) -> None:
    handed_over = read_public(house.exchange.export_public(EXCHANGE, Use.SIGN))
    find = lookup(handed_over)
    assert isinstance(find(handed_over[0].key_id), PublicKey)
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        find(house.exchange.current("lambeth", Use.SIGN))


def test_pseudonyms_are_the_same_for_the_same_values_and_no_others(keys: Keys) -> None:
    keys.create_secret("fsm")
    make = keys.pseudonyms("fsm")
    made = make("pair", VALUES, VALUES).to_pylist()
    assert made == keys.pseudonyms("fsm")("pair", pa.chunked_array([VALUES]), VALUES).to_pylist()
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in made)
    assert len(set(made)) == len(made)
    assert not {*made} & {*make("another word", VALUES, VALUES).to_pylist()}
    # What stands where counts, and nothing that one column ends in can be the beginning of the next.
    for left, right in ((["ab", "c"], ["a", "bc"]), (["1:a", ""], ["1:", "a"]), ([None, ""], ["", None])):
        assert make("pair", *map(_one, left)) != make("pair", *map(_one, right))


def _one(text: str | None) -> pa.Array:
    return pa.array([text], pa.string())


def test_each_agreement_has_a_secret_of_its_own_which_is_made_once(keys: Keys) -> None:
    with pytest.raises(KeyUnavailable, match=r"KEY-001.*pseudonyms of fsm"):
        keys.pseudonyms("fsm")
    keys.create_secret("fsm")
    keys.create_secret("returns")
    made = {agreement: keys.pseudonyms(agreement)("pair", VALUES).to_pylist() for agreement in ("fsm", "returns")}
    assert not {*made["fsm"]} & {*made["returns"]}
    assert keys.pseudonyms("fsm").mark != keys.pseudonyms("returns").mark
    with pytest.raises(InvalidInput, match="KEY-005"):
        keys.create_secret("fsm")
    assert keys.pseudonyms("fsm")("pair", VALUES).to_pylist() == made["fsm"]


def test_a_secret_is_not_shown(keys: Keys) -> None:
    keys.create_secret("fsm")
    make = keys.pseudonyms("fsm")
    assert repr(make) == "KeyedPseudonyms()"
    assert keys.accepted("fsm", Use.SIGN) == frozenset()


@pytest.mark.parametrize("agreement", ["../fsm", "FSM", "", "f.sm"])
def test_an_agreement_that_is_no_slug_never_becomes_a_name(keys: Keys, agreement: str) -> None:
    with pytest.raises(ValueError, match="not a slug"):
        keys.create_secret(agreement)
    with pytest.raises(ValueError, match="not a slug"):
        keys.pseudonyms(agreement)
