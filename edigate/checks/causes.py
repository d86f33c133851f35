"""Findings with one cause -> one finding.

The same thing missing or wrong is often seen by several stages: § 14 UStG asks for the seller's
name, and so do EN 16931 and the XML schema. People need it once, with the law first and the other
rules named beside it. This module must not know an invoice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from edigate.checks.cause_links import explained
from edigate.checks.merging import merged_into
from edigate.checks.twins import seen_once
from edigate.findings import Finding, Severity, Source

_SOURCES = (Source.EDIFACT, Source.USTG, Source.XSD, Source.SCHEMATRON, Source.PLAUSIBILITY)
# Gaps in the XML that edigate writes: what is missing in the message is always said by another rule
# as well.
_GAPS = ("XSD-ORDER", "XSD-MISSING")
_UNREADABLE_DATE = "MAP-03"


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without repetitions, most severe first, then in the order of the message.

    Identical hits (rule, text, place, line) become one with their number as `count`. What follows
    from another finding (`schemas/causes.toml`; what it `settles`; everything at the segment of an
    unknown GLN) goes with it. An official finding whose term is among the terms of an error of ours
    at the same line is that error seen twice: content and format errors of ours keep the lead, sums
    and warnings give it to the official rule. What was merged is named in `also`.
    """
    found = explained(_dated(_counted(findings)))
    found = seen_once(found)
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
    """A date that cannot be read is not missing: who misses it points to the segment that holds
    it."""
    unreadable = {
        f.place.text[:7]: f for f in found if f.rule == _UNREADABLE_DATE and f.place is not None
    }
    result: list[Finding] = []
    gone: set[int] = set()
    for finding in found:
        cause = unreadable.get((finding.missing or "")[:7])
        if cause is None or finding.severity is not Severity.ERROR:
            result.append(finding)
            continue
        gone.add(id(cause))
        result.append(replace(merged_into(finding, [cause]), place=cause.place, missing=None))
    return [f for f in result if id(f) not in gone]


def _gaps(found: list[Finding]) -> list[Finding]:
    """A gap the XML schema sees is the consequence of what another finding says is missing, if one
    does."""
    first = _first_errors(found)
    taken: dict[int, list[Finding]] = {}
    gone: set[int] = set()
    for gap in (f for f in found if f.rule in _GAPS):
        cause = _cause_of_gap(gap, first)
        if cause is not None:
            taken.setdefault(id(cause), []).append(gap)
            gone.add(id(gap))
    return [merged_into(f, taken.get(id(f), [])) for f in found if id(f) not in gone]


_First = Mapping[tuple[object, ...], tuple[int, Finding]]
"""Where and about what -> the first error there, with its position."""


def _first_errors(found: list[Finding]) -> _First:
    first: dict[tuple[object, ...], tuple[int, Finding]] = {}
    errors = (f for f in found if f.severity is Severity.ERROR and f.rule not in _GAPS)
    for position, error in enumerate(errors):
        for where in (("line", error.line), ("message",)):
            for about in ((), ("term", error.term), ("place", error.place)):
                first.setdefault((*where, *about), (position, error))
    return first


def _cause_of_gap(gap: Finding, first: _First) -> Finding | None:
    """The first error of the line about the same term or segment, else any; of the whole message
    where the line has none."""
    where = ("line", gap.line) if ("line", gap.line) in first else ("message",)
    about = ((*where, "term", gap.term), (*where, "place", gap.place))
    alike = [first[key] for key in about if key in first]
    cause = min(alike, key=lambda at: at[0], default=first.get(where))
    return cause[1] if cause else None


def _order(finding: Finding) -> tuple[int, int, int, str]:
    place = finding.place.index if finding.place else 0
    return (finding.severity.rank, _SOURCES.index(finding.source), place, finding.rule)
