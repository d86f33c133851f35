"""Findings -> those that no other finding explains: by the table of causes (`schemas/causes.toml`),
by what a finding settles, and by the segment it covers. This module must not know an invoice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from edigate.checks.merging import OFFICIAL, merged_into
from edigate.findings import Finding, Severity, catalogue
from edigate.resources import closed, schema, toml

_WEIGHTS = len(Severity)


def explained(found: list[Finding]) -> list[Finding]:
    """The findings whose cause is not another one, each with the rules that follow from it, also
    over several steps."""
    left = _Unexplained(found)
    leads: dict[int, Finding] = {}
    taken: dict[int, list[Finding]] = {}
    for cause in sorted(
        found, key=lambda f: f.source in OFFICIAL
    ):  # the law leads where two explain each other
        lead = leads.get(id(cause), cause)
        for other in left.explained_by(cause, leads):
            if other is cause or other is lead or id(other) in leads:
                continue
            followers = [other, *taken.pop(id(other), [])]
            leads |= {id(f): lead for f in followers}
            taken.setdefault(id(lead), []).extend(followers)
    return [merged_into(f, taken.get(id(f), [])) for f in found if id(f) not in leads]


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
        positions: set[int] = set()
        for key in self._asked(cause):
            positions.update(self._left(key, leads))
        if _covers_its_segment(cause):
            at_segment = self._left(("covered", cause.place), leads)
            positions.update(n for n in at_segment if _at_its_segment(cause, self._found[n]))
        return [self._found[position] for position in sorted(positions)]

    def _asked(self, cause: Finding) -> Iterator[tuple[object, ...]]:
        """The groups in which stands what a cause explains, as far as it weighs no more."""
        where = {"message": None, "line": cause.line, "segment": cause.place}
        settled = (("message", rule) for rule in cause.settles)
        for within, rule in (*self._explained_rules(cause.rule), *settled):
            for rank in range(cause.severity.rank, _WEIGHTS):
                yield within, where[within], rule, rank

    def _explained_rules(self, cause: str) -> list[tuple[str, str]]:
        if cause not in self._scopes:
            self._scopes[cause] = [(w, r) for r in self._rules for w in _explains(cause, r)]
        return self._scopes[cause]

    def _left(self, key: tuple[object, ...], leads: Mapping[int, Finding]) -> list[int]:
        """Those of a group that have no cause; the others are let go, so that nobody looks at them
        again."""
        group = self._groups.get(key, [])
        if any(id(self._found[n]) in leads for n in group):
            group = self._groups[key] = [n for n in group if id(self._found[n]) not in leads]
        return group


def _covers_its_segment(finding: Finding) -> bool:
    rule = catalogue().get(finding.rule)
    return rule is not None and rule.covers == "segment" and finding.place is not None


def _at_its_segment(cause: Finding, other: Finding) -> bool:
    error = other.severity is Severity.ERROR
    return error and cause.place == other.place and not _covers_its_segment(other)
