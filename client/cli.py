"""The `exchange` command: finds the command that was asked for, and turns errors into exit codes.

Exit codes: 0 done; 2 the input cannot be used (the message says what is wrong and how to mend it); 3 an audit was done
and a check is broken; 1 anything else.
Only the command that runs is imported, so that `exchange --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from client.console import note, say

COMMANDS: dict[str, tuple[str, str]] = {
    "template": ("client.commands.template", "Write an empty spreadsheet or CSV with a data dictionary."),
    "pack": ("client.commands.pack", "Turn census tables, a supplier's extract or a spreadsheet into a contract file."),
    "check": ("client.commands.check", "Check a contract file with the very rules of the exchange, offline."),
    "agreement": ("client.commands.agreement", "Say what the agreement says: parties, dates, days."),
    "keys": ("client.commands.keys", "Make, list, rotate, export and import keys."),
    "seal": ("client.commands.seal", "Encrypt a contract file to the exchange, and sign it."),
    "inspect": ("client.commands.inspect", "Show how a file is sealed, whoever sealed it; with a test key, the gates."),
    "drop": ("client.commands.drop", "Put a sealed file into your inbox."),
    "status": ("client.commands.status", "Say what has come back for you."),
    "fetch": ("client.commands.fetch", "Collect results, open them with your key, and save them."),
    "receipt": ("client.commands.receipt", "Verify receipts and certificates, offline."),
    "audit": ("client.commands.audit", "Audit a record of logs, ledger and certificates, offline."),
    "register": ("client.commands.register", "Make the register that says who is who in the logs."),
    "certificate": ("client.commands.certificate", "Verify certificates of destruction, offline."),
    "evidence": ("client.commands.evidence", "Write the evidence of a period: one page for a data protection officer."),
    "link": ("client.commands.link", "Link a pupils file with a households file on this machine."),
    "train": ("client.commands.train", "Train a linkage model on files of this machine."),
    "review": ("client.commands.review", "Write sheets on which officers look first without a score, and then decide."),
    "calibrate": ("client.commands.calibrate", "Say how often each band of probability was right, from decisions."),
    "ledger": ("operate.ledger", "For operators: list and verify the ledger's chains."),
    "poison": ("operate.poison", "For operators: events that failed; look at them, replay them."),
    "deadletter": ("operate.deadletter", "For operators: events that could not be delivered; look, replay."),
    "pass": ("operate.passes", "For operators: issue a borough's pass."),
    "postcodes": ("operate.reference", "For operators: load the postcode directory."),
    "vault": ("operate.vault", "For keepers: make, list, export, import and revoke keys of the vault."),
    "record": ("operate.record", "For operators: copy the record of a period, for an audit."),
    "sweep": ("operate.disposal:sweep", "For operators, on one machine: destroy what is past its day."),
    "synth": ("local.synth.command:synth", "Make synthetic boroughs: drops, and the truth apart from them."),
    "demo": ("local.demo:command", "Run the whole exchange once on this machine, and show every row's outcome."),
    "up": ("local.up:command", "Keep the whole exchange running on this machine."),
}


class _Commands(TyperGroup):
    """Lists commands by the table above; imports one when it is to run."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self.commands = dict.fromkeys(COMMANDS)  # what a mistyped name is compared with
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and _load(name), rest


def _load(name: str) -> Any:
    place, _, function = COMMANDS[name][0].partition(":")
    module = import_module(place)
    if not function:
        return typer.main.get_command(module.app)
    app = typer.Typer(add_completion=False)
    app.command(name)(getattr(module, function))
    return typer.main.get_command(app)


app = typer.Typer(
    name="exchange",
    cls=_Commands,
    add_completion=False,
    help="Find children entitled to free school meals across borough borders. A borough drops a sealed file and "
    "collects its results; these commands do both, and everything can be tried on one machine.",
    epilog="Example: exchange pack census ./census --out pupils.parquet",
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"exchange {version('borough-exchange')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code. Nothing that this prints holds a value from a row."""
    as_json = "--json" in args
    try:
        code = typer.main.get_command(app).main(args=list(args), prog_name="exchange", standalone_mode=False)
    except typer.TyperException as problem:
        command = next((word for word in args if word in COMMANDS), "")
        return _refuse(
            "INP-000", problem.format_message(), f"See `exchange {command} --help`.".replace("  ", " "), 2, as_json
        )
    except typer.Abort:
        return 1
    except Exception as error:  # noqa: BLE001 - the last place where an error can be kept from printing a row
        return _failed(error, as_json)
    return code if isinstance(code, int) else 0


def _failed(error: Exception, as_json: bool) -> int:
    from shared.errors import BadSignature, ExchangeError, InvalidAgreement, InvalidInput, RejectedDrop

    if os.environ.get("EXCHANGE_TRACEBACK") == "1":
        raise error
    if isinstance(error, ExchangeError):
        unusable = isinstance(error, InvalidInput | RejectedDrop | InvalidAgreement | BadSignature)
        return _refuse(error.code, error.message, error.mend, 2 if unusable else 1, as_json)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _refuse(
            "CLI-002", f"The part {error.name} is not installed.", "Run `make setup` in a clone.", 1, as_json
        )
    # The text of an unforeseen error may quote a row, so only its kind is shown.
    mend = "Set EXCHANGE_TRACEBACK=1 to see where; do not send that to anybody, it may hold personal data."
    return _refuse("CLI-001", f"Something failed that should not ({type(error).__name__}).", mend, 1, as_json)


def _refuse(code: str, message: str, mend: str, exit_code: int, as_json: bool) -> int:
    if as_json:
        say(json.dumps({"ok": False, "error": {"code": code, "message": message, "mend": mend}}, ensure_ascii=False))
    note(f"{code}: {message}" + (f"\n  {mend}" if mend else ""))
    return exit_code


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
