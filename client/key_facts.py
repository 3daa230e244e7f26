"""What there is to say of the keys in a borough's folder."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from client.console import step

if TYPE_CHECKING:
    from client.settings import Settings
    from shared.kernel.envelope.keys import PublicKey

SHOWN = ("owner", "use", "key", "made", "from", "to", "compromised_since", "current", "private_part")
"""What a list of them shows; their fingerprints stand in the JSON alone."""


def facts_of_keys(settings: Settings) -> list[dict[str, str]]:
    """Every key of the folder: whose, which, when it counts, whether it is the current one and whole here."""
    from shared.kernel.envelope.keys import Use
    from shared.kernel.envelope.manifest import EXCHANGE

    ring, private = settings.key_ring(), settings.key_folder() / "private"
    found = []
    for owner in (EXCHANGE, *settings.agreement().by_slug):
        for use in Use:
            held = ring.held(owner, use)
            for key in ring.every(owner, use):
                name = f"{owner}.{use.value}.{key.key_id.rpartition('/')[2]}.jwk.json"
                where = "here" if (private / name).is_file() else "elsewhere"
                revoked = ring.is_revoked(key.key_id)
                current = "revoked" if revoked else "yes" if key in held[-1:] else "no" if key in held else "not now"
                found.append(_facts(key) | {"current": current, "private_part": where, "fingerprint": key.fingerprint})
    return found


def _facts(key: PublicKey) -> dict[str, str]:
    validity = key.validity
    return {
        "owner": key.owner,
        "use": key.use.value,
        "key": key.key_id,
        "made": _time(key.created),
        "from": _time(validity.first),
        "to": _time(validity.last),
        "compromised_since": _time(validity.compromised),
    }


def _time(moment: int | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unread_results(settings: Settings, key: PublicKey) -> list[str] | None:
    """Names of the results in the outbox that only this key opens; `None` where no outbox is set."""
    from client.connect import open_door
    from client.passes import OUTBOX
    from shared.kernel.envelope.keys import Use
    from shared.kernel.envelope.manifest import read_manifest
    from shared.kernel.errors import UntrustedDrop

    if key.use is not Use.RELEASE:
        return []
    if not (settings.account_url or settings.outbox_url):
        return None
    found = []
    with step("Looking into the outbox"), open_door(settings, OUTBOX) as door:
        for blob in door.list():
            with suppress(UntrustedDrop):  # a report: it is not sealed
                if read_manifest(blob.metadata).key_id == key.key_id:
                    found.append(blob.name)
    return found
