"""The clean term, made once; each test takes a copy of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.agreement.load import load_agreement
from shared.audit.audit import audit
from shared.audit.report import AuditReport
from shared.envelope.keys import Use
from shared.envelope.manifest import EXCHANGE
from shared.envelope.ring import LocalKeyRing
from tests.unit.audit.term import FIRST, LAST, Term, make_term


@pytest.fixture(scope="session")
def clean_term(tmp_path_factory: pytest.TempPathFactory) -> Term:
    """Not to be changed."""
    keys = LocalKeyRing(tmp_path_factory.mktemp("audit-keys"))
    keys.create_key(EXCHANGE, Use.SIGN)
    return make_term(keys)


@pytest.fixture
def term(clean_term: Term) -> Term:
    """A term to do something to."""
    keys, clean_term.keys = clean_term.keys, None  # type: ignore[assignment]
    mine = copy.deepcopy(clean_term)
    mine.keys = clean_term.keys = keys
    return mine


@pytest.fixture
def audited(tmp_path: Path) -> Callable[..., AuditReport]:
    """Writes a term's record and audits it."""

    def carry_out(term: Term, *, borough: str = "", split: int | None = 0) -> AuditReport:
        record = term.write(tmp_path / "record", split=split)
        return audit(record, load_agreement(), FIRST, LAST, borough=borough)

    return carry_out
