"""The record of a local exchange: copies that an audit works on, laid out as `exchange audit` reads them.

`exchange record` copies ledger and certificates; here is what else a record on one machine has.

::

    <record>/logs/           resource logs of storage and keys
    <record>/ledger/         a copy of the container
    <record>/certificates/   likewise
    <record>/keys/           the exchange's public key, by which its statements are verified
    <record>/register.yaml   who is who
"""

from __future__ import annotations

import shutil
from pathlib import Path

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing


def add_logs(site: Path, record: Path) -> None:
    """Add logs, register and public key from the folder of a site that is closed: only then are its logs whole."""
    shutil.copytree(site / "logs", record / "logs", dirs_exist_ok=True)
    shutil.copyfile(site / "register.yaml", record / "register.yaml")
    keys = record / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "exchange-sign.json").write_bytes(LocalKeyRing(site / "keys").export_public(EXCHANGE, Use.SIGN))
