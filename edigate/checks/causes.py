"""Findings with one cause -> one finding.

The same thing missing or wrong is often seen by several stages: § 14 UStG asks for the seller's name, and so do
EN 16931 and the XML schema. People need it once, with the law first and the other rules named beside it.
"""

from collections.abc import Iterable
from dataclasses import replace

from edigate.findings import Finding, FindingClass, Severity, Source, catalogue

_OFFICIAL = (Source.XSD, Source.SCHEMATRON)
_SOURCES = (Source.EDIFACT, Source.USTG, Source.XSD, Source.SCHEMATRON, Source.PLAUSIBILITY)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without repetitions, most severe first, then in the order of the message.

    Identical hits (rule, text, place, line) become one with their number as `count`. An official finding whose term
    is among the terms of an error of ours at the same line is that error seen twice: content and format errors of
    ours keep the lead, sums give it to the official rule. A rule that covers its segment (an unknown GLN) takes every
    other error there with it. What was merged is named in `also`.
    """
    distinct = _covered(_counted(findings))
    official = [f for f in distinct if f.source in _OFFICIAL and f.severity is Severity.ERROR]
    ours = [f for f in distinct if f.source not in _OFFICIAL]
    absorbed: set[int] = set()
    kept: list[Finding] = []
    for finding in ours:
        twins = [f for f in official if id(f) not in absorbed and _same_cause(finding, f)]
        if finding.category is FindingClass.BUSINESS_RULE and twins:
            lead = official.index(twins[0])
            official[lead] = replace(twins[0], also=(*twins[0].also, finding.rule))
            distinct = [official[lead] if f is twins[0] else f for f in distinct]
            continue
        absorbed.update(id(f) for f in twins)
        kept.append(_with(finding, twins))
    kept += [f for f in distinct if f.source in _OFFICIAL and id(f) not in absorbed]
    return tuple(sorted(kept, key=_order))


def _counted(findings: Iterable[Finding]) -> list[Finding]:
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.message, finding.place, finding.line, finding.missing)
        if key in seen:
            seen[key] = replace(seen[key], count=seen[key].count + finding.count)
        else:
            seen[key] = finding
    return list(seen.values())


def _covered(findings: list[Finding]) -> list[Finding]:
    rules = catalogue()
    covering = {id(f): f for f in findings if f.rule in rules and rules[f.rule].covers == "segment" and f.place}
    if not covering:
        return findings
    out: list[Finding] = []
    taken: dict[int, tuple[str, ...]] = dict.fromkeys(covering, ())
    for finding in findings:
        cause = next((k for k, c in covering.items() if c is not finding and c.place == finding.place), None)
        if cause is None or finding.severity is not Severity.ERROR or id(finding) in covering:
            out.append(finding)
        else:
            taken[cause] = (*taken[cause], finding.rule)
    return [replace(f, also=tuple(dict.fromkeys((*f.also, *taken[id(f)])))) if id(f) in covering else f for f in out]


def _same_cause(ours: Finding, official: Finding) -> bool:
    if ours.severity is not Severity.ERROR or ours.line != official.line:
        return False
    rule = catalogue().get(official.rule)
    terms = set(rule.terms) if rule else set()
    if official.term:
        terms.add(official.term)
    own = catalogue().get(ours.rule)
    own_terms = set(own.terms) if own and ours.category is not FindingClass.BUSINESS_RULE else set()
    return bool(terms & (own_terms | ({ours.term} if ours.term else set())))


def _with(finding: Finding, twins: list[Finding]) -> Finding:
    if not twins:
        return finding
    also = tuple(dict.fromkeys((*finding.also, *(t.rule for t in twins))))
    return replace(finding, also=also, official=finding.official or twins[0].official)


def _order(finding: Finding) -> tuple[int, int, int, str]:
    place = finding.place.index if finding.place else 0
    return (finding.severity.rank, _SOURCES.index(finding.source), place, finding.rule)
