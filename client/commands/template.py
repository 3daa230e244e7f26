"""`exchange template`: an empty table to fill in, with a data dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer

app = typer.Typer()


@app.command("template", epilog="Example: exchange template households --out households.xlsx")
def write_template(
    dataset: Annotated[str, typer.Argument(help="pupils, households, decisions or objections.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The file to write: .xlsx, or .csv with the data dictionary in a file beside it."
        ),
    ],
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    json: options.Json = False,
) -> None:
    """Write an empty template. Fill it in, then `exchange pack table`."""
    from client.codes import invalid
    from client.contracts import find_contract
    from client.files import write_bytes
    from client.settings import load_settings
    from shared.kernel.contract.template import dictionary_csv, template_csv, template_xlsx

    contract = find_contract(dataset, agreement, default=load_settings(profile).default_agreement).contract
    facts = {"ok": True, "dataset": dataset, "out": str(out)}
    text = f"Wrote {out}"
    if out.suffix.lower() == ".xlsx":
        write_bytes(out, template_xlsx(contract))
    elif out.suffix.lower() == ".csv":
        dictionary = out.with_name(f"{out.stem}-dictionary.csv")
        write_bytes(out, template_csv(contract).encode("utf-8-sig"))
        write_bytes(dictionary, dictionary_csv(contract).encode("utf-8-sig"))
        facts["dictionary"] = str(dictionary)
        text += f" and its data dictionary {dictionary}"
    else:
        raise invalid("INP-015", path=out, known=".xlsx or .csv")
    answer(facts, text, as_json=json)
