"""No personal value of any input stands in a log line, exception, ledger event, blob name, metadata, report or summary.

Every personal column of the small world's children holds a value that occurs nowhere else, so a plain search finds it.
Only sealed files may hold them: they are what the exchange is for.
"""

from __future__ import annotations

import io
import logging
import traceback
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from functions import wiring
from local import identities
from local.clock import Clock
from local.host import Host
from local.record import add_logs
from local.site import open_site
from shared.agreements.free_school_meals.contracts import DECISIONS, HOUSEHOLDS, PUPILS
from shared.agreements.registry import load_agreement
from shared.kernel.errors import ExchangeError
from shared.kernel.intake.receive import receive
from shared.kernel.storage.poison import QUEUE, PoisonQueue
from tests.poison import in_sight, in_the_hosts_words
from tests.witnessed import lend_keys
from tests.world import NOW, World, decision, household, pupil, put_postcodes, table, upn

MARK = "qzvqz"
NOT_PERSONAL = {
    *("sex", "nc_year", "enrol_status", "urn", "laestab", "school_name", "home_la", "fsm_category"),
    *("claim_type", "source", "qualifying_benefit", "claimant_title", "child_sex", "suppress_contact", "child_seq"),
    *("extract_date", "uc_net_earnings", "decision", "decided_on", "match_ref"),
    *("fsm_start_date", "fsm_end_date"),
}
DOB = date(2013, 7, 19)
PARENT_DOB = date(1983, 4, 17)
VALUES = {
    **{"upn": upn(77001), "uln": "9276308686", "uprn": "987654321098", "postcode": "SW2 5SG"},
    **{"dob": DOB, "child_dob": DOB, "claimant_dob": PARENT_DOB, "claimant_nino": "AB123456C"},
    **{"household_ref": "QZVQZREF1", "child_upn": upn(77001), "child_uln": "9276308686"},
}


def marked(columns: tuple[str, ...], start: dict[str, Any]) -> dict[str, Any]:
    """A row whose every personal text is its own word, except what both sides must share to be linked."""
    row = dict(start)
    for number, column in enumerate(columns):
        if column in VALUES:
            row[column] = VALUES[column]
        elif column not in NOT_PERSONAL:
            row[column] = f"{MARK.title()}{chr(97 + number)}{column.replace('_', '')}"
    return row


PUPIL = marked(PUPILS.names, pupil()) | {"surname": "Qzvqzname", "forename": "Qzvqzfore"}
CHILD = marked(HOUSEHOLDS.names, household()) | {"child_surname": "Qzvqzname", "child_forename": "Qzvqzfore"}
SECRETS = {
    *(str(value).lower() for row in (PUPIL, CHILD) for name, value in row.items() if name not in NOT_PERSONAL if value),
    *("sw25sg", "19/07/2013", "20130719", "17/04/1983", "ab 12 34 56 c", "qzvqzofficer", MARK),
}


def damaged() -> list[dict[str, Any]]:
    """Rows that break rules in every column that has one."""
    return [
        PUPIL | {"upn": f"A{MARK}", "forename": f"{MARK}row1"},
        PUPIL
        | {"upn": upn(77002), "postcode": f"{MARK} 1", "uprn": f"{MARK}", "uln": f"{MARK}", "forename": f"{MARK}row2"},
        PUPIL | {"upn": upn(77003), "nc_year": f"{MARK}", "enrol_status": f"{MARK}", "sex": MARK, "home_la": MARK},
        PUPIL
        | {"upn": upn(77004), "dob": date(1890, 1, 1), "urn": MARK, "laestab": MARK, "school_name": "Peckham Rye"},
    ]


@pytest.fixture
def journal(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every log line of every library, at the level at which a function app logs."""
    with caplog.at_level(logging.INFO):
        yield caplog


def everything_in_the_open(world: World, poison: PoisonQueue | None = None) -> Iterator[tuple[str, str]]:
    """Each text that is not sealed, with where it stands."""
    for container in world.storage.service.list_containers():
        client = world.storage.service.get_container_client(container.name)
        for blob in client.list_blobs(include=["metadata"]):
            where = f"{container.name}/{blob.name}"
            yield "a blob's name", where
            yield f"metadata of {where}", str(blob.metadata)
            data = client.download_blob(blob.name).readall()
            # What a borough puts into its own inbox in the open is its own doing; here one file of it.
            if data[:4] == b"PARE" or container.name == "reference" or container.name.endswith("-inbox"):
                continue
            yield where, data.decode("utf-8", errors="replace")
            if blob.name.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(data)) as book:
                    yield from ((f"{where}/{part}", book.read(part).decode()) for part in book.namelist())
    for message in in_sight(poison) if poison else ():
        yield "the poison queue", in_the_hosts_words(message)


def test_a_whole_term_with_faults_leaves_no_personal_value_in_the_open(
    world: World, account: str, journal: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("southwark", "pupils", [PUPIL, *damaged()])
    world.drop("southwark", "pupils", [PUPIL | {"upn": f"A{MARK}"}])
    world.drop("lambeth", "households", [CHILD, CHILD | {"child_seq": 2, "claimant_nino": MARK, "postcode": MARK}])
    wrong = table("pupils", [PUPIL]).append_column("ethnicity", [[MARK]])
    sealed = world.seal("southwark", "pupils", wrong)
    world.put("southwark", sealed.data, sealed.metadata)
    world.put("southwark", b"upn,surname\n" + PUPIL["upn"].encode() + b",Qzvqzname\n", {"note": "plain"})
    with PoisonQueue.connect(account) as poison:
        poison.every.ensure(QUEUE)
        host = Host.over(world.exchange, poison)
        host.run_to_quiescence(timeout=60)
        world.wake()
        host.run_to_quiescence(timeout=60)
        [match] = world.results("lambeth", "matches").to_pylist()
        assert match["pupil_surname"] == "Qzvqzname", "the child was linked, so its values did travel"
        choice = decision(match["match_ref"], decided_by="Qzvqzofficer", reason=f"{MARK} reason")
        assert set(choice) <= set(DECISIONS.names)
        world.drop("lambeth", "decisions", [choice])
        host.run_to_quiescence(timeout=60)

        def bug(*_: object, **__: object) -> None:
            raise ValueError(f"could not convert {PUPIL['surname']!r} born {DOB}")

        monkeypatch.setattr("shared.kernel.intake.take_in.validate", bug)
        world.drop("southwark", "pupils", [PUPIL | {"middle_names": "Qzvqzother"}])
        assert host.run_to_quiescence(timeout=60)["poisoned"] == 1
        texts = list(everything_in_the_open(world, poison))

    texts += [("a log line", str(vars(record))) for record in journal.records if record.name != "azure"]
    assert len(texts) > 60
    assert any("event.failed" in text for where, text in texts if where == "a log line")
    found = {(where, secret) for where, text in texts for secret in SECRETS if secret in text.lower()}
    assert found == set()


def test_the_logs_of_the_local_exchange_say_who_did_what_and_hold_no_value(keys_folder: Path, tmp_path: Path) -> None:
    lend_keys(keys_folder, tmp_path)
    with open_site(tmp_path, clock=Clock(tmp_path / "clock", NOW)) as site:
        put_postcodes(site.operated)
        rings = {desk.slug: desk.keys for desk in site.desks}
        for slug, dataset, rows in (
            ("southwark", "pupils", [PUPIL, *damaged()]),
            ("lambeth", "households", [CHILD]),
        ):
            sealed = World(site.exchange, rings).under(load_agreement("fsm")).seal(slug, dataset, table(dataset, rows))
            with site.door(slug, identities.officer(slug)) as door:
                door.put(f"{dataset}.parquet", sealed.data, sealed.metadata)
        host = Host.of(site)
        host.run_to_quiescence(timeout=60)
        World(site.exchange, rings).wake()
        host.run_to_quiescence(timeout=60)
        assert [name for name in World(site.exchange, rings).outbox("lambeth") if name.endswith("/matches.parquet")]
    wiring.use(None)

    add_logs(tmp_path, tmp_path / "record")
    files = [path for path in (tmp_path / "record").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"PT1H.json", "register.yaml", "exchange-sign.json"}
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in files]
    assert sum(text.count("\n") for _, text in texts) > 100
    assert {(where, secret) for where, text in texts for secret in SECRETS if secret in text.lower()} == set()


@pytest.mark.parametrize("dataset", ["pupils", "households"])
def test_no_exception_of_this_product_holds_a_value(world: World, dataset: str) -> None:
    texts = []
    row = PUPIL if dataset == "pupils" else CHILD
    for spoil in ("ethnicity", "language", "sen_provision"):
        rows = table(dataset, [row]).append_column(spoil, [[MARK]])
        sealed = world.seal("southwark", dataset, rows)
        name = world.put("southwark", sealed.data[:-9] + b"Qzvqz-e" + b"PARE", sealed.metadata)
        try:
            receive(world.exchange, tenant="lambeth", container="southwark-inbox", name=name)
        except ExchangeError as error:
            texts.append("".join(traceback.format_exception(error)))
    assert len(texts) == 3
    assert not any(secret in text.lower() for text in texts for secret in SECRETS)
