"""The Bicep compiler: `BICEP` names it, or it lies in `../shared`, or in `.venv`, or on the path.

Nothing else can check the templates in its place, so where it is absent a test says that it was not run, and how to get
it. Where the shared folder is, a test that misses it fails, and `.ci/run` fails unless some test has run on it.

``python -m tests.bicep_compiler`` is what ``make setup`` calls: where neither the shared folder nor the path has it,
the client library fetches this very version.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.shared_files import SHARED

VERSION = "0.49.2"
SETTING = "BICEP"
RAN = "EXCHANGE_BICEP_RAN"
"""In the environment: a file that says so once a test runs on the compiler."""
PLACE = "tools/bicep/bicep"
"""In the shared folder."""
HOW = f"`make setup` fetches the Bicep compiler {VERSION}, or {SETTING} names it"
# Without the first the compiler wants ICU, which a small container lacks; with the others it takes half the time.
for _setting in (
    "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1",
    "DOTNET_TieredPGO=0",
    "DOTNET_gcConcurrent=0",
):
    os.environ.setdefault(*_setting.split("="))


@cache
def found() -> Path | None:
    """Where it is, if anywhere. A program that a test starts, perhaps in a copy of the tree, finds the same one."""
    path = _look()
    if path:
        os.environ[SETTING] = str(path)
    return path


def _look() -> Path | None:
    if named := os.environ.get(SETTING):
        path = Path(named).resolve()
        assert path.is_file(), f"{SETTING} names no file"
        return path
    if SHARED.is_dir():
        path = (SHARED / PLACE).resolve()
        assert path.is_file(), f"{PLACE} is missing in the shared folder {SHARED.name}"
        return path
    on_path = (shutil.which("bicep"), Path.home() / ".azure" / "bin" / "bicep")
    places = (_fetched(), *(Path(place) for place in on_path if place))
    return next((place.resolve() for place in places if place.is_file() and _is_this_version(place)), None)


def told() -> str:
    """What the report says at its top."""
    return f"infrastructure: Bicep {VERSION}" if found() else f"infrastructure: NOT CHECKED; {HOW}"


def program() -> Path:
    """Where it is. Skips the test where it is nowhere."""
    path = found()
    if path is None:
        pytest.skip(f"infrastructure was not checked: {HOW}")
    if record := os.environ.get(RAN):
        Path(record).write_text("yes\n", encoding="ascii")
    return path


def install() -> None:
    """Fetch it where it is nowhere. What cannot be fetched is said, and stops nothing else."""
    if found():
        return
    from anthonycmartin.bicep_rpc_client import BicepClientConfiguration, BicepClientFactory

    try:
        configuration = BicepClientConfiguration(bicep_version=VERSION, cache_root=_cache())
        BicepClientFactory().initialize(configuration).close()
    except (OSError, RuntimeError, EOFError) as error:
        message = f"Bicep {VERSION} could not be fetched ({type(error).__name__}): infrastructure will not be checked."
        sys.stderr.write(f"{message} {SETTING} may name it.\n")


def _cache() -> Path:
    return Path(sys.prefix) / "bicep"


def _fetched() -> Path:
    return _cache() / f"v{VERSION}" / ("bicep.exe" if os.name == "nt" else "bicep")


def _is_this_version(path: Path) -> bool:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return VERSION in said


if __name__ == "__main__":
    install()
