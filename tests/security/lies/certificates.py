"""Lies that are told in certificates of destruction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement
from tests.security.lies.base import anew, first, forget, lie
from tests.unit.kernel.audit.term import Term, when


def certificate(term: Term, place: int, party: str = "lambeth") -> str:
    """One of the party's certificates, by its place among them."""
    return sorted(name for name in term.certificates if name.startswith(f"{party}/"))[place]


def sweep_of(term: Term, name: str) -> str:
    return next(subject for subject in term.events if name.endswith(f"-{subject.partition(':')[2]}.json"))


def _certificate_gone(place: int) -> Callable[[Term], None]:
    """A certificate, its sweep and all lines of it, together."""

    def tell(term: Term) -> None:
        name = certificate(term, place)
        forget(term, sweep_of(term, name))
        del term.certificates[name]

    return tell


def _under_another_day(term: Term) -> None:
    """A copy under another day: its rows would be counted twice."""
    name = certificate(term, 0)
    party, _, file = name.partition("/")
    term.certificates[f"{party}/2026-11-29{file[10:]}"] = term.certificates[name]


def _under_another_party(term: Term) -> None:
    name = certificate(term, 0)
    term.certificates["southwark/" + name.partition("/")[2]] = term.certificates[name]


def _body(term: Term, name: str) -> dict[str, Any]:
    return dict(json.loads(term.certificates[name])["payload"])


def _signed_again(change: Callable[[dict[str, Any]], None], place: int = -1) -> Callable[[Term], None]:
    """A certificate changed, and signed again with the exchange's own key."""

    def tell(term: Term) -> None:
        name = certificate(term, place)
        payload = _body(term, name)
        change(payload["body"])
        at = datetime.fromisoformat(payload["issued_at"])
        term.certificates[name] = sign_statement(payload["body"], "certificate", term.keys, at)

    return tell


def _fewer_rows(body: dict[str, Any]) -> None:
    body["destroyed"] = body["destroyed"][1:]
    body["counts"]["objects"] -= 1


def _nothing_late(body: dict[str, Any]) -> None:
    for entry in body["destroyed"]:
        entry["created"] = body["swept_at"][:19] + "Z"


def _more_counted(body: dict[str, Any]) -> None:
    body["counts"]["rows"] += 500


def _by_a_stranger(term: Term) -> None:
    """Every certificate signed again with a key of somebody's own, whose public part lies where the exchange's lay; and
    the ledger records what lies there."""
    ring = LocalKeyRing(Path(mkdtemp()))
    ring.create_key(EXCHANGE, Use.SIGN)
    for name in sorted(term.certificates):
        payload = _body(term, name)
        if before := payload["body"]["previous"]:
            lies_there = term.certificates[f"{name.partition('/')[0]}/{before['file']}"]
            before["sha256"] = hashlib.sha256(lies_there).hexdigest()
        at = datetime.fromisoformat(payload["issued_at"])
        term.certificates[name] = sign_statement(payload["body"], "certificate", ring, at)
        digest = hashlib.sha256(term.certificates[name]).hexdigest()
        subject = sweep_of(term, name)
        if subject in term.events:
            term.events[subject] = anew(
                term.events[subject],
                lambda e, d=digest: replace(e, hashes={"certificate": d}) if e.step == "certified" else e,
            )
    term.public = {"exchange.json": ring.export_public(EXCHANGE, Use.SIGN)}


def _twice_in_a_certificate(term: Term) -> None:
    name = certificate(term, 0)
    document = term.certificates[name]
    term.certificates[name] = document.replace(
        b'"counts":{', b'"counts":{"bytes":0,"objects":0,"rows":0},"counts":{', 1
    )


def _kept_longer(term: Term) -> None:
    """True, and the lie is that nobody says it: rows that were there for 33 days."""
    day = when("2026-11-27", 2)
    key = f"staging/lambeth/fsm/pupils/2026-autumn/southwark.20261005T093000Z.{'fa' * 16}.parquet"
    term.blob(day - timedelta(days=33), "PutBlob", key, mark=first(term, "drop"))
    term.sweep(day, "lambeth", [(key, day - timedelta(days=33))])


def _of_another_exchange(term: Term) -> None:
    """In the place of one lies what another exchange certified, and the ledger records that; its key is not ours."""
    name = certificate(term, 1)
    payload, ring = _body(term, name), LocalKeyRing(Path(mkdtemp()))
    ring.create_key(EXCHANGE, Use.SIGN)
    at = datetime.fromisoformat(payload["issued_at"])
    _put_in_place(term, name, sign_statement(payload["body"], "certificate", ring, at))


def _of_another_kind(term: Term) -> None:
    """A receipt lies in the place of a certificate."""
    name = certificate(term, 1)
    payload = _body(term, name)
    at = datetime.fromisoformat(payload["issued_at"])
    _put_in_place(term, name, sign_statement(payload["body"], "receipt", term.keys, at))


def _put_in_place(term: Term, name: str, document: bytes) -> None:
    digest, subject = hashlib.sha256(document).hexdigest(), sweep_of(term, name)
    term.certificates[name] = document
    term.events[subject] = anew(
        term.events[subject], lambda e: replace(e, hashes={"certificate": digest}) if e.step == "certified" else e
    )


def _out_of_sight(term: Term) -> None:
    """A certificate that nobody recorded lies in a folder that is called as that of the daily heads."""
    name = certificate(term, 0)
    party, _, file = name.partition("/")
    term.certificates[f"{party}/heads/{file}"] = term.certificates[name].replace(b'"objects":', b'"objectz":', 1)


def _twice_the_same(body: dict[str, Any]) -> None:
    """The same object stands in the list twice."""
    body["destroyed"].append(body["destroyed"][0])
    body["counts"]["objects"] += 1


LIES = (
    lie("a certificate, its sweep and all its lines gone", "AUD-014 AUD-020", _certificate_gone(1)),
    lie("the first certificate, its sweep and all its lines gone", "AUD-014 AUD-020", _certificate_gone(0)),
    lie("the last certificate, its sweep and all its lines gone", "AUD-020", _certificate_gone(-1)),
    lie("a certificate under another day", "AUD-014", _under_another_day),
    lie("a certificate under another party", "AUD-014", _under_another_party),
    lie("a certificate over fewer objects, signed again", "AUD-014 AUD-020", _signed_again(_fewer_rows)),
    lie("a certificate with other days of birth, signed again", "AUD-014 AUD-020", _signed_again(_nothing_late)),
    lie("a certificate that counts more than it lists", "AUD-014", _signed_again(_more_counted)),
    lie("all certificates signed again with a stranger's key", "AUD-014 AUD-020", _by_a_stranger),
    lie("a name twice in a certificate", "AUD-014", _twice_in_a_certificate),
    lie("rows that were kept longer than promised", "AUD-006", _kept_longer),
    lie("a certificate of another exchange", "AUD-014 AUD-020", _of_another_exchange, "a key that is not among those"),
    lie("a receipt in the place of a certificate", "AUD-014", _of_another_kind, "another kind of statement"),
    lie("a certificate in a folder called heads", "AUD-014", _out_of_sight),
    lie("an object twice in a certificate, signed again", "AUD-014", _signed_again(_twice_the_same)),
)
