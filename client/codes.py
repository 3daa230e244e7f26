"""Every code with which the `exchange` command stops: INP-…, exit code 2.

A message names the file, the row and the column; it never repeats what stands in a cell. It is one table, as long as
there are codes: a number is given once, and the next one that is free is seen at a glance.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.kernel.errors import InvalidInput


@dataclass(frozen=True)
class InputCode:
    """One reason for which a command stops with exit code 2."""

    code: str
    message: str
    """With `{…}` for what the refusal names: files, columns, options; never a cell."""
    remedy: str


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
        "Put right what {report} lists, row by row. If you have none, and want to say so: `exchange pack none`.",
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
        "INP-016", "{path} would be refused: {reason}.", "Run `exchange check`, correct what it lists, and pack again."
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
    InputCode(
        "INP-130",
        "{path} is no evidence folder, or its MANIFEST.json cannot be read.",
        "Give the folder that `exchange evidence` wrote, whole.",
    ),
    InputCode("INP-140", "There is no borough {names}.", "Name some of {known}; or pilot, or all."),
    InputCode(
        "INP-141",
        "One borough alone has nobody to share with.",
        "Name two or more, with commas between them; or pilot, or all.",
    ),
    InputCode(
        "INP-142",
        "Both --boroughs and --agreements were given, and each says who takes part.",
        "Give one of the two.",
    ),
    InputCode(
        "TOT-001",
        "There is no table of totals in your outbox{of}.",
        "It comes once the pupils of a first borough are in; `exchange status` says what has come.",
    ),
    InputCode(
        "TOT-002", "{path} is no table of totals: {why}.", "Give totals.csv or totals.parquet of `exchange totals`."
    ),
    InputCode(
        "TOT-003",
        "{path} is not DfE's cross-border table: it has no column {columns}.",
        "Download it as CSV, with all its columns.",
    ),
    InputCode(
        "TOT-004",
        "{path} has no time period {period}; it has {known}.",
        "Name the one to compare with: --period. Another year's numbers differ for a reason.",
    ),
    InputCode(
        "TOT-005",
        "{path}, row {row}: the column {column} holds neither a number nor one of the symbols {known}.",
        "Download it anew, and open it in no spreadsheet: that rewrites cells.",
    ),
    InputCode(
        "TOT-006",
        "{path} has no column {columns}, so it is no packed pupils file.",
        "Give the file that `exchange pack census` or `exchange pack table --dataset pupils` wrote.",
    ),
    InputCode("TOT-007", "There is no {what} {name} in the table.", "Name one of {known}."),
    InputCode(
        "RUN-004",
        "Nothing of {party} waits under {what}.",
        "Name a party to an agreement under which work waits; `exchange agreement` lists them.",
    ),
    InputCode(
        "RUN-006",
        "{name} is not the file that the exchange signed for as its collection's current result.",
        "Fetch again; if it stays so, tell the operators: somebody else has put it there.",
    ),
    InputCode(
        "RUN-007",
        "{name} is no word of the exchange on which result of that collection is current, or in a later format.",
        "Install the newest client; if it stays so, tell the operators.",
    ),
    InputCode(
        "INP-131",
        "{path} has no collected results.",
        "Name the folder that `exchange fetch fsm/results` saved them into.",
    ),
    InputCode(
        "INP-132",
        "{path} has decisions that do not stand by the results at hand: {rows}.",
        "Clear these rows in the sheet, or decide on them by the current results ({run}); then pack and seal again.",
    ),
    InputCode(
        "INP-133",
        "{path}: the rows {rows} are not those of their references: they were sorted or copied in parts.",
        "Undo that, or write the sheet anew (`exchange review first-look`), and look there.",
    ),
    InputCode("RUN-005", "{what} has no collection {name}.", "Name one of {known}."),
    InputCode(
        "INC-001",
        "Nothing says what the incident is about.",
        "Give a time (--from, --until), a key, a borough or a container; several narrow it.",
    ),
    InputCode("INC-002", "It cannot have been noticed in the future.", "Give --noticed in UTC, as 2026-11-21T14:30."),
    InputCode(
        "SUB-001",
        "{path} does not say who is asked about.",
        'Write a line for each thing that is known, as upn = "…" or born = "2015-03-21". What may be said: {known}; a '
        'forename or surname may be several: surname = ["…", "…"].',
    ),
    InputCode(
        "SUB-002",
        "Too little is said to find somebody by.",
        "Give a UPN, ULN, National Insurance number or claim reference; or forename, surname and birthday together.",
    ),
    InputCode(
        "SUB-003",
        "What was said is no {what}.",
        "Look for a slip: with one in it nothing would be found, and that would be no answer. A date is YYYY-MM-DD.",
    ),
    InputCode("SUB-004", "{path} is no kind of file that is read.", "Look through it yourself."),
    InputCode(
        "SUB-005",
        "{path} has lines that could not be split into columns ({count}), so it was not looked through.",
        "See `exchange pack` for which; or look through it yourself.",
    ),
    InputCode(
        "SUB-006",
        "The name of the page bears what was asked after.",
        "Name it by your own reference, such as sar-2026-014.html: names of files are seen by others.",
    ),
    InputCode(
        "KEY-013",
        "The keys of {party} are still needed: {why}.",
        "Revoke them by the same command once it has left. A key that was stolen is revoked at once: "
        "`exchange vault revoke`.",
    ),
    InputCode(
        "OBJ-020",
        "An objection cannot be kept by what is known of the person: {problem}.",
        "Name a child by upn, or by forename, surname and born, or by both; or name a claim alone, with all of its "
        "children.",
    ),
    InputCode(
        "TOT-008",
        "{path}, row {row}: this authority, period and breakdown stand in an earlier row too.",
        "Download it anew; two rows of one place cannot both be meant.",
    ),
)


def invalid(code: str, **facts: object) -> InvalidInput:
    """The refusal with that code, its gaps filled with `facts` (paths, columns, options)."""
    known = INPUT_CODES[code]
    return InvalidInput(code, known.message.format(**facts), known.remedy.format(**facts))
