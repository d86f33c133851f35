"""Findings with one cause -> one finding.

The same thing missing or wrong is often seen by several stages: § 14 UStG asks for the seller's name, and so do
EN 16931 and the XML schema. People need it once, with the law first and the other rules named beside it.
This module must not know an invoice.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from edigate.checks.terms import path_of
from edigate.findings import Finding, FindingClass, Severity, Source, catalogue
from edigate.resources import schema

_OFFICIAL = (Source.XSD, Source.SCHEMATRON)
_SOURCES = (Source.EDIFACT, Source.USTG, Source.XSD, Source.SCHEMATRON, Source.PLAUSIBILITY)
# Gaps in the XML that edigate writes: what is missing in the message is always said by another rule as well.
_GAPS = ("XSD-ORDER", "XSD-MISSING")
_UNREADABLE_DATE = "MAP-03"


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without repetitions, most severe first, then in the order of the message.

    Identical hits (rule, text, place, line) become one with their number as `count`. What follows from another
    finding (`schemas/causes.toml`; everything at the segment of an unknown GLN) goes with it. An official finding
    whose term is among the terms of an error of ours at the same line is that error seen twice: content and format
    errors of ours keep the lead, sums and warnings give it to the official rule. What was merged is named in `also`.
    """
    found = _explained(_dated(_counted(findings)))
    found = _seen_twice(found)
    return tuple(sorted(_gaps(found), key=_order))


def _counted(findings: Iterable[Finding]) -> list[Finding]:
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.message, finding.place, finding.line, finding.missing)
        if key in seen:
            seen[key] = replace(seen[key], count=seen[key].count + finding.count)
        else:
            seen[key] = finding
    return list(seen.values())


def _dated(found: list[Finding]) -> list[Finding]:
    """A date that cannot be read is not missing: who misses it points to the segment that holds it."""
    unreadable = {f.place.text[:7]: f for f in found if f.rule == _UNREADABLE_DATE and f.place is not None}
    result: list[Finding] = []
    gone: set[int] = set()
    for finding in found:
        cause = unreadable.get((finding.missing or "")[:7])
        if cause is None or finding.severity is not Severity.ERROR:
            result.append(finding)
            continue
        gone.add(id(cause))
        result.append(replace(_with(finding, [cause]), place=cause.place, missing=None))
    return [f for f in result if id(f) not in gone]


# Consequences -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Link:
    """One row of the table: within `message`, `line` or `segment`, `cause` explains what matches `pattern`."""

    within: str
    cause: str
    pattern: str

    def explains(self, cause: Finding, other: Finding) -> bool:
        if not (fnmatchcase(cause.rule, self.cause) and fnmatchcase(other.rule, self.pattern)):
            return False
        if cause.severity.rank > other.severity.rank:
            return False
        if self.within == "message":
            return True
        if self.within == "line":
            return cause.line == other.line
        return cause.place == other.place


@cache
def _links() -> tuple[_Link, ...]:
    table = tomllib.loads(schema("causes.toml").read_text("utf-8"))
    return tuple(
        _Link(within, cause, pattern)
        for within, rows in table.items()
        for cause, patterns in rows.items()
        for pattern in patterns
    )


def rules_of_the_table() -> Iterator[str]:
    """Every rule or pattern `schemas/causes.toml` names, for the test that they exist."""
    for link in _links():
        yield from (link.cause, link.pattern)


def _explained(found: list[Finding]) -> list[Finding]:
    """The findings whose cause is not another one, each with the rules that follow from it, also over several steps."""
    rules = {f.rule for f in found}
    links = [link for link in _links() if any(fnmatchcase(r, link.cause) for r in rules)]
    leads: dict[int, Finding] = {}
    taken: dict[int, list[Finding]] = {}
    for cause in sorted(found, key=lambda f: f.source in _OFFICIAL):  # the law leads where two explain each other
        mine = [link for link in links if fnmatchcase(cause.rule, link.cause)]
        whole = _covers_its_segment(cause)
        if not mine and not whole:
            continue
        lead = leads.get(id(cause), cause)
        for other in found:
            if other is cause or other is lead or id(other) in leads:
                continue
            if (whole and _at_its_segment(cause, other)) or any(link.explains(cause, other) for link in mine):
                followers = [other, *taken.pop(id(other), [])]
                leads |= {id(f): lead for f in followers}
                taken.setdefault(id(lead), []).extend(followers)
    return [_with(f, taken.get(id(f), [])) for f in found if id(f) not in leads]


def _covers_its_segment(finding: Finding) -> bool:
    rule = catalogue().get(finding.rule)
    return rule is not None and rule.covers == "segment" and finding.place is not None


def _at_its_segment(cause: Finding, other: Finding) -> bool:
    error = other.severity is Severity.ERROR
    return error and cause.place == other.place and not _covers_its_segment(other)


# Twins ------------------------------------------------------------------------------------------------------------


def _seen_twice(found: list[Finding]) -> list[Finding]:
    """Ours and official ones about the same thing as one, and official ones that say the same."""
    official = [f for f in found if f.source in _OFFICIAL and f.severity is Severity.ERROR]
    absorbed: set[int] = set()
    leads: dict[int, list[Finding]] = {}
    kept: list[Finding] = []
    for finding in found:
        if finding.source in _OFFICIAL:
            continue
        twins = [f for f in official if id(f) not in absorbed and _same_cause(finding, f)]
        weaker = finding.category is FindingClass.BUSINESS_RULE or finding.severity is Severity.WARNING
        if weaker and twins:
            leads.setdefault(id(twins[0]), []).append(finding)
            continue
        absorbed.update(id(f) for f in twins)
        kept.append(_with(finding, twins))
    left = [f for f in found if f.source in _OFFICIAL and id(f) not in absorbed]
    for general in [f for f in left if f.rule not in catalogue() and f.severity is Severity.ERROR]:
        lead = next((f for f in left if f.rule in catalogue() and _says(f, general)), None)
        if lead is not None:
            leads.setdefault(id(lead), []).append(general)
            absorbed.add(id(general))
    return kept + [_with(f, leads.get(id(f), [])) for f in left if id(f) not in absorbed]


def _same_cause(ours: Finding, official: Finding) -> bool:
    if ours.line != official.line or ours.severity is Severity.INFORMATION:
        return False
    if ours.severity is Severity.WARNING:
        return ours.place == official.place and ours.term is not None and ours.term == official.term
    rule = catalogue().get(official.rule)
    terms = set(rule.terms) if rule else set()
    if official.term:
        terms.add(official.term)
    own = catalogue().get(ours.rule)
    own_terms = set(own.terms) if own and ours.category is not FindingClass.BUSINESS_RULE else set()
    own_terms |= {ours.term} if ours.term else set()
    if terms & own_terms:
        return True
    return rule is None and any(_within(term, group) for term in own_terms for group in terms)


def _says(official: Finding, general: Finding) -> bool:
    """Whether a rule of the standard says what a general rule of the profile says of the same place."""
    if official.severity is not Severity.ERROR or official.line != general.line or official.source is Source.XSD:
        return False
    term, group = official.term, general.term
    return term is not None and group is not None and (term == group or _within(term, group))


def _within(term: str, group: str) -> bool:
    """Whether a term stands in a group, e.g. BT-95 in BG-20."""
    if not group.startswith("BG-"):
        return False
    path, around = path_of(term, ""), path_of(group, "")
    return path is not None and around is not None and (path == around or path.startswith((f"{around}.", f"{around}[")))


def _gaps(found: list[Finding]) -> list[Finding]:
    """A gap the XML schema sees is the consequence of what another finding says is missing, if one does."""
    errors = [f for f in found if f.severity is Severity.ERROR and f.rule not in _GAPS]
    taken: dict[int, list[Finding]] = {}
    for gap in [f for f in found if f.rule in _GAPS]:
        near = [f for f in errors if f.line == gap.line] or errors
        cause = next((f for f in near if f.term == gap.term or f.place == gap.place), near[0] if near else None)
        if cause is not None:
            taken.setdefault(id(cause), []).append(gap)
    gone = {id(gap) for gaps in taken.values() for gap in gaps}
    return [_with(f, taken.get(id(f), [])) for f in found if id(f) not in gone]


def _with(finding: Finding, others: list[Finding]) -> Finding:
    """The finding with the rules of `others` beside it, the first official text (a rule of the standard tells more
    than the XML schema), and the law where it has none."""
    if not others:
        return finding
    rules = dict.fromkeys((*finding.also, *(r for o in others for r in (o.rule, *o.also))))
    rules.pop(finding.rule, None)
    texts = sorted((o for o in others if o.official), key=lambda o: o.source is Source.XSD)
    official = finding.official or next((o.official for o in texts), None)
    law = next((o.basis for o in others if o.source is Source.USTG), None) if finding.source in _OFFICIAL else None
    basis = f"{finding.basis}; {law}" if law is not None and law not in finding.basis else finding.basis
    return replace(finding, also=tuple(rules), official=official, basis=basis)


def _order(finding: Finding) -> tuple[int, int, int, str]:
    place = finding.place.index if finding.place else 0
    return (finding.severity.rank, _SOURCES.index(finding.source), place, finding.rule)
