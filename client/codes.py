"""Every code the `exchange` command itself gives: INP-… stops a command, PAK-… says what packing did with a row.

A message names the file, the row and the column; it never repeats what stands in a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.errors import NOTHING, InvalidInput

Effect = Literal["left out", "emptied", "changed", "noted"]


@dataclass(frozen=True)
class InputCode:
    """One reason for which a command stops with exit code 2."""

    code: str
    message: str
    """With `{…}` for what the refusal names: files, columns, options; never a cell."""
    mend: str


@dataclass(frozen=True)
class PackCode:
    """One thing that packing says of a row."""

    code: str
    effect: Effect
    """`left out`: the row is not in the packed file. `emptied`: the cell is. `changed`: the cell was rewritten.
    `noted`: nothing was altered."""
    message: str
    mend: str

    @property
    def to_mend(self) -> bool:
        """False where nobody has to do anything: such lines stand apart from what needs mending."""
        return not self.mend.startswith(NOTHING)


def _codes(*rows: InputCode) -> dict[str, InputCode]:
    return {row.code: row for row in rows}


INPUT_CODES = _codes(
    InputCode("INP-000", "{problem}", "See `exchange {command} --help`."),
    InputCode("INP-001", "There is no file or folder {path}.", "Check the path."),
    InputCode("INP-002", "{path} cannot be read as {kind}.", "Save or export it again, and check that it opens."),
    InputCode("INP-003", "There is no dataset {name}.", "Name one of {known}."),
    InputCode("INP-004", "{path} has no column {columns}.", "Export it with that column; {hint}"),
    InputCode("INP-005", "{path} has no census table {table}.", "Put {example} in the folder."),
    InputCode(
        "INP-006",
        "None of the {rows} rows of {path} could be packed ({reasons}).",
        "Mend what {report} lists, row by row.",
    ),
    InputCode("INP-007", "{path} names the column {columns} twice.", "Rename or remove one of them."),
    InputCode("INP-008", "{setting} is not set.", "Give {option}, set {variable}, or write {key} in the profile."),
    InputCode("INP-009", "The profile {path} is wrong: {key}.", "See `exchange status --help` for the keys."),
    InputCode(
        "INP-010", "{path} looks like none of the styles {known}.", "Name one with --style, or describe your own."
    ),
    InputCode("INP-011", "The style {path} is wrong: {key}.", "Compare it with the styles that are shipped."),
    InputCode("INP-012", "{path} is not sealed.", "Seal it first: `exchange seal {path}`."),
    InputCode("INP-013", "{path} is sealed already.", "Give the file that `exchange pack` wrote."),
    InputCode("INP-014", "{path} has lost its manifest {manifest}.", "Keep the two together, or seal the file again."),
    InputCode("INP-015", "{path} ends in a way this command does not know.", "Use {known}."),
    InputCode(
        "INP-016", "{path} would be refused: {reason}.", "Run `exchange check`, mend what it lists, and pack again."
    ),
    InputCode(
        "INP-017", "The statement is about another file than {path}.", "Give the sealed file, whole and unchanged."
    ),
    InputCode("INP-018", "{path}, row {row}: {column} is not a {kind}.", "Write it as {example}."),
    InputCode(
        "INP-019", "{path}: the column {column} holds {found}, not {kind}.", "Pack the file with `exchange pack`."
    ),
    InputCode(
        "INP-020",
        "The collection {name} is not a name that can be used.",
        "Use letters, digits and hyphens, e.g. 2026-autumn.",
    ),
    InputCode("INP-021", "{path} holds more than one collection: {known}.", "Choose one with --collection."),
    InputCode("INP-022", "The outbox holds nothing that begins with {prefix}.", "See `exchange status`."),
    InputCode("INP-023", "There is no London authority {name}.", "Give a slug of boroughs.yaml; parties are {known}."),
    InputCode(
        "INP-024", "{owner} has a {use} key already.", "Use `exchange keys rotate`; what was sealed before still opens."
    ),
    InputCode("INP-025", "There is no use {name} of a key.", "Name one of {known}."),
    InputCode("INP-026", "The outbox has a file whose name cannot be a file name here.", "Tell the operators."),
    InputCode(
        "INP-027", "{path} is no certificate: it is a {kind}.", "Verify a receipt with `exchange receipt verify`."
    ),
    InputCode("INP-028", "{path} is there already.", "Name another file: that one may have been filled in."),
    InputCode(
        "INP-070",
        "{path}: in the column {column}, {against} dates fit only {other} first, {fitting} only {order} first and "
        "{either} both, so the two cannot be told apart.",
        "Export dates as YYYY-MM-DD, or state their order: --dates uk (day first) or --dates us (month first).",
    ),
    InputCode(
        "INP-071",
        "There are two files for one census table: {paths}.",
        "Keep the one that is right, or give the folder of each collection alone.",
    ),
    InputCode(
        "INP-072",
        "{path} is a file whose name does not say which census table it is.",
        "Give the folder that holds it, or name the file as COLLECT does: {example}.",
    ),
    InputCode(
        "INP-073",
        "{path}: the column {column} is empty in every row, so it would say that everybody may be written to.",
        "Export it filled. Where truly nobody is to be spared a letter, state that with --nobody-suppressed.",
    ),
    InputCode(
        "INP-074",
        "The style {path} describes {found}, not {wanted}.",
        "Give a style for {wanted}: `exchange style new FILE --dataset {wanted}` writes one.",
    ),
    InputCode(
        "INP-075",
        "{path}: --nobody-suppressed is not so: the column {column} marks {rows} rows as not to be written to.",
        "Leave the option away; the column is read as it stands.",
    ),
    InputCode(
        "INP-076",
        "{path}: in the column {column} {cells} date cells never have a day above 12, and {texts} dates of text always "
        "do: a spreadsheet has exchanged day and month in the former.",
        "Export again without opening it in a spreadsheet; if all are right, state it with --dates uk or --dates us.",
    ),
    InputCode("INP-032", "The period ends before it begins.", "Give --from and --to as days, the first first."),
    InputCode("INP-040", "{setting} is not set.", "Set {variable}, or write {setting} in {profile}."),
    InputCode("INP-041", "The profile {path} is wrong: {key}.", "See docs/operators for its keys."),
    InputCode("INP-042", "The ledger has no chain {subject}.", "See `exchange ledger list`."),
    InputCode("INP-044", "The period ends before it begins.", "Give --from before --to."),
    InputCode(
        "INP-045", "{variable} is not set: the key of the app's blobs webhook.", "docs/operators/replay.md says how."
    ),
    InputCode(
        "INP-048",
        "{subject} is no subject of the ledger.",
        "Give kind and id, such as drop:0a1b2c3d4e5f60718293a4b5c6d7e8f9; `exchange ledger list` shows them.",
    ),
    InputCode("INP-049", "There is no {what} {name}.", "Name one of {known}."),
    InputCode("INP-047", "The vault has a {use} key of {owner} already.", "Use `exchange vault rotate`."),
    InputCode(
        "INP-046",
        "{path} holds no public key that the exchange signs with.",
        "Give the public keys that boroughs got: `exchange keys export --owner exchange --use sign` writes them.",
    ),
    InputCode(
        "INP-036",
        "{path} holds something already.",
        "Name a folder that is not there yet, or is empty: what is left from another time would pass for evidence.",
    ),
)


def invalid(code: str, **facts: object) -> InvalidInput:
    """The refusal with that code, its gaps filled with `facts` (paths, columns, options)."""
    known = INPUT_CODES[code]
    return InvalidInput(code, known.message.format(**facts), known.mend.format(**facts))


NOT_SPLIT = PackCode(
    "PAK-001",
    "left out",
    "The line has another number of columns than the header.",
    "Put quotes round a cell that holds a comma, and export again.",
)
BAD_DATE = PackCode(
    "PAK-002",
    "emptied",
    "The date cannot be read; the cell is left empty.",
    "Write it in a shape that was tried here, such as 2015-11-23; the report names them.",
)
PLACEHOLDER_DATE = PackCode(
    "PAK-003",
    "emptied",
    "The date is a placeholder that stands for 'not known'; the cell is left empty.",
    "Enter the true date, if it is known.",
)
DAMAGED_UPRN = PackCode(
    "PAK-004",
    "emptied",
    "The UPRN was damaged by a spreadsheet (rounded or cut); the cell is left empty.",
    "Export it again as text; the digits that were lost cannot be guessed.",
)
BAD_NUMBER = PackCode("PAK-005", "emptied", "The number cannot be read; the cell is left empty.", "Write digits only.")
UNKNOWN_CODE = PackCode(
    "PAK-006",
    "emptied",
    "The code is not one that this column knows; the cell is left empty.",
    "Use a code of the template, or add yours to the style.",
)
SHEET_ERROR = PackCode(
    "PAK-007", "emptied", "The cell holds a spreadsheet error (such as #N/A); it is left empty.", "Mend the formula."
)
TITLE_MOVED = PackCode(
    "PAK-008", "changed", "A title stood inside the name and was taken out of it.", "Keep the title in its own column."
)
NAME_NOT_SPLIT = PackCode(
    "PAK-009",
    "emptied",
    "The name cannot be split into surname and forename; both are left empty.",
    "Write it as SURNAME, Forename, or export the two in columns of their own.",
)
REPAIRED_UPRN = PackCode(
    "PAK-010",
    "changed",
    "The UPRN ended in .0, as a spreadsheet writes it; the ending was taken off.",
    "Export the column as text.",
)
UNSURE_FLAG = PackCode(
    "PAK-011",
    "changed",
    "The flag is neither yes nor no; it is packed as yes, because a letter must not be sent by mistake.",
    "Write Y or N.",
)
NO_CHILD = PackCode(
    "PAK-012",
    "left out",
    "The claim has no child, so there is nobody to match.",
    "Nothing, if that is so.",
)
NO_ADDRESS = PackCode(
    "PAK-020",
    "left out",
    "The pupil cannot be routed: no address table has a row for it.",
    "Add {year}_{term}_addressesonroll.csv (autumn) or {year}_{term}_addresses.csv to the folder.",
)
NO_POSTCODE = PackCode(
    "PAK-021",
    "left out",
    "The pupil cannot be routed: its address has no usable postcode.",
    "Enter the current postcode; ZZ99 codes and parts of a postcode cannot be routed.",
)
NO_SCHOOL = PackCode(
    "PAK-022",
    "left out",
    "The school cannot be told: NativeId is not a LAESTAB, and no school table names the school.",
    "Add {year}_{term}_schoolcensus.csv and {year}_{term}_school.csv, or --schools with the DfE register of schools.",
)
SECOND_ENROLMENT = PackCode(
    "PAK-023",
    "left out",
    "The same pupil is enrolled in another row, which is packed instead.",
    "Nothing: the main or latest enrolment is the one that counts.",
)
LIVES_HERE = PackCode(
    "PAK-024",
    "left out",
    "The pupil lives in the borough that packs; the exchange is for pupils who live elsewhere.",
    "Nothing.",
)
SAME_KEY = PackCode(
    "PAK-025",
    "left out",
    "Another row of the same table has the same pupilonrolltableid and NativeId, and comes first.",
    "Export the table once.",
)
ORPHAN = PackCode(
    "PAK-026",
    "noted",
    "The row belongs to no pupil of the pupil table and is not used.",
    "Export all tables in one go.",
)
OTHER_COUNTRY = PackCode(
    "PAK-027",
    "noted",
    "The free-school-meals period is not one of England and is not used.",
    "Nothing.",
)
MORE_PERIODS = PackCode(
    "PAK-028",
    "noted",
    "The pupil has more than one open free-school-meals period; the one that starts last is packed.",
    "End the earlier periods in the school's system.",
)
MORE_ADDRESSES = PackCode(
    "PAK-029",
    "noted",
    "The pupil has more than one address row; the first in order is packed.",
    "Nothing.",
)
DROPPED_COLUMN = PackCode(
    "PAK-030",
    "noted",
    "The column is not part of the contract and was not packed.",
    "Nothing: the exchange may not have it.",
)
UNDECIDED = PackCode(
    "PAK-031",
    "left out",
    "The pair is not decided yet: the row has nothing but its reference.",
    "Nothing; decide it later.",
)

MONTH_FIRST = PackCode(
    "PAK-060",
    "emptied",
    "The date fits only the other order of day and month than its column; the cell is left empty.",
    "Correct it; where the whole column is in that order, state it with --dates uk or --dates us.",
)
SHORT_YEAR = PackCode(
    "PAK-061",
    "emptied",
    "The year of the date has two digits, and the century is not guessed; the cell is left empty.",
    "Export dates with four digits for the year.",
)
INVISIBLE = PackCode(
    "PAK-062",
    "changed",
    "Characters that are no part of the value (invisible ones, or a spreadsheet's mark for text) were taken out.",
    "Nothing here; the system that exports them will trip others.",
)
PLAINLY_WRITTEN = PackCode(
    "PAK-063",
    "changed",
    "The number was written with commas, blanks or a slash and is packed without them.",
    "Nothing.",
)
DAMAGED_NUMBER = PackCode(
    "PAK-064",
    "emptied",
    "A spreadsheet has turned the number into an exponent (as 1.23E+11); the cell is left empty.",
    "Export the column as text; the digits that were lost cannot be guessed.",
)
BAD_UPRN = PackCode(
    "PAK-065",
    "emptied",
    "The UPRN is not 1 to 12 digits; the cell is left empty.",
    "Correct it, or leave the cell empty where there is none.",
)
DATE_FOR_NUMBER = PackCode(
    "PAK-066",
    "emptied",
    "A spreadsheet has turned the house number or flat into a date (as 12-Mar for 12/3); the cell is left empty.",
    "Export the column as text; the number that stood there is in the system it came from.",
)
NOBODY_MARKED = PackCode(
    "PAK-067",
    "noted",
    "The column says of nobody that they must not be written to, and --nobody-suppressed states that this is so.",
    "Nothing, if it is so.",
)
EMPTY_IS_NO = PackCode(
    "PAK-068",
    "noted",
    "The column marks only some rows with yes; its empty cells are packed as: may be written to.",
    "Nothing, if only those are marked who must not be written to.",
)
EMPTY_IS_UNKNOWN = PackCode(
    "PAK-069",
    "emptied",
    "The column writes no where somebody may be written to, and this cell is empty: it says neither.",
    "Write Y or N; the row is rejected until then, because an empty cell is no leave to write.",
)
SINGLE_NAME = PackCode(
    "PAK-070",
    "changed",
    "A mark (such as a full stop, or FNU) stands for a name; the other one is packed as a single name: surname, and -.",
    "Nothing, if the person has one name only; else enter the name that is missing.",
)
NOT_ADDRESSED = PackCode(
    "PAK-071",
    "noted",
    "The column looks like one more of a numbered group, and the style has no place for it: it was not read.",
    "Describe it in a style of your own: `exchange style new` writes one.",
)

PACK_CODES: tuple[PackCode, ...] = tuple(value for value in list(globals().values()) if isinstance(value, PackCode))


def code_page() -> str:
    """Markdown: every code of this file, what it means, and what to do."""
    stops = "\n".join(f"| {c.code} | {_cell(c.message)} | {_cell(c.mend)} |" for c in INPUT_CODES.values())
    packs = "\n".join(f"| {c.code} | {c.effect} | {_cell(c.message)} | {_cell(c.mend)} |" for c in PACK_CODES)
    return (
        "# Codes of the `exchange` command\n\nGenerated from the command's codes; do not edit.\n\n"
        "## What stops a command (exit code 2)\n\n| code | what happened | what to do |\n| --- | --- | --- |\n"
        f"{stops}\n\n## What packing says of a row\n\n| code | effect | what happened | what to do |\n"
        f"| --- | --- | --- | --- |\n{packs}\n"
    )


def _cell(text: str) -> str:
    return text.replace("{", "‹").replace("}", "›").replace("|", "\\|")
