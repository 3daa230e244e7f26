"""The evidence page: one HTML document that needs nothing else, no script and no network. Same facts, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import PurePosixPath

from jinja2 import Environment, PackageLoader, StrictUndefined

from client.evidence import words
from client.evidence.draw import picture
from client.evidence.facts import MEALS, AccessRow, Evidence
from shared.kernel.audit.questions import BY_CODE
from shared.kernel.audit.report import Destruction
from shared.kernel.terms.agreements import Agreements
from shared.kernel.terms.retention import LASTING, Retention

SECTIONS = {
    "answer": "The answer",
    "what": "What this is",
    "agreement": "The agreements",
    "flows": "What went where",
    "pairs": "Children found",
    "access": "Who had access",
    "destroyed": "What was destroyed",
    "promises": "Every promise",
    "exceptions": "Exceptions",
    "logs": "Hours without logs",
    "verify": "Verify it yourself",
    "files": "Files",
}
"""The page's parts in order, by the ids that links use."""

ANSWERS = {"holds": "holds", "broken": "broken", "not known": "not known"}
WAYS = {
    "right": "A right of whoever did it, which the register names",
    "ledger": "Work that the ledger records",
    "unexplained": "Nothing explains these; the code is of the check that lists them",
}
SERVICES = {"blob": "Storage", "queue": "Queue", "vault": "Key vault"}
CATEGORIES = {
    "StorageRead": "reads",
    "StorageWrite": "writes",
    "StorageDelete": "deletions",
    "AuditEvent": "uses of keys",
}

NAMED = 3
"""Boroughs that are named one by one, where somebody's row of access is about several."""
LISTED = 60
"""Certificates that the page lists; a month of all London has a thousand."""


@dataclass(frozen=True)
class FileFact:
    """One file of the evidence folder."""

    path: str
    """Relative to the folder, with ``/``."""
    bytes: int
    sha256: str

    @property
    def certificate(self) -> str:
        """The id of the certificate that it is a copy of, by its name; of any other file, nothing."""
        return PurePosixPath(self.path).stem.rpartition("-")[2]


def render(evidence: Evidence, files: Sequence[FileFact]) -> str:
    """The page. `files` are those of the folder that it is to list, in order."""
    report, agreements = evidence.report, evidence.agreements
    environment = _environment(agreements)
    listed = _listed(report.destructions)
    ids = {one.certificate for one in listed}
    certificates = [file for file in files if file.path.startswith("certificates/")]
    shown = [file for file in files if not file.path.startswith("certificates/") or file.certificate in ids]
    return environment.get_template("evidence.html").render(
        title=_title(evidence, environment),
        sections=[(id, title) for id, title in SECTIONS.items() if id != "pairs" or MEALS in agreements],
        evidence=evidence,
        report=report,
        agreements=[agreed.terms for agreed in agreements],
        records=agreements.records,
        pairs_of=MEALS if MEALS in agreements else "",
        borough=environment.filters["name"](report.borough) if report.borough else "",
        holds=evidence.checks("holds"),
        broken=evidence.checks("broken"),
        unknown=evidence.checks("not known"),
        explained=report.operations - report.unexplained,
        hours=max((part.hours for part in report.coverage), default=0),
        destroyed=sum(one.objects for one in report.destructions),
        sweep_days=_days,
        picture=picture(evidence.flows, environment.filters["name"], sum(one.objects for one in report.destructions)),
        access=[(role, list(rows)) for role, rows in groupby(_by_role(evidence), key=lambda row: row.role)],
        certificates=listed,
        files=shown,
        unlisted=len(files) - len(shown),
        key=next((file.path for file in files if file.path.startswith("keys/")), ""),
        first_certificate=next((file.path for file in certificates), ""),
        remedy={code: question.remedy for code, question in BY_CODE.items()},
        answers=ANSWERS,
        roles=words.ROLES,
        alarming={row.role for row in evidence.access if row.role in words.ALARMING and row.done},
        explanations=[(WAYS[way], [part for part in report.explained if part.way == way]) for way in WAYS],
        services=SERVICES,
        categories=CATEGORIES,
        version=version("borough-exchange"),
    )


def _environment(agreements: Agreements) -> Environment:
    names = {slug: party.name for agreed in agreements for slug, party in agreed.terms.by_slug.items()}

    def name(slug: str) -> str:
        return names.get(slug, "The exchange" if slug == "exchange" else slug)

    def whose(row: AccessRow) -> str:
        if row.whose == "boroughs" and len(row.of) > NAMED:
            return f"of {len(row.of)} boroughs"
        named = {"own": "its own", "exchange": "the exchange's", "whole": "as a whole"}
        return named.get(row.whose) or ", ".join(map(name, row.of))

    def who(principal: str) -> str:
        if principal == "app":
            return "Function app"
        slug, _, rest = principal.partition(" ")
        return f"{name(slug)} {rest}".strip() if slug in names else principal[:1].upper() + principal[1:]

    environment = Environment(
        loader=PackageLoader("client.evidence"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    spoken = ["day", "moment", "brief", "span", "number", "few", "counted", "size", "file", "breakable"]
    spoken += ["operation", "container", "ways", "authentication"]
    environment.filters |= {word: getattr(words, word) for word in spoken}
    environment.filters |= {"name": name, "whose": whose, "who": who}
    return environment


def _title(evidence: Evidence, environment: Environment) -> str:
    report = evidence.report
    borough = f" ({environment.filters['name'](report.borough)})" if report.borough else ""
    return f"Borough Exchange: evidence, {words.day(report.first)} to {words.day(report.last)}{borough}"


def _by_role(evidence: Evidence) -> list[AccessRow]:
    order = {role: place for place, role in enumerate(words.ROLES)}
    return sorted(
        evidence.access, key=lambda row: (order.get(row.role, -1), row.role, row.principal, row.container, row.whose)
    )


def _listed(destructions: Sequence[Destruction]) -> list[Destruction]:
    """The newest, and all that do not hold, in order of time."""
    ordered = sorted(destructions, key=lambda one: (one.day, one.borough, one.certificate))
    newest = ordered[-LISTED:]
    return [
        one
        for one in ordered
        if one in newest or one.holds is not True or one.made_up or one.not_destroyed or one.missing
    ]


def _days(retention: Retention) -> str:
    days = sorted(set(retention.sweep_days.values()))
    rows = f"{days[0]} days" if len(days) == 1 else f"{days[0]} to {days[-1]} days"
    own = [f"{words.container(kind)} after {retention.line(kind).sweep}" for kind in retention.kinds if kind in LASTING]
    return "; ".join((rows, *own))
