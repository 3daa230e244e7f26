"""Notes in names: what is read as one, what is left alone, and what follows for the pair and the letter."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.contracts import CONTRACTS, HOUSEHOLDS
from shared.agreements.free_school_meals.linkage import link_pupils
from shared.agreements.free_school_meals.notes import GUARDIAN, NOTES, addressed, without_notes
from shared.agreements.free_school_meals.terms import own_terms
from shared.kernel.contract.notes import notes_of
from shared.kernel.contract.objections import PERSON, names_of
from tests.agreements import pilot
from tests.unit.agreements.free_school_meals.contracts.rows import HOUSEHOLD, PUPIL, found, validated

DEATH, CARE, STANDING = "death", "protected", "standing"


@pytest.mark.parametrize(
    ("name", "plain", "kinds"),
    [
        ("WREN (DECEASED)", "WREN", {DEATH}),
        ("WREN (DECEASED", "WREN", {DEATH}),
        ("Wren (dec\u2019d 12 Mar 2026)", "Wren", {DEATH}),
        ("WREN [MUM DIED 03/2026]", "WREN", {DEATH}),
        ("WREN - DECEASED", "WREN", {DEATH}),
        ("DECEASED: WREN", "WREN", {DEATH}),
        ("WREN R.I.P.", "WREN", {DEATH}),
        ("WREN DEC\u2019D", "WREN", {DEATH}),
        ("WREN DECD 12/03/26", "WREN", {DEATH}),
        ("DEAD 12/03/2026 WREN", "WREN", {DEATH}),
        ("THE LATE HANA", "HANA", {DEATH}),
        ("DECEASED", "", {DEATH}),
        ("EXECUTORS OF HANA", "HANA", {"executors"}),
        ("HANA (EST. OF)", "HANA", {"bracketed"}),
        ("HANA (ESTATE OF)", "HANA", {"executors"}),
        ("**DO NOT CONTACT** WREN", "WREN", {"do_not_contact"}),
        ("DO-NOT-CONTACT WREN", "WREN", {"do_not_contact"}),
        ("WREN *DNC*", "WREN", {"do_not_contact"}),
        ("WREN IN CARE", "WREN", {CARE}),
        ("WREN <LAC>", "WREN", {CARE}),
        ("WREN (ADOPTED 2015 - DO NOT CONTACT)", "WREN", {CARE, "do_not_contact"}),
        ("QUILLER - LEFT", "QUILLER", {STANDING}),
        ("QUILLER DUPLICATE", "QUILLER", {STANDING}),
        ("HANA C/O TOM MARLOW", "HANA", {"care_of"}),
        ("APPOINTEE FOR HANA", "HANA", {"appointee"}),
        ("MR & MRS T", "MR MRS T", {"two_people"}),
        ("& MRS T", "MRS T", {"two_people"}),
        ("HANA AND TOM", "HANA TOM", {"two_people"}),
        ("WILLIAM (BILL)", "WILLIAM", {"bracketed"}),
        ("(WREN)", "WREN", {"bracketed"}),
        ("WREN (BIL", "WREN BIL", {"bracketed"}),
    ],
)
def test_a_note_is_told_from_the_name(name: str, plain: str, kinds: set[str]) -> None:
    read = NOTES.read_one(name)
    assert (read.plain, read.kinds) == (plain, kinds)
    assert set(NOTES.read(pa.array([name])).kinds) == kinds


@pytest.mark.parametrize(
    "name",
    [
        *("Dead", "LEFT", "Care", "Late", "Nee", "Agent", "Estate", "Smith-Left", "Smith Dead", "Anne - Marie"),
        *("Anderson", "Sandy", "Renée", "Decdent", "12 DEC 2012 WREN", "Wren (2)", "Executive", "O'Connor", "", "-"),
    ],
)
def test_a_name_that_only_looks_like_a_note_is_left_alone(name: str) -> None:
    read = NOTES.read_one(name)
    assert (read.plain, read.kinds) == (name, frozenset())
    assert not NOTES.read(pa.array([name, None])).kinds


@pytest.mark.parametrize(
    ("name", "compared"),
    [
        ("SMITH NÉE JONES", "SMITH JONES"),
        ("SMITH (NEE JONES)", "SMITH JONES"),
        ("SMITH NE\u0301E JONES", "SMITH JONES"),
        ("Anna - now Beth", "Anna Beth"),
        ("Anna formerly Beth (deceased)", "Anna Beth"),
    ],
)
def test_another_name_is_compared_beside_the_first(name: str, compared: str) -> None:
    assert NOTES.read(pa.array(["Anna", name])).compared.to_pylist() == ["Anna", compared]


def test_columns_keep_their_kind_and_their_other_rows() -> None:
    texts = ["Wren", None, "Wren (deceased)"]
    for column in (pa.array(texts), pa.chunked_array([texts[:2], texts[2:]]), pa.array(texts).dictionary_encode()):
        read = NOTES.read(column)
        assert read.plain.type == column.type
        assert read.plain.to_pylist() == ["Wren", None, "Wren"]
        assert read.kinds[DEATH].tolist() == [False, False, True]


def test_a_list_with_another_effect_is_refused() -> None:
    with pytest.raises(ValueError, match="joke"):
        notes_of({"joke": {"effect": "laugh", "codes": {}, "message": "m", "remedy": "r"}})


def test_a_note_that_stops_suppresses_every_row_of_the_claim() -> None:
    sibling = {"child_forename": "Chidi", "child_seq": 2, "child_upn": None, "child_uln": None}
    for note in ("Amara (DECEASED)", "Amara DO NOT CONTACT", "Amara - adopted"):
        accepted = validated("households", {"child_forename": note}, sibling).accepted
        assert accepted.column("suppress_contact").to_pylist() == [True, True]
    kept = validated("households", {"child_forename": "Amara (Amy)"}, {**sibling, "claimant_forename": "Ngozi"})
    assert kept.accepted.column("suppress_contact").to_pylist() == [False, False]


def test_no_finding_repeats_what_stands_in_the_name() -> None:
    for _, code, field in found(validated("households", {"child_forename": "Amara (gone away with Zebedee)"})):
        assert "Zebedee" not in code + field
    texts = [f"{rule.message} {rule.remedy}" for contract in CONTRACTS.values() for rule in contract.rules]
    assert not any("Zebedee" in text for text in texts)


def linked(pupil: dict[str, object] | None = None, household: dict[str, object] | None = None) -> dict[str, object]:
    pupils = validated("pupils", pupil or {}).accepted
    households = validated("households", household or {}).accepted
    [link] = link_pupils(pupils, households, own_terms(pilot()).linkage).to_pylist()
    return link


def test_without_a_note_the_pair_is_automatic() -> None:
    assert linked()["outcome"] == "matched"


@pytest.mark.parametrize("note", [" (DECEASED)", " - EXECUTORS", " *DNC*", " IN CARE", " [DUPLICATE]", " C/O HANA"])
def test_a_pair_with_such_a_note_of_either_side_is_a_persons_and_says_the_kind(note: str) -> None:
    kind = next(iter(NOTES.read_one(f"Amara{note}").kinds)).replace("_", " ")
    for link in (
        linked(pupil={"forename": f"{PUPIL['forename']}{note}"}),
        linked(household={"child_forename": f"{HOUSEHOLD['child_forename']}{note}"}),
    ):
        assert link["outcome"] == "review"
        assert link["guard"] in ("note", "suppressed")
        assert str(link["sentence"]).endswith(f"A note stands in a name: {kind}.")


@pytest.mark.parametrize("field", ["claimant_surname", "partner_forename", "contact_forename"])
def test_a_note_of_death_of_a_parent_is_a_persons_too(field: str) -> None:
    of_pupil = field.startswith("contact")
    note = {field: "Ngozi (DECEASED)"} | ({"contact_surname": "Okafor"} if of_pupil else {})
    assert linked(pupil=note if of_pupil else None, household=None if of_pupil else note)["outcome"] == "review"


def test_who_represents_the_claimant_does_not_decide_the_pair() -> None:
    assert linked(household={"claimant_forename": "Ngozi & David"})["outcome"] == "matched"
    assert linked(household={"child_forename": f"{HOUSEHOLD['child_forename']} (Amy)"})["outcome"] == "matched"


def test_a_letter_goes_to_the_claimant_or_to_the_parent_or_guardian() -> None:
    names = ["Ngozi", "Ngozi (Grace)", "MR & MRS N", "Ngozi C/O David", "Ngozi (deceased)"]
    columns = {"claimant_title": ["Ms"] * 5, "claimant_forename": names, "claimant_surname": ["Okafor"] * 5}
    told = addressed(pa.table(columns)).to_pylist()
    assert [tuple(row.values()) for row in told] == [("Ms", "Ngozi", "Okafor")] * 2 + [(None, None, GUARDIAN)] * 3


def test_who_has_objected_is_found_by_the_plain_name() -> None:
    def name(forename: str) -> str:
        rows = validated("households", {"child_forename": forename}).accepted
        joined = names_of(HOUSEHOLDS, pa.array([""]), rows, lambda word, *cells: pa.array([str([c[0] for c in cells])]))
        return joined[PERSON][0].as_py()

    assert name("Amara (deceased)") == name("AMARA") != name("Chidi")


def test_a_pupils_name_is_released_without_the_schools_note() -> None:
    rows = pa.table({"forename": ["Amara (see file, dad violent)"], "dob": [date(2015, 11, 3)]})
    assert without_notes(rows, ("forename", "surname")).column("forename").to_pylist() == ["Amara"]
