"""A party leaves an agreement: every party is told, in one signed statement, what lies here of it and for it, what it
may still fetch, and which keys are its own.

From the first minute of its day (London's) it is no party: it drops nothing, gets nothing, and nobody works with its
rows (`Exchange.with_stops`). The sweep of the night after destroys and certifies what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.days import london_day
from shared.kernel.disposal.remind import RESULT
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import read_manifest
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import AlreadyExists, KeyUnavailable, Missing, OutOfUse, UntrustedDrop
from shared.kernel.rights.out_of_use import put_report
from shared.kernel.terms.gates import AgreementCode
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing

LEAVING = "leaving"
"""The kind of statement."""
FILE = "leaving.json"
LEAVES = AgreementCode(
    "AGR-014",
    "A party leaves the agreement.",
    "If it is you: fetch your results in time, and have your key revoked afterwards. If it is another: nothing follows "
    "for the rows of others; expect nothing of it and send it nothing from that day on.",
)
FORMAT = 1


def tell_of_leaving(sharing: Sharing, stop: str, party: str, day: date) -> None:
    """Write the statement, and a report that says it in words, into the outbox of every party, once.

    Of the agreement as it is with the party that leaves still among its parties.
    """
    everybody = sharing.agreement
    body = _body(sharing, stop, party, day)
    document = sign_statement(body, LEAVING, sharing.keys, datetime.fromisoformat(body["looked_at"]))
    outcome = _outcome(body, everybody.by_slug[party].name, day)
    for each in everybody.participants:
        facts: dict[str, str | int] = {
            "agreement": everybody.reference,
            "party": party,
            "leaves_on": day.isoformat(),
            "looked_at": body["looked_at"],
            "rows_destroyed": sum(row["rows"] for row in body["rows"]),
            "results_to_fetch": len(body["results"]),
            "code": outcome.code,
            "what_it_means": outcome.message,
            "what_to_do": outcome.remedy,
        }
        put_report(sharing, each.slug, stop, outcome, facts)
        with suppress(AlreadyExists, Missing):  # an earlier try wrote it; it has no outbox any more
            sharing.outbox(each.slug).create(f"reports/{stop}/{FILE}", document, content_type="application/json")


def _body(sharing: Sharing, stop: str, party: str, day: date) -> dict[str, Any]:
    agreement = sharing.agreement
    slugs = [each.slug for each in agreement.participants]
    return {
        "format": FORMAT,
        "order": stop,
        "agreement": agreement.reference,
        "party": party,
        "leaves_on": day.isoformat(),
        "looked_at": sharing.clock().isoformat(timespec="seconds"),
        "rows": sorted(_rows(sharing, party, slugs), key=lambda row: sorted(row.items(), key=str)),
        "results": sorted(_results(sharing, party), key=lambda result: str(result["job"])),
        "keys": {use.value: sorted(_keys(sharing, party, use)) for use in (Use.DROP, Use.RELEASE, Use.SIGN)},
    }


def _rows(sharing: Sharing, party: str, slugs: list[str]) -> Iterator[dict[str, Any]]:
    """The files of drops that are of the party or for it."""
    for owner in slugs:
        for blob in sharing.staging(owner).list():
            with suppress(ValueError, UntrustedDrop):
                file = Partition.named(blob.name)
                if file.dataset in sharing.pipeline.contracts and party in (owner, file.sender):
                    yield {
                        "dataset": file.dataset,
                        "collection": file.collection,
                        "of": file.sender,
                        "for": owner,
                        "drop": file.drop,
                        "rows": read_manifest(blob.metadata).rows,
                    }


def _results(sharing: Sharing, party: str) -> Iterator[dict[str, Any]]:
    """What the party may still fetch, and the last day on which it is there."""
    days = timedelta(days=sharing.agreement.retention.sweep_days["outbox"])
    with suppress(Missing):  # it has no outbox any more
        for blob in sharing.outbox(party).list():
            if blob.name.endswith(RESULT) and blob.created:
                folder, collection, job, release = blob.name.split("/")
                yield {
                    "release": release.removesuffix(RESULT),
                    "folder": folder,
                    "collection": collection,
                    "job": job,
                    "fetch_until": london_day(blob.created + days).isoformat(),
                }


def _keys(sharing: Sharing, party: str, use: Use) -> frozenset[str]:
    try:
        return sharing.keys.accepted(party, use)
    except KeyUnavailable:
        return frozenset()


def _outcome(body: dict[str, Any], name: str, day: date) -> OutOfUse:
    rows, results = sum(row["rows"] for row in body["rows"]), body["results"]
    told = f"{name} is no party from {day.day} {day:%B %Y} on. Rows of it or for it that are destroyed then: {rows:,}."
    if results:
        last = max(result["fetch_until"] for result in results)
        told += f" Results that it may still fetch: {len(results)}, the last until {last}."
    return OutOfUse(LEAVES.code, f"{LEAVES.meaning} {told}", LEAVES.remedy)
