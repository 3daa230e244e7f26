"""Conditions of the line: what the command says when the exchange cannot be reached as it should, and what is there.

Every row is a condition: what goes wrong, the exit code, the code of the error, words that are said, and whether the
file is in the inbox afterwards. Then the line is mended, the same command typed again, and the file must be there once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.storage import line as pace
from tests.conditions.line import CARRIED, Fault, Line, nowhere
from tests.conditions.office import Office

HTML = (("Content-Type", "text/html; charset=utf-8"),)
PORTAL = b"<html><title>Welcome to council guest wifi</title>Sign in</html>"
BUSY = (("x-ms-error-code", "ServerBusy"), ("x-ms-request-id", "r"))

PUTS: dict[str, tuple[Fault, int, str, str, bool]] = {
    "busy once": (Fault(503, BUSY, times=1, only="PUT"), 0, "", "", True),
    "busy and says when": (Fault(503, (*BUSY, ("Retry-After", "0")), times=2, only="PUT"), 0, "", "", True),
    "busy for long": (Fault(503, (*BUSY, ("Retry-After", "3600")), only="PUT"), 5, "STO-026", "3600 seconds", False),
    "busy until a date": (
        Fault(503, (*BUSY, ("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")), only="PUT"), 5, "STO-026", "busy", False,
    ),
    "busy for ever": (Fault(503, BUSY, only="PUT"), 5, "STO-026", "busy", False),
    "throttled once": (Fault(429, (("Retry-After", "0"),), times=1, only="PUT"), 0, "", "", True),
    "throttled for ever": (Fault(429, only="PUT"), 5, "STO-026", "429", False),
    "broken inside": (Fault(500, only="PUT"), 5, "STO-004", "500", False),
    "a gateway gives up": (Fault(504, only="PUT"), 5, "STO-004", "504", False),
    "a gateway gives up, but the file arrived": (Fault(504, only="PUT", carried=True, times=1), 0, "", "", True),
    "the answer is lost": (Fault(carried=True, closed=True, only="PUT", times=1), 0, "", "", True),
    "every answer is lost": (Fault(carried=True, closed=True, only="PUT"), 5, "STO-027", "sent twice", True),
    "closed before an answer": (Fault(closed=True, only="PUT"), 5, "STO-027", "broke", False),
    "closed in the middle of the file": (Fault(after=1000, only="PUT"), 5, "STO-027", "broke", False),
    "closed in the middle once": (Fault(after=1000, only="PUT", times=1), 0, "", "", True),
    "silent": (Fault(silent=1.0, closed=True, only="PUT"), 5, "STO-027", "silent", False),
    "a portal's page": (Fault(200, HTML, PORTAL), 5, "STO-025", "sign-in page", False),
    "a portal's page for the file alone": (Fault(200, HTML, PORTAL, only="PUT"), 5, "STO-025", "filter", False),
    "sent elsewhere": (Fault(302, (("Location", "http://127.0.0.1:9/login"),)), 5, "STO-025", "302", False),
    "a filter's page": (Fault(403, HTML, b"<html>Blocked</html>"), 5, "STO-025", "filter", False),
    "a filter that says it is well": (Fault(201, (), b"", only="PUT"), 5, "STO-025", "201", False),
    "the proxy asks for a password": (Fault(407), 6, "STO-022", "407", False),
    "the pass is not taken": (
        Fault(403, (("x-ms-error-code", "AuthenticationFailed"), ("x-ms-request-id", "r")), only="PUT"),
        6, "STO-005", "Renew the pass", False,
    ),
    "the inbox is gone": (
        Fault(404, (("x-ms-error-code", "ContainerNotFound"), ("x-ms-request-id", "r")), only="PUT"),
        4, "STO-006", "ContainerNotFound", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("condition", PUTS, ids=str)
def test_a_drop_under_a_condition_of_the_line(office: Office, line: Line, condition: str) -> None:
    fault, code, error, words, there = PUTS[condition]
    office.patch.setattr(pace, "ANSWER_SECONDS", 0.5)
    sealed = office.sealed()
    line.fault = fault

    said = office.run("drop", sealed)

    assert (said.code, said.error) == (code, error), said.err
    assert words in said.err
    assert (sealed.name in office.inbox()) is there
    assert b"Welcome" not in said.err.encode()
    line.fault = CARRIED
    again = office.run("drop", sealed)
    assert (again.code, again.json["already"]) == (0, there), again.err
    assert office.inbox().count(sealed.name) == 1
    assert office.left_over() == []


def test_a_service_that_says_when_is_asked_then_and_not_before(office: Office, line: Line) -> None:
    sealed, waits = office.sealed(), []
    office.patch.setattr(pace.time, "sleep", waits.append)
    line.fault = Fault(429, (("Retry-After", "7"),), times=2, only="PUT")
    assert office.run("drop", sealed).code == 0
    assert [wait for wait in waits if wait] == [7.0, 7.0]
    line.fault, line.met, waits[:] = Fault(503, (("Retry-After", "3600"),), only="PUT"), 0, []
    assert office.run("drop", office.sealed()).code == 5
    assert (line.met, waits) == (1, [])


def test_a_dead_exchange_and_a_name_that_nobody_knows(office: Office) -> None:
    sealed = office.sealed()
    for place, error, words in (
        (f"http://{nowhere()}", "STO-021", "nothing listens"),
        ("https://exchange.invalid", "STO-020", "exchange.invalid is not known"),
    ):
        office.place = place
        office.set_up()
        said = office.run("drop", sealed)
        assert (said.code, said.error) == (5, error)
        assert words in said.err
    assert sealed.name not in office.inbox()


def test_another_file_of_that_name_is_not_taken_for_this_one(office: Office) -> None:
    sealed = office.sealed()
    office.storage.inbox("lambeth").create(sealed.name, b"other bytes")
    for _ in range(2):  # the second time there must be no note that says it was tried
        said = office.run("drop", sealed)
        assert (said.code, said.error) == (7, "INP-107")
    assert office.storage.inbox("lambeth").read(sealed.name).data == b"other bytes"


def test_the_same_file_from_another_folder_is_known_by_its_receipt(office: Office) -> None:
    import json

    sealed = office.sealed()
    assert office.run("drop", sealed).code == 0
    sealed.with_name(f"{sealed.stem}.dropped.json").unlink()
    assert office.run("drop", sealed).code == 7
    sha256 = json.loads(json.loads(sealed.with_name(f"{sealed.stem}.manifest.json").read_text())["exchange_manifest"])
    body = {"sha256": sha256["sha256"], "status": "accepted"}
    office.give(f"reports/{sealed.stem}/receipt.json", json.dumps({"payload": {"body": body}}).encode())
    said = office.run("drop", sealed)
    assert (said.code, said.json["already"], said.json["status"]) == (0, True, "accepted")


@pytest.mark.parametrize(
    ("sealed_ahead", "code", "error"),
    [(timedelta(minutes=9), 0, ""), (timedelta(minutes=12), 2, "INP-103"), (timedelta(days=1), 2, "INP-103")],
)
def test_a_file_of_a_machine_whose_clock_is_fast_is_not_sent(office: Office, sealed_ahead, code, error) -> None:
    sealed = office.sealed(prepared_at=datetime.now(UTC).replace(microsecond=0) + sealed_ahead)
    said = office.run("drop", sealed)
    assert (said.code, said.error) == (code, error)
    assert (sealed.name in office.inbox()) is (code == 0)


@pytest.mark.parametrize("moved", [timedelta(hours=-3), timedelta(hours=3)])
def test_sealing_compares_the_clock_first_and_says_the_difference(office: Office, line: Line, moved, tmp_path) -> None:
    import pyarrow.parquet as pq

    from tests.world import COLLECTION, NOW, household, table

    pq.write_table(table("households", [household(extract_date=NOW.date())]), tmp_path / "h.parquet")
    seal = ("seal", tmp_path / "h.parquet", "--dataset", "households", "--collection", COLLECTION)
    line.fault = Fault(clock=moved)
    said = office.run(*seal, "--out", tmp_path / "out")
    assert (said.code, said.error) == (2, "INP-104")
    assert f"3 h 0 min {'fast' if moved < timedelta(0) else 'slow'}" in said.err or "2 h 59 min" in said.err
    assert not (tmp_path / "out").exists()
    line.fault = Fault(clock=timedelta(minutes=5))
    said = office.run(*seal, "--out", tmp_path / "out")
    assert said.code == 0
    assert "5 min slow" in said.err or "4 min slow" in said.err
    line.fault = Fault(closed=True)
    said = office.run(*seal, "--out", tmp_path / "out")
    assert said.code == 0
    assert "could not be compared" in said.err


@pytest.mark.parametrize("lasting", [Fault(503, BUSY, named="b.json"), Fault(answered=3, named="b.json")])
def test_one_file_that_cannot_be_had_does_not_bar_the_others(office: Office, line: Line, lasting: Fault) -> None:
    for name in ("a.json", "b.json", "c.parquet", "d.json"):
        office.give(f"one-{lasting.status}/{name}", b'{"far": "longer than three"}')
    line.fault = lasting
    out = office.folder / "out"
    said = office.run("fetch", f"one-{lasting.status}/", "--out", out)
    assert said.code == 8
    left = {entry["name"].rpartition("/")[2]: entry["code"] for entry in said.json["left"]}
    assert left["b.json"] in ("STO-026", "STO-004")
    assert left["c.parquet"].startswith("ENV-")
    assert sorted(path.name for path in out.rglob("*.*")) == ["a.json", "d.json"]
    line.fault = CARRIED
    said = office.run("fetch", f"one-{lasting.status}/", "--out", out)
    assert (said.code, len(said.json["left"])) == (8, 1)
    assert (out / f"one-{lasting.status}" / "b.json").read_bytes() == b'{"far": "longer than three"}'


def test_a_line_that_is_down_is_asked_once_and_the_rest_is_listed(office: Office, line: Line) -> None:
    for name in ("a", "b", "c"):
        office.give(f"down/{name}.json")
    line.fault = Fault(200, HTML, PORTAL, named="/down/")
    said = office.run("fetch", "down/", "--out", office.folder / "out")
    assert (said.code, [entry["code"] for entry in said.json["left"]]) == (8, ["STO-025"] * 3)
    assert line.met == pace.TRIES


def test_status_under_a_page_of_a_portal_and_of_one_broken_report(office: Office, line: Line) -> None:
    line.fault = Fault(200, HTML, PORTAL)
    said = office.run("status")
    assert (said.code, said.error) == (5, "STO-025")
    line.fault = CARRIED
    office.give("broken/x/report.json", b"<html>")
    said = office.run("status", "broken/")
    assert (said.code, said.json["reports"][0]["status"]) == (0, "cannot be read")


def test_a_slow_line_takes_a_file_longer_than_any_single_wait(office: Office, line: Line) -> None:
    """Some three seconds for the file, where no piece may take longer than one: the time is not for the whole."""
    from client.connect import door_of
    from client.settings import load_settings

    office.patch.setattr(pace, "CONNECT_SECONDS", 1.0)
    data = bytes(16 * 2**20)  # more than sockets take in advance
    line.fault = Fault(rate=4 * 2**20, only="PUT")
    seen: list[tuple[int, int]] = []
    with door_of(load_settings(office.profile), lambda sent, whole: seen.append((sent, whole))) as door:
        door.put("slow.parquet", data, {})
    assert office.storage.inbox("lambeth").facts("slow.parquet").size == len(data)
    assert line.asked.count("PUT " + line.asked[-1].partition(" ")[2]) == 1
    assert seen[0] == (0, len(data))
    assert [sent for sent, _ in seen] == sorted(sent for sent, _ in seen)
    assert len(seen) > 100


def test_a_proxy_that_keeps_a_file_to_itself_for_a_while_is_waited_for(office: Office, line: Line) -> None:
    """The wait for an answer grows with the file: here 0.3 seconds, and as much again for each 500 bytes."""
    office.patch.setattr(pace, "ANSWER_SECONDS", 0.3)
    office.patch.setattr(pace, "SLOWEST_BYTES_A_SECOND", 1500)
    sealed = office.sealed()
    assert sealed.stat().st_size > 4500
    line.fault = Fault(silent=1.5, only="PUT")
    assert office.run("drop", sealed).code == 0
    assert line.met == 1
