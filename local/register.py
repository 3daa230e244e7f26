"""The local exchange's register: who is who in its logs, as `exchange audit` reads it.

Passes of earlier starts stay in it, since the logs still show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from local import identities
from local.witnessed_keys import VAULT
from shared.kernel.audit.register import signature_hash
from shared.kernel.terms.agreements import Agreements
from shared.kernel.yaml_once import load_yaml_once


@dataclass(frozen=True)
class Pass:
    """A pass that was issued: known by a digest of its signature, as the logs show it."""

    signature: str
    """SHA-256 in upper-case hex."""
    borough: str
    box: str
    issued: datetime
    expires: datetime

    @classmethod
    def of(cls, url: str, borough: str, box: str, issued: datetime, expires: datetime) -> Pass:
        """The pass that is in a container's URL."""
        [signature] = parse_qs(urlsplit(url).query)["sig"]
        return cls(signature_hash(signature), borough, box, issued, expires)

    def entry(self) -> dict[str, Any]:
        """As the register has it."""
        return {
            "signature": self.signature,
            "borough": self.borough,
            "box": self.box,
            "from": self.issued.isoformat(timespec="seconds"),
            "to": self.expires.isoformat(timespec="seconds"),
        }


def write_register(path: Path, account: str, agreements: Agreements, passes: Iterable[Pass]) -> None:
    """Write `register.yaml`, with the passes that it already names and these."""
    earlier = load_yaml_once(path.read_text(encoding="utf-8"))["passes"] if path.is_file() else []
    document = {
        "accounts": [account],
        "vaults": [VAULT],
        "app": identities.APP.object_id,
        "boroughs": {
            slug: {
                "identity": identities.borough(slug).object_id,
                "officers": [identities.officer(slug).object_id],
            }
            for slug in agreements.parties
        },
        "operators": [identities.OPERATOR.object_id],
        "deployers": [identities.DEPLOYER.object_id],
        "platform": [{"id": identities.HOST.object_id, "does": "events"}],
        "passes": [*earlier, *(held.entry() for held in passes)],
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
