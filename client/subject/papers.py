"""What the exchange has said, and a borough has kept: found by what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from client.subject.shelves import Paper, SealedFile, Shelves, Table

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements


class Papers:
    """What the exchange has said, by what it is about."""

    def __init__(self, shelves: Shelves, agreements: Agreements) -> None:
        self.agreements = agreements
        self._receipts = {str(paper.body["drop"]): paper for paper in shelves.of("receipt") if "drop" in paper.body}
        self._reports = {str(paper.body["facts"].get("drop", "")): paper for paper in shelves.of("report")}
        self._jobs = {_job(paper): paper for kind in ("summary", "current") for paper in shelves.of(kind)}
        self._sealed = {file.manifest.sha256: file for file in shelves.sealed}
        self._destroyed: dict[str, set[str]] = {}
        for paper in shelves.of("certificate"):
            for one in paper.body.get("destroyed", ()):
                day = str(one.get("destroyed", ""))[:10]
                words = f"{one.get('kind', 'object')} on {day} ({one.get('mechanism', '')}), certificate {_id(paper)}"
                self._destroyed.setdefault(str(one.get("work", "")), set()).add(words)

    def drops_of(self, table: Table) -> tuple[list[Mapping[str, Any]], bool]:
        """The receipts of the drops that were made of a packed file, and whether that is recorded. Where it is not,
        those of its dataset with as many rows: it may be one of them."""
        receipts = [paper.body for paper in self._receipts.values()]
        made = {file.manifest.sha256 for file in self._sealed.values() if file.made_of and file.made_of == table.sha256}
        if recorded := [body for body in receipts if body.get("sha256") in made]:
            return recorded, True
        explained = {file.manifest.sha256 for file in self._sealed.values() if file.made_of}
        alike = [
            body
            for body in receipts
            if (body.get("dataset"), body.get("rows_in")) == (table.what, table.rows.num_rows)
            and str(body.get("agreement", "")).partition("@")[0] == table.agreement
            and body.get("sha256") not in explained
        ]
        return alike, False

    def report(self, drop: str) -> Mapping[str, Any]:
        """The exchange's report on a drop; empty where it is not at hand."""
        return self._reports[drop].body if drop in self._reports else {}

    def job(self, id: str) -> Mapping[str, Any]:
        """What a job's summary, or the word which result is current, says; empty where neither is at hand."""
        return self._jobs[id].body if id in self._jobs else {}

    def destroyed(self, work: str) -> tuple[str, ...]:
        """What certificates say was destroyed of a drop or a job, in words."""
        return tuple(sorted(self._destroyed.get(work, ())))

    def unopened(self, tables: Iterable[Table]) -> list[SealedFile]:
        """Sealed files of which the packed file is not at hand."""
        there = {table.sha256 for table in tables if table.sha256}
        return [file for file in self._sealed.values() if file.made_of not in there or not file.made_of]


def _id(paper: Paper) -> str:
    return str(paper.body.get("certificate", ""))


def _job(paper: Paper) -> str:
    return str(paper.body.get("job") or paper.body.get("run") or paper.body.get("enrolment") or "")
