"""`exchange health`: whether drops are noticed and taken in, as far as that can be seen from here."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, step, table
from client.exits import Exit
from operate import site
from operate.standing import Finding, compare
from operate.webhook import only_here
from shared.kernel.errors import ExchangeError, LedgerBroken
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.kernel.storage.storage import Storage

ANSWERS = {Exit.DONE: "well", Exit.CHECK_BROKEN: "wrong", Exit.NOT_KNOWN: "not known"}
_PLAIN = re.compile(r"[A-Za-z0-9.@+-]{1,40}")
_LONGEST = 10_000


@dataclass
class _Report:
    """What was found, section by section."""

    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def look(self, section: str, into: Callable[[], tuple[Any, Iterable[Finding]]]) -> None:
        """Fill a section; what cannot be seen is a finding, and no reason to see nothing else."""
        try:
            self.facts[section], found = into()
            self.findings += found
        except LedgerBroken as broken:
            self.facts[section] = "not known"
            self.findings.append(Finding(broken.code, "wrong", "ledger", f"{broken.message} {broken.remedy}"))
        except ExchangeError as error:
            self.facts[section] = "not known"
            what = f"{error.code}: {error.message} {error.remedy}".rstrip()
            self.findings.append(Finding("EVT-020", "not known", section, what))

    @property
    def exit(self) -> Exit:
        """What all of it amounts to."""
        states = {finding.state for finding in self.findings}
        if "wrong" in states:
            return Exit.CHECK_BROKEN
        return Exit.NOT_KNOWN if "not known" in states else Exit.DONE


def health(
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days of reconciliation to add up.")] = 2,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Say whether every drop is noticed and taken in: the app, its functions, who is told of what, what waits.

    Ends with 0 when all is well, 3 when something is wrong, and 9 when nothing is seen to be wrong and a part cannot be
    seen from here: it is then "not known", never fine.

    Example: exchange health --days 7
    """
    chosen = site.load_site(profile)
    chosen.need("account")
    report = _Report()
    with step("Looking"), chosen.storage() as storage:
        report.look("app", lambda: _app(chosen))
        report.look("deployed", lambda: _deployed(chosen))
        report.look("reconciliation", lambda: _rounds(storage, days))
        report.look("poison", lambda: _poison(chosen))
        report.look("dead_letters", lambda: _letters(storage))
    rows = [finding.row() for finding in report.findings]
    facts = {"ok": report.exit == Exit.DONE, "answer": ANSWERS[report.exit], "days": days}
    answer(facts | report.facts | {"findings": rows}, _text(report, days), as_json=json)
    if report.exit:
        raise typer.Exit(report.exit)


def _app(chosen: OperatedSite) -> tuple[dict[str, Any], list[Finding]]:
    """What the app's health page says, beside what this command is."""
    from client.versions import version_facts

    here = [agreed.terms.reference for agreed in chosen.every_agreement()]
    ours = {"agreements_here": here, "version_here": version_facts()["version"]}
    status, body = _ask(f"{chosen.need('app').rstrip('/')}/api/health")
    facts = {key: _plain(body.get(key, "")) for key in ("status", "version", "code")} | ours
    facts |= {key: _references(body.get(key)) for key in ("agreements", "in_force")}
    findings = []
    if status == 503 and facts["status"] == "unavailable":
        findings.append(Finding("EVT-026", "wrong", "app", f"It cannot do its work; {facts['code']}."))
    elif status != 200 or facts["status"] != "ok":
        findings.append(Finding("EVT-020", "not known", "app", f"Its health page cannot be read from here ({status})."))
    elif not facts["agreements"]:
        findings.append(Finding("EVT-020", "not known", "app", "It does not say which agreements it carries out."))
    else:
        over = sorted({*facts["agreements"]} - {*facts["in_force"]})
        findings += [Finding("EVT-026", "wrong", "app", f"Its agreement {one} is not in force today.") for one in over]
    if facts["agreements"] and sorted(facts["agreements"]) != sorted(here):
        what = f"It carries out {', '.join(facts['agreements'])}; what is said here goes by {', '.join(here)}."
        findings.append(Finding("EVT-020", "not known", "app", what))
    if facts["version"] not in ("", ours["version_here"]):
        what = f"It is version {facts['version']}, and this command is {ours['version_here']}."
        findings.append(Finding("EVT-027", "noted", "app", what))
    return facts, findings


def _plain(body: object) -> str:
    """A word of the app's, if it is one."""
    return body if isinstance(body, str) and _PLAIN.fullmatch(body) else ""


def _references(body: object) -> list[str]:
    """A list of agreements, if it is one."""
    return [found for one in body if (found := _plain(one))] if isinstance(body, list) else []


def _ask(url: str) -> tuple[object, dict[str, Any]]:
    """Status (or what failed) and the JSON object that came with it."""
    request = urllib.request.Request(url)  # noqa: S310 - the scheme is checked below
    status: object
    document = b""
    try:
        if request.type not in ("https", "http"):
            return "no address", {}
        with only_here().open(request, timeout=30) as answered:
            status, document = int(answered.status), answered.read(_LONGEST)
    except urllib.error.HTTPError as refused:
        with refused:
            status, document = refused.code, refused.read(_LONGEST)
    except (OSError, ValueError, HTTPException) as failed:
        return type(failed).__name__, {}
    body: object = {}
    with suppress(ValueError, RecursionError):
        body = loads_once(document)
    return status, body if isinstance(body, dict) else {}


def _deployed(chosen: OperatedSite) -> tuple[dict[str, Any], list[Finding]]:
    """Functions and subscriptions, as Azure Resource Manager has them."""
    deployment = chosen.deployment()
    try:
        app, functions, subscriptions = deployment.app(), deployment.functions(), deployment.subscriptions()
    finally:
        deployment.close()
    facts = {
        "functions": None if functions is None else sorted(one.name for one in functions),
        "disabled": None if functions is None else sorted(one.name for one in functions if one.disabled),
        "subscriptions": None if subscriptions is None else sorted(one.name for one in subscriptions),
    }
    return facts, list(compare(chosen.every_agreement(), app, functions, subscriptions))


def _rounds(storage: Storage, days: int) -> tuple[dict[str, Any], list[Finding]]:
    from operate.figures import judge_rounds, rounds

    found = rounds(storage.ledger(), site.now(), days)
    return found.document(), list(judge_rounds(found, site.now()))


def _poison(chosen: OperatedSite) -> tuple[list[dict[str, Any]], list[Finding]]:
    from operate.figures import judge_poison, poison_rows

    with chosen.poison() as poison:
        rows = poison_rows(poison, site.now())
    return rows, list(judge_poison(rows))


def _letters(storage: Storage) -> tuple[dict[str, Any], list[Finding]]:
    from operate.figures import judge_letters, letter_row

    row = letter_row(storage.dead_letters(), site.now())
    return row, list(judge_letters(row))


def _text(report: _Report, days: int) -> str:
    facts = report.facts
    parts = [f"All in all: {ANSWERS[report.exit]}."]
    if report.findings:
        parts.append(
            table(["state", "code", "where", "what"], [list(found.row().values()) for found in report.findings])
        )
    if isinstance(facts["app"], dict):
        parts.append("The app\n" + facts_table(facts["app"]))
    if isinstance(facts["reconciliation"], dict):
        parts.append(f"Reconciliation, {days} days\n" + facts_table(facts["reconciliation"]))
    if facts["poison"] and isinstance(facts["poison"], list):
        parts.append(table(list(facts["poison"][0]), [list(row.values()) for row in facts["poison"]]))
    if isinstance(facts["dead_letters"], dict):
        parts.append("Dead letters\n" + facts_table(facts["dead_letters"]))
    return "\n\n".join(parts)
