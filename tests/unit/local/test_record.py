"""The record of a local exchange has what its statements are verified with."""

from __future__ import annotations

from pathlib import Path

from local.record import add_logs
from shared.kernel.audit.certificates import read_keys
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing


def test_every_version_of_the_signing_key_is_in_the_record(tmp_path: Path) -> None:
    site, record = tmp_path / "site", tmp_path / "record"
    (site / "logs").mkdir(parents=True)
    (site / "register.yaml").write_text("accounts: []\n", encoding="utf-8")
    record.mkdir()
    ring = LocalKeyRing(site / "keys")
    made = [ring.create_key(EXCHANGE, Use.SIGN), ring.rotate(EXCHANGE, Use.SIGN)]

    add_logs(site, record)

    assert [key.key_id for key in read_keys(record)] == made
