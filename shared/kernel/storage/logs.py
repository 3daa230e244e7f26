"""What the storage logs say of who read what, asked of the Log Analytics workspace that they are sent to.

The workspace and not the audit account, whose firewall lets in operators alone: an app without a network of its own has
no address to let in. Both get the same lines (`infra/bicep/modules/diagnostics.bicep`). Azure writes them as well as it
can and promises neither all of them nor when: what is not in them may have happened all the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import Missing, NotAllowed
from shared.kernel.storage.rest import RestService

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

ENDPOINT = "https://api.loganalytics.io"
SCOPE = "https://api.loganalytics.io/.default"

_PLAIN = re.compile(r"[a-z0-9-]+")
_QUERY = Path(__file__).with_name("who_read.kql").read_text(encoding="utf-8")
"""Names of what was read, and one empty name if there is any line at all of the account's reads."""


class ReadLog:
    """The logs of the storage account `account`, in the workspace of that id (a GUID, its customer id)."""

    def __init__(
        self,
        workspace: str,
        account: str,
        app: str,
        credential: TokenCredential,
        *,
        endpoint: str = ENDPOINT,
        **options: Any,
    ) -> None:
        """`app` is the client id of the exchange's own identity, whose reads do not count."""
        self._path = f"/v1/workspaces/{_plain(workspace)}/query"
        self._account, self._app = _plain(account), _plain(app)
        self._service = RestService("Log Analytics", endpoint, SCOPE, credential, **options)

    def close(self) -> None:
        """Give back the connections."""
        self._service.close()

    def read_in(self, container: str, days: int) -> frozenset[str] | None:
        """Names of the blobs in the container that somebody but the app has read in the last `days`.

        `None` when the logs cannot tell: the identity may not ask, there is no workspace, they hold no line of the
        account's reads at all, or the answer was cut. Raises a `StorageFault` when Log Analytics does not answer.
        """
        prefix = f"/{self._account}/{_plain(container)}/"
        query = question(self._account, prefix, self._app)
        try:
            answer = self._service.post(self._path, {"query": query, "timespan": f"P{days}D"})
        except (NotAllowed, Missing):
            return None
        names = {str(row[0]) for table in answer.get("tables", ()) for row in table["rows"]}
        if "" not in names or "error" in answer:
            return None
        return frozenset(name.removeprefix(prefix) for name in names if name)


def question(account: str, prefix: str, app: str) -> str:
    """What is asked of the workspace about the reads of the account's blobs whose path begins so."""
    return _QUERY.replace("<account>", account).replace("<container>", prefix).replace("<app>", app)


def _plain(word: str) -> str:
    """A word that goes into a query or a path may hold nothing that means something there."""
    if not _PLAIN.fullmatch(word):
        raise ValueError("not the name or id of a resource")
    return word
