"""A drop is called after a child: nothing that host and app write, on whichever machine, says so."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import wiring
from local.host import Host
from local.site import Site, open_site
from local.triggers.grid import NewBlob
from local.triggers.machine import HOST_QUEUE
from tests.witnessed import lend_keys
from tests.world import NOW, World, household, pupil, put_postcodes, table

SECRET = "kafor"
"""In every name of this test, and in nothing else."""
NAME = "Chidi Okafor 2014-05-06"


def outside_the_inboxes(site: Site) -> Iterator[tuple[str, str]]:
    """Names of blobs, what they hold in the open, and what waits in queues; the poison queues have to know the blob."""
    service = site.operated.service
    for container in service.list_containers():
        client = service.get_container_client(container.name)
        for blob in client.list_blobs(include=["metadata"]):
            if not container.name.endswith("-inbox"):
                yield f"a name in {container.name}", f"{blob.name} {blob.metadata}"
                data = client.download_blob(blob.name).readall()
                yield f"{container.name}/{blob.name}", data.decode(errors="replace")
    yield "the queues", str([name for name in site.poison.every.names() if site.queues.count(name)])


def test_a_childs_name_on_a_drop_goes_no_further(
    machine: str,
    keys_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    lend_keys(keys_folder, tmp_path)
    caplog.set_level(logging.INFO)
    with open_site(tmp_path, clock=lambda: NOW) as site:
        put_postcodes(site.operated)
        world = World(site.exchange, {desk.slug: desk.keys for desk in site.desks})
        host = Host.of(site)

        def drop(slug: str, dataset: str, rows: list[dict[str, object]], name: str) -> None:
            sealed = world.seal(slug, dataset, table(dataset, rows))
            world.storage.inbox(slug).create(f"{name}.parquet", sealed.data, sealed.metadata)

        with host.machine as running:
            drop("southwark", "pupils", [pupil(1)], NAME)
            drop("lambeth", "households", [household()], NAME)
            world.storage.inbox("southwark").create(f"{NAME}.csv", b"upn")
            host.settle(60)
            world.wake()
            host.settle(60)
            assert world.results("lambeth", "matches").num_rows == 1
            gone = NewBlob("lambeth-inbox", f"{NAME} gone", "0x1").event(NOW)
            for function, event in (("drop_lambeth", gone), ("drop_nobody", gone), ("drop_southwark", gone)):
                assert running.post(function, json.dumps([event]).encode())[0] == 202
            assert running.post("drop_lambeth", json.dumps([gone | {"data": {"blob": NAME}}]).encode())[0] == 500
            site.hosted.put_body(HOST_QUEUE, f"no Base64: {NAME}")
            host.settle(60)

            def defect(*_: object, **__: object) -> None:
                raise ValueError(f"could not convert {NAME}")

            monkeypatch.setattr("shared.kernel.intake.take_in.validate", defect)
            drop("southwark", "pupils", [pupil(2)], f"{NAME} again")
            assert host.settle(60)["poisoned"] == 1
            # Read by nobody: it lies out of sight for ten minutes.
            site.hosted.put_body(HOST_QUEUE, base64.b64encode(f"nothing of ours: {NAME}".encode()).decode())
            time.sleep(1)
            while site.hosted.take(HOST_QUEUE, 1, 1):
                time.sleep(1.5)
        texts = list(outside_the_inboxes(site))
    wiring.use(None)

    written = [*(tmp_path / "host").glob("*"), tmp_path / "events.txt"]
    texts += [(path.name, path.read_text(encoding="utf-8")) for path in written]
    texts += [("our journal", str(vars(record))) for record in caplog.records if record.name == "exchange"]
    texts += list(zip(("stdout", "stderr"), capfd.readouterr(), strict=True))
    journal = "\n".join(record.getMessage() for record in caplog.records if record.name == "exchange")
    assert '"event": "event.failed"' in journal
    assert '"event": "event.done"' in journal
    if machine == "real":
        log = (tmp_path / "host" / "log.jsonl").read_text(encoding="utf-8")
        assert log.count('"category":"Host.Results"') > 4
        assert "Executed 'drop_southwark' (Failed" in log
    assert {(where, text[:300]) for where, text in texts if SECRET in text.lower()} == set()
