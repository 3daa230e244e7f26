"""The `exchange` command: finds the command that was asked for, and turns errors into exit codes.

Exit codes stand in `client/exits.py`. Standard output is the answer and standard error the talk; with `--json`,
wherever it is typed, the answer is one JSON object whatever happens: the help and an interruption too. Output that
nobody can take (closed, full) changes neither what was done nor its code. Only the command that runs is imported, so
that `exchange --help` answers at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from glob import glob
from importlib import import_module
from io import StringIO
from traceback import format_exception
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from client.console import answer, note, open_output, say
from client.exits import Exit, exit_of

COMMANDS: dict[str, tuple[str, str]] = {
    "template": ("client.commands.template", "Write an empty spreadsheet or CSV with a data dictionary."),
    "pack": ("client.commands.pack", "Turn census tables, a supplier's extract or a spreadsheet into a contract file."),
    "style": ("client.commands.style", "Describe how your files are laid out, so that pack reads them."),
    "check": ("client.commands.check", "Check a contract file with the very rules of the exchange, offline."),
    "agreement": (
        "operate.agreement",
        "Say which agreements there are, what one says and how long it lasts; for operators: who leaves.",
    ),
    "keys": ("client.commands.keys", "Make, list, rotate, limit, revoke, export and import keys."),
    "seal": ("client.commands.seal", "Encrypt a contract file to the exchange, and sign it."),
    "inspect": ("client.commands.inspect", "Show how a file is sealed, whoever sealed it; with a test key, the gates."),
    "drop": ("client.commands.drop", "Put a sealed file into your inbox."),
    "status": ("client.commands.status", "Say what has come back for you."),
    "fetch": ("client.commands.fetch", "Collect results, open them with your key, and save them."),
    "totals": ("client.commands.totals", "Open the table of residences and schools; compare it, draw it."),
    "receipt": ("client.commands.receipt", "Verify receipts and certificates, offline."),
    "subject": (
        "client.commands.subject",
        "Say what was sent and received about one child or claim.",
    ),
    "doctor": ("client.commands.doctor", "Look at everything that a drop needs, and say what is wrong."),
    "audit": ("client.commands.audit", "Audit a record of logs, ledger and certificates, offline."),
    "register": ("client.commands.register", "Make the register that says who is who in the logs."),
    "certificate": ("client.commands.certificate", "Verify certificates of destruction, offline."),
    "evidence": ("client.commands.evidence", "Write the evidence of a period: one page for a data protection officer."),
    "link": ("client.commands.link", "Link a pupils file with a households file on this machine."),
    "train": ("client.commands.train", "Train a linkage model on files of this machine."),
    "review": ("client.commands.review", "Write sheets on which officers look first without a score, and then decide."),
    "objections": ("client.commands.objections", "Keep people out of every extract who have objected."),
    "recall": ("client.commands.recall", "Say of a match that it should never have been sent; both boroughs are told."),
    "calibrate": ("client.commands.calibrate", "Say how often each band of probability was right, from decisions."),
    "incident": ("operate.incident", "For operators: what an incident reaches, its 72 hours, and who was told."),
    "health": ("operate.health:health", "For operators: is every drop noticed and taken in?"),
    "hold": ("operate.holds", "For operators: keep rows for an inquiry, a court or an incident."),
    "quarantine": ("operate.quarantine:quarantine", "For operators: stop rows that a stolen key brought."),
    "ledger": ("operate.ledger", "For operators: list and verify the ledger's chains."),
    "rights": ("operate.rights", "For operators: who has more, or less, than the templates give."),
    "run": ("operate.running", "Ask for work at once that waits while files still come."),
    "poison": ("operate.poison", "For operators: events that failed; look at them, replay them."),
    "deadletter": ("operate.deadletter", "For operators: events that could not be delivered; look, replay."),
    "pass": ("operate.passes", "For operators: issue a borough's pass."),
    "postcodes": ("operate.reference", "For operators: load the postcode directory."),
    "vault": ("operate.vault", "For keepers: make, list, export, import and revoke keys of the vault."),
    "record": ("operate.record", "For operators: copy the record of a period, for an audit."),
    "sweep": ("operate.disposal:sweep", "For operators, on one machine: destroy what is past its day."),
    "synth": ("local.synth.command:synth", "Make synthetic boroughs: drops, and the truth apart from them."),
    "practice": ("local.practice:command", "Write made-up children to practise with."),
    "demo": ("local.demo:command", "Run the whole exchange once on this machine, and show every row's outcome."),
    "up": ("local.up:command", "Keep the whole exchange running on this machine."),
}
"""By the command's name: its module (with `:`, a function in it) and its help.

This is the composition root of the command line, and the only module of the borough's side that names `operate` and
`local`. It names modules as strings, so that only the command that runs is imported; a test keeps it the only one that
does (tests/unit/test_imports.py).
"""


_NO_COMMAND = "Missing command."
_LONGEST = 300


class _Commands(TyperGroup):
    """Lists commands by the table above; imports one when it is to run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands = {name: TyperCommand(name, help=told) for name, (_, told) in COMMANDS.items()}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, found, rest = super().resolve_command(ctx, args)
        command = found if name is None else _load(name)
        if isinstance(command, TyperGroup) and rest == ["--json"]:
            ctx.fail(_NO_COMMAND)
        return name, command, rest


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


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say version, agreement and format.")] = False,
    json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    if version:
        from client.versions import version_facts, version_line

        answer({"ok": True, **version_facts()}, version_line(), as_json=json)
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code. Nothing that this prints holds a value from a row."""
    words, as_json = _words_of(args)
    try:
        code = _help_in_json(words) if as_json and _is_for_help(words) else _call(words)
        if code == Exit.INTERRUPTED:  # as the library says it
            raise KeyboardInterrupt
    except typer.TyperException as problem:
        command = next((word for word in words if word in COMMANDS), "")
        remedy = f"See `exchange {command} --help`.".replace("  ", " ")
        message = _shortened(problem.format_message() or _NO_COMMAND)
        return _refuse("INP-000", message, remedy, Exit.USAGE, as_json)
    except (typer.Abort, KeyboardInterrupt):
        remedy = "Run the same command again: it goes on from what is there."
        return _refuse("CLI-003", "Stopped before it was done.", remedy, Exit.INTERRUPTED, as_json)
    except Exception as error:  # noqa: BLE001 - the last place where an error can be kept from printing a row
        return _failed(error, as_json)
    return code


def _shortened(message: str) -> str:
    """A pattern such as `*.csv` may stand for very many words that were not expected."""
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]} …"


def _words_of(args: Sequence[str]) -> tuple[list[str], bool]:
    """The words of the command line, `--json` behind the command wherever it was typed, and whether it was."""
    words = list(args)
    end = words.index("--") if "--" in words else len(words)
    options, rest = words[:end], words[end:]
    if "--json" in options:
        options = [*(word for word in options if word != "--json"), "--json"]
    return [*options, *rest], any(word.partition("=")[0] == "--json" for word in options)


def _call(words: Sequence[str]) -> int:
    code = typer.main.get_command(app).main(args=_with_files(words), prog_name="exchange", standalone_mode=False)
    return int(code) if isinstance(code, int) else 0


def _is_for_help(words: Sequence[str]) -> bool:
    options = words[: words.index("--")] if "--" in words else words
    return "--help" in options or words == ["--json"]


def _help_in_json(words: Sequence[str]) -> int:
    """What `--help` prints, as one object."""
    with redirect_stdout(StringIO()) as shown:
        code = _call([word for word in words if word != "--json"])
    lines = [line.rstrip() for line in shown.getvalue().strip("\n").splitlines()]
    answer({"ok": True, "help": "\n".join(lines)}, "", as_json=True)
    return code


def _with_files(args: Sequence[str]) -> list[str]:
    """The arguments with the files that `*` and `?` stand for, as a shell would; those of Windows do not."""
    found: list[str] = []
    for arg in args:
        matches = sorted(glob(arg, recursive=True)) if "*" in arg or "?" in arg else []  # noqa: PTH207 - any root
        found += matches if matches and not os.path.lexists(arg) else [arg]
    return found


def _failed(error: Exception, as_json: bool) -> int:
    from client.disk import NO_ROOM, disk_fault
    from shared.kernel.errors import ExchangeError

    if os.environ.get("EXCHANGE_TRACEBACK") == "1":
        note("".join(format_exception(error)))
    if isinstance(error, OSError) and (error.filename is not None or error.errno in NO_ROOM):
        error = disk_fault(error, str(error.filename or "what is written here"))
    if isinstance(error, ExchangeError):
        return _refuse(error.code, error.message, error.remedy, exit_of(error), as_json)
    if isinstance(error, ModuleNotFoundError) and error.name:
        from client.versions import how_to_install

        message = f"The part {error.name} is not installed."
        return _refuse("CLI-002", message, how_to_install(error.name), Exit.OUR_FAULT, as_json)
    if isinstance(error, MemoryError):
        remedy = "Close other programs, or use a machine with more. Do not split the file: of two only one counts."
        return _refuse("CLI-004", "The memory of this machine is not enough.", remedy, Exit.BAD_INPUT, as_json)
    # The text of an unforeseen error may quote a row, so only its kind is shown.
    remedy = "Set EXCHANGE_TRACEBACK=1 to see where; do not send that to anybody, it may hold personal data."
    return _refuse(
        "CLI-001", f"Something failed that should not ({type(error).__name__}).", remedy, Exit.OUR_FAULT, as_json
    )


def _refuse(code: str, message: str, remedy: str, exit_code: Exit, as_json: bool) -> int:
    if as_json:
        answer({"ok": False, "error": {"code": code, "message": message, "remedy": remedy}}, "", as_json=True)
    note(f"{code}: {message}" + (f"\n  {remedy}" if remedy else ""))
    return exit_code


def main() -> None:
    """The console script. Who ends a task, or logs off, stops it as Ctrl-C does: nothing half stays, and it is said."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    open_output()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
