"""The storage account of the exchange, by purpose and by borough.

============================  =====================================================  ==============================
container                     holds                                                  part of one borough
============================  =====================================================  ==============================
``<slug>-inbox``              what the borough drops                                 the container
``<slug>-outbox``             what the borough collects                              the container
``staging``                   validated rows, sealed to the exchange                 prefix ``<home slug>/``
``pending``                   what awaits a decision, sealed likewise                prefix ``<home slug>/``
``decisions``                 what was decided, as pseudonyms, sealed likewise       prefix ``<home slug>/``
``held``                      what a hold keeps, sealed as it lay                     prefix ``<slug>/``
``requests``                  work that is due                                       prefix ``<home slug>/``
``claims``                    facts fixed once for a piece of work                   prefix ``<slug>/``
``certificates``              certificates of destruction, no personal data          prefix ``<slug>/``
``deadletter``                events that Event Grid could not deliver               (all; read by operators)
``ledger``                    events, no personal data                               (all)
``reference``                 public reference data, such as the postcode directory  (all)
============================  =====================================================  ==============================

Whatever holds personal data is reached through a call that takes one borough: no call reads across two. An undelivered
event names a blob, and a borough may have put a name into it: `dead_letters.py` reads one for an operator who gives it
to the app again, and shows no name.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from azure.storage.blob import BlobServiceClient, LinearRetry

from shared.kernel import names
from shared.kernel.errors import AlreadyExists, Missing
from shared.kernel.json_once import loads_once
from shared.kernel.storage.areas import SINGLE_PUT_BYTES, Area
from shared.kernel.storage.faults import translated

if TYPE_CHECKING:
    import pyarrow as pa
    from azure.core.credentials import TokenCredential

POSTCODES = "postcodes.parquet"
"""In `reference`: Parquet with `postcode` (normal form) and `ons_code`, one row per postcode."""

_BY_BOROUGH = ("staging", "pending", "decisions", "held", "requests", "claims", "certificates")
_SHARED = (*_BY_BOROUGH, "ledger", "reference", "deadletter")


def sdk_options() -> dict[str, Any]:
    """How every client of the blob service is set up: one write is one request; tries are few and close together.

    A function has minutes and its event is tried again anyway, so a long wait here only hides the trouble.
    """
    return {
        "max_single_put_size": SINGLE_PUT_BYTES,
        "max_single_get_size": 64 * 2**20,
        "max_chunk_get_size": 16 * 2**20,
        "retry_policy": LinearRetry(backoff=1, retry_total=3, random_jitter_range=1),
        "connection_timeout": 10,
        "read_timeout": 60,
    }


class Storage:
    """One storage account. Close it, or use it in a `with`, when the process goes on without it."""

    def __init__(self, service: BlobServiceClient) -> None:
        self.service = service
        """The SDK's client; for this room only."""
        self._request_id: str | None = None
        self._postcodes: dict[str, pa.Table] = {}

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> Storage:
        """Connect by connection string, or by account URL with an Entra credential (default: whoever runs this).

        `options` go to the SDK's client and override `sdk_options`.
        """
        # At its usual level this logger writes every URL, and a borough can put a child's name into a file's name.
        logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
        options = sdk_options() | options
        if not where.startswith(("https://", "http://")):
            return cls(BlobServiceClient.from_connection_string(where, **options))
        return cls(BlobServiceClient(where, credential=credential or default_credential(), **options))

    def __enter__(self) -> Storage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self.service.close()

    def with_request_id(self, request_id: str) -> Storage:
        """The same account; every request bears this id, such as ``drop:<id>``, as its client request id."""
        other = copy(self)
        other._request_id = request_id
        return other

    def inbox(self, slug: str) -> Area:
        """What the borough drops."""
        return self._area(f"{_checked(slug)}-inbox")

    def outbox(self, slug: str) -> Area:
        """What the borough collects."""
        return self._area(f"{_checked(slug)}-outbox")

    def staging(self, home: str) -> Area:
        """Validated rows of children who live in `home`, sealed to the exchange."""
        return self._area("staging", f"{_checked(home)}/")

    def pending(self, home: str) -> Area:
        """What awaits a decision of `home`'s, sealed to the exchange."""
        return self._area("pending", f"{_checked(home)}/")

    def decisions(self, home: str) -> Area:
        """What `home` has decided, as pseudonyms, sealed to the exchange."""
        return self._area("decisions", f"{_checked(home)}/")

    def held(self, slug: str) -> Area:
        """What a hold keeps in the borough's part, sealed as it lay: nobody works with it."""
        return self._area("held", f"{_checked(slug)}/")

    def requests(self, home: str) -> Area:
        """Work that is due for `home`."""
        return self._area("requests", f"{_checked(home)}/")

    def claims(self, slug: str) -> Area:
        """Facts that were fixed once for the borough's drops and runs."""
        return self._area("claims", f"{_checked(slug)}/")

    def certificates(self, slug: str) -> Area:
        """Certificates of what was destroyed of the borough's; they hold no personal data."""
        return self._area("certificates", f"{_checked(slug)}/")

    def dead_letters(self) -> Area:
        """Events that could not be delivered, of all boroughs: to be destroyed, or given again."""
        return self._area("deadletter")

    def ledger(self) -> Area:
        """Events; they hold no personal data."""
        return self._area("ledger")

    def reference(self) -> Area:
        """Public reference data."""
        return self._area("reference")

    def claim(self, slug: str, key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Fix `facts`, which JSON can hold, for the piece of work `key` of a borough, unless that was done before.

        Returns the facts that hold: whoever finishes the work takes its time of day and suchlike from there, and so
        writes the same bytes as the one who began. Nothing is locked: a claim cannot be held by the dead.
        """
        area, name = self.claims(slug), f"{key}.json"
        document = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
        try:
            area.create(name, document, content_type="application/json")
        except AlreadyExists:
            document = area.read(name).data
        held: dict[str, Any] = loads_once(document)
        return held

    def claimed(self, slug: str, key: str) -> dict[str, Any] | None:
        """The facts that were fixed for a piece of work of a borough; `None` where none were."""
        try:
            held: dict[str, Any] = loads_once(self.claims(slug).read(f"{key}.json").data)
        except Missing:
            return None
        return held

    def postcode_directory(self) -> pa.Table:
        """The postcode directory: `postcode` in normal form and `ons_code`, one row per postcode.

        Read once and kept until it is replaced. Raises `Missing` (STO-001) where there is none.
        """
        import io

        import pyarrow.parquet as pq

        area = self.reference()
        etag = area.facts(POSTCODES).etag
        directory = self._postcodes.get(etag)
        if directory is None:
            blob = area.read(POSTCODES, if_match=etag)
            directory = pq.read_table(io.BytesIO(blob.data), columns=["postcode", "ons_code"])
            # Other threads may look at the same moment: each returns what it has read itself.
            self._postcodes.clear()
            self._postcodes[etag] = directory
        return directory

    def containers(self) -> frozenset[str]:
        """Names of all containers of the account, which is not to look into any."""
        with translated("(all)"):
            return frozenset(str(found.name) for found in self.service.list_containers(**self._tagged()))

    def parts(self) -> dict[str, frozenset[str]]:
        """What stands first in the names of a shared container's blobs, by container: ``surrey/`` for a party's
        part. Anything without a ``/`` at its end lies in no party's part."""
        found = {}
        for container in _BY_BOROUGH:
            with translated(container):
                client = self.service.get_container_client(container)
                found[container] = frozenset(
                    str(part.name).partition("/")[0] + ("/" if "/" in str(part.name) else "")
                    for part in client.walk_blobs(delimiter="/", **self._tagged())
                )
        return found

    def soft_delete_days(self) -> int:
        """For how many days the account keeps deleted blobs; 0 when it does not."""
        with translated("(all)"):
            policy = self.service.get_service_properties(**self._tagged())["delete_retention_policy"]
        return int(policy.days or 1) if policy.enabled else 0

    def held_containers(self) -> frozenset[str]:
        """Names of containers on which a legal hold or an immutability policy lies."""
        with translated("(all)"):
            return frozenset(
                str(found.name)
                for found in self.service.list_containers(**self._tagged())
                if found.has_legal_hold or found.has_immutability_policy
            )

    def check_reachable(self) -> None:
        """Raise a `StorageFault` unless the account answers, lets us in, and has its containers."""
        with translated("ledger"):
            self.service.get_container_client("ledger").get_container_properties(**self._tagged())

    def now(self) -> datetime | None:
        """The time by the service's own clock, UTC, whole seconds; `None` where its answer does not say."""
        dates: list[str] = []

        def note(answer: Any) -> None:
            dates.append(answer.http_response.headers.get("Date") or "")

        with translated("ledger"):
            client = self.service.get_container_client("ledger")
            client.get_container_properties(raw_response_hook=note, **self._tagged())
        return parsedate_to_datetime(dates[-1]).astimezone(UTC) if dates and dates[-1] else None

    def ensure_containers(self, parties: Iterable[str], *, only_collect: Iterable[str] = ()) -> None:
        """Make the containers of these parties, and the shared ones. In the cloud Bicep has made them.

        `only_collect` are parties without an inbox.
        """
        own = [f"{slug}-{box}" for slug in parties for box in ("inbox", "outbox")]
        own += [f"{slug}-outbox" for slug in only_collect]
        self._create_containers([*own, *_SHARED])

    def _create_containers(self, names: Iterable[str]) -> None:
        from azure.core.exceptions import ResourceExistsError

        for name in names:
            with translated(name):
                try:
                    self.service.create_container(name)
                except ResourceExistsError:
                    continue

    def _tagged(self) -> dict[str, Any]:
        return {} if self._request_id is None else {"client_request_id": self._request_id}

    def _area(self, container: str, prefix: str = "") -> Area:
        return Area(self.service.get_container_client(container), prefix, self._request_id)


def default_credential() -> TokenCredential:
    """Whoever runs this: a managed identity in the cloud, the person who is logged in on a laptop."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


def _checked(slug: str) -> str:
    """A slug becomes a container name or a prefix; an empty or crafted one would widen what a call reaches."""
    if not names.is_slug(slug):
        raise ValueError("not a party's slug")
    return slug
