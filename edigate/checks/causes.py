"""Findings with one cause -> one finding.

The same thing missing or wrong is often seen by several stages: § 14 UStG asks for the seller's
name, and so do EN 16931 and the XML schema. People need it once, with the law first and the other
rules named beside it. This module must not know an invoice.
"""

from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from edigate.checks.term_paths import path_of
from edigate.findings import Finding, FindingClass, Severity, Source, catalogue
from edigate.resources import closed, schema, toml

_OFFICIAL = (Source.XSD, Source.SCHEMATRON)
_SOURCES = (Source.EDIFACT, Source.USTG, Source.XSD, Source.SCHEMATRON, Source.PLAUSIBILITY)
# Gaps in the XML that edigate writes: what is missing in the message is always said by another rule
# as well.
_GAPS = ("XSD-ORDER", "XSD-MISSING")
_UNREADABLE_DATE = "MAP-03"
_WEIGHTS = len(Severity)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without repetitions, most severe first, then in the order of the message.

    Identical hits (rule, text, place, line) become one with their number as `count`. What follows
    from another finding (`schemas/causes.toml`; what it `settles`; everything at the segment of an
    unknown GLN) goes with it. An official finding whose term is among the terms of an error of ours
    at the same line is that error seen twice: content and format errors of ours keep the lead, sums
    and warnings give it to the official rule. What was merged is named in `also`.
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
        result.append(replace(_with(finding, [cause]), place=cause.place, missing=None))
    return [f for f in result if id(f) not in gone]


# Consequences
# ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Link:
    """One row of the table: within `message`, `line` or `segment`, `cause` explains what matches
    `pattern`."""

    within: str
    cause: str
    pattern: str


@cache
def _links() -> tuple[_Link, ...]:
    table = toml(schema("causes.toml"))
    closed(table, ("message", "line", "segment"), "causes.toml")
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


@cache
def _explains(cause: str, rule: str) -> frozenset[str]:
    """Within what (`message`, `line`, `segment`) a rule explains another."""
    found = (
        k.within for k in _links() if fnmatchcase(cause, k.cause) and fnmatchcase(rule, k.pattern)
    )
    return frozenset(found)


class _Unexplained:
    """Findings that have no cause yet, by where they stand: found without a look at all the
    others."""

    def __init__(self, found: list[Finding]) -> None:
        self._found = found
        self._rules = tuple(dict.fromkeys(f.rule for f in found))
        self._scopes: dict[str, list[tuple[str, str]]] = {}
        self._groups: dict[tuple[object, ...], list[int]] = {}
        for position, finding in enumerate(found):
            rank = finding.severity.rank
            for key in (
                ("message", None, finding.rule, rank),
                ("line", finding.line, finding.rule, rank),
                ("segment", finding.place, finding.rule, rank),
                ("covered", finding.place),
            ):
                self._groups.setdefault(key, []).append(position)

    def explained_by(self, cause: Finding, leads: Mapping[int, Finding]) -> list[Finding]:
        """What the cause explains of all that no other cause has, in the order of the findings."""
        if cause.rule not in self._scopes:
            self._scopes[cause.rule] = [
                (w, rule) for rule in self._rules for w in _explains(cause.rule, rule)
            ]
        where = {"message": None, "line": cause.line, "segment": cause.place}
        positions: set[int] = set()
        settled = [("message", rule) for rule in cause.settles]
        for within, rule in (*self._scopes[cause.rule], *settled):
            for rank in range(cause.severity.rank, _WEIGHTS):
                positions.update(self._left((within, where[within], rule, rank), leads))
        if _covers_its_segment(cause):
            for position in self._left(("covered", cause.place), leads):
                if _at_its_segment(cause, self._found[position]):
                    positions.add(position)
        return [self._found[position] for position in sorted(positions)]

    def _left(self, key: tuple[object, ...], leads: Mapping[int, Finding]) -> list[int]:
        """Those of a group that have no cause; the others are let go, so that nobody looks at them
        again."""
        group = self._groups.get(key, [])
        if any(id(self._found[n]) in leads for n in group):
            group = self._groups[key] = [n for n in group if id(self._found[n]) not in leads]
        return group


def _explained(found: list[Finding]) -> list[Finding]:
    """The findings whose cause is not another one, each with the rules that follow from it, also
    over several steps."""
    left = _Unexplained(found)
    leads: dict[int, Finding] = {}
    taken: dict[int, list[Finding]] = {}
    for cause in sorted(
        found, key=lambda f: f.source in _OFFICIAL
    ):  # the law leads where two explain each other
        lead = leads.get(id(cause), cause)
        for other in left.explained_by(cause, leads):
            if other is cause or other is lead or id(other) in leads:
                continue
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


# Twins ----------------------------------------------------------------------------------------


def _seen_twice(found: list[Finding]) -> list[Finding]:
    """Ours and official ones about the same thing as one, and official ones that say the same."""
    official = _Official(
        [f for f in found if f.source in _OFFICIAL and f.severity is Severity.ERROR]
    )
    absorbed: set[int] = set()
    leads: dict[int, list[Finding]] = {}
    kept: list[Finding] = []
    for finding in found:
        if finding.source in _OFFICIAL:
            continue
        weaker = (
            finding.category is FindingClass.BUSINESS_RULE or finding.severity is Severity.WARNING
        )
        twins = official.twins_of(finding, absorbed, first=weaker)
        if weaker and twins:
            leads.setdefault(id(twins[0]), []).append(finding)
            continue
        absorbed.update(id(f) for f in twins)
        kept.append(_with(finding, twins))
    left = [f for f in found if f.source in _OFFICIAL and id(f) not in absorbed]
    for general, lead in _said_already(left):
        leads.setdefault(id(lead), []).append(general)
        absorbed.add(id(general))
    return kept + [_with(f, leads.get(id(f), [])) for f in left if id(f) not in absorbed]


class _Official:
    """Official errors by line and by what they are about."""

    def __init__(self, errors: list[Finding]) -> None:
        self._errors = errors
        self._about: dict[tuple[object, ...], deque[int]] = {}
        self._groups: dict[
            str | None, dict[str, None]
        ] = {}  # that rules we do not know are about, by line
        for position, error in enumerate(errors):
            rule = catalogue().get(error.rule)
            keys: set[tuple[object, ...]] = (
                {(error.line, term) for term in rule.terms} if rule else set()
            )
            if error.term:
                keys |= {(error.line, error.term), (error.line, error.term, error.place)}
                if rule is None:
                    keys.add((error.line, error.term, "group"))
                    self._groups.setdefault(error.line, {})[error.term] = None
            for key in keys:
                self._about.setdefault(key, deque()).append(position)

    def twins_of(self, ours: Finding, absorbed: Container[int], *, first: bool) -> list[Finding]:
        """Those of the same line that are about the same as ours, in order, without absorbed ones;
        or the first.

        Whoever asks for all absorbs them: they are let go.
        """
        about = [self._about[key] for key in self._asked(ours) if key in self._about]
        for group in about:
            while group and id(self._errors[group[0]]) in absorbed:
                group.popleft()
        if first:
            heads = [group[0] for group in about if group]
            return [self._errors[min(heads)]] if heads else []
        positions = sorted(
            {n for group in about for n in group if id(self._errors[n]) not in absorbed}
        )
        for group in about:
            group.clear()
        return [self._errors[n] for n in positions]

    def _asked(self, ours: Finding) -> list[tuple[object, ...]]:
        if ours.severity is Severity.INFORMATION:
            return []
        if ours.severity is Severity.WARNING:
            return [(ours.line, ours.term, ours.place)] if ours.term else []
        own = catalogue().get(ours.rule)
        terms = set(own.terms) if own and ours.category is not FindingClass.BUSINESS_RULE else set()
        terms |= {ours.term} if ours.term else set()
        groups = [
            g for g in self._groups.get(ours.line, ()) if any(_within(term, g) for term in terms)
        ]
        return [
            *((ours.line, term) for term in terms),
            *((ours.line, group, "group") for group in groups),
        ]


def _said_already(left: list[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Each official error of a general rule of the profile of which a rule of the standard says
    more, and that one."""
    errors = [f for f in left if f.severity is Severity.ERROR]
    said: dict[str | None, dict[str, tuple[int, Finding]]] = {}
    for position, error in enumerate(errors):
        if error.rule in catalogue() and error.source is not Source.XSD and error.term:
            said.setdefault(error.line, {}).setdefault(error.term, (position, error))
    for general in errors:
        if general.rule in catalogue() or general.term is None:
            continue
        group = general.term
        found = (
            at
            for term, at in said.get(general.line, {}).items()
            if term == group or _within(term, group)
        )
        lead = min(found, key=lambda at: at[0], default=None)
        if lead is not None:
            yield general, lead[1]


@cache
def _within(term: str, group: str) -> bool:
    """Whether a term stands in a group, e.g. BT-95 in BG-20."""
    if not group.startswith("BG-"):
        return False
    path, around = path_of(term, ""), path_of(group, "")
    return (
        path is not None
        and around is not None
        and (path == around or path.startswith((f"{around}.", f"{around}[")))
    )


def _gaps(found: list[Finding]) -> list[Finding]:
    """A gap the XML schema sees is the consequence of what another finding says is missing, if one
    does."""
    first: dict[tuple[object, ...], tuple[int, Finding]] = {}
    for position, error in enumerate(
        f for f in found if f.severity is Severity.ERROR and f.rule not in _GAPS
    ):
        for where in (("line", error.line), ("message",)):
            for about in ((), ("term", error.term), ("place", error.place)):
                first.setdefault((*where, *about), (position, error))
    taken: dict[int, list[Finding]] = {}
    gone: set[int] = set()
    for gap in [f for f in found if f.rule in _GAPS]:
        where = ("line", gap.line) if ("line", gap.line) in first else ("message",)
        alike = [
            first[key]
            for key in ((*where, "term", gap.term), (*where, "place", gap.place))
            if key in first
        ]
        cause = min(alike, key=lambda at: at[0], default=first.get(where))
        if cause is not None:
            taken.setdefault(id(cause[1]), []).append(gap)
            gone.add(id(gap))
    return [_with(f, taken.get(id(f), [])) for f in found if id(f) not in gone]


def _with(finding: Finding, others: list[Finding]) -> Finding:
    """The finding with the rules of `others` beside it, the first official text (a rule of the
    standard tells more than the XML schema), and the law where it has none."""
    if not others:
        return finding
    rules = dict.fromkeys((*finding.also, *(r for o in others for r in (o.rule, *o.also))))
    rules.pop(finding.rule, None)
    texts = sorted((o for o in others if o.official), key=lambda o: o.source is Source.XSD)
    official = finding.official or next((o.official for o in texts), None)
    law = (
        next((o.basis for o in others if o.source is Source.USTG), None)
        if finding.source in _OFFICIAL
        else None
    )
    basis = (
        f"{finding.basis}; {law}" if law is not None and law not in finding.basis else finding.basis
    )
    return replace(finding, also=tuple(rules), official=official, basis=basis)


def _order(finding: Finding) -> tuple[int, int, int, str]:
    place = finding.place.index if finding.place else 0
    return (finding.severity.rank, _SOURCES.index(finding.source), place, finding.rule)
