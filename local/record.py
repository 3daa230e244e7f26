"""The record of a local exchange: copies that an audit works on, laid out as `exchange audit` reads them.

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
from typing import TYPE_CHECKING

from shared.envelope.keys import Use
from shared.envelope.manifest import EXCHANGE
from shared.envelope.ring import LocalKeyRing

if TYPE_CHECKING:
    from local.site import Site
    from shared.storage.areas import Area


def copy_account(site: Site, record: Path) -> None:
    """Copy ledger and certificates as the operator, while the site is open."""
    _copy(site.operated.ledger(), record / "ledger")
    for owner in (*site.exchange.agreement.controllers, EXCHANGE):
        _copy(site.operated.certificates(owner), record / "certificates" / owner)


def add_logs(site: Path, record: Path) -> None:
    """Add logs, register and public key from the folder of a site that is closed: only then are its logs whole."""
    shutil.copytree(site / "logs", record / "logs", dirs_exist_ok=True)
    shutil.copyfile(site / "register.yaml", record / "register.yaml")
    keys = record / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "exchange-sign.json").write_bytes(LocalKeyRing(site / "keys").export_public(EXCHANGE, Use.SIGN))


def _copy(area: Area, folder: Path) -> None:
    for blob in area.list():
        to = folder / blob.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(area.read(blob.name).data)
