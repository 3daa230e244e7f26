"""`exchange inspect`: what a sealed file shows without its key, and with a test key the gates one by one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, step, table
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client.inspecting import Line

app = typer.Typer()

NOT_LOOKED_AT = "Not looked at here: how and when it was put, and what other files of yours there are (DRP-…)."


@app.command("inspect", epilog="Example: exchange inspect pupils.parquet --metadata pupils.metadata.json")
def inspect_file(
    file: Annotated[Path, typer.Argument(help="A sealed file, whoever sealed it.")],
    metadata: Annotated[
        Path | None,
        typer.Option(help="The blob's metadata as JSON; else .manifest.json or .metadata.json beside the file."),
    ] = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Show how a sealed file is sealed and described, beside what is asked; nothing leaves this machine.

    With --keys (a folder of keys) it goes through the exchange's gates one by one, as far as the keys in the folder
    reach: only a test key opens what is sealed to it. Exits with 2 when the exchange would refuse the file.
    """
    from client.codes import invalid
    from client.disk import check_file
    from client.inspecting import REFUSED, agreement_named, held, shown, walked
    from client.settings import load_settings, today

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    check_file(file)
    place = metadata or _beside(file)
    described = _read(place) if place else None
    agreement = settings.agreement(agreement_named(described) or settings.default_agreement or "fsm")
    on, data = today(as_of), file.read_bytes()
    lines = shown(data, described, agreement)
    gates: list[Line] = []
    rows: Line | None = None
    if settings.keys is not None:
        if described is None:
            raise invalid("INP-121", path=file)
        # The library says of every wrap that it cannot open what the gate says in full.
        logging.getLogger("azure.keyvault").setLevel(logging.CRITICAL)
        with step("Through the gates"):
            gates, opened = walked(
                data, described, settings.slug(), keys=settings.key_ring(), agreement=agreement, on=on
            )
            rows = held(opened, agreement, on) if opened else None
    refusals = [line for line in (*lines, *gates, *([rows] if rows else ())) if line.outcome == REFUSED]
    facts = {
        "ok": not refusals,
        "file": str(file),
        "bytes": len(data),
        "metadata": str(place) if place else None,
        "shown": [line.document() for line in lines],
        "gates": [line.document() for line in gates],
        "rows": rows.document() if rows else None,
        "not_looked_at": NOT_LOOKED_AT,
    }
    answer(facts, _text(lines, gates, rows, described is not None), as_json=json)
    if refusals:
        raise typer.Exit(2)


def _beside(file: Path) -> Path | None:
    """The metadata that lies beside the file, as `exchange seal` writes it or as another sender may."""
    names = (f"{file.stem}.manifest.json", f"{file.stem}.metadata.json")
    return next((found for name in names if (found := file.with_name(name)).is_file()), None)


def _read(path: Path) -> dict[str, str]:
    from client.codes import invalid
    from client.disk import check_file

    check_file(path)
    try:
        entries = loads_once(path.read_bytes())
        if all(isinstance(value, str) for value in entries.values()):
            return dict(entries)
    except (ValueError, AttributeError):
        pass
    raise invalid("INP-120", path=path)


def _text(lines: Sequence[Line], gates: Sequence[Line], rows: Line | None, described: bool) -> str:
    heads = ("", "found", "asked", "outcome")
    parts = [table(heads, [(line.what, line.found, line.asked, line.outcome) for line in lines], "Without its key\n")]
    if not described:
        parts.append("No metadata: give the manifest and its signature with --metadata.")
    if gates:
        heads = ("code", "gate", "outcome", "found")
        parts.append(table(heads, [(g.code, g.what, g.outcome, g.found) for g in gates], "The gates, one by one\n"))
    else:
        parts.append("With a test key it goes through the gates: --keys FOLDER --borough SLUG.")
    if rows:
        parts.append(f"Its rows, by the rules of {rows.what}: {rows.found}")
    told = {
        line.code: _advice(line) for line in (*lines, *gates, *([rows] if rows else ())) if line.outcome == "refused"
    }
    return "\n\n".join([*parts, *told.values(), NOT_LOOKED_AT])


def _advice(line: Line) -> str:
    """All that is known of a refusal, for somebody with our client and for somebody without."""
    told = [f"{line.code}: {line.found}"]
    if line.asked:
        told.append(f"  asked: {line.asked}")
    if line.remedy:
        told.append(f"  {line.remedy}")  # with the settings in it, where there are any
    return "\n".join(told)
