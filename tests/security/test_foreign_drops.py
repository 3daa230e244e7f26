"""Drops that code sealed which shares nothing with ours: accepted, or refused in words that its writer can act on."""

from __future__ import annotations

from datetime import date

import pytest

from shared.kernel.envelope.ask import ARROW, JAVA
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import RejectedDrop
from tests.shared_files import shared
from tests.unit.kernel.envelope.foreign import foreign_keys, opened, validated

ACCEPTED = {
    "a-pupils": 40,
    "b-households": 40,
    "p-unusual-types": 40,
    "spark-pupils": 40,
    "spark-created-by": 40,
    "spark-end-9999-int96": 40,
    "spark-part-0": 14,
    "spark-part-1": 13,
    "spark-part-2": 13,
    "u-delta-byte-array": 40,
    "v-utc-dates": 40,
    "w-float-earnings": 40,
}
"""Rows, all of which are accepted."""

REFUSED: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "q-default-key-length": (
        "ENV-010",
        ("128 bits", "256 bits", "DataKeyLengthBits"),
        {ARROW: "data_key_length_bits=256", JAVA: "parquet.encryption.data.key.length.bits=256"},
    ),
    "r-default-double-wrapping": (
        "ENV-010",
        ("wrapped twice", "single wrapping"),
        {ARROW: "double_wrapping=False", JAVA: "parquet.encryption.double.wrapping=false"},
    ),
    "s2-aad-prefix-hidden": (
        "ENV-010",
        ("an AAD prefix that the file does not store",),
        {ARROW: "disable_aad_prefix_storage", JAVA: "withoutAADPrefixStorage"},
    ),
    "t-lz4": (
        "ENV-018",
        ("LZ4_RAW", "column 1 of 32 (upn)", "none, Snappy, gzip or Zstandard"),
        {ARROW: "compression=", JAVA: "parquet.compression"},
    ),
    "i-oaep-sha1": (
        "ENV-012",
        ("First check that OAEP uses SHA-256 for its hash and for MGF1",),
        {ARROW: "OaepSHA256", JAVA: "MGF1ParameterSpec.SHA256"},
    ),
    "x2-time-zone": ("ENV-003", ("another form of prepared_at", "ends in Z"), {}),
    "y1-padded-signature": ("ENV-005", ("padding (=)", "without padding: 86 characters"), {}),
    "spark-writer-2": (
        "ENV-018",
        ("levels lie in the clear before the ciphertext", "column 1 of 32 (upn)", "row group 1 of 1"),
        {JAVA: "parquet.writer.version=v1"},
    ),
    "spark-upper-case": ("FIL-003", ("lower case", "UPN"), {JAVA: "lower()"}),
}


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> LocalKeyRing:
    return foreign_keys(tmp_path_factory.mktemp("foreign"))


def test_every_foreign_drop_is_tried() -> None:
    found = {path.stem for path in shared("data/cases/foreign").glob("*.parquet")}
    assert found == {*ACCEPTED, *REFUSED}
    assert len(found) == 21


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_good_foreign_drop_is_accepted_with_every_row(ring: LocalKeyRing, name: str) -> None:
    checked = validated(ring, name)
    assert (checked.accepted.num_rows, checked.rows_rejected) == (ACCEPTED[name], 0)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_foreign_drop_is_refused_in_words_that_its_writer_can_act_on(ring: LocalKeyRing, name: str) -> None:
    code, words, settings = REFUSED[name]
    with pytest.raises(RejectedDrop) as raised:
        validated(ring, name)
    refusal = raised.value
    assert refusal.code == code
    assert all(word in str(refusal) for word in words), str(refusal)
    assert refusal.particulars is not None
    for writer, setting in settings.items():
        assert setting in refusal.particulars.settings[writer]
        assert setting in refusal.remedy


def test_no_refusal_repeats_a_value_of_the_pupils(ring: LocalKeyRing) -> None:
    columns = ("upn", "surname", "forename", "postcode")
    table = opened(ring, "a-pupils").table
    values = {value for name in columns for value in table.column(name).to_pylist() if value and len(value) > 3}
    for name in REFUSED:
        with pytest.raises(RejectedDrop) as raised:
            validated(ring, name)
        assert not any(value in str(raised.value) for value in values)


def test_the_last_day_of_the_year_9999_is_read_as_that(ring: LocalKeyRing) -> None:
    """Int96 reaches it, nanoseconds in 64 bits do not."""
    days = opened(ring, "spark-end-9999-int96").table.column("fsm_end_date").to_pylist()
    assert {moment.date() for moment in days if moment} == {date(9999, 12, 31)}


def test_amounts_in_half_the_bits_are_those_of_the_same_households_in_full(ring: LocalKeyRing) -> None:
    full = validated(ring, "b-households").accepted.column("uc_net_earnings").to_pylist()
    half = validated(ring, "w-float-earnings").accepted.column("uc_net_earnings").to_pylist()
    assert half == full
