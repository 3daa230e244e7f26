"""Writes every generated file of the repository, or checks that none is stale.

python -m docs.generate           write
python -m docs.generate --check   exit 1 and name what differs
"""

import sys
from pathlib import Path

from client.code_page import code_page
from docs.agreements import documented
from docs.decisions import index_page
from docs.governance.annex import annex_page
from docs.governance.dpia import dpia_page
from docs.governance.of_agreements import pages_of_agreements
from docs.governance.record import record_page
from docs.sealed.datasets import datasets_page, empty_parquet, row_schema
from docs.sealed.manifest import manifest_schema
from docs.sealed.page import sealed_page, spark_page
from docs.templates_of_the_cloud import agreements_of_the_cloud
from shared.agreements.free_school_meals.eligibility.page import eligibility_page
from shared.agreements.free_school_meals.terms import own_terms
from shared.agreements.free_school_meals.told import NOT_CARRIED_OUT
from shared.agreements.registry import PACKAGES, load_agreement, load_agreements
from shared.kernel.audit.questions import question_page
from shared.kernel.contract.catalogue import rule_page
from shared.kernel.contract.columns import Contract
from shared.kernel.envelope.ask_page import ask_page
from shared.kernel.envelope.gates import gate_page
from shared.kernel.intake.codes import DROP_CODES, RUN_CODES
from shared.kernel.intake.objections import LEFT_OUT
from shared.kernel.parties.model import AuthorityRegister
from shared.kernel.parties.register import FILE as REGISTER
from shared.kernel.rights.leaving import LEAVES
from shared.kernel.rights.unread import ALL_CODES
from shared.kernel.terms.ahead import AHEAD_CODES
from shared.kernel.terms.gates import CODES as AGREEMENT_CODES
from shared.kernel.terms.gates import AgreementCode
from shared.kernel.terms.schema import schema_text
from shared.kernel.terms.stops import STOP_CODES
from shared.kernel.waiting.codes import WAIT_CODES
from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.explain.pictures import levels_chart, waterfall
from shared.methods.linkage.model.weights import weights_of

ROOT = Path(__file__).resolve().parents[1]
DATASETS = Path("docs/users/datasets")
TEMPLATES = Path("infra/bicep/agreements.yaml")


def generated() -> dict[Path, str]:
    """Every generated text and what it should hold."""
    files = schemas()
    pages = {
        "rule-codes": rule_page({one.heading: one.contracts for one in documented()}),
        "gate-codes": gate_page() + "\n" + ask_page() + "\n" + _intake_page(),
        "eligibility-rules": eligibility_page(),
        "command-codes": code_page(),
        "sealed-file": sealed_page(),
        "examples/spark": spark_page(),
    }
    governance = {
        "audit-checks": question_page(),
        "annex": annex_page(),
        "record-of-processing": record_page(),
        "dpia": dpia_page(),
    }
    files |= {Path("docs/ig") / f"{name}.md": text for name, text in governance.items()}
    files |= {Path("docs/ig") / path: text for path, text in pages_of_agreements().items()}
    files |= {DATASETS / "README.md": datasets_page(documented()), DATASETS / "manifest.schema.json": manifest_schema()}
    files |= {path.with_suffix(".schema.json"): row_schema(contract) for path, contract in _datasets().items()}
    files[Path("docs/adr/README.md")] = index_page()
    files[TEMPLATES] = agreements_of_the_cloud(agreed.terms for agreed in load_agreements())
    return files | _pictures() | {Path("docs/users") / f"{name}.md": text for name, text in pages.items()}


def schemas() -> dict[Path, str]:
    """The JSON Schema of every agreement's file and of the register of authorities, each beside its file."""
    beside = {package.folder / "agreement.schema.json": package.file for package in PACKAGES.values()}
    beside[REGISTER.with_name("authorities.schema.json")] = AuthorityRegister
    return {path.relative_to(ROOT): schema_text(model) for path, model in beside.items()}


def _datasets() -> dict[Path, Contract]:
    """Every contract, by where its files lie, but for their endings: two agreements may have a dataset of one name."""
    return {DATASETS / one.id / name: contract for one in documented() for name, contract in one.contracts.items()}


def _everything() -> dict[Path, bytes]:
    """The texts, and the files that are none."""
    empty = {path.with_suffix(".parquet"): empty_parquet(contract) for path, contract in _datasets().items()}
    return {path: text.encode() for path, text in generated().items()} | empty


def _pictures() -> dict[Path, str]:
    """The weights of the agreement's model, and one pair as an example, for the page on the method."""
    model = own_terms(load_agreement("fsm")).linkage.model
    if model is None:
        return {}
    tables = weights_of(model).tables
    drawn = {}
    for name, kind in LEVELS.items():
        bars = [(_words(level.name), float(tables[name][level])) for level in kind if level]
        drawn[f"weights-{name}"] = levels_chart(bars, f"{name}: bits for and against, by level")
    example = {"dob": "EXACT", "surname": "SOUNDS_ALIKE", "forename": "EXACT", "sex": "EXACT", "address": "ELSEWHERE"}
    parts = [(f"{n} {_words(level)}", float(tables[n][LEVELS[n][level]])) for n, level in example.items()]
    parts += [("the forename is rare", 4.0), ("before comparing, other candidates, calibration", -15.0)]
    drawn["example-pair"] = waterfall(parts, "An invented pair: a family that has moved")
    return {Path("docs/users/pictures") / f"{name}.svg": text for name, text in drawn.items()}


def _words(level: str) -> str:
    return level.lower().replace("_", " ")


_INTAKE_CODES = (*AGREEMENT_CODES, *DROP_CODES, *RUN_CODES)


def _intake_page() -> str:
    lines = [
        "# Agreement, drop, run, wait, notice, decision and home codes",
        "",
        "| code | what it means | what to do |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {c.code} | {c.meaning} | {c.remedy} |" for c in sorted(_INTAKE_CODES, key=code_of)]
    lines += [
        f"| {c.code} | {c.meaning} | {c.remedy} |" for c in (*AHEAD_CODES, LEAVES, *WAIT_CODES, *ALL_CODES, *STOP_CODES)
    ]
    lines += [f"| {why.code} | {why.message} | {why.remedy} |" for why in (*NOT_CARRIED_OUT, LEFT_OUT)]
    lines += [
        f"| {why.code} | {why.message} | {why.remedy} |"
        for agreed in load_agreements()
        for why in agreed.pipeline.nowhere
    ]
    return "\n".join(lines) + "\n"


def code_of(code: AgreementCode) -> str:
    """By which the page is sorted."""
    return code.code


def stale() -> list[Path]:
    """The generated files that are missing or differ."""
    return [
        path
        for path, content in _everything().items()
        if not (ROOT / path).is_file() or (ROOT / path).read_bytes() != content
    ]


def main() -> int:
    """Write, or with `--check` only look."""
    differing = stale()
    for path in differing:
        sys.stdout.write(f"{path}\n")
    if "--check" in sys.argv[1:]:
        return 1 if differing else 0
    for path in differing:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(_everything()[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
