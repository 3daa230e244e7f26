"""The rules as a page for readers, generated from the rules themselves."""

from __future__ import annotations

from datetime import date

from shared.agreements.free_school_meals.eligibility.rules import RULE_SETS, RuleSet


def eligibility_page() -> str:
    """Markdown of every rule set: dates, version, benefit rules and exclusions with their sources."""
    sections = [_section(rules) for rules in reversed(RULE_SETS)]
    return "\n".join((_INTRODUCTION, *sections))


_INTRODUCTION = """# Who is entitled to free school meals

Generated from the rules that the exchange applies. The first rule that holds decides; its code stands on the result as
`tier_reason`, the version of the set as `rule_version`. *Targeted* gives the meal and pupil premium, *expanded* the
meal, *targeted or expanded* the meal while the tier waits for the Department for Education's check.

Not decided here: families without recourse to public funds, and earnings over two or three assessment periods. An
extract shows neither, so an officer or the Department's check decides.
"""


def _section(rules: RuleSet) -> str:
    until = f"to {_day(rules.last)}" if rules.last else "until further notice"
    lines = [
        f"## {rules.name}, version `{rules.version}`",
        "",
        f"{rules.title}. In force from {_day(rules.first)} {until}.",
        "",
        "| benefit | tier | reason | rule | source |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rule in rules.benefits:
        tier = rule.tier.replace("_", " ")
        benefits = ", ".join(rule.benefits) or "any other"
        lines.append(f"| {benefits} | {tier} | `{rule.reason}` | {rule.meaning} | {rule.citation} |")
    lines += ["", "Pupils who are left out, whatever their family receives:", "", "| reason | rule | source |"]
    lines.append("| --- | --- | --- |")
    lines += [f"| `{rule.reason}` | {rule.meaning} | {rule.citation} |" for rule in rules.exclusions]
    return "\n".join(lines) + "\n"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
