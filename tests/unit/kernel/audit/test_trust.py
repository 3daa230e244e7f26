"""Which keys an audit believes: those that everybody knows who says anything of keys, and never the record alone."""

from __future__ import annotations

import pytest

from shared.agreements.registry import agreed, load_agreement
from shared.kernel.audit.register import Register
from shared.kernel.audit.trust import trust_in
from shared.kernel.envelope.keys import PublicKey, Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.terms.agreements import Agreements


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[PublicKey, PublicKey]:
    """The exchange's key, and a stranger's that says that it is the exchange's."""
    found = []
    for whose in ("true", "stranger"):
        ring = LocalKeyRing(tmp_path_factory.mktemp(whose))
        found.append(ring.public_key(ring.create_key(EXCHANGE, Use.SIGN)))
    return found[0], found[1]


def register(*known: PublicKey) -> Register:
    said = {"accounts": ["stexchange"], "app": "10562e42-20af-5ff5-be00-3d733b9a91ea", "boroughs": {}}
    return Register.model_validate(said | {"signing_keys": [key.fingerprint for key in known]})


def agreements(*known: PublicKey) -> Agreements:
    terms = load_agreement("fsm").model_copy(update={"signing_keys": tuple(key.fingerprint for key in known)})
    return Agreements((agreed(terms),))


def test_a_record_that_vouches_for_itself_is_not_vouched_for(keys: tuple[PublicKey, PublicKey]) -> None:
    trust = trust_in([keys[0]], (), register(), agreements())
    assert (trust.vouched, trust.keys, trust.strangers) == (False, (keys[0],), ())


@pytest.mark.parametrize("by", ["register", "agreement", "parties"])
def test_each_of_three_can_bind_a_key(by: str, keys: tuple[PublicKey, PublicKey]) -> None:
    true, stranger = keys
    said = {
        "register": ((), register(true), agreements()),
        "agreement": ((), register(), agreements(true)),
        "parties": ((true,), register(), agreements()),
    }[by]
    trust = trust_in([stranger], *said)
    assert (trust.vouched, trust.strangers) == (True, (stranger,))
    assert stranger not in trust.keys
    trust = trust_in([true], *said)
    assert (trust.keys, trust.strangers) == ((true,), ())


def test_one_that_was_altered_with_the_record_does_not_suffice(keys: tuple[PublicKey, PublicKey]) -> None:
    true, stranger = keys
    trust = trust_in([stranger], (true,), register(stranger), agreements())
    assert (trust.keys, trust.strangers) == ((), (stranger,))
