"""The operators' orders: what they write, and what the exchange makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from client.cli import run
from operate import ordering, site
from shared.kernel.envelope.keys import Use, read_public
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.terms.orders import Order, digest_of, is_order, is_order_name, read_order

ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def test_an_order_is_read_back_as_it_was_written_and_its_name_says_what_it_says() -> None:
    order = Order(word="hold", party="hackney", drops=(ID,), day=date(2027, 3, 31), why="court", by=digest_of("Ann"))
    assert read_order(order.document) == order
    assert is_order(order.name)
    assert is_order_name(order.name)
    assert b"Ann" not in order.document


def test_two_who_order_the_same_order_one_thing() -> None:
    first, second = (
        Order(word="hold", party="hackney", day=date(2027, 3, 31), why="court", by=digest_of(who))
        for who in ("ann", "bob")
    )
    assert first.stop == second.stop
    assert first.name != second.name


@pytest.mark.parametrize(
    "what",
    [
        {"word": "hold", "day": "2027-03-31"},
        {"word": "hold", "why": "court"},
        {"word": "hold", "why": "curiosity", "day": "2027-03-31"},
        {"word": "leave"},
        {"word": "end"},
        {"word": "quarantine"},
        {"word": "quarantine", "since": "2027-03-31T00:00:00"},
        {"word": "forget"},
        {"word": "leave", "day": "2027-03-31", "note": "anything"},
        {"word": "leave", "day": "2027-03-31", "format": 2},
    ],
)
def test_what_is_no_whole_order_is_refused(what: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        read_order(json.dumps({"party": "hackney", "by": ID, **what}).encode())


@pytest.mark.parametrize("who", ["Ann", " ann ", "ANN"])
def test_the_same_person_is_one_however_their_name_is_typed(who: str) -> None:
    assert digest_of(who) == digest_of("ann")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """The orders that commands give, on an exchange of which only the agreements are asked."""
    orders: list[Order] = []

    def give(_: object, order: Order) -> str:
        orders.append(order)
        return order.stop

    monkeypatch.setattr(ordering, "give", give)
    monkeypatch.setattr(site, "load_site", lambda _: site.OperatedSite())
    return orders


def test_leave_says_who_and_from_when(given: list[Order], capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert run(["agreement", "leave", "lewisham", "--on", "2027-04-01", "--by", "ann"]) == 0
    assert [(order.word, order.party, order.day) for order in given] == [("leave", "lewisham", date(2027, 4, 1))] * 2
    assert given[0].name == given[1].name
    assert "2027-04-01" in capsys.readouterr().out


@pytest.fixture
def keeper(given: list[Order], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalKeyRing:
    """A site with keys: Lewisham has two to sign with, and one of each other kind."""
    ring = LocalKeyRing(tmp_path / "keys")
    for use in (Use.DROP, Use.RELEASE, Use.SIGN, Use.SIGN):
        ring.create_key("lewisham", use)
    ring.create_key("lambeth", Use.SIGN)
    monkeypatch.setattr(site, "load_site", lambda _: site.OperatedSite(keys=str(tmp_path / "keys")))
    monkeypatch.setattr(ordering, "orders", lambda _: ())
    monkeypatch.setattr(site, "now", lambda: datetime(2027, 4, 1, 9, 0, tzinfo=UTC))
    return ring


LEAVE = ("agreement", "leave", "lewisham", "--by", "ann", "--json")


def keys_of(ring: LocalKeyRing) -> list[str]:
    return [key.key_id for use in (Use.DROP, Use.RELEASE, Use.SIGN) for key in ring.held("lewisham", use)]


def test_leave_names_the_keys_to_revoke_and_when_passes_end(
    keeper: LocalKeyRing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*LEAVE, "--on", "2027-04-02"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["keys"], facts["passes_end"], facts["stays_in"]) == (keys_of(keeper), "2027-04-09", [])
    assert run([*LEAVE[:-1], "--on", "2027-04-02"]) == 0
    text = capsys.readouterr().out
    assert all(key in text for key in keys_of(keeper))
    assert "exchange agreement leave lewisham --on 2027-04-02 --keys --out lewisham-keys.json" in text


def test_a_keeper_ends_all_keys_of_who_has_left_and_keeps_them_for_evidence(
    keeper: LocalKeyRing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out = keys_of(keeper), tmp_path / "lewisham.json"
    ending = [*LEAVE, "--on", "2027-04-01", "--keys", "--out", str(out)]
    assert run(ending) == 0
    assert json.loads(capsys.readouterr().out)["revoked"] == before
    assert keys_of(keeper) == []
    assert keeper.held("lambeth", Use.SIGN)
    at = int(datetime(2027, 4, 1, 9, 0, tzinfo=UTC).timestamp())
    assert [(key.key_id, key.validity.last) for key in read_public(out.read_bytes())] == [(key, at) for key in before]

    more = keeper.create_key("lewisham", Use.SIGN)  # it sent one more
    for revoked in ([more], []):  # done again, nothing changes
        assert run(ending) == 0
        assert json.loads(capsys.readouterr().out)["revoked"] == revoked
    assert [key.key_id for key in read_public(out.read_bytes())] == [*before, more]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--on", "2027-04-02", "--keys", "--out", "x.json"), "KEY-013"),  # the day has not come
        (("--on", "2027-04-01", "--agreement", "fsm", "--keys", "--out", "x.json"), "KEY-013"),  # party to another
        (("--on", "2027-04-01", "--keys"), "INP-000"),
    ],
)
def test_keys_that_are_needed_are_not_revoked(
    keeper: LocalKeyRing, given: list[Order], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str
) -> None:
    before = keys_of(keeper)
    assert run([*LEAVE, *words]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert (keys_of(keeper), given) == (before, [])


def test_who_leaves_one_agreement_keeps_keys_and_passes_for_the_others(
    keeper: LocalKeyRing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*LEAVE, "--on", "2027-04-01", "--agreement", "fsm"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["stays_in"], facts["keys"]) == (["origin-destination"], None)
    assert "passes_end" not in facts


def test_whose_keys_cannot_be_seen_is_told_where_they_are_listed(
    given: list[Order], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*LEAVE[:-1], "--on", "2027-04-01"]) == 0
    assert "leaving.json" in capsys.readouterr().out


def test_quarantine_gives_one_order_for_each_party(given: list[Order]) -> None:
    keys = ["--key", "ring:lewisham/sign/0a1b2c3d4e5f", "--key", "ring:lambeth/sign/0a1b2c3d4e5f"]
    assert run(["quarantine", *keys, "--since", "2027-01-12"]) == 0
    assert [(order.party, order.keys, f"{order.since:%Y-%m-%d}") for order in given] == [
        ("lambeth", ("ring:lambeth/sign/0a1b2c3d4e5f",), "2027-01-12"),
        ("lewisham", ("ring:lewisham/sign/0a1b2c3d4e5f",), "2027-01-12"),
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["quarantine"], 64),
        (["agreement", "leave", "nowhere", "--on", "2027-04-01"], 2),
        (["agreement", "leave", "lewisham", "--on", "soon"], 64),
        (["hold", "add", "lewisham", "--why", "curiosity", "--until", "2027-04-01"], 2),
    ],
)
def test_what_cannot_be_understood_orders_nothing(given: list[Order], words: list[str], code: int) -> None:
    assert run(words) == code
    assert given == []


def test_agreement_status_says_how_long_each_lasts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    today: Callable[[], date] = lambda: date(2027, 8, 1)  # noqa: E731
    monkeypatch.setattr("client.settings.today", today)
    assert run(["agreement", "status", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["agreements"]
    [fsm] = [one for one in said if one["agreement"].startswith("fsm@")]
    assert (fsm["days_left"], fsm["in_force"], fsm["notices"][0]["code"]) == (30, True, "AGR-010")
