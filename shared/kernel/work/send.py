"""What came of a job, sent and kept. Every write is create-only, and the summary comes last: results without one are
those of a job that is not finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.kernel.days import london_day
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.seal import Label
from shared.kernel.errors import ConservationBroken
from shared.kernel.intake.over import told_of
from shared.kernel.intake.staging import stage
from shared.kernel.intake.stops import SEALED_TO, key_mark
from shared.kernel.terms.partition import Partition
from shared.kernel.work.cover import covers, no_longer
from shared.kernel.work.memory import remember
from shared.kernel.work.notices import send_notices
from shared.kernel.work.outbox import released, send_sealed, send_summary
from shared.kernel.work.rows import tell_of_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.pipeline import Carried, Job, Release

SERVICE = "work"
RELEASED = "released"


def send(
    sharing: Sharing,
    job: Job,
    id: str,
    begun: Mapping[str, Any],
    inputs: Mapping[Partition, pa.Table],
    carried: Carried,
) -> None:
    """Send what came of the job, keep what is kept, and write the summary last.

    Raises `ConservationBroken` when a row is unaccounted for, before anything is sent.
    """
    subject = f"{job.kind}:{id}"
    started = datetime.fromisoformat(str(begun["started_at"]))
    _conserve(sharing, job, subject, carried)
    if carried.told is not None:
        tell_of_rows(sharing, job, id, next(iter(inputs.values())), carried.told, _headline(carried))
    hashes = _send_all(sharing, job, id, carried, started)
    for word, rows in carried.kept.items():
        stage(sharing, job.party, Partition(word, job.collection, job.party, started, id), rows)
    for word, rows in carried.pending.items():
        partition = Partition(word, job.collection, job.party, started, id)
        stage(sharing, job.party, partition, rows, told_of(job), area=sharing.pending(job.party))
    send_notices(sharing, carried.notices, job, id, started)
    for word, rows in carried.remembered.items():
        remember(sharing, Partition(word, job.collection, job.party, started, id), rows)
    sharing.ledger.record(
        subject,
        RELEASED,
        service=SERVICE,
        tenant=job.party,
        counts=carried.counts,
        hashes=hashes,
        codes=(job.collection,),
    )
    summary = {
        job.kind: id,
        "party": job.party,
        "collection": job.collection,
        "agreement": sharing.agreement.reference,
        "started_at": started.isoformat(),
        "as_of": london_day(started).isoformat(),
        **carried.summary,
    }
    if lost := no_longer(sharing, begun["covered_before"], covers(job)):
        summary["no_longer_covered"] = [f"{dataset}.{sender}" for dataset, sender in lost]
    send_summary(sharing, summary, to=job.party, name=f"{carried.folder}/{job.collection}/{id}/summary.json")


def _headline(carried: Carried) -> str:
    return str(carried.summary.get("headline", ""))


def _conserve(sharing: Sharing, job: Job, subject: str, carried: Carried) -> None:
    """Record the ends of all rows. Raises `ConservationBroken` unless each row has one that the pipeline names."""
    unknown = sorted(end for end in carried.ends if end.partition(".")[0] not in sharing.pipeline.ends)
    if unknown:
        raise ConservationBroken(
            "LED-002",
            f"Rows came to ends that the agreement's pipeline does not name: {', '.join(unknown)}.",
            "This is a defect of the exchange: stop, and tell its maintainers.",
        )
    sharing.ledger.conserve(
        subject, service=SERVICE, tenant=job.party, rows_in=carried.rows_in, ends=Counter(carried.ends)
    )


def _send_all(sharing: Sharing, job: Job, id: str, carried: Carried, started: datetime) -> dict[str, str]:
    """Send every release; the SHA-256 of each sealed file and a digest of the key that opens it, as the ledger names
    them.

    Raises `ValueError` before anything is sent: two that the ledger could not tell apart are a defect of the pipeline.
    """
    keys = [_key(job, release) for release in carried.releases]
    if len(set(keys)) < len(keys):
        raise ValueError("a job has two releases to one party, or one release twice")
    sent = [_send(sharing, job, id, release, started) for release in carried.releases]
    hashes = {key: manifest.sha256 for key, manifest in zip(keys, sent, strict=True)}
    opens = {f"{SEALED_TO}{key}": key_mark(manifest.key_id) for key, manifest in zip(keys, sent, strict=True)}
    return hashes | opens


def _key(job: Job, release: Release) -> str:
    """How the ledger names the hash of a release: by the release or, of one that goes elsewhere, by who gets it."""
    return release.name if release.to == job.party else release.to


def _send(sharing: Sharing, job: Job, id: str, release: Release, started: datetime) -> Manifest:
    """Send what the agreement releases; the manifest of the sealed file."""
    rows = released(sharing.agreement, release.name, release.rows, to=release.to, own=job.party, on=sharing.today)
    label = Label(EXCHANGE, release.to, release.name, job.collection, started)
    return send_sealed(sharing, rows, label, name=f"{release.folder}/{job.collection}/{id}/{release.name}.parquet")
