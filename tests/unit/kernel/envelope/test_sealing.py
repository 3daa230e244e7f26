"""Sealing and opening: what goes in comes out, and every gate in its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from shared.kernel.envelope import gates
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.lock import read_lock
from shared.kernel.envelope.manifest import EXCHANGE, METADATA_LIMIT, Manifest, from_metadata, to_metadata
from shared.kernel.envelope.open import Place, open_own, open_sealed, too_large
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.errors import KeyUnavailable, NotAgreed, RejectedDrop, UntrustedDrop
from shared.kernel.terms.gates import check_named
from shared.kernel.terms.model import Limits
from tests.unit.kernel.envelope.houses import AGREEMENT, NOON, PUPILS, House


def test_what_was_sealed_is_what_is_opened(house: House) -> None:
    sealed = house.sealed()
    opened = house.opened(sealed.data, sealed.metadata)
    assert opened.table.equals(PUPILS)
    assert opened.manifest == sealed.manifest
    assert opened.manifest.rows == 3


def test_nothing_of_the_content_shows_in_the_sealed_file_or_its_metadata(house: House) -> None:
    sealed = house.sealed()
    for shown in (sealed.data, *(text.encode() for text in sealed.metadata.values())):
        # Seven letters and more: "upn" turns up by chance in a few thousand random bytes, once in some hundred runs.
        for word in ("B801200005001", "O'Neill", "surname", "nc_year"):
            assert word.encode() not in shown


def test_two_sealings_of_the_same_table_share_no_key_and_no_bytes(house: House) -> None:
    one, other = house.sealed(), house.sealed()
    assert one.data != other.data
    assert read_lock(one.data).wrapped != read_lock(other.data).wrapped
    assert read_lock(one.data).file_id != read_lock(other.data).file_id


def test_a_release_opens_for_its_borough_and_for_nobody_else(house: House) -> None:
    released = house.sealed(
        sender=EXCHANGE,
        receiver="lambeth",
        dataset="matches",
        key_id=house.exchange.current("lambeth", Use.RELEASE),
        keys=house.exchange,
    )
    lambeth = house.boroughs["lambeth"]
    asked: dict[str, Any] = {"receiver": "lambeth", "borough": EXCHANGE, "dataset": "matches"}
    asked["accepted_key_ids"] = lambeth.accepted("lambeth", Use.RELEASE)
    assert house.opened(released.data, released.metadata, keys=lambeth, **asked).table.equals(PUPILS)
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        house.opened(released.data, released.metadata, keys=house.exchange, **asked)


def test_staging_opens_for_the_exchange_that_sealed_it(house: House) -> None:
    key_id = house.exchange.current(EXCHANGE, Use.STAGING)
    staged = house.sealed(sender=EXCHANGE, key_id=key_id, keys=house.exchange)
    accepted = frozenset({key_id})
    assert house.opened(staged.data, staged.metadata, borough=EXCHANGE, accepted_key_ids=accepted, dataset=None)


FLAT = [
    pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.date32())}),
    pa.table({"a": pa.nulls(5)}),
    pa.table({"a": pa.array(["é", None, ""] * 70_000), "b": pa.array(range(210_000))}),
    pa.table({"a": pa.chunked_array([["x"], ["y", "z"]])}),
    pa.table(
        {
            "flag": [True, None],
            "decimal": pa.array(["1.50", None]).cast(pa.decimal128(9, 2)),
            "number": pa.array([1.5, None]),
            "moment": pa.array([NOON, None], pa.timestamp("us", "UTC")),
            "raw": pa.array([b"\xff", None]),
        }
    ),
]
FLAT_IDS = ["no rows", "only nulls", "many rows", "chunks", "every flat type"]


@pytest.mark.parametrize("table", FLAT, ids=FLAT_IDS)
def test_every_flat_table_survives_the_journey(house: House, table: pa.Table) -> None:
    sealed = house.sealed(table)
    assert house.opened(sealed.data, sealed.metadata).table.equals(table)


@pytest.mark.parametrize("table", FLAT, ids=FLAT_IDS)
def test_what_one_has_sealed_to_oneself_comes_back_as_through_every_gate(house: House, table: pa.Table) -> None:
    sealed = house.sealed_to_itself(table)
    own = open_own(sealed.data, sealed.metadata, house.itself(), house.exchange)
    assert own == open_sealed(sealed.data, sealed.metadata, house.itself(), house.exchange)
    assert own.table.equals(table)


def test_only_what_one_has_sealed_to_oneself_is_trusted(house: House) -> None:
    sealed = house.sealed()
    inbox = replace(house.itself(), sender="lambeth", accepted_key_ids=house.exchange.accepted("lambeth", Use.DROP))
    assert open_sealed(sealed.data, sealed.metadata, inbox, house.exchange).table.equals(PUPILS)
    with pytest.raises(ValueError, match="sealed to oneself"):
        open_own(sealed.data, sealed.metadata, inbox, house.exchange)


def test_what_is_trusted_must_still_be_signed_whole_and_under_the_right_key(house: House) -> None:
    def gate(data: bytes, metadata: dict[str, str], place: Place) -> str:
        with pytest.raises(UntrustedDrop) as refused:
            open_own(data, metadata, place, house.exchange)
        return refused.value.code

    good, own = house.sealed_to_itself(), house.itself()
    manifest, signature = from_metadata(good.metadata)
    altered = good.data[:-40] + bytes([good.data[-40] ^ 1]) + good.data[-39:]
    more = manifest.model_copy(update={"rows": manifest.rows + 1})
    stranger = house.sealed(sender="lambeth", receiver=EXCHANGE)
    signed_anew = to_metadata(more, house.exchange.sign(more.signing_key_id, more.message()))

    assert gate(altered, good.metadata, own) == gates.HASH.code
    assert gate(good.data, to_metadata(more, signature), own) == gates.SIGNATURE.code
    assert gate(good.data, signed_anew, own) == gates.ROW_COUNT.code
    assert gate(stranger.data, stranger.metadata, own) == gates.ADDRESS.code
    assert gate(good.data, good.metadata, replace(own, accepted_key_ids=frozenset({"another"}))) == gates.KEY_ID.code
    assert gate(good.data, good.metadata, replace(own, limits=limits_of(bytes=len(good.data) - 1))) == gates.SIZE.code


def limits_of(**changes: int) -> Limits:
    return AGREEMENT.limits.model_copy(update=changes)


def test_text_arrives_as_plain_text_however_it_was_held(house: House) -> None:
    texts = ["a", None, "a"]
    held = [pa.array(texts, pa.large_string()), pa.array(texts).dictionary_encode(), pa.array(texts, pa.string_view())]
    sealed = house.sealed(pa.table(held, ["large", "dictionary", "view"]))
    table = house.opened(sealed.data, sealed.metadata).table
    assert set(table.schema.types) == {pa.string()}
    assert all(column.to_pylist() == texts for column in table.columns)


def test_the_time_of_sealing_is_told_in_utc_and_whole_seconds(house: House) -> None:
    summer = datetime(2026, 7, 1, 13, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    manifest = house.sealed(prepared_at=summer).manifest
    assert manifest.prepared_at == datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
    assert b'"prepared_at":"2026-07-01T12:00:00Z"' in manifest.document()
    with pytest.raises(ValueError, match="aware"):
        house.sealed(prepared_at=datetime(2026, 7, 1, 12, 0, 0))  # noqa: DTZ001  # the point of the test


def test_who_seals_hears_first_what_the_receiver_would_refuse(house: House) -> None:
    def limited(**limits: int) -> Any:
        return AGREEMENT.model_copy(update={"limits": AGREEMENT.limits.model_copy(update=limits)})

    for gate, table, agreement in (
        (gates.ROWS, PUPILS, limited(rows=2)),
        (gates.COLUMNS, PUPILS, limited(columns=3)),
        (gates.SIZE, PUPILS, limited(bytes=100)),
        (gates.TYPES, pa.table({"a": [[1]]}), AGREEMENT),
    ):
        with pytest.raises(UntrustedDrop, match=gate.code):
            house.sealed(table, agreement=agreement)


def test_a_missing_key_stops_sealing_as_our_fault(house: House) -> None:
    absent = "ring:lambeth/drop/000000000000"
    with pytest.raises(KeyUnavailable, match="KEY-001") as raised:
        house.sealed(key_id=absent)
    assert not isinstance(raised.value, RejectedDrop)
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        house.sealed(sender="southwark")


@pytest.mark.parametrize("house", ["vault"], indirect=True)
def test_a_vault_that_fails_at_any_step_of_opening_is_never_the_senders_fault(house: House) -> None:
    sealed = house.sealed()
    assert house.vault is not None
    house.opened(sealed.data, sealed.metadata)
    house.vault.fault = 503
    try:
        with pytest.raises(KeyUnavailable, match="KEY-003") as raised:
            house.opened(sealed.data, sealed.metadata)
        assert not isinstance(raised.value, RejectedDrop)
    finally:
        house.vault.fault = None
    assert house.opened(sealed.data, sealed.metadata).table.equals(PUPILS)


@pytest.mark.parametrize("house", ["vault"], indirect=True)
def test_opening_asks_the_vault_to_unwrap_exactly_once(house: House) -> None:
    sealed = house.sealed()
    assert house.vault is not None
    house.opened(sealed.data, sealed.metadata)
    house.vault.calls.clear()
    house.opened(sealed.data, sealed.metadata)
    assert [call.rsplit("/", 1)[1] for call in house.vault.calls] == ["unwrapkey"]


def test_no_accepted_key_at_all_is_our_fault(house: House) -> None:
    sealed = house.sealed()
    with pytest.raises(KeyUnavailable, match="KEY-001"):
        house.opened(sealed.data, sealed.metadata, accepted_key_ids=frozenset())


def test_the_agreement_is_asked_before_any_key_is_used(house: House) -> None:
    other = AGREEMENT.model_copy(update={"version": "9.9.9"})
    sealed = house.sealed(agreement=other)

    class NoKeys:
        accepted, verify = house.exchange.accepted, house.exchange.verify
        public_key = house.exchange.public_key

    with pytest.raises(NotAgreed, match="AGR-002"):
        house.opened(
            sealed.data,
            sealed.metadata,
            agreement_gate=lambda manifest: check_named(AGREEMENT, manifest.reference),
            keys=NoKeys(),
        )


def test_a_refusal_by_size_alone_says_the_numbers() -> None:
    refusal = too_large(7_000_000_000, AGREEMENT.limits)
    assert refusal.code == "ENV-001"
    assert "7000000000" in str(refusal)


def test_a_manifest_survives_its_metadata(house: House) -> None:
    sealed = house.sealed()
    manifest, signature = from_metadata(sealed.metadata)
    assert (manifest, to_metadata(manifest, signature)) == (sealed.manifest, sealed.metadata)
    assert from_metadata({name.title(): value for name, value in sealed.metadata.items()}) == (manifest, signature)
    assert all(name.isidentifier() for name in sealed.metadata)
    assert sum(len(name) + len(value) for name, value in sealed.metadata.items()) < METADATA_LIMIT / 4


def test_the_longest_manifest_fits_into_blob_metadata(house: House) -> None:
    longest = "https://" + "v" * 160 + "/keys/" + "k" * 80 + "/" + "0" * 32
    manifest = house.sealed().manifest.model_copy(update={"key_id": longest, "signing_key_id": longest})
    metadata = to_metadata(Manifest.model_validate(manifest.model_dump()), bytes(64))
    assert from_metadata(metadata)[0].key_id == longest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("version", True),
        ("sender", "Lambeth"),
        ("receiver", ""),
        ("agreement_version", "1.0"),
        ("dataset", "O'Neill"),
        ("collection", "autumn"),
        ("rows", -1),
        ("rows", "3"),
        ("rows", True),
        ("rows", 2**31),
        ("sha256", "0" * 63),
        ("key_id", "B801200005001"),
        ("signing_key_id", "ring:lambeth/sign/xyz"),
        ("prepared_at", datetime(2026, 1, 1)),  # noqa: DTZ001  # no time zone is the fault
        ("prepared_at", NOON.replace(microsecond=1)),
        ("prepared_at", NOON.astimezone(timezone(timedelta(hours=1)))),
        ("surname", "O'Neill"),
    ],
)
def test_a_manifest_has_no_room_for_anything_but_codes_and_counts(house: House, field: str, value: object) -> None:
    facts = house.sealed().manifest.model_dump()
    with pytest.raises(ValueError, match=field):
        Manifest.model_validate({**facts, field: value})


def test_sealing_goes_through_any_key_service(house: House) -> None:
    """The Protocol is enough: nothing of a ring or vault is reached for."""
    borough = house.boroughs["lambeth"]

    class Narrow:
        current, wrap, sign = borough.current, borough.wrap, borough.sign

    label = Label("lambeth", EXCHANGE, "pupils", "2026-autumn", NOON)
    narrow: Any = Narrow()
    key = borough.current("lambeth", Use.DROP)
    sealed = seal(PUPILS, label, agreement=AGREEMENT, key_id=key, keys=narrow)
    assert replace(sealed, data=b"").manifest == sealed.manifest
