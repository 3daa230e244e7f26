"""Every code with which packing says what it did with a row: PAK-…

A message counts and names lines, columns and encodings; it never repeats what stands in a cell. It is one table, as
long as there are codes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from shared.kernel.errors import NOTHING

Effect = Literal["left out", "emptied", "changed", "noted"]


@dataclass(frozen=True)
class PackCode:
    """One thing that packing says of a row."""

    code: str
    effect: Effect
    """`left out`: the row is not in the packed file. `emptied`: the cell is. `changed`: the cell was rewritten.
    `noted`: nothing was altered."""
    message: str
    """With `{…}` for what the finding counts or names: lines, cells, encodings; never what a cell holds."""
    remedy: str

    @property
    def to_do(self) -> bool:
        """False where nobody has to do anything: such lines stand apart from what has a remedy."""
        return not self.remedy.startswith(NOTHING)

    def filled(self, **facts: object) -> PackCode:
        """The same code, the gaps of its message filled with `facts`."""
        return replace(self, message=self.message.format(**facts))


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
    "PAK-007",
    "emptied",
    "The cell holds a spreadsheet error (as #N/A, or ##### in a narrow column); it is left empty.",
    "Correct the formula, or widen the column before you save it as text.",
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
CHILD_NOT_READ = PackCode(
    "PAK-013",
    "left out",
    "No child of the claim stands in the columns that were read, and something in one more of a numbered group.",
    "Describe that column in a style of your own (`exchange style new`): it may be a child.",
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
CLOSED_SCHOOL = PackCode(
    "PAK-032",
    "noted",
    "The register of schools has the pupil's school as closed, and no open one of that number{successor}.",
    "Give a newer register with --schools; where the school has closed, correct its number in the school's system.",
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
    "{word} stands in {count} cells of names, and nowhere else: it was read as the name of somebody called so.",
    "If it stands for nothing, export empty cells.",
)
ESCAPED = PackCode(
    "PAK-057",
    "changed",
    "A backslash stands before a separator or quotation mark, as some databases write it; it was taken out.",
    "Nothing; or export with quotation marks round cells, written twice inside.",
)
GLUED = PackCode(
    "PAK-058",
    "noted",
    "Headings stand again at the end of a line: a second extract was joined without a line end. It was read apart.",
    "Nothing, if two extracts were joined. From there on a line's number is higher by one than in the file.",
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

CONTRADICTED = PackCode(
    "PAK-080",
    "left out",
    "The reference stands in other rows too, with something else (see rows {rows}): nothing is sent for it.",
    "Let whoever decided agree on one decision, write it into one row, and clear the others.",
)
NOT_ITS_ROW = PackCode(
    "PAK-081",
    "left out",
    "The row is not the one that its reference belongs to: {columns} is other than in the results.",
    "Undo what was sorted or copied on its own, or write the sheet anew (`exchange review decide`), and decide there.",
)
NO_CHECK = PackCode(
    "PAK-082",
    "left out",
    "Whether the reference belongs to this row cannot be told: it bears no check, and no results with it are at hand.",
    "Put the collected results beside the sheet, or name them with --results; or decide on the sheet that "
    "`exchange review decide` writes.",
)
UNKNOWN_PAIR = PackCode(
    "PAK-083",
    "left out",
    "No results at hand propose this pair.",
    "Copy the reference from your newest results, or fetch those that it is from (`exchange fetch fsm/results`).",
)
REPLACED_PAIR = PackCode(
    "PAK-084",
    "left out",
    "The current results of {collection} (run {run}) no longer propose this pair: the child was removed, has moved, or "
    "is entitled no more.",
    "Look at the child's row in the current results, and decide on that, if it still is there.",
)
OF_OTHER_BOROUGH = PackCode(
    "PAK-085",
    "left out",
    "The reference is from the results of another borough.",
    "Leave it to that borough; your own results have your pairs.",
)
BEFORE_PROPOSED = PackCode(
    "PAK-086",
    "left out",
    "The decision is dated before the day on which the pair was proposed.",
    "Correct the day: nobody can have decided on the pair before its results were there.",
)
HIDDEN_DECISION = PackCode(
    "PAK-087",
    "left out",
    "The row is hidden in the sheet (by a filter or by hand), and holds a decision: nothing is sent that is not seen.",
    "Show all rows, look at it, and pack again; or state with --include-hidden that hidden rows count.",
)

PACK_CODES: tuple[PackCode, ...] = tuple(value for value in list(globals().values()) if isinstance(value, PackCode))
