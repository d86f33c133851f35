"""A broken rule, where, in which case and with which values -> its finding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from edigate.findings.kinds import FindingClass, Place, Severity, Source, Texts
from edigate.findings.rule_catalogue import SYNTAX, RuleCase, catalogue
from edigate.findings.shown import filling, plain, printable


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place.

    place: the segment concerned; with `missing` set, the segment after which the missing one would
    stand. missing: the segment that is not there, as it could read, e.g. `RFF+VA:DE123456789'`.
    line: BT-126 of the invoice line concerned. count: hits of the same cause that were merged.
    official: text of the official rule (Schematron, XSD), always kept beside our own words.
    location: XPath in factur-x.xml where an official rule fired. also: ids of other rules that
    fired for the same cause and were merged into this finding. settles: ids of rules that hold as
    soon as the value is what was expected; they are merged into this finding.
    """

    rule: str
    severity: Severity
    category: FindingClass
    source: Source
    message: Texts
    basis: str
    term: str | None = None
    place: Place | None = None
    missing: str | None = None
    line: str | None = None
    count: int = 1
    expected: Texts | None = None
    partner: Texts | None = None
    official: str | None = None
    location: str | None = None
    also: tuple[str, ...] = ()
    settles: tuple[str, ...] = field(default=(), repr=False)
    values: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def finding(
    rule_id: str,
    /,
    *,
    cases: Sequence[str] = (),
    place: Place | None = None,
    term: str | None = None,
    missing: str | None = None,
    line: str | None = None,
    severity: Severity | None = None,
    basis: str | None = None,
    official: str | None = None,
    location: str | None = None,
    in_syntax: str = SYNTAX,
    **values: object,
) -> Finding:
    """Make the finding of a catalogue rule; `values` fill the `{fields}` of its texts: decimals and
    dates as the readers of each language write them (`{name:edi}`: as EDIFACT has them), everything
    else as it is. A value of None counts as not given.

    cases: the ways in which it is broken; where several speak of the same thing the last one does.
    in_syntax: whose words are laid over the catalogue's.

    Raises: KeyError when the catalogue does not know the rule or case (a defect of edigate, caught
    by its tests).
    """
    rule = catalogue(in_syntax)[rule_id]
    broken = [rule.cases[case] for case in cases]
    given = {k: v for k, v in values.items() if v is not None}
    if any(case.words for case in broken):
        given |= _words(broken, given)
    fill = filling(given)
    message = fill(rule.message)
    assert message is not None
    return Finding(
        rule=rule.id,
        severity=severity or _last(case.severity for case in broken) or rule.severity,
        category=rule.category,
        source=rule.source,
        message=message,
        basis=basis or _last(case.basis for case in broken) or rule.basis,
        term=term or _last(case.term for case in broken) or (rule.terms[0] if rule.terms else None),
        place=place,
        missing=missing,
        line=line,
        expected=fill(rule.expected),
        partner=fill(rule.partner),
        official=official,
        location=location,
        values=tuple((k, printable(plain(v))) for k, v in given.items()),
    )


Said = TypeVar("Said")


def _last(said: Iterable[Said | None]) -> Said | None:
    return next((s for s in reversed([*said]) if s is not None), None)


def _words(cases: Iterable[RuleCase], given: Mapping[str, object]) -> dict[str, object]:
    """The words of the cases as values, filled with those that are given."""
    fill = filling(given)
    words: dict[str, object] = {}
    for case in cases:
        for name, texts in case.words.items():
            said = fill(texts)
            assert said is not None
            words |= {f"{name}_de": said.de, f"{name}_en": said.en}
    return words
