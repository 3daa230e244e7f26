"""Which result of a collection is current: one signed word in the party's outbox, and what it replaced is taken away.

The word is written on condition that nobody wrote another meanwhile. Whoever was replaced is named in it until its
files are gone, so that a process that was killed between the two leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import AlreadyExists, Changed, Missing, StorageUnavailable
from shared.kernel.intake.staging import StagedFor
from shared.kernel.terms.current import CURRENT, FILE, FORMAT
from shared.kernel.terms.partition import Partition
from shared.kernel.work.cover import remember

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.ledger.events import Event
    from shared.kernel.storage.areas import Area
    from shared.kernel.terms.pipeline import Job

SERVICE = "work"
CLOCKS_DIFFER = timedelta(minutes=10)
"""As far as the clocks of two workers may be apart: what began so much earlier began earlier beyond doubt."""
_TRIES = 20
_MOST_REPLACED = 100
"""As many ids fit into a blob's metadata with room to spare; each is named for seconds."""


@dataclass(frozen=True)
class _Held:
    """What `current.json` says, as its metadata repeats it: the app reads nothing in an outbox."""

    etag: str
    job: str
    started: datetime
    replaces: tuple[str, ...]


def make_current(sharing: Sharing, job: Job, id: str, started: datetime) -> None:
    """Let the job's result be the current one of its collection, and take away what it replaces; or, where a later one
    is current already, take its own away."""
    outbox = sharing.outbox(job.party)
    for _ in range(_TRIES):
        held = _held(outbox, job, sharing)
        if held is not None and held.job == id:
            remember(sharing, job, id)
            _take_away(sharing, job, held.replaces, by=id)
            return
        if held is not None and not _takes_its_place(sharing, job, started, held):
            _take_away(sharing, job, (id,), by=held.job)
            return
        with suppress(AlreadyExists, Changed, Missing):  # another was quicker: look again, at what there is now
            _write(sharing, job, id, started, held)
    raise StorageUnavailable("STO-004", f"Too many write which result of {job.party} is current.", "Try again.")


def no_longer_current(sharing: Sharing, job: Job, id: str) -> None:
    """Take the word away where it names this result, which was taken back: none is current until another comes."""
    outbox = sharing.outbox(job.party)
    held = _held(outbox, job, sharing)
    if held is not None and held.job == id:
        _take_away(sharing, job, held.replaces, by=id)
        with suppress(Missing, Changed):  # an earlier try has deleted it; another is current meanwhile
            outbox.delete(_name(sharing, job), if_match=held.etag)


def _takes_its_place(sharing: Sharing, job: Job, started: datetime, held: _Held) -> bool:
    """Whether it is the later of the two: it is over what counts now; else it began later beyond doubt."""
    stands = sharing.pipeline.stands(job, StagedFor(sharing, job.party))
    return stands or held.started + CLOCKS_DIFFER < started


def _held(outbox: Area, job: Job, sharing: Sharing) -> _Held | None:
    try:
        facts = outbox.facts(_name(sharing, job))
    except Missing:
        return None
    told = facts.metadata
    replaces = tuple(told["replaces"].split(",")) if told.get("replaces") else ()
    return _Held(facts.etag, told["job"], datetime.fromisoformat(told["started"]), replaces)


def _write(sharing: Sharing, job: Job, id: str, started: datetime, held: _Held | None) -> None:
    document = sign_statement(_body(sharing, job, id, started), CURRENT, sharing.keys, started)
    told = {"job": id, "started": started.isoformat()}
    if held is not None:
        told["replaces"] = ",".join((held.job, *held.replaces)[:_MOST_REPLACED])
    outbox, name = sharing.outbox(job.party), _name(sharing, job)
    if held is None:
        outbox.create(name, document, told, content_type="application/json")
    else:
        outbox.replace(name, document, held.etag, told, content_type="application/json")


def _body(sharing: Sharing, job: Job, id: str, started: datetime) -> dict[str, Any]:
    rights = sharing.pipeline.kinds[job.kind]
    released = _released(sharing, job, id)
    inputs = [Partition.named(name) for name in job.inputs]
    return {
        "format": FORMAT,
        "agreement": sharing.agreement.reference,
        "party": job.party,
        "collection": job.collection,
        "kind": job.kind,
        "job": id,
        "started_at": started.isoformat(),
        "folder": f"{rights.folder}/{job.collection}/{id}",
        "releases": {
            f"{folder}/{job.collection}/{id}/{release}.parquet": released.hashes[release]
            for release, folder in rights.sends.items()
            if release in released.hashes
        },
        "covers": [
            {"dataset": file.dataset, "sender": file.sender, "drop": file.drop}
            for file in sorted(inputs, key=lambda file: file.name)
        ],
        "ledger": [released.vouched()],
    }


def _released(sharing: Sharing, job: Job, id: str) -> Event:
    """The event that records the job's releases, with the SHA-256 of each."""
    chain = sharing.ledger.events(f"{job.kind}:{id}")
    return next(event for event in chain if event.step == "released")


def _take_away(sharing: Sharing, job: Job, replaced: Iterable[str], *, by: str) -> None:
    """Delete what is left of these results in the party's own outbox, and record on each that it was replaced."""
    rights, outbox = sharing.pipeline.kinds[job.kind], sharing.outbox(job.party)
    folders = {f"{folder}/{job.collection}/" for folder in (rights.folder, *rights.sends.values())}
    names = [blob.name for folder in sorted(folders) for blob in outbox.list(folder)]
    for id in replaced:
        found = [name for name in names if name.split("/")[2] == id]
        if not found:
            continue
        sharing.ledger.record(
            f"{job.kind}:{id}",
            "replaced",
            service=SERVICE,
            tenant=job.party,
            counts={"files": len(found)},
            hashes={"by": by},
        )
        for name in found:
            with suppress(Missing):  # somebody else is at it
                outbox.delete(name)


def _name(sharing: Sharing, job: Job) -> str:
    return f"{sharing.pipeline.kinds[job.kind].folder}/{job.collection}/{FILE}"
