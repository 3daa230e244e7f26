"""The clean term and the agreement, made once; each test takes a copy of the term. A copy by way of bytes is quick."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.kernel.audit.audit import audit
from shared.kernel.audit.report import AuditReport
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.terms.agreements import Agreements
from tests.unit.kernel import second
from tests.unit.kernel.audit.term import FIRST, LAST, Term, make_term


@pytest.fixture(scope="session")
def clean_term(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The term as bytes."""
    keys = LocalKeyRing(tmp_path_factory.mktemp("audit-keys"))
    keys.create_key(EXCHANGE, Use.SIGN)
    return pickle.dumps(make_term(keys))


@pytest.fixture
def term(clean_term: bytes) -> Term:
    """A term to do something to."""
    return pickle.loads(clean_term)


@pytest.fixture(scope="session")
def agreements() -> Agreements:
    """The agreement of the pilot, and another."""
    return second.both()


@pytest.fixture
def audited(tmp_path: Path, agreements: Agreements) -> Callable[..., AuditReport]:
    """Writes a term's record and audits it."""

    def carry_out(term: Term, *, borough: str = "", split: int | None = 0) -> AuditReport:
        record = term.write(tmp_path / "record", split=split)
        return audit(record, agreements, FIRST, LAST, party=borough)

    return carry_out
