"""A key's signatures count from, to, and until somebody else may have had it; what is dated otherwise does not hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.envelope.keys import Use, lookup, read_public, write_public
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement, verify_statement
from shared.kernel.envelope.validity import ALWAYS, Validity
from shared.kernel.errors import BadSignature, InvalidInput, KeyUnavailable
from tests.unit.kernel.envelope.test_key_services import Keys, keys

__all__ = ["keys"]

NOON = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
AT = int(NOON.timestamp())
moments = st.none() | st.integers(0, 2**33)


@given(moments, moments, moments, st.integers(0, 2**33))
def test_it_covers_what_is_within_all_bounds(
    first: int | None, last: int | None, compromised: int | None, at: int
) -> None:
    within = [first is None or first <= at, last is None or at <= last, compromised is None or at < compromised]
    validity = Validity(first, last, compromised)
    assert validity.covers(at) is all(within)
    assert Validity.of(json.loads(json.dumps(validity.members()))) == validity


@pytest.mark.parametrize(
    ("validity", "holds"),
    [
        (ALWAYS, True),
        (Validity(first=AT), True),
        (Validity(first=AT + 1), False),
        (Validity(last=AT), True),
        (Validity(last=AT - 1), False),
        (Validity(compromised=AT + 1), True),
        (Validity(compromised=AT), False),
    ],
)
def test_a_statement_dated_outside_of_its_keys_validity_does_not_verify(
    tmp_path: Path, validity: Validity, holds: bool
) -> None:
    ring = LocalKeyRing(tmp_path)
    key = ring.create_key(EXCHANGE, Use.SIGN)
    document = sign_statement({"drop": "0" * 32}, "receipt", ring, NOON)
    ring.limit(key, validity)
    exported = lookup(read_public(write_public(ring.every(EXCHANGE, Use.SIGN))))
    for find in (ring.public_key, ring.known, exported):
        if holds:
            assert verify_statement(document, find)["kind"] == "receipt"
        else:
            with pytest.raises(BadSignature, match="KEY-010"):
                verify_statement(document, find)


def test_what_a_revoked_key_signed_before_its_end_verifies_for_whoever_knows_it(tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path)
    key = ring.create_key(EXCHANGE, Use.SIGN)
    before = sign_statement({}, "receipt", ring, NOON)
    after = sign_statement({}, "receipt", ring, datetime.now(UTC) + timedelta(days=1))
    ring.revoke(key)
    assert ring.accepted(EXCHANGE, Use.SIGN) == frozenset()
    with pytest.raises(KeyUnavailable):
        ring.public_key(key)
    exported = lookup(read_public(write_public(ring.every(EXCHANGE, Use.SIGN))))
    for find in (ring.known, exported):
        assert verify_statement(before, find)["key_id"] == key
        with pytest.raises(BadSignature, match="KEY-010"):
            verify_statement(after, find)


def test_what_a_compromised_key_signed_since_does_not_verify(tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path)
    key = ring.create_key(EXCHANGE, Use.SIGN)
    kept, lost = (sign_statement({}, "receipt", ring, NOON + timedelta(hours=hours)) for hours in (-1, 0))
    ring.revoke(key, compromised=AT)
    assert verify_statement(kept, ring.known)
    with pytest.raises(BadSignature, match="KEY-010"):
        verify_statement(lost, ring.known)


def test_the_end_of_a_key_travels_with_it_and_is_not_undone(tmp_path: Path) -> None:
    one, other = LocalKeyRing(tmp_path / "one"), LocalKeyRing(tmp_path / "other")
    key = one.create_key("lambeth", Use.SIGN)
    alive = one.export_public("lambeth", Use.SIGN)
    other.import_public(alive)
    one.revoke(key)
    other.import_public(write_public(one.every("lambeth", Use.SIGN)))
    assert other.accepted("lambeth", Use.SIGN) == frozenset()
    other.import_public(alive)
    assert other.accepted("lambeth", Use.SIGN) == frozenset()
    assert other.known(key).validity.last is not None


@pytest.mark.parametrize("bound", ["soon", -1, 1.5, True, [1]])
def test_a_bound_that_is_no_moment_is_refused(tmp_path: Path, bound: object) -> None:
    ring = LocalKeyRing(tmp_path)
    ring.create_key("lambeth", Use.SIGN)
    document = json.loads(ring.export_public("lambeth", Use.SIGN))
    document["keys"][0]["valid_to"] = bound
    with pytest.raises(InvalidInput, match="KEY-004"):
        read_public(json.dumps(document).encode())


@given(moments, moments, moments, moments, moments, moments, st.integers(0, 2**33))
def test_of_two_times_what_is_within_both_holds(
    first: int | None,
    last: int | None,
    lost: int | None,
    other_first: int | None,
    other_last: int | None,
    other_lost: int | None,
    at: int,
) -> None:
    one, other = Validity(first, last, lost), Validity(other_first, other_last, other_lost)
    assert one.narrowed(other).covers(at) is (one.covers(at) and other.covers(at))
    assert one.narrowed(other) == other.narrowed(one) == one.narrowed(other).narrowed(one)


PAST, FUTURE = 1_000_000_000, 2**32


@pytest.mark.parametrize(
    ("validity", "usable"),
    [
        (Validity(first=PAST), True),
        (Validity(first=FUTURE), False),
        (Validity(last=FUTURE), True),
        (Validity(last=PAST), False),
        (Validity(compromised=FUTURE), True),
        (Validity(compromised=PAST), False),
    ],
)
def test_a_key_is_used_in_its_time_alone(keys: Keys, tmp_path: Path, validity: Validity, usable: bool) -> None:
    """In a folder and in a vault: of two keys the newer one, while it is its time."""
    ring = LocalKeyRing(tmp_path)
    old, new = ring.create_key("lambeth", Use.RELEASE), ring.create_key("lambeth", Use.RELEASE)
    ring.limit(new, validity)
    keys.import_public(write_public(ring.every("lambeth", Use.RELEASE)))
    for each in (ring, keys):
        assert each.current("lambeth", Use.RELEASE) == (new if usable else old)
        assert each.accepted("lambeth", Use.RELEASE) == ({old, new} if usable else {old})


@pytest.mark.parametrize("bound", [{"first": PAST - 1}, {"last": FUTURE + 1}, {"compromised": FUTURE + 1}])
def test_a_keys_time_is_never_made_longer(tmp_path: Path, bound: dict[str, int]) -> None:
    ring = LocalKeyRing(tmp_path)
    key = ring.create_key("lambeth", Use.SIGN)
    limits = Validity(PAST, FUTURE, FUTURE)
    ring.limit(key, limits)
    with pytest.raises(InvalidInput, match="KEY-012"):
        ring.limit(key, Validity(**bound))
    ring.limit(key, Validity(first=PAST))
    assert ring.known(key).validity == limits


def test_that_a_key_was_stolen_is_learned_later_and_travels(tmp_path: Path) -> None:
    one, other = LocalKeyRing(tmp_path / "one"), LocalKeyRing(tmp_path / "other")
    key = one.create_key("lambeth", Use.SIGN)
    one.revoke(key)
    other.import_public(write_public(one.every("lambeth", Use.SIGN)))
    one.limit(key, Validity(compromised=AT))
    other.import_public(write_public(one.every("lambeth", Use.SIGN)))
    for ring in (one, other):
        assert ring.is_revoked(key)
        assert ring.known(key).validity.compromised == AT


def test_an_end_that_a_borough_tells_ends_the_key_at_the_exchange(keys: Keys, tmp_path: Path) -> None:
    """In a vault, too: a key that was revoked before it came is never stored as one that counts."""
    ring = LocalKeyRing(tmp_path)
    before, later, never = (ring.create_key("lambeth", Use.SIGN) for _ in range(3))
    ring.revoke(before)
    keys.import_public(write_public(ring.every("lambeth", Use.SIGN)))
    assert keys.accepted("lambeth", Use.SIGN) == {later, never}
    ring.revoke(later)
    for _ in range(2):
        keys.import_public(write_public(ring.every("lambeth", Use.SIGN)))
        assert keys.accepted("lambeth", Use.SIGN) == {never}
