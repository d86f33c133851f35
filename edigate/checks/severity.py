"""Findings + the tenant's changes of severity -> findings as the tenant wants them, within the
catalogue's limits.

A change that weakens an error of German invoice law needs a reason, and wherever it takes effect
the finding SEV-01 records it. This module must not know an invoice or a configuration file.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edigate.checks.invoice_laws import invoice_laws
from edigate.errors import Misconfigured
from edigate.findings import Finding, Rule, Severity, Source, catalogue, finding


@dataclass(frozen=True, slots=True)
class SeverityChange:
    """A tenant's wish: findings of `rule` weigh `severity`; `reason` is needed for a rule of §§ 14
    to 14c UStG."""

    rule: str
    severity: Severity
    reason: str = ""


def needs_reason(rule: Rule) -> bool:
    """Whether the rule stands in a country's law of invoices (§§ 14 to 14c UStG), whatever it
    weighs and finds."""
    if rule.source is Source.USTG and rule.severity is Severity.ERROR:
        return True
    return any(law.reason.search(rule.basis) for law in invoice_laws())


def accepted(changes: Iterable[SeverityChange]) -> tuple[SeverityChange, ...]:
    """The changes, checked against the catalogue; to be called when the configuration is read.

    Raises: Misconfigured for an unknown rule (naming the nearest ones), for a change beyond the
    catalogue's limit, for a rule changed twice and for a weakened § 14 rule without a reason.
    """
    found: dict[str, SeverityChange] = {}
    for change in changes:
        if change.rule in found:
            raise Misconfigured("SEVERITY", f"severity of {change.rule} is set twice")
        _refuse(change, rule_of(change.rule))
        found[change.rule] = change
    return tuple(found.values())


def rule_of(identifier: str) -> Rule:
    """The catalogue's rule.

    Raises: Misconfigured that names the nearest known rules.
    """
    rule = catalogue().get(identifier.upper())
    if rule is None:
        near = difflib.get_close_matches(identifier.upper(), catalogue(), n=3, cutoff=0.6)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise Misconfigured("RULE", f"unknown rule {identifier}{hint}")
    return rule


def _refuse(change: SeverityChange, rule: Rule) -> None:
    if change.severity.rank <= rule.severity.rank:
        return
    least = rule.downgrade or rule.severity
    if change.severity.rank > least.rank:
        limit = "it cannot be weakened" if least is rule.severity else f"{least} is the least"
        raise Misconfigured("SEVERITY", f"{rule.id} cannot be set to {change.severity}: {limit}")
    if needs_reason(rule) and not change.reason.strip():
        raise Misconfigured(
            "SEVERITY", f"{rule.id} ({rule.basis}) can be weakened only with a reason"
        )


def changed(findings: Sequence[Finding], changes: Iterable[SeverityChange]) -> tuple[Finding, ...]:
    """The findings with the tenant's severities; a weakened error adds one SEV-01 per rule.

    A weakening never makes a finding worse than it was; a strengthening leaves alone what
    circumstances had already made milder than the catalogue says.
    """
    wishes = {change.rule: change for change in changes}
    if not wishes:
        return tuple(findings)
    result: list[Finding] = []
    weakened: dict[str, SeverityChange] = {}
    for found in findings:
        wish = wishes.get(found.rule)
        if wish is None:
            result.append(found)
            continue
        rule = catalogue()[found.rule]
        severity = _severity(found, rule, wish)
        lighter = severity.rank > found.severity.rank
        if lighter and (found.severity is Severity.ERROR or needs_reason(rule)):
            weakened[found.rule] = wish
        result.append(found if severity is found.severity else replace(found, severity=severity))
    for identifier, wish in weakened.items():
        result.append(
            finding(
                "SEV-01", rule=identifier, severity_given=wish.severity, reason=wish.reason or "–"
            )
        )
    return tuple(result)


def _severity(found: Finding, rule: Rule, wish: SeverityChange) -> Severity:
    if wish.severity.rank > rule.severity.rank:
        return max(found.severity, wish.severity, key=lambda s: s.rank)
    return wish.severity if found.severity is rule.severity else found.severity
