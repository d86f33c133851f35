"""Findings of ours and official ones about the same thing at the same line -> one finding each.

This module must not know an invoice.
"""

from collections import deque
from collections.abc import Container, Iterator
from functools import cache

from edigate.checks.merging import OFFICIAL, merged_into
from edigate.checks.term_paths import path_of
from edigate.findings import Finding, FindingClass, Severity, Source, catalogue


def seen_once(found: list[Finding]) -> list[Finding]:
    """Ours and official ones about the same thing as one, and official ones that say the same.

    Content and format errors of ours keep the lead, sums and warnings give it to the official rule.
    """
    errors = [f for f in found if f.source in OFFICIAL and f.severity is Severity.ERROR]
    official = _OfficialErrors(errors)
    absorbed: set[int] = set()
    leads: dict[int, list[Finding]] = {}
    kept = []
    for ours in (f for f in found if f.source not in OFFICIAL):
        if _gives_the_lead(ours):
            lead = official.first_twin(ours, absorbed)
            if lead is not None:
                leads.setdefault(id(lead), []).append(ours)
                continue
            kept.append(ours)
            continue
        twins = official.taken_by(ours, absorbed)
        absorbed.update(id(f) for f in twins)
        kept.append(merged_into(ours, twins))
    return kept + _official_once(found, leads, absorbed)


def _gives_the_lead(ours: Finding) -> bool:
    return ours.category is FindingClass.BUSINESS_RULE or ours.severity is Severity.WARNING


def _official_once(
    found: list[Finding], leads: dict[int, list[Finding]], absorbed: set[int]
) -> list[Finding]:
    """The official findings that no one absorbed, each with those it leads; those of the profile
    that a rule of the standard says go with it."""
    left = [f for f in found if f.source in OFFICIAL and id(f) not in absorbed]
    said = {id(general): lead for general, lead in _said_already(left)}
    for general in left:
        if id(general) in said:
            leads.setdefault(id(said[id(general)]), []).append(general)
    return [merged_into(f, leads.get(id(f), [])) for f in left if id(f) not in said]


class _OfficialErrors:
    """Official errors by line and by what they are about."""

    def __init__(self, errors: list[Finding]) -> None:
        self._errors = errors
        self._about: dict[tuple[object, ...], deque[int]] = {}
        # that rules we do not know are about, by line
        self._groups: dict[str | None, dict[str, None]] = {}
        for position, error in enumerate(errors):
            for key in self._keys(error):
                self._about.setdefault(key, deque()).append(position)

    def _keys(self, error: Finding) -> set[tuple[object, ...]]:
        """What an error is about."""
        rule = catalogue().get(error.rule)
        keys: set[tuple[object, ...]] = (
            {(error.line, term) for term in rule.terms} if rule else set()
        )
        if error.term:
            keys |= {(error.line, error.term), (error.line, error.term, error.place)}
            if rule is None:
                keys.add((error.line, error.term, "group"))
                self._groups.setdefault(error.line, {})[error.term] = None
        return keys

    def first_twin(self, ours: Finding, absorbed: Container[int]) -> Finding | None:
        """The first one of the same line that is about the same as ours and is not absorbed."""
        heads = [group[0] for group in self._alike(ours, absorbed) if group]
        return self._errors[min(heads)] if heads else None

    def taken_by(self, ours: Finding, absorbed: Container[int]) -> list[Finding]:
        """All of the same line that are about the same as ours, in order; nobody looks at them
        again."""
        groups = self._alike(ours, absorbed)
        left = {n for group in groups for n in group if id(self._errors[n]) not in absorbed}
        for group in groups:
            group.clear()
        return [self._errors[n] for n in sorted(left)]

    def _alike(self, ours: Finding, absorbed: Container[int]) -> list[deque[int]]:
        """The groups of what is about the same as ours, without absorbed ones at their head."""
        groups = [self._about[key] for key in self._asked(ours) if key in self._about]
        for group in groups:
            while group and id(self._errors[group[0]]) in absorbed:
                group.popleft()
        return groups

    def _asked(self, ours: Finding) -> list[tuple[object, ...]]:
        if ours.severity is Severity.INFORMATION:
            return []
        if ours.severity is Severity.WARNING:
            return [(ours.line, ours.term, ours.place)] if ours.term else []
        terms = _terms_of(ours)
        groups = self._groups.get(ours.line, ())
        around = [group for group in groups if any(within(term, group) for term in terms)]
        return [
            *((ours.line, term) for term in terms),
            *((ours.line, group, "group") for group in around),
        ]


def _terms_of(ours: Finding) -> set[str]:
    """The terms an error of ours is about."""
    own = catalogue().get(ours.rule)
    terms = set(own.terms) if own and ours.category is not FindingClass.BUSINESS_RULE else set()
    return terms | {ours.term} if ours.term else terms


def _said_already(left: list[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Each official error of a general rule of the profile of which a rule of the standard says
    more, and that one."""
    errors = [f for f in left if f.severity is Severity.ERROR and f.term]
    said: dict[str | None, dict[str, tuple[int, Finding]]] = {}
    for position, error in enumerate(errors):
        if error.rule in catalogue() and error.source is not Source.XSD:
            said.setdefault(error.line, {}).setdefault(str(error.term), (position, error))
    for general in (e for e in errors if e.rule not in catalogue()):
        lead = _said_of(str(general.term), said.get(general.line, {}))
        if lead is not None:
            yield general, lead


def _said_of(group: str, said: dict[str, tuple[int, Finding]]) -> Finding | None:
    """The first that is about a term, or one in its group."""
    found = (at for term, at in said.items() if term == group or within(term, group))
    lead = min(found, key=lambda at: at[0], default=None)
    return lead[1] if lead else None


@cache
def within(term: str, group: str) -> bool:
    """Whether a term stands in a group, e.g. BT-95 in BG-20."""
    if not group.startswith("BG-"):
        return False
    path, around = path_of(term, ""), path_of(group, "")
    return (
        path is not None
        and around is not None
        and (path == around or path.startswith((f"{around}.", f"{around}[")))
    )
