"""`exchange record`: copies what an auditor works on: logs, ledger, certificates and public keys of a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, facts_table, note, step
from operate import site

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.kernel.envelope.keys import PublicKey
    from shared.kernel.storage.logs_archive import LogArchive
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements

app = typer.Typer(no_args_is_help=True, help="Copy the record of a period, for an audit.")


@app.callback()
def _record() -> None:
    """Copy the record of a period, for an audit."""


@app.command("fetch", epilog="Example: exchange record fetch --from 2026-09-01 --to 2026-12-31 --out record")
def fetch(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC.")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="A folder that is new or empty.")],
    public: Annotated[
        list[Path] | None,
        typer.Option(help="Public keys of the exchange, if its key folder is not here; again for each file."),
    ] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Copy logs, ledger, certificates and public keys into a folder, for `exchange audit` and `exchange evidence`.

    Of the ledger, every chain of which an event falls into the period is copied whole, or it could not be verified. No
    drop, staged row or result is touched: operators cannot read one.
    """
    from client.codes import invalid

    if last < first:
        raise invalid("INP-044")
    if out.exists() and any(out.iterdir()):
        raise invalid("INP-036", path=out)
    chosen = site.load_site(profile)
    keys = _public_keys(chosen, public or [])
    begins, ends = first.replace(tzinfo=UTC), last.replace(tzinfo=UTC) + timedelta(days=1)
    copied: Counter[str] = Counter()
    with step("Copying"), chosen.storage() as storage:
        copied += copy_account(storage, chosen.every_agreement(), begins, ends, out)
        logs = chosen.logs()
        if logs is None:
            note("EXCHANGE_AUDIT_ACCOUNT is not set: no logs were copied. Put them into the record's folder logs.")
        else:
            with logs:
                copied["logs"] = _copy_logs(logs, begins, ends, out)
    copied["keys"] = _copy_keys(keys, out)
    facts = {kind: copied[kind] for kind in ("logs", "ledger", "certificates", "keys")}
    text = f"The record is in {out}. Files:\n{facts_table(facts)}\n\nIt lacks register.yaml: see `exchange register`."
    answer({"ok": True, "record": str(out), "files": facts}, text, as_json=json)


def copy_account(storage: Storage, agreements: Agreements, begins: datetime, ends: datetime, out: Path) -> Counter[str]:
    """Copy ledger and certificates of the period into the folder `out`; returns how many files of each."""
    copied: Counter[str] = Counter()
    for kind, path, data in _copies(storage, agreements, begins, ends):
        _write(out / path, data)
        copied[kind] += 1
    return copied


def _copies(
    storage: Storage, agreements: Agreements, begins: datetime, ends: datetime
) -> Iterator[tuple[str, str, bytes]]:
    from shared.kernel.envelope.manifest import EXCHANGE
    from shared.kernel.ledger.chain import Ledger, falls
    from shared.kernel.ledger.events import Event

    for data in Ledger(storage.ledger()).of_period(begins, ends):
        if falls(map(Event.from_json, data.values()), begins, ends):
            yield from (("ledger", f"ledger/{name}", document) for name, document in data.items())
    # Whoever may have some is asked after one by one: an operator may not look into all the account's containers.
    for owner in (*agreements.known, EXCHANGE):
        area = storage.certificates(owner)
        for blob in area.list():
            if begins <= datetime.fromisoformat(blob.name.rpartition("/")[2][:10]).replace(tzinfo=UTC) < ends:
                yield "certificates", f"certificates/{owner}/{blob.name}", area.read(blob.name).data


def _copy_logs(logs: LogArchive, begins: datetime, ends: datetime, out: Path) -> int:
    """Copy them, and say what could not be copied, or not be told to be of the period. Returns how many files."""
    count = undated = left = 0
    for file in logs.files(begins, ends):
        if not _can_be_a_path(file.path):
            left += 1
            continue
        _write(out / "logs" / file.path, logs.read(file))
        count += 1
        undated += file.hour is None
    if undated:
        note(f"Files of the audit account that do not say of which hour they are, and were copied, too: {undated}.")
    if left:
        note(f"REC-005: files of the audit account whose names can be no path, and that were NOT copied: {left}.")
    return count


def _can_be_a_path(name: str) -> bool:
    """Whether a blob's name leads to a place within a folder, on any system."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") or "\\" in part or not part.isprintable() for part in parts)


def _public_keys(chosen: OperatedSite, files: list[Path]) -> tuple[PublicKey, ...]:
    """Every version of the key that the exchange signs with: a statement is verified with the one that signed it."""
    from client.codes import invalid
    from shared.kernel.envelope.keys import Use, read_public
    from shared.kernel.envelope.manifest import EXCHANGE
    from shared.kernel.envelope.ring import LocalKeyRing

    found = LocalKeyRing(Path(chosen.keys)).held(EXCHANGE, Use.SIGN) if chosen.keys else ()
    for file in files:
        if not file.is_file():
            raise invalid("INP-001", path=file)
        named = read_public(file.read_bytes())
        signing = tuple(key for key in named if (key.owner, key.use) == (EXCHANGE, Use.SIGN))
        if not signing:
            raise invalid("INP-046", path=file)
        found += signing
    return tuple({key.key_id: key for key in found}.values())


def _copy_keys(keys: tuple[PublicKey, ...], out: Path) -> int:
    """Write them as one set, and say what they cannot verify. Returns how many keys."""
    from shared.kernel.envelope.keys import lookup, write_public
    from shared.kernel.envelope.statement import verify_statement
    from shared.kernel.errors import BadSignature, KeyUnavailable

    if not keys:
        note("No public keys were copied: give --public with the file that boroughs got.")
        return 0
    _write(out / "keys" / "exchange-sign.json", write_public(keys))
    unknown = 0
    for path in (out / "certificates").rglob("*.json"):
        try:
            verify_statement(path.read_bytes(), lookup(keys))
        except KeyUnavailable:
            unknown += 1
        except BadSignature:
            continue  # the audit says so (AUD-014)
    if unknown:
        note(
            f"{unknown} certificates are signed with a key that is not among these. Was it rotated? Give --public also "
            "with the file that boroughs got before."
        )
    return len(keys)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
