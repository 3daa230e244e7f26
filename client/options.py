"""Options that several commands have, so that they mean the same everywhere."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output.")]
Profile = Annotated[
    Path | None, typer.Option("--profile", help="Settings file; else EXCHANGE_PROFILE, else ./exchange.toml.")
]
Borough = Annotated[str | None, typer.Option("--borough", help="Your borough's slug, e.g. lambeth.")]
Keys = Annotated[Path | None, typer.Option("--keys", help="Folder of your keys.")]
Agreement = Annotated[
    str | None,
    typer.Option("--agreement", help="The agreement's id, such as fsm: needed where several have such a dataset."),
]
Agreements = Annotated[
    Path | None, typer.Option("--agreements", help="Folder with `<id>.yaml` of every agreement; else those shipped.")
]
Who = Annotated[
    Path | None,
    typer.Option(
        "--who",
        help='File of lines such as upn = "…": upn, uln, nino, claim, forename, surname, born; else you are asked.',
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Check as if on this day (YYYY-MM-DD); else today."),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook, needed when several visible ones have rows.")
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", help="What the text was written in, e.g. utf-8, windows-1252, cp850, mac-roman."),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", help="Where to list, row by row, what could not be read (.csv, .xlsx or .json)."),
]
Results = Annotated[
    list[Path] | None,
    typer.Option(
        "--results",
        help="Folder of collected results that decisions are compared with; else those that lie beside the file.",
    ),
]
