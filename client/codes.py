"""Every code the `exchange` command itself gives: INP-… stops a command, PAK-… says what packing did with a row.

A message names the file, the row and the column; it never repeats what stands in a cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from shared.kernel.errors import NOTHING, InvalidInput

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
    """With `{…}` for what the finding counts or names: lines, cells, encodings; never what a cell holds."""
    mend: str

    @property
    def to_mend(self) -> bool:
        """False where nobody has to do anything: such lines stand apart from what needs mending."""
        return not self.mend.startswith(NOTHING)

    def filled(self, **facts: object) -> PackCode:
        """The same code, the gaps of its message filled with `facts`."""
        return replace(self, message=self.message.format(**facts))


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
        "Use a term (2026-autumn, 2027-spring, 2027-summer) or a year (2025-26), as the agreement lists them.",
    ),
    InputCode("INP-021", "{path} holds more than one collection: {known}.", "Choose one with --collection."),
    InputCode("INP-022", "The outbox holds nothing that begins with {prefix}.", "See `exchange status`."),
    InputCode("INP-023", "There is no party {name}.", "Give the slug of a party; those of the agreement are {known}."),
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
    InputCode("INP-050", "{path} is {kind}.", "{advice}"),
    InputCode("INP-051", "{path} has several sheets with rows: {sheets}.", "Name the one to read with --sheet."),
    InputCode("INP-052", "{path} has no sheet {sheet}.", "Name one of {known}."),
    InputCode("INP-053", "{path} has no visible sheet with headings and rows.", "{advice}"),
    InputCode(
        "INP-054",
        "{path} has an odd number of quotation marks ({count}), so where a cell ends cannot be told.",
        "Look at line {lines}: close the quotation mark, write it twice, or take it out.",
    ),
    InputCode(
        "INP-055",
        "The sheet {sheet} of {path} reaches to {cell}, although only {filled} of its cells are filled.",
        "Delete the rows and columns beyond your table (or copy the table into a new workbook) and save it again.",
    ),
    InputCode(
        "INP-056",
        "{path} unpacks to more than {limit} million bytes, too many to be read safely.",
        "Save the sheet alone as CSV (UTF-8), or leave out the columns that the exchange may not have.",
    ),
    InputCode(
        "INP-057",
        "{path}: {count} lines (the first is line {line}) are no text in {encoding}.",
        "State the encoding it was written in with --encoding: {known}.",
    ),
    InputCode("INP-058", "There is no encoding {name} that this command reads.", "Name one of {known}."),
    InputCode(
        "INP-059",
        "{path}: other headings stand between the rows, in line {line}.",
        "Pack the two extracts one by one, or give both the same headings.",
    ),
    InputCode("INP-060", "{path} is empty.", "Export it again."),
    InputCode("INP-061", "{path} holds {count} files.", "Unpack it, and give the one that holds the rows."),
    InputCode(
        "INP-062",
        "{path}: the sheet {sheet} has {rows} rows and {columns} columns, more than can be read ({limit} cells).",
        "Save the sheet alone as CSV (UTF-8).",
    ),
    InputCode("INP-064", "{path} has no headings.", "Put a line with the name of each column above the rows."),
    InputCode(
        "INP-063",
        "{path} cannot be read safely: {reason}",
        "Pack it again with `exchange pack`; if it came from elsewhere, ask for it again.",
    ),
    InputCode(
        "INP-080", "There is no room for {path}: the disk or your quota is full.", "Make room, and run it again."
    ),
    InputCode(
        "INP-081",
        "{path} may not be read or written by you, or lies on a disk that is read-only.",
        "Choose another folder, or have its owner give you the right.",
    ),
    InputCode(
        "INP-082", "The name of {path} is too long for this disk, or not one it takes.", "Choose a shorter folder."
    ),
    InputCode("INP-083", "{path} is a folder, and a file is wanted.", "Name a file in it."),
    InputCode("INP-084", "{path} is open in another program.", "Close it there, and run it again."),
    InputCode(
        "INP-085", "{path} is not there, or is there no longer.", "Check the path, and that the drive is connected."
    ),
    InputCode(
        "INP-086", "A part of {path} is a file, and a folder is wanted.", "Name a folder, or move that file away."
    ),
    InputCode("INP-087", "{path} could not be read or written ({reason}).", "Check the disk, or try another folder."),
    InputCode(
        "INP-089",
        "The private key {path} can be read by others, and could not be closed.",
        "Let only yourself read it (chmod 600), or make the keys again and hand over the new public parts.",
    ),
    InputCode(
        "INP-090",
        "{setting} is no address of a box: {reason}.",
        "Copy the whole line again from the profile that the operators sent.",
    ),
    InputCode(
        "INP-091",
        "{setting} was changed on its way: it has &amp; where & stood.",
        "Write & for each &amp;, or save the profile as a file instead of copying it out of a message.",
    ),
    InputCode(
        "INP-092",
        "The pass in {setting} is cut off: {reason}.",
        "Copy the whole line again from the profile that the operators sent.",
    ),
    InputCode(
        "INP-093",
        "The pass in {setting} ended at {until}; this machine's clock says {clock}.",
        "Ask the operators for a new pass. If the clock is wrong, set it.",
    ),
    InputCode(
        "INP-094",
        "The pass in {setting} holds from {since}; this machine's clock says {clock}.",
        "Wait until then. If the clock is wrong, set it.",
    ),
    InputCode(
        "INP-095",
        "{setting} leads to {container}, and the profile is of {borough}.",
        "Use the profile that the operators sent to {borough}, with no line of another in it.",
    ),
    InputCode(
        "INP-096", "The pass in {setting} does not allow to {what}.", "Ask the operators for a new pass for {box}."
    ),
    InputCode(
        "INP-097",
        "{setting} is not https: the pass would travel in the clear.",
        "Write https, as the operators sent it.",
    ),
    InputCode(
        "INP-098",
        "{variable} names {path}, which {reason}.",
        "Give a PEM file (-----BEGIN CERTIFICATE-----) with the office's certification authority.",
    ),
    InputCode(
        "INP-099", "{variable} is no address of a proxy: {reason}.", "Write it as http://proxy.example.org:8080."
    ),
    InputCode(
        "INP-100",
        "{path} is not the file that its manifest was signed for.",
        "Copy both again whole, or seal again.",
    ),
    InputCode(
        "INP-101",
        "{path} was sealed by {sender}, and this inbox is of {borough}. Nothing was sent.",
        "Drop it with the profile of {sender}.",
    ),
    InputCode(
        "INP-102",
        "{path} is not for the exchange but for {receiver}. Nothing was sent.",
        "Give the file that `exchange seal` wrote.",
    ),
    InputCode(
        "INP-103",
        "{path} says it was sealed {difference} after now by the exchange's clock: it would be refused (DRP-001).",
        "Set the clock of the machine that seals, and seal again.",
    ),
    InputCode(
        "INP-104",
        "The clock of this machine is {difference} by the exchange's. More than ten minutes are refused.",
        "Set the clock (time zone too), and run it again.",
    ),
    InputCode(
        "INP-105",
        "The exchange goes by {theirs}, and this command by {ours}.",
        "Install the newer command, or give the new agreement with --agreements.",
    ),
    InputCode(
        "INP-106",
        "The sealed file is larger than the agreement allows ({size} of {limit} bytes).",
        "Check the extract. Do not split it: of two files of one dataset only one counts. Where it is right as it is, "
        "ask the operators; the agreement sets the limit.",
    ),
    InputCode(
        "INP-107",
        "There is a file {name} in your inbox already, and nothing here shows that it is this one. Nothing was sent.",
        "Its receipt will say: `exchange status --file`. If it is another file, rename this one and its manifest.",
    ),
    InputCode(
        "INP-110",
        "The profile {path}, line {line}: {reason}.",
        "{remedy}",
    ),
    InputCode(
        "INP-111",
        "{setting} names the variable {variable}, which is not set.",
        "Set it, or write the path in full.",
    ),
    InputCode(
        "INP-112",
        "Somebody else is making keys in {path} at this moment.",
        "Wait until that is done. If nobody is, remove {path}.",
    ),
    InputCode(
        "INP-113",
        "The private part of {owner}'s {use} key {key} is not in {path}.",
        "Put it back from the backup. If there is none: `exchange keys rotate --use {use}`, send the new public part "
        "to the operators, and ask for what was sealed to the lost one again.",
    ),
    InputCode(
        "INP-120",
        "{path} is not a blob's metadata.",
        'Give a JSON object of names and texts: {{"exchange_manifest": "…", "exchange_signature": "…"}}.',
    ),
    InputCode(
        "INP-121",
        "The gates need the metadata of {path}, and there is none beside it.",
        "Give it with --metadata, or leave out --keys to see only what the file itself shows.",
    ),
    InputCode(
        "INP-114",
        "{path} is still being written: it has not been still for {seconds} seconds.",
        "Run it again when the job that writes it has ended.",
    ),
    InputCode("INP-115", "{path} was changed while it was read. Nothing was written.", "Run it again."),
    InputCode(
        "INP-116",
        "{path} holds {count} numbers, and one is wanted: how many rows there should be.",
        "Give a file with that number alone, or the number itself.",
    ),
    InputCode(
        "INP-117",
        "{path} has {rows} rows, and should have {wanted}. Nothing was written.",
        "Wait until the extract is whole, or have it made again.",
    ),
    InputCode(
        "INP-118",
        "{path} has {rows} rows, and the last time there were {before}. Nothing was written.",
        "Look whether the extract is whole. If it is, say so with --allow-shrink.",
    ),
    InputCode(
        "INP-119",
        "The last line of {path} is not the trailer {trailer}. Nothing was written.",
        "Wait until the extract is whole, or have it made again. If it never has that line, state no trailer.",
    ),
    InputCode(
        "INP-123",
        "There is no {use} key of {owner} in the folder {path}, or it was revoked.",
        "Name your folder of keys with --keys, or as `keys` in the profile. A drop key comes from the operators "
        "(`exchange keys import`); the others you make (`exchange keys new`).",
    ),
    InputCode(
        "INP-122",
        "The trailer {trailer} cannot be looked for: {reason}.",
        "Write {{rows}} where the number of rows stands, {{any}} for a word that changes: 'TRAILER,{{any}},{{rows}}'.",
    ),
)


def invalid(code: str, **facts: object) -> InvalidInput:
    """The refusal with that code, its gaps filled with `facts` (paths, columns, options)."""
    known = INPUT_CODES[code]
    return InvalidInput(code, known.message.format(**facts), known.mend.format(**facts))


NOT_SPLIT = PackCode(
    "PAK-001",
    "left out",
    "The line has {cells} cells; there are {headings} headings.",
    "Give it as many. A cell that holds the separator or a line break needs quotation marks round it.",
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

QUOTE_ASTRAY = PackCode(
    "PAK-040",
    "left out",
    "A quotation mark stands within or behind a quoted cell, so where the cell ends cannot be told ({lines}).",
    "Write a quotation mark inside a quoted cell twice, or take it out, and export again.",
)
SWALLOWED = PackCode(
    "PAK-041",
    "left out",
    "One quoted cell runs over {lines} and holds the separators of whole rows: it has swallowed them.",
    "Close or take out the quotation mark in the first of these lines, and export again.",
)
HEADINGS_AGAIN = PackCode(
    "PAK-042", "left out", "The headings stand here again; the line is no row.", "Nothing, if two extracts were joined."
)
OTHER_ORDER = PackCode(
    "PAK-043",
    "left out",
    "The headings stand here again, in another order; the rows below were read by that order.",
    "Check that the two extracts belong into one file.",
)
NO_ROW = PackCode(
    "PAK-044",
    "left out",
    "The line is a total, a count of rows or a ruled line, and no row.",
    "Nothing; or export without it.",
)
HEADINGS_BELOW = PackCode(
    "PAK-045",
    "noted",
    "The headings were found in line {line}; what stands above them is no row.",
    "Check that the first row of data stands below that line.",
)
ASSUMED_ENCODING = PackCode(
    "PAK-046",
    "noted",
    "Lines that are not UTF-8 (there are {count}; the first is line {line}) were read as {encoding}: an assumption.",
    "Look at the accents of these lines; if they are wrong, state the encoding: --encoding cp850 or mac-roman.",
)
SPOILT_TEXT = PackCode(
    "PAK-047",
    "noted",
    "The text was spoilt before it came here (such as Ã© for é, &#39; for an apostrophe); it is packed as it stands.",
    "Mend it in the system that it comes from: a spoilt name is not matched.",
)
CONTROL_CHARACTERS = PackCode(
    "PAK-048",
    "changed",
    "Control characters, which no text has, were taken out of the line.",
    "Take them out in the system that it comes from.",
)
NULL_WORD = PackCode(
    "PAK-049",
    "noted",
    "{word} stands in {count} cells of {columns} columns: a database's word for nothing, read as an empty cell.",
    "Nothing; or export empty cells.",
)
NULL_NAME = PackCode(
    "PAK-059",
    "noted",
    "{word} stands in {count} cells of names, and nowhere else: it was packed as the name of somebody called so.",
    "If it stands for nothing, export empty cells.",
)
OTHER_KIND = PackCode(
    "PAK-050", "noted", "By what is in it, the file is {kind}, and was read as that.", "Nothing; or rename it."
)
OTHER_SHEETS = PackCode(
    "PAK-051",
    "noted",
    "The sheet {sheet} was read; these were not: {others}.",
    "If the rows are in another sheet, name it with --sheet.",
)
HIDDEN_ROW = PackCode(
    "PAK-052",
    "noted",
    "The row is hidden in the sheet (by a filter or by hand), and was read all the same.",
    "Delete the row if it does not belong to the data.",
)
HIDDEN_COLUMN = PackCode(
    "PAK-053", "noted", "The column is hidden in the sheet, and was read all the same.", "Delete it if it is old."
)
NO_RESULT = PackCode(
    "PAK-054",
    "noted",
    "The cell holds a formula without a result, and counts as empty.",
    "Open the workbook in a spreadsheet, save it, and pack it again.",
)
MERGED = PackCode(
    "PAK-055",
    "noted",
    "The cell is merged with others; only the first of them has what stands there, the others are empty.",
    "Undo the merge, and write into every cell what belongs there.",
)
NOT_SEEN = PackCode(
    "PAK-056",
    "noted",
    "In {kind}, hidden rows and columns cannot be told from others.",
    "Save it as .xlsx if anything is hidden in it.",
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
    gaps = re.sub(r"(?<!\{)\{(\w+)\}", r"‹\1›", text)
    return gaps.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
