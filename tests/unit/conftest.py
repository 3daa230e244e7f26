"""A unit test touches nothing outside of its process, unless it is marked `outside` (see `tests/outside.py`).

The files in `LONG` stay within the process and take their time there: whole journeys over storage in memory, floods,
every byte of a document, keys of 3,072 bits. They are marked `long`, which `make quick` leaves out and `make test`
does not. A file belongs here when it takes two seconds of a processor; each rule has a quicker test beside it.
"""

from pathlib import Path

import pytest

from tests import outside
from tests.outside import pytest_runtest_makereport, pytest_runtest_protocol

__all__ = ["pytest_runtest_makereport", "pytest_runtest_protocol"]

UNIT = Path(__file__).parent
LONG = {
    *("agreements/origin_destination/test_exchange.py", "agreements/free_school_meals/test_same_links.py"),
    *("governance/test_of_agreements.py", "methods/test_linked_tables.py"),
    *("kernel/audit/test_log_forms.py", "kernel/audit/test_misdeeds.py", "kernel/audit/test_strangers.py"),
    *("client/test_inspect.py", "client/test_parquet_bounds.py", "client/test_read_properties.py"),
    *("client/test_pack_census.py", "client/test_pack_households.py", "client/test_pack_table.py"),
    *("client/test_read_cases.py", "client/test_still.py", "client/test_check_and_link.py"),
    *("client/test_train_calibrate.py", "synth/test_synth_london.py", "synth/test_synth_exports.py"),
    *(
        "kernel/envelope/test_key_services.py",
        "kernel/envelope/test_key_vault.py",
        "kernel/envelope/test_vault_command.py",
    ),
    *("kernel/intake/test_bad_input.py", "kernel/intake/test_standing.py", "kernel/intake/test_what_a_pass_can_put.py"),
    *("kernel/intake/test_recorded.py", "kernel/intake/test_run_now.py", "kernel/intake/test_due.py"),
    *("kernel/work/test_current.py", "kernel/work/test_turns.py", "kernel/waiting/test_waits.py"),
    *("agreements/free_school_meals/test_changes.py", "agreements/free_school_meals/test_stands.py"),
    *("client/test_objections.py", "client/test_subject.py", "client/test_evidence_versions.py"),
    *("kernel/audit/test_kept_records.py", "kernel/disposal/test_heads.py", "kernel/work/test_agreement_governs.py"),
    *("kernel/intake/test_none.py", "kernel/intake/test_objections.py", "kernel/ledger/test_formats.py"),
    *("kernel/rights/test_explained.py", "kernel/rights/test_out_of_use.py", "operate/test_incident.py"),
    *("kernel/terms/test_ahead.py", "operate/test_orders.py", "operate/test_revoking.py", "bench/test_sweep.py"),
    *("kernel/audit/test_readers.py", "client/test_pack_cases.py"),
    *("methods/linkage/test_guards.py", "kernel/work/test_journey.py", "sealed/test_page.py", "sealed/test_vectors.py"),
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what is outside and what is long."""
    outside.pytest_itemcollected(item)
    if item.path.relative_to(UNIT).as_posix() in LONG:
        item.add_marker("long")
