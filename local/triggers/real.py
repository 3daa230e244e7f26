"""The real triggers: the assemblies that the Functions host loads for storage, in the program `triggerhost` beside this
process. It polls, tries again and poisons as the cloud does; functions run here, called through `front`.

It reaches both accounts by identity, as in the cloud: its own, and that of the exchange as the app.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from functions.settings import CONNECTION
from local import tls
from local.identities import APP, OPERATOR, Login
from local.site import ACCOUNT, HOST_ACCOUNT
from local.triggers.app import ROOT, Triggers, Worker
from local.triggers.front import Front
from local.triggers.machine import HOST_QUEUE, HostFailed

if TYPE_CHECKING:
    from local.site import Site

SETTING = "EXCHANGE_TRIGGERHOST"
"""In the environment: the path of the program."""
_PROBES = 4
"""How often the program asks who it is before it starts anything: once for each service of each account."""
_TOKEN_SECONDS = 30
"""So soon it asks again, since the emulator's clock may have been set meanwhile."""
_POLLS = "00:00:01"
"""At most so long from one look into an empty queue to the next; in the cloud it is a minute."""
_ANSWER_SECONDS = 30.0


class RealTriggers:
    """`triggerhost` over a site. Everything that it writes is in the site's folder `host`."""

    def __init__(self, program: Path, site: Site, worker: Worker) -> None:
        self._program = program
        self._site = site
        self._worker = worker
        self.folder = site.folder / "host"
        self._key = secrets.token_urlsafe(16)
        self._logins = [Login(who, site.emulator_clock) for who in (OPERATOR, APP)]
        self._tokens = 0
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._front: Front | None = None

    def __enter__(self) -> RealTriggers:
        self._tokens = 0
        self._front = Front(self._worker, self._token)
        self._front.start()
        try:
            self._process = self._start(self._front)
        except BaseException:
            self._front.stop()
            raise
        return self

    def __exit__(self, *ended: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
            if process.stdout:
                process.stdout.close()
        if self._front is not None:
            self._front.stop()

    @property
    def process_id(self) -> int | None:
        """The program's process, while it runs."""
        return self._process.pid if self._process else None

    def post(self, function: str, body: bytes, kind: str | None = "Notification") -> tuple[int, str]:
        """Call the program's webhook; 503 while nobody answers there."""
        path = f"/runtime/webhooks/blobs?functionName=Host.Functions.{function}&code={self._key}"
        headers = {"Content-Type": "application/json"} | ({"aeg-event-type": kind} if kind else {})
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self._port, _ANSWER_SECONDS)) as line:
            try:
                line.request("POST", path, body, headers)
                answer = line.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                return 503, ""

    def waiting(self) -> int:
        """The host's own queue and every queue of events."""
        if self._process is None or self._process.poll() is not None:
            raise self._ended("The program with the real triggers has ended.")
        events = sum(self._site.queues.count(queue) for queue in self._worker.triggers.by_queue)
        return events + self._site.hosted.count(HOST_QUEUE)

    def _token(self) -> tuple[str, int]:
        # Before it starts the program looks whether storage answers, by listing containers and queues. The cloud's host
        # does not, and the app has no such right: an operator, who may, looks.
        self._tokens += 1
        operator, app = self._logins
        token = (operator if self._tokens <= _PROBES else app).get_token()
        return token.token, int(time.time()) + _TOKEN_SECONDS

    def _start(self, front: Front) -> subprocess.Popen[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port = _free_port()
        files = {"functions": _functions(self._worker.triggers), "settings": self._settings()}
        arguments = ["--host-json", str(ROOT / "host.json"), "--invoke", front.url, "--key", self._key]
        for name, document in files.items():
            path = self.folder / f"{name}.json"
            path.write_text(json.dumps(document, indent=2), encoding="utf-8")
            arguments += [f"--{name}", str(path)]
        arguments += ["--listen", f"127.0.0.1:{self._port}", "--host-id", HOST_QUEUE.rpartition("-")[2]]
        arguments += ["--log", str(self.folder / "log.jsonl")]
        with (self.folder / "errors.txt").open("w", encoding="utf-8") as errors:
            # It ends with this process, however that ends: alone it would poison what it cannot deliver.
            try:
                process = subprocess.Popen(  # noqa: S603
                    ["setpriv", "--pdeathsig", "SIGKILL", str(self._program), *arguments],  # noqa: S607
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    env={
                        "PATH": os.environ.get("PATH", ""),
                        "IDENTITY_ENDPOINT": f"{front.url}/token",
                        "IDENTITY_HEADER": self._key,
                        "SSL_CERT_FILE": str(self._site.folder / tls.CERTIFICATE),
                    },
                    start_new_session=True,
                )
            except OSError as error:
                raise self._ended(f"The program with the real triggers cannot be started: {error.strerror}.") from None
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            process.communicate()
            raise self._ended(f"The program with the real triggers did not start (exit {process.returncode}).")
        return process

    def _settings(self) -> dict[str, str]:
        azurite = self._site.azurite
        settings = {"AzureFunctionsJobHost__extensions__queues__maxPollingInterval": _POLLS}
        for connection, account in (("AzureWebJobsStorage", HOST_ACCOUNT), (CONNECTION, ACCOUNT)):
            settings[f"{connection}__credential"] = "managedidentity"
            for service in ("blob", "queue"):
                settings[f"{connection}__{service}ServiceUri"] = azurite.url(account, service)
        return settings

    def _ended(self, what: str) -> HostFailed:
        errors = self.folder / "errors.txt"
        printed = errors.read_text(encoding="utf-8").strip() if errors.is_file() else ""
        last = printed.splitlines()[-1] if printed else "It said nothing."
        return HostFailed("HST-002", f"{what} {last}", f"See what {SETTING} names, and {self.folder.name}/log.jsonl.")


def _functions(triggers: Triggers) -> list[dict[str, str]]:
    """The triggers as the program reads them."""
    blobs = [
        {"name": name, "type": "blobTrigger", "path": f"{container}/{{name}}", "source": "EventGrid"}
        for container, name in triggers.by_container.items()
    ]
    queues = [{"name": name, "type": "queueTrigger", "queueName": queue} for queue, name in triggers.by_queue.items()]
    return [one | {"connection": CONNECTION} for one in (*blobs, *queues)]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
