"""Who read what, asked of a server that answers as Log Analytics documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.errors import StorageUnavailable
from shared.kernel.storage.logs import SCOPE, ReadLog
from tests.azure_services import Credential, Service, error, served

pytestmark = pytest.mark.outside

WORKSPACE = "00000000-0000-0000-0000-00000000000a"
APP = "00000000-0000-0000-0000-00000000000b"


class Logs:
    """A workspace, and the rows that it gives."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.more: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        if path != f"/v1/workspaces/{WORKSPACE}/query":
            return error(404, "WorkspaceNotFoundError")
        self.bodies.append(body)
        columns = [{"name": "ObjectKey", "type": "string"}]
        return 200, {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": self.rows}], **self.more}


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def service(logs: Logs, tmp_path: Path) -> Iterator[tuple[Service, dict[str, Any]]]:
    with served(logs.answer, tmp_path) as running:
        yield running


@pytest.fixture
def read_log(service: tuple[Service, dict[str, Any]]) -> Iterator[ReadLog]:
    log = ReadLog(WORKSPACE, "bxexch0", APP, Credential(SCOPE), **service[1])
    yield log
    log.close()


def test_what_was_read_is_named_within_its_container(logs: Logs, read_log: ReadLog) -> None:
    logs.rows = [["/bxexch0/lambeth-outbox/results/2026-autumn/0a/matches.parquet"], [""]]

    assert read_log.read_in("lambeth-outbox", 27) == {"results/2026-autumn/0a/matches.parquet"}
    [asked] = logs.bodies
    assert asked["timespan"] == "P27D"
    assert 'ObjectKey startswith "/bxexch0/lambeth-outbox/"' in asked["query"]
    assert f'RequesterAppId != "{APP}"' in asked["query"]


def test_where_there_are_lines_and_none_is_of_this_container_nothing_was_read(logs: Logs, read_log: ReadLog) -> None:
    logs.rows = [[""]]

    assert read_log.read_in("lambeth-outbox", 27) == frozenset()


def test_logs_without_a_line_cannot_tell(read_log: ReadLog) -> None:
    assert read_log.read_in("lambeth-outbox", 27) is None


def test_an_answer_that_was_cut_cannot_tell(logs: Logs, read_log: ReadLog) -> None:
    logs.rows, logs.more = [[""]], {"error": {"code": "PartialError", "message": "There were some errors."}}

    assert read_log.read_in("lambeth-outbox", 27) is None


@pytest.mark.parametrize("fault", [(403, "InsufficientAccessError"), (404, "WorkspaceNotFoundError")])
def test_logs_that_this_identity_does_not_reach_cannot_tell(
    read_log: ReadLog, service: tuple[Service, dict[str, Any]], fault: tuple[int, str]
) -> None:
    service[0].fault = fault

    assert read_log.read_in("lambeth-outbox", 27) is None


def test_logs_that_do_not_answer_are_a_fault_to_try_again(
    read_log: ReadLog, service: tuple[Service, dict[str, Any]]
) -> None:
    service[0].fault = (504, "GatewayTimeout")

    with pytest.raises(StorageUnavailable, match="Log Analytics"):
        read_log.read_in("lambeth-outbox", 27)


@pytest.mark.parametrize("word", ["", 'x" or true', "a/b"])
def test_nothing_but_a_name_goes_into_a_query(read_log: ReadLog, word: str) -> None:
    with pytest.raises(ValueError, match="name or id"):
        read_log.read_in(word, 27)
