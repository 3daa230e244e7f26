"""The envelope under attack. Each refusal is coded, is the sender's, repeats no value, and lets nothing through.

Outsiders fail at the signature, so most attacks here come from a borough with good keys of its own (`Forger`).
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.envelope import gates
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.lock import read_lock
from shared.kernel.envelope.manifest import EXCHANGE, METADATA_LIMIT, from_metadata
from shared.kernel.envelope.open import Place, open_own
from shared.kernel.envelope.validity import Validity
from shared.kernel.errors import KeyUnavailable, UntrustedDrop
from tests.unit.kernel.envelope.forge import Drop, Forger
from tests.unit.kernel.envelope.houses import AGREEMENT, PUPILS, VALUES, House, build_house
from tests.unit.kernel.envelope.thrift_writer import parse, varint

LIMITS = AGREEMENT.limits


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build_house("ring", tmp_path_factory.mktemp("gates"))


@pytest.fixture
def forger(house: House) -> Forger:
    return Forger(house)


def refused(house: House, drop: Drop, gate: gates.Reason, **changes: Any) -> UntrustedDrop:
    """Assert that the drop is refused by that gate, in words that repeat nothing of what was sent."""
    with pytest.raises(UntrustedDrop) as raised:
        house.opened(*drop, **changes)
    assert raised.value.code == gate.code, str(raised.value)
    assert not any(value in str(raised.value) for value in VALUES)
    return raised.value


def limits(**changes: int) -> Any:
    return LIMITS.model_copy(update=changes)


# --- what is not sealed at all -------------------------------------------------------------------------------------


def plain_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(PUPILS, sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("data", "gate"),
    [
        (b"", gates.SIZE),
        (plain_parquet(), gates.SEALED),
        (b"upn,surname\nB801200005001,O'Neill\n", gates.SEALED),
        (b"PK\x03\x04" + bytes(100), gates.SEALED),
        (b"PARE", gates.SEALED),
        (b"PAREPARE", gates.SEALED),
        (b"PARE" + plain_parquet()[4:], gates.SEALED),
        (plain_parquet()[:-4] + b"PARE", gates.SEALED),
    ],
    ids=["empty", "plain", "csv", "zip", "magic only", "magic twice", "only head", "only tail"],
)
def test_what_is_not_sealed_is_refused_before_its_manifest_is_read(
    house: House, data: bytes, gate: gates.Reason
) -> None:
    refused(house, (data, {}), gate)


def test_plain_parquet_dressed_as_sealed_and_signed_is_refused(forger: Forger) -> None:
    """The decrypting reader of the library's own key tools would have read it."""
    dressed = b"PARE" + plain_parquet()[4:-4] + b"PARE"
    refused(forger.house, forger.signed(dressed, 3), gates.LOCK)


def test_plain_parquet_is_named_as_such(house: House) -> None:
    assert "plain Parquet" in str(refused(house, (plain_parquet(), {}), gates.SEALED))


def test_a_file_over_the_size_limit_is_refused_first(house: House) -> None:
    sealed = house.sealed()
    refused(house, (sealed.data, {}), gates.SIZE, limits=limits(bytes=len(sealed.data) - 1))
    assert house.opened(sealed.data, sealed.metadata, limits=limits(bytes=len(sealed.data)))


# --- manifest and signature ----------------------------------------------------------------------------------------


def _metadata(change: Callable[[dict[str, Any]], Any]) -> Callable[[House], Drop]:
    def forge(house: House) -> Drop:
        sealed = house.sealed()
        manifest = json.loads(sealed.metadata["exchange_manifest"])
        changed = change(manifest)
        text = changed if isinstance(changed, str) else json.dumps(changed, sort_keys=True, separators=(",", ":"))
        return sealed.data, {**sealed.metadata, "exchange_manifest": text}

    return forge


@pytest.mark.parametrize(
    ("forge", "gate"),
    [
        (lambda house: (house.sealed().data, {}), gates.MANIFEST),
        (_metadata(lambda manifest: ""), gates.MANIFEST),
        (_metadata(lambda manifest: "null"), gates.MANIFEST),
        (_metadata(lambda manifest: "[" * 3000), gates.MANIFEST),
        (_metadata(lambda manifest: json.dumps(manifest)), gates.MANIFEST),
        (_metadata(lambda manifest: {**manifest, "surname": "O'Neill"}), gates.MANIFEST),
        (_metadata(lambda manifest: {**manifest, "dataset": "O'Neill"}), gates.MANIFEST),
        (_metadata(lambda manifest: {**manifest, "version": True}), gates.MANIFEST),
        (_metadata(lambda manifest: {**manifest, "rows": 1.0}), gates.MANIFEST),
        (_metadata(lambda manifest: {name: manifest[name] for name in manifest if name != "sha256"}), gates.MANIFEST),
        (_metadata(lambda manifest: {**manifest, "rows": 4}), gates.SIGNATURE),
        (_metadata(lambda manifest: {**manifest, "agreement_version": "1.0.1"}), gates.SIGNATURE),
        (_metadata(lambda manifest: {**manifest, "collection": "2025-autumn"}), gates.SIGNATURE),
        (_metadata(lambda manifest: {**manifest, "sender": "southwark"}), gates.ADDRESS),
        (_metadata(lambda manifest: {**manifest, "receiver": "southwark"}), gates.ADDRESS),
        (_metadata(lambda manifest: {**manifest, "dataset": "households"}), gates.ADDRESS),
        (_metadata(lambda manifest: {**manifest, "signing_key_id": "ring:lambeth/sign/000000000000"}), gates.SIGNER),
    ],
)
def test_a_manifest_that_is_missing_misshapen_or_altered_is_refused(
    house: House, forge: Callable[[House], Drop], gate: gates.Reason
) -> None:
    refused(house, forge(house), gate)


def test_a_manifest_that_names_a_field_twice_is_refused(house: House) -> None:
    """JSON readers differ in which of the two they believe."""
    sealed = house.sealed()
    doubled = sealed.metadata["exchange_manifest"].replace('"rows":3', '"rows":3,"rows":3')
    refused(house, (sealed.data, {**sealed.metadata, "exchange_manifest": doubled}), gates.MANIFEST)


def test_a_manifest_says_which_of_its_fields_is_wrong_and_no_more(house: House) -> None:
    wrong = refused(house, _metadata(lambda manifest: {**manifest, "rows": -1})(house), gates.MANIFEST)
    assert "another form of rows" in str(wrong)
    unknown = refused(house, _metadata(lambda manifest: {**manifest, "O'Neill": 1})(house), gates.MANIFEST)
    assert "1 member of another name" in str(unknown)


def test_metadata_longer_than_the_service_stores_is_refused(house: House) -> None:
    sealed = house.sealed()
    refused(house, (sealed.data, {**sealed.metadata, "padding": "x" * METADATA_LIMIT}), gates.MANIFEST)


@pytest.mark.parametrize(
    ("signature", "gate"),
    [
        (None, gates.SIGNED),
        ("", gates.SIGNED),
        ("not base64url!", gates.SIGNED),
        ("AAAA", gates.SIGNED),
        ("A" * 88, gates.SIGNED),
        ("A" * 86, gates.SIGNATURE),
    ],
)
def test_a_missing_malformed_or_wrong_signature_is_refused(
    house: House, signature: str | None, gate: gates.Reason
) -> None:
    sealed = house.sealed()
    metadata = {name: text for name, text in sealed.metadata.items() if name != "exchange_signature"}
    refused(house, (sealed.data, metadata | ({} if signature is None else {"exchange_signature": signature})), gate)


def test_someone_elses_drop_in_my_inbox_is_refused(house: House) -> None:
    southwark = house.sealed(borough="southwark")
    refused(house, (southwark.data, southwark.metadata), gates.ADDRESS)


def test_someone_elses_manifest_for_my_file_is_refused(house: House) -> None:
    refused(house, (house.sealed().data, house.sealed(borough="southwark").metadata), gates.ADDRESS)


def test_a_manifest_in_my_name_signed_by_someone_else_is_refused(house: House) -> None:
    """Southwark's signature is good and its key registered; it is not Lambeth's."""
    southwark = house.boroughs["southwark"]

    class Impostor:
        wrap = house.boroughs["lambeth"].wrap
        sign = southwark.sign

        def current(self, owner: str, use: Use) -> str:
            return southwark.current("southwark", use)

    sealed = house.sealed(keys=Impostor())
    assert sealed.manifest.sender == "lambeth"
    refused(house, (sealed.data, sealed.metadata), gates.SIGNER)


def test_what_is_signed_with_a_revoked_key_is_refused(tmp_path: Path) -> None:
    house = build_house("ring", tmp_path)
    sealed = house.sealed()
    house.exchange.revoke(sealed.manifest.signing_key_id)
    refused(house, (sealed.data, sealed.metadata), gates.SIGNER)


@pytest.mark.parametrize(("later", "counts"), [(0, True), (1, False)])
def test_what_says_that_it_was_made_before_its_keys_time_is_refused(tmp_path: Path, later: int, counts: bool) -> None:
    """Whoever has stolen a new key can date a file back to before there was the key."""
    house = build_house("ring", tmp_path)
    sealed = house.sealed()
    made = int(sealed.manifest.prepared_at.timestamp())
    house.exchange.limit(sealed.manifest.signing_key_id, Validity(first=made + later))
    if counts:
        assert house.opened(sealed.data, sealed.metadata).table.num_rows
    else:
        told = refused(house, (sealed.data, sealed.metadata), gates.SIGNER)
        assert "outside of the time in which signatures" in str(told)


def test_what_one_sealed_to_oneself_may_be_older_than_ones_key(tmp_path: Path) -> None:
    """A staged file bears the time of the drop that it came of; the key may have been made since."""
    house = build_house("ring", tmp_path)
    sealed = house.sealed_to_itself()
    made = int(sealed.manifest.prepared_at.timestamp())
    house.exchange.limit(sealed.manifest.signing_key_id, Validity(first=made + 60))
    own = Place(EXCHANGE, EXCHANGE, house.exchange.accepted(EXCHANGE, Use.STAGING), lambda _: LIMITS, LIMITS)
    assert open_own(sealed.data, sealed.metadata, own, house.exchange).table.num_rows


def test_a_release_sent_back_as_a_drop_is_refused(house: House) -> None:
    released = house.sealed(
        sender=EXCHANGE,
        receiver="lambeth",
        keys=house.exchange,
        key_id=house.exchange.current("lambeth", Use.RELEASE),
    )
    refused(house, (released.data, released.metadata), gates.ADDRESS)


# --- the file and its key ------------------------------------------------------------------------------------------


def test_a_file_swapped_for_another_under_the_same_key_is_refused(house: House) -> None:
    one, other = house.sealed(), house.sealed(PUPILS.slice(0, 2))
    refused(house, (other.data, one.metadata), gates.HASH)


def test_a_key_that_is_not_on_the_list_is_refused_and_never_used(house: House, forger: Forger) -> None:
    class NoUnwrap:
        accepted, verify, public_key = house.exchange.accepted, house.exchange.verify, house.exchange.public_key

    sealed = house.sealed()
    others = house.exchange.accepted("southwark", Use.DROP)
    refused(house, (sealed.data, sealed.metadata), gates.KEY_ID, accepted_key_ids=others, keys=NoUnwrap())
    unknown = "ring:lambeth/drop/000000000000"
    refused(house, forger.signed(sealed.data, 3, key_id=unknown), gates.KEY_ID, keys=NoUnwrap())


def test_a_file_sealed_to_another_boroughs_drop_key_is_refused(house: House) -> None:
    house.boroughs["lambeth"].import_public(house.exchange.export_public("southwark", Use.DROP))
    sealed = house.sealed(key_id=house.exchange.current("southwark", Use.DROP))
    refused(house, (sealed.data, sealed.metadata), gates.KEY_ID)


def test_a_file_that_names_another_key_inside_than_its_manifest_is_refused(house: House, forger: Forger) -> None:
    """Else the exchange's staging key could be put to work on what a borough chose."""
    forger.key_id = house.exchange.current(EXCHANGE, Use.STAGING)
    forger.keys = house.exchange  # type: ignore[assignment]
    data = forger.parquet(PUPILS)
    forger = Forger(house)
    refused(house, forger.signed(data, 3), gates.LOCK_KEY)


def test_a_data_key_wrapped_for_another_key_is_refused(house: House, forger: Forger) -> None:
    data = forger.parquet(PUPILS)
    house.boroughs["lambeth"].import_public(house.exchange.export_public("southwark", Use.DROP))
    other = forger.keys.wrap(house.exchange.current("southwark", Use.DROP), forger.data_key)
    refused(house, forger.signed(_with_wrap(data, other), 3), gates.UNWRAP)


def test_a_damaged_wrap_is_refused(house: House, forger: Forger) -> None:
    data = forger.parquet(PUPILS)
    wrapped = read_lock(data).wrapped
    refused(house, forger.signed(_with_wrap(data, bytes([wrapped[0] ^ 1]) + wrapped[1:]), 3), gates.UNWRAP)


def test_a_wrapped_key_of_another_file_does_not_open_this_one(house: House, forger: Forger) -> None:
    other = read_lock(forger.parquet(PUPILS)).wrapped
    refused(house, forger.signed(_with_wrap(forger.parquet(PUPILS), other), 3), gates.DAMAGED)


def _with_wrap(data: bytes, wrapped: bytes) -> bytes:
    old = base64.b64encode(read_lock(data).wrapped)
    new = base64.b64encode(wrapped)
    assert len(old) == len(new)
    return data.replace(old, new)


def test_a_key_service_that_is_down_is_never_the_senders_fault(house: House) -> None:
    sealed = house.sealed()

    class Down:
        accepted, verify, public_key = house.exchange.accepted, house.exchange.verify, house.exchange.public_key

        def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
            raise KeyUnavailable("KEY-003", "down")

    with pytest.raises(KeyUnavailable, match="KEY-003"):
        house.opened(sealed.data, sealed.metadata, keys=Down())


@pytest.mark.parametrize(
    "crypto",
    [
        {"encryption_algorithm": "AES_GCM_CTR_V1"},
        {"double_wrapping": True},
    ],
    ids=["counter mode has no integrity", "two keys to unwrap"],
)
def test_a_file_sealed_in_another_way_is_refused_before_its_key_is_used(forger: Forger, crypto: dict[str, Any]) -> None:
    refused(forger.house, forger.signed(forger.parquet(PUPILS, crypto=crypto), 3), gates.LOCK)


def test_a_file_with_a_plain_footer_is_refused(forger: Forger) -> None:
    """Its values are sealed, its column names and row counts are not."""
    sink = pa.BufferOutputStream()
    properties = pe.create_encryption_properties(bytes(32), plaintext_footer=True)
    pq.write_table(PUPILS, sink, encryption_properties=properties)
    data = bytes(sink.getvalue())
    assert b"surname" in data
    refused(forger.house, forger.signed(data, 3), gates.SEALED)


@pytest.mark.parametrize(
    "change",
    [
        lambda footer: footer.replace(b"PKMT1", b"PKMT2"),
        lambda footer: footer.replace(b'"internalStorage":true', b'"internalStorage":null'),
        lambda footer: footer.replace(b'"masterKeyID"', b'"masterKeyXX"'),
        lambda footer: footer.replace(b'"wrappedDEK":"', b'"wrappedDEK":"!'),
        lambda footer: footer.replace(b'"wrappedDEK":"', b'"wrappedDEK":[').replace(b'"}', b"]}"),
        lambda footer: footer[:14],
        lambda footer: b"\x00",
        lambda footer: b"\x1c" * 200,
        lambda footer: b"\x2c" + footer[1:],
        lambda footer: footer.replace(b"\x1c\x1c\x28", b"\x1c\x1c\x18\x01p\x18"),
    ],
)
def test_key_material_that_is_not_as_agreed_is_refused_before_any_key_is_used(
    house: House, forger: Forger, change: Callable[[bytes], bytes]
) -> None:
    class NoUnwrap:
        accepted, verify, public_key = house.exchange.accepted, house.exchange.verify, house.exchange.public_key

    changed = forger.with_crypto(forger.parquet(PUPILS), change)
    refused(house, forger.signed(changed, 3), gates.LOCK, keys=NoUnwrap())


def test_a_data_key_of_half_the_length_is_refused(forger: Forger) -> None:
    data = forger.parquet(PUPILS, crypto={"data_key_length_bits": 128})
    refused(forger.house, forger.signed(data, 3), gates.LOCK)


def test_a_footer_longer_than_it_says_is_refused(forger: Forger) -> None:
    data = forger.parquet(PUPILS)
    at = read_lock(data).footer_at
    shorter = struct.pack("<I", struct.unpack_from("<I", data, at)[0] - 1)
    refused(forger.house, forger.signed(data[:at] + shorter + data[at + 4 :], 3), gates.DAMAGED)


@pytest.mark.parametrize("length", [0, 2**32 - 1, 5000])
def test_a_footer_that_does_not_fit_its_file_is_refused(forger: Forger, length: int) -> None:
    data = forger.parquet(PUPILS)
    refused(forger.house, forger.signed(data[:-8] + struct.pack("<I", length) + b"PARE", 3), gates.LOCK)


def test_a_column_that_was_left_in_the_clear_is_refused(forger: Forger) -> None:
    """An encrypted footer hides it from a glance; the values lie readable in storage."""
    data = _partly_sealed(forger, {"%": ["upn"]})
    assert b"Okafor-Smith" in data
    refused(forger.house, Forger(forger.house).signed(data, 3), gates.PAGES)


def test_a_column_under_a_key_of_its_own_is_refused(forger: Forger) -> None:
    """Asked for such a column, the library's footer aborts the process; each would cost another unwrap as well."""
    data = _partly_sealed(forger, {"%": PUPILS.column_names})
    assert b"Okafor-Smith" not in data
    refused(forger.house, Forger(forger.house).signed(data, 3), gates.PAGES)


def _partly_sealed(forger: Forger, columns: dict[str, list[str]]) -> bytes:
    key_id, borough = forger.key_id, forger.house.boroughs["lambeth"]

    class Keys:
        def wrap(self, _: str, data_key: bytes) -> bytes:
            return borough.wrap(key_id, data_key)

    forger.keys = Keys()  # type: ignore[assignment]
    crypto = {"uniform_encryption": False, "column_keys": columns}
    return forger.parquet(PUPILS, crypto=crypto, compression="none", use_dictionary=False)


# --- damage --------------------------------------------------------------------------------------------------------


def test_every_flipped_byte_is_refused(house: House) -> None:
    sealed = house.sealed(PUPILS.select(["surname"]))
    for position in range(len(sealed.data)):
        data = bytearray(sealed.data)
        data[position] ^= 0x01
        gate = gates.SEALED if position < 4 or position >= len(data) - 4 else gates.HASH
        refused(house, (bytes(data), sealed.metadata), gate)


def test_every_truncation_is_refused(house: House) -> None:
    sealed = house.sealed(PUPILS.select(["surname"]))
    for length in range(len(sealed.data)):
        gate = gates.SEALED if length else gates.SIZE
        refused(house, (sealed.data[:length], sealed.metadata), gate)


def test_damage_that_its_sender_signed_is_refused_or_harmless(forger: Forger) -> None:
    """A file damaged before it was hashed: authentication inside finds what the hash cannot."""
    table = PUPILS.select(["surname"])
    data = forger.parquet(table, store_schema=False)
    harmless = 0
    for position in range(4, len(data) - 4, 3):
        drop = forger.signed(_flipped(data, position, 1 << position % 8), 3)
        try:
            opened = forger.house.opened(*drop).table
        except UntrustedDrop:
            continue
        assert opened.equals(table)
        harmless += 1
    # Names of things that are not used, such as the key service's address.
    assert harmless < 40


def test_a_truncation_that_its_sender_signed_is_refused(forger: Forger) -> None:
    data = forger.parquet(PUPILS)
    for length in range(12, len(data) - 12, 17):
        shortened = data[:length] + data[-8:]
        with pytest.raises(UntrustedDrop):
            forger.house.opened(*forger.signed(shortened, 3))


def test_a_part_of_another_file_under_the_same_data_key_does_not_fit(forger: Forger) -> None:
    """Each file has an id of its own in what authenticates its parts."""
    one = forger.parquet(PUPILS, store_schema=False)
    swapped = forger.with_crypto(one, lambda crypto: crypto[:4] + bytes([crypto[4] ^ 1]) + crypto[5:])
    refused(forger.house, forger.signed(swapped, 3), gates.DAMAGED)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(junk=st.binary(max_size=400))
def test_any_junk_between_the_magics_is_refused(house: House, junk: bytes) -> None:
    drop = Forger(house).signed(b"PARE" + junk + b"PARE", 3)
    with pytest.raises(UntrustedDrop):
        house.opened(*drop)


@settings(max_examples=200, deadline=None)
@given(metadata=st.dictionaries(st.sampled_from(["exchange_manifest", "exchange_signature", "x"]), st.text()))
def test_any_metadata_is_refused_or_read(metadata: dict[str, str]) -> None:
    with pytest.raises(UntrustedDrop):
        from_metadata(metadata)


# --- what is inside ------------------------------------------------------------------------------------------------


def test_three_hundred_columns_are_refused(forger: Forger) -> None:
    table = pa.table({f"c{number}": ["x"] for number in range(300)})
    assert "300" in str(refused(forger.house, forger.signed(forger.parquet(table), 1), gates.COLUMNS))


def test_one_name_twice_is_refused(forger: Forger) -> None:
    table = pa.table([["a"], ["b"]], names=["surname", "surname"])
    refused(forger.house, forger.signed(forger.parquet(table), 1), gates.COLUMNS)


def test_more_rows_than_agreed_are_refused(forger: Forger) -> None:
    refused(forger.house, forger.signed(forger.parquet(PUPILS), 3), gates.ROWS, limits=limits(rows=2))


class _Secret(pa.ExtensionType):
    def __init__(self) -> None:
        super().__init__(pa.string(), "test.secret")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> _Secret:
        raise AssertionError("code of an extension type ran on a file that was not checked")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1, 2]]),
        pa.array([{"upn": "B801200005001"}]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
        pa.array([[{"a": [1]}]]),
        pa.array([[1.0, 2.0]], pa.list_(pa.float32(), 2)),
        pa.array([b"12345678"], pa.binary(8)),
        pa.ExtensionArray.from_storage(_Secret(), pa.array(["x"])),
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)], pa.binary(16))),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"])),
        pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8())),
    ],
    ids=["list", "struct", "map", "deep", "fixed list", "fixed bytes", "unregistered", "uuid", "json", "bool8"],
)
@pytest.mark.parametrize("store_schema", [True, False], ids=["with Arrow schema", "without"])
def test_nested_and_extension_types_are_refused(forger: Forger, column: pa.Array, store_schema: bool) -> None:
    table = pa.table({"upn": ["B801200005001"], "extra": column})
    data = forger.parquet(table, store_schema=store_schema)
    flat_without = not store_schema and column.type in (_Secret(), pa.bool8())
    drop = forger.signed(data, 1)
    if flat_without:
        # Without the Arrow schema nothing is left of the extension: it is the flat column it was stored as.
        assert forger.house.opened(*drop).table.num_columns == 2
    else:
        assert "column 2 of 2" in str(refused(forger.house, drop, gates.TYPES))


def test_no_code_of_a_registered_extension_type_is_run_and_its_column_is_refused(forger: Forger) -> None:
    class Marked(_Secret):
        @classmethod
        def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> Marked:
            return cls()

    table = pa.table({"extra": pa.ExtensionArray.from_storage(Marked(), pa.array(["x"]))})
    drop = forger.signed(forger.parquet(table), 1)
    pa.register_extension_type(Marked())
    try:
        refused(forger.house, drop, gates.TYPES)
    finally:
        pa.unregister_extension_type("test.secret")


@pytest.mark.parametrize("claimed", [0, 2, 4, 400_000])
def test_a_manifest_that_lies_about_rows_is_refused(forger: Forger, claimed: int) -> None:
    refused(forger.house, forger.signed(forger.parquet(PUPILS), claimed), gates.ROW_COUNT)


def _rows(old: int, new: int) -> Callable[[bytes], bytes]:
    """Changes the number of rows that the footer claims for the file, not for its row groups."""

    def change(footer: bytes) -> bytes:
        claim = b"\x16" + varint(old) + b"\x19"
        assert footer.count(claim) == 1
        return footer.replace(claim, b"\x16" + varint(new) + b"\x19")

    return change


def test_a_billion_row_claim_is_refused_before_anything_is_read(forger: Forger) -> None:
    data = forger.with_footer(forger.parquet(PUPILS), _rows(3, 1_000_000_000))
    refusal = refused(forger.house, forger.signed(data, 1_000_000_000), gates.ROWS)
    assert "1000000000" in str(refusal)


@pytest.mark.parametrize("claimed", [1, 4])
def test_a_footer_that_lies_about_rows_is_refused(forger: Forger, claimed: int) -> None:
    data = forger.with_footer(forger.parquet(PUPILS, store_schema=False), _rows(3, claimed))
    with pytest.raises(UntrustedDrop) as raised:
        forger.house.opened(*forger.signed(data, claimed))
    assert raised.value.code in (gates.ROW_COUNT.code, gates.DAMAGED.code)


def test_more_rows_than_the_footer_admits_are_not_read(forger: Forger) -> None:
    many = pa.table({"a": pa.nulls(10_000_000, pa.int32())})
    data = forger.with_footer(forger.parquet(many, row_group_size=1_000_000, store_schema=False), _rows(10_000_000, 3))
    with at_most(5):
        refused(forger.house, forger.signed(data, 3), gates.ROW_COUNT, limits=limits(rows=20_000_000))
        refused(forger.house, forger.signed(data, 3), gates.ROWS)


@pytest.mark.parametrize("lies", range(1, 8))
def test_rows_that_a_footer_hides_are_found(forger: Forger, lies: int) -> None:
    """File, row group and column each say how many rows there are: whichever of them lie, the pages are counted."""
    years = pa.table({"nc_year": pa.array(range(5000), pa.int32())})
    data = forger.parquet(years, store_schema=False, use_dictionary=False)
    true, lie = b"\x16" + varint(5000), b"\x16" + varint(4998)

    def admit(footer: bytes) -> bytes:
        first, *rest = footer.split(true)
        assert len(rest) == 3
        return first + b"".join((lie if lies >> bit & 1 else true) + part for bit, part in enumerate(rest))

    refused(forger.house, forger.signed(forger.with_footer(data, admit), 4998), gates.ROW_COUNT)


def test_a_writer_for_whom_the_reader_looks_behind_a_columns_end_is_refused(forger: Forger) -> None:
    writer = b"parquet-cpp-arrow version 26.0.1"
    data = forger.parquet(PUPILS)
    for name, gate in ((b"parquet-mr version 1.2.8 (sealed)", gates.PAGES), (b"Parquet-MR", gates.PAGES)):
        old = forger.with_footer(data, lambda footer, name=name: footer.replace(writer, name.ljust(32)[:32]))
        refused(forger.house, forger.signed(old, 3), gate)
    modern = forger.with_footer(data, lambda footer: footer.replace(writer, b"parquet-mr version 1.13.1".ljust(32)))
    assert forger.house.opened(*forger.signed(modern, 3)).table.equals(PUPILS)


def test_row_groups_of_different_widths_are_refused(forger: Forger) -> None:
    data = forger.parquet(PUPILS.select(["surname", "upn"]), store_schema=False)
    root = b"\x35\x00\x18\x06schema\x15" + varint(2)
    wider = forger.with_footer(data, lambda footer: footer.replace(root, root[:-1] + varint(3)))
    refused(forger.house, forger.signed(wider, 3), gates.DAMAGED)


def test_more_row_groups_or_pages_than_can_be_told_apart_are_refused(
    forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are numbered with 16 bits in what authenticates them; here fewer will do, as 32,768 pages are many."""
    table = pa.table({"surname": [f"n{number}" for number in range(300)]})
    options = {"row_group_size": 100, "data_page_size": 1, "write_batch_size": 10, "use_dictionary": False}
    drop = forger.signed(forger.parquet(table, **options), 300)
    monkeypatch.setattr("shared.kernel.envelope.pages.MOST_PAGES_OF_A_COLUMN", 9)
    assert forger.house.opened(*drop).table.equals(table)
    monkeypatch.setattr("shared.kernel.envelope.pages.MOST_PAGES_OF_A_COLUMN", 8)
    refused(forger.house, drop, gates.PAGES)
    monkeypatch.setattr("shared.kernel.envelope.footer.MOST_GROUPS", 2)
    refused(forger.house, drop, gates.PAGES)


def test_a_column_that_lies_outside_the_file_is_refused(forger: Forger) -> None:
    data = forger.parquet(PUPILS, store_schema=False, use_dictionary=False)
    offset = b"\x26" + varint(4)  # field 9 after field 7: where the first column's data begins

    def moved(to: int) -> bytes:
        return forger.with_footer(data, lambda footer: footer.replace(offset, b"\x26" + varint(to), 1))

    for to in (0, 1, 5, len(data), -4):
        with pytest.raises(UntrustedDrop) as raised:
            forger.house.opened(*forger.signed(moved(to), 3))
        assert raised.value.code in (gates.PAGES.code, gates.DAMAGED.code)


def test_a_footer_with_any_byte_changed_and_sealed_again_never_ends_the_process(forger: Forger) -> None:
    """The reader is C++: what it cannot bear must be stopped before it."""
    data = forger.parquet(PUPILS.select(["surname"]))
    length = 0

    def measured(footer: bytes) -> bytes:
        nonlocal length
        length = len(footer)
        return footer

    forger.with_footer(data, measured)
    for position in range(length):
        bit = 1 << position % 8
        changed = forger.with_footer(data, lambda footer, at=position, bit=bit: _flipped(footer, at, bit))
        try:
            table = forger.house.opened(*forger.signed(changed, 3)).table
        except UntrustedDrop:
            continue
        assert table.num_rows == 3


def _flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


# --- bombs ---------------------------------------------------------------------------------------------------------


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    """Assert that Arrow and Python take no more than this while the block runs."""
    pool = pa.default_memory_pool()
    tracemalloc.start()
    held = [pool.bytes_allocated()]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.0005):
            held.append(pool.bytes_allocated())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
        taken = tracemalloc.get_traced_memory()[1] + max(held) - held[0]
    finally:
        done.set()
        watcher.join()
        tracemalloc.stop()
    assert taken < megabytes * 1_000_000, f"took {taken} bytes"


def test_a_page_of_repeated_text_that_expands_beyond_the_limit_is_refused(forger: Forger) -> None:
    table = pa.table({"surname": ["x" * 10_000] * 2_000})
    data = forger.parquet(table, use_dictionary=False, compression="zstd")
    assert len(data) < 100_000
    with at_most(5):
        refused(forger.house, forger.signed(data, 2_000), gates.EXPANDED, limits=limits(decompressed_bytes=10_000_000))


@pytest.mark.parametrize("data_page_version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "none"])
def test_one_long_text_repeated_through_a_dictionary_is_refused_without_being_written_out(
    forger: Forger, compression: str, data_page_version: str
) -> None:
    """400,000 rows that each point at the same megabyte: 400 GB out of a file of at most one."""
    indices = pa.array([0] * 400_000, pa.int32())
    table = pa.table({"surname": pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 1_000_000]))})
    data = forger.parquet(table, compression=compression, data_page_version=data_page_version, store_schema=False)
    assert len(data) < 1_100_000
    with at_most(100):
        refused(
            forger.house, forger.signed(data, 400_000), gates.EXPANDED, limits=limits(decompressed_bytes=20_000_000)
        )


def test_text_that_repeats_the_text_before_it_is_read_while_it_fits(forger: Forger) -> None:
    """Delta byte arrays: a page of some bytes could decode to gigabytes. What it repeats is added up beforehand."""
    table = pa.table({"surname": ["x" * 1000] * 1000})
    data = forger.parquet(table, use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY")
    assert forger.house.opened(*forger.signed(data, 1000)).table.equals(table)
    with at_most(1):
        refused(forger.house, forger.signed(data, 1000), gates.EXPANDED, limits=limits(decompressed_bytes=1_000_000))


@pytest.mark.parametrize(
    "options",
    [
        {"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"},
        {"compression": "gzip"},
        {"compression": "snappy", "data_page_version": "2.0"},
        {"compression": "none", "use_dictionary": False},
        {"row_group_size": 700, "data_page_size": 100, "write_batch_size": 10},
        {"dictionary_pagesize_limit": 500, "data_page_size": 100, "write_batch_size": 10},
        {"write_page_index": True, "write_page_checksum": True},
        {"version": "1.0", "store_schema": True},
    ],
    ids=lambda options: ", ".join(options),
)
def test_other_writers_of_sealed_parquet_are_read(forger: Forger, options: dict[str, Any]) -> None:
    table = pa.table({"surname": [f"n{number}" for number in range(3000)], "note": ["same"] * 1500 + [None] * 1500})
    drop = forger.signed(forger.parquet(table, **options), 3000)
    assert forger.house.opened(*drop).table.equals(table)


def test_a_codec_that_was_not_agreed_is_refused(forger: Forger) -> None:
    for compression in ("lz4", "brotli"):
        refused(forger.house, forger.signed(forger.parquet(PUPILS, compression=compression), 3), gates.PAGES)


def _sizes(header: bytes, change: Callable[[int, int], tuple[int, int]]) -> bytes:
    """A page header with its two sizes (1 kind, 2 decompressed, 3 compressed) changed, as many bytes long as before."""
    (_, kind), (_, size), (_, packed) = (parse(header)[number] for number in (1, 2, 3))
    start = b"\x15" + varint(kind)
    old = start + b"\x15" + varint(size) + b"\x15" + varint(packed)
    assert header.startswith(old)
    expanded, compressed = change(size, packed)
    new = start + b"\x15" + varint(expanded) + b"\x15" + varint(compressed)
    return new + header[len(old) :]


LONG = pa.table({"surname": [f"{number:0100d}" for number in range(2000)]})


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        (lambda header: _sizes(header, lambda expanded, compressed: (2**20 - 1, compressed)), gates.EXPANDED),
        (lambda header: _sizes(header, lambda expanded, compressed: (-expanded, compressed)), gates.PAGES),
        (lambda header: _sizes(header, lambda expanded, compressed: (expanded, compressed - 1)), gates.PAGES),
        (lambda header: b"\x15\x02" + header[2:], gates.PAGES),
        (lambda header: b"\x15\x00" + header[2:], gates.PAGES),
        (lambda header: b"\x1b" + header[1:], gates.PAGES),
    ],
    ids=["claims a megabyte", "negative", "ends elsewhere", "index page", "data page", "not a header"],
)
def test_a_page_header_that_lies_is_refused_before_the_reader_believes_it(
    forger: Forger, change: Callable[[bytes], bytes], gate: gates.Reason
) -> None:
    data = forger.with_page_header(forger.parquet(LONG), change)
    refused(forger.house, forger.signed(data, 2000), gate, limits=limits(decompressed_bytes=1_000_000))


@pytest.mark.parametrize(
    "column",
    [[f"{number:04d}" for number in range(2000)], pa.array(range(2000), pa.int32())],
    ids=["text", "numbers"],
)
def test_a_dictionary_that_claims_more_entries_than_rows_is_refused(forger: Forger, column: Any) -> None:
    """The reader would make room for them before it looks for one."""
    data = forger.parquet(pa.table({"column": column}))

    def claim(entries: int) -> Drop:
        true, lie = (b"\x15" + varint(count) + b"\x15\x00" for count in (2000, entries))
        return forger.signed(forger.with_page_header(data, lambda header: header.replace(true, lie)), 2000)

    refused(forger.house, claim(2001), gates.PAGES)
    refused(forger.house, claim(1999), gates.DAMAGED)


def test_a_page_that_expands_to_less_than_it_says_is_refused(forger: Forger) -> None:
    data = forger.parquet(LONG, use_dictionary=False)
    lying = forger.with_page_header(
        data, lambda header: _sizes(header, lambda expanded, compressed: (expanded + 1, compressed)), data_page=True
    )
    refused(forger.house, forger.signed(lying, 2000), gates.DAMAGED)


def test_a_dictionary_that_does_not_decompress_is_refused(forger: Forger) -> None:
    data = forger.with_page_header(
        forger.parquet(LONG), lambda header: _sizes(header, lambda expanded, compressed: (expanded - 1, compressed))
    )
    with pytest.raises(UntrustedDrop):
        forger.house.opened(*forger.signed(data, 2000))


def test_text_that_is_not_utf8_is_refused(forger: Forger) -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(struct.pack("<ii", 0, 2)), pa.py_buffer(b"\xff\xfe")]
    )
    data = forger.parquet(pa.table({"surname": broken}), store_schema=False)
    refused(forger.house, forger.signed(data, 1), gates.DAMAGED)


def test_running_out_of_memory_is_ours(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes were checked: if memory still does not suffice, another machine, or a later try, may have it."""
    sealed = house.sealed()

    def exhausted(*_: object, **__: object) -> None:
        raise pa.ArrowMemoryError("malloc failed")

    monkeypatch.setattr("shared.kernel.envelope.parquet.weigh", exhausted)
    with pytest.raises(MemoryError):
        house.opened(sealed.data, sealed.metadata)
