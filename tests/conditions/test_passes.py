"""Conditions of a pass: each fault is said before anything is asked of the exchange, without a letter of the pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.conditions.line import Line
from tests.conditions.office import Office

HOUR = timedelta(hours=1)


def ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


SPOILT: dict[str, tuple[Callable[[Office], str], str, str]] = {
    "ended": (lambda o: o.url("inbox", HOUR, since=ago(3)), "INP-093", "ended at"),
    "not yet valid": (lambda o: o.url("inbox", HOUR, since=ago(-3)), "INP-094", "holds from"),
    "of another borough": (lambda o: o.url("inbox", slug="southwark"), "INP-095", "southwark-inbox"),
    "to the other box": (lambda o: o.url("outbox"), "INP-096", "create a file"),
    "for one file alone": (lambda o: o.url("inbox").replace("sr=c", "sr=b"), "INP-096", "whole container"),
    "HTML-escaped": (lambda o: o.url("inbox").replace("&", "&amp;"), "INP-091", "&amp;"),
    "cut off in the signature": (lambda o: o.url("inbox")[:-9], "INP-092", "signature is not whole"),
    "cut off by one letter": (lambda o: o.url("inbox")[:-1], "INP-092", "signature is not whole"),
    "cut off before the signature": (lambda o: o.url("inbox").partition("&sig=")[0], "INP-092", "no sig="),
    "cut off after the question mark": (lambda o: o.url("inbox").partition("?")[0] + "?", "INP-092", "cut off"),
    "with a space in it": (lambda o: o.url("inbox").replace("&sp", " &sp"), "INP-090", "a space"),
    "broken into two lines": (lambda o: o.url("inbox").replace("&sp", "\\n&sp"), "INP-110", "backslash"),
    "in angle brackets": (lambda o: f"<{o.url('inbox')}>", "INP-090", "angle brackets"),
    "escaped twice": (lambda o: o.url("inbox").partition("?")[0] + "?" + quote(o.url("inbox").partition("?")[2]),
                      "INP-092", "cut off"),
    "without the container": (lambda o: f"{o.place}?{o.url('inbox').partition('?')[2]}", "INP-090", "container"),
    "not a URL": (lambda o: "ask Janet for it", "INP-090", "space"),
    "in the clear": (lambda o: o.url("inbox").replace("127.0.0.1", "exchange.example.org"), "INP-097", "https"),
    "with a port that is none": (lambda o: o.url("inbox").replace(o.place, "https://x:port"), "INP-090", "not written"),
}  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT, ids=str)
def test_a_pass_is_looked_at_before_the_exchange_is_asked(office: Office, line: Line, spoilt: str) -> None:
    make, error, words = SPOILT[spoilt]
    sealed = office.sealed()
    text = make(office)
    office.set_up(inbox_url=text)
    if "\\n" in text:  # as somebody pastes it: JSON would escape the backslash
        office.profile.write_text(office.profile.read_text().replace("\\\\n", "\\n"))

    said = office.run("drop", sealed)

    assert (said.code, said.error) == (2, error), said.err
    assert words in said.err
    assert line.asked == []
    signature = office.url("inbox").partition("sig=")[2]
    assert signature[:12] not in said.out + said.err
    office.set_up()
    assert office.run("drop", sealed).code == 0


def test_a_pass_whose_plus_became_a_space_or_was_written_lower_is_still_read(office: Office) -> None:
    from client.passes import INBOX, read_pass

    for _ in range(20):  # a signature with + or / comes soon
        url = office.url("inbox", lasts=timedelta(seconds=3600 + _))
        assert read_pass(url, INBOX).container == "lambeth-inbox"
        assert read_pass(url.replace("%2B", "+"), INBOX).container == "lambeth-inbox"


def test_a_file_at_the_wrong_door_is_told_to_its_sender(office: Office, line: Line) -> None:
    sealed = office.sealed(slug="southwark")
    said = office.run("drop", sealed)
    assert (said.code, said.error) == (2, "INP-101")
    assert "southwark" in said.err
    assert line.asked == []


@pytest.mark.parametrize("change", ["a byte", "cut", "the manifest of another"])
def test_a_file_that_is_not_what_was_signed_does_not_leave(office: Office, line: Line, change: str) -> None:
    sealed, other = office.sealed(), office.sealed(rows=2)
    data = bytearray(sealed.read_bytes())
    if change == "a byte":
        data[100] ^= 1
    elif change == "cut":
        data = data[:200] + data[-4:]
    else:
        sealed.with_name(f"{sealed.stem}.manifest.json").write_bytes(
            other.with_name(f"{other.stem}.manifest.json").read_bytes()
        )
    sealed.write_bytes(data)
    said = office.run("drop", sealed)
    assert (said.code, said.error) == (2, "INP-100")
    assert line.asked == []


def test_the_outbox_pass_is_looked_at_too(office: Office, line: Line) -> None:
    office.set_up(outbox_url=office.url("outbox", HOUR, since=ago(3)))
    for command in (("status",), ("fetch", "--out", office.folder / "out")):
        said = office.run(*command)
        assert (said.code, said.error) == (2, "INP-093")
    assert line.asked == []
    assert office.run("drop", office.sealed()).code == 0  # the inbox has its own pass
