"""Findings: what is wrong, how bad it is, where it stands and under which rule. A foundation of
every room.

A rule's words and weight are data in `schemas/rules/*.toml` (the catalogue); code only says that a
rule is broken, where, and with which values. Mails, JSON, terminal and page are renderings of the
findings made here. This module must not know what an invoice or an EDIFACT message is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from edigate import resources
from edigate.errors import Misconfigured


class Severity(StrEnum):
    """How a finding weighs: an error holds the invoice, a warning goes along, information is
    recorded."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"

    @property
    def rank(self) -> int:
        """0 for error, 1 for warning, 2 for information: sorts the most severe first."""
        return ("error", "warning", "information").index(self.value)


class FindingClass(StrEnum):
    """Kinds of errors after the BMF letter of 15.10.2025 (Rn 6a, 6b, 35a), and plausibility beside
    them."""

    FORMAT = "format"
    BUSINESS_RULE = "business-rule"
    CONTENT = "content"
    PLAUSIBILITY = "plausibility"


class Source(StrEnum):
    """Which stage found it."""

    EDIFACT = "edifact"
    XSD = "xsd"
    SCHEMATRON = "schematron"
    USTG = "ustg"
    PLAUSIBILITY = "plausibility"


@dataclass(frozen=True, slots=True)
class Texts:
    """One sentence in the two languages of edigate."""

    de: str
    en: str

    def in_language(self, language: str) -> str:
        """The text in `de` or `en` (anything else reads English)."""
        return self.de if language == "de" else self.en


@dataclass(frozen=True, slots=True)
class Place:
    """A segment as it was received.

    index: 1 is UNH; 0 means the interchange envelope (UNB, UNG, UNE, UNZ or bytes outside any
    message). text: the segment with its terminator, decoded, never with CR or LF inside. start,
    end: byte span [start, end) in the input.
    """

    index: int
    tag: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Case:
    """One way to break a rule: what it weighs, its legal basis and its term where they are not the
    rule's, and words for fields of the rule's texts: `what` fills `{what_de}` and `{what_en}`."""

    severity: Severity | None = None
    basis: str | None = None
    term: str | None = None
    words: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the catalogue. Texts may hold `{name}` fields that the finding's values fill.

    downgrade: the least severity a tenant's settings may give the rule; equal to `severity` when it
    is fixed. curable: `core` (one of the five items that must be right from the start, BMF
    18.9.2020), `retro` (can be corrected with retroactive effect), `never`, or empty when the
    question does not arise. covers: `segment` when every other error at the same segment is a
    consequence of this one. cases: the ways to break it, by name. missing: how what is not there
    could read in the syntax of the message, by term or ("") whatever the term; samples: a right
    value in that syntax by term.
    """

    id: str
    severity: Severity
    category: FindingClass
    source: Source
    basis: str
    terms: tuple[str, ...]
    title: Texts
    message: Texts
    meaning: Texts | None = None
    expected: Texts | None = None
    partner: Texts | None = None
    curable: str = ""
    downgrade: Severity | None = None
    covers: str = ""
    cases: Mapping[str, Case] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)


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


class _Blank(dict[str, "_Shown"]):
    """Fields of a text that a finding gave no value for read as an ellipsis."""

    def __missing__(self, key: str) -> "_Shown":
        return _Shown("…", "")


class _Shown:
    """A value in the texts of one language; `{name:edi}` writes a number as EDIFACT has it, for
    example segments."""

    def __init__(self, value: object, language: str) -> None:
        self._value, self._language = value, language

    def __format__(self, spec: str) -> str:
        return printable(
            _plain(self._value) if spec == "edi" else written(self._value, self._language)
        )


_WRITTEN_OUT = 40
"""Powers of ten up to which a number is written out; EDIFACT allows 35 digits."""


def written(value: object, language: str) -> str:
    """A value as the readers of `de` or `en` write it: `1.234,56` and `15.10.2026`, or `1,234.56`
    and `2026-10-15`."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _WRITTEN_OUT:
        shown = f"{value:,f}"
        return shown.translate(str.maketrans(",.", ".,")) if language == "de" else shown
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if language == "de" else f"{value:%Y-%m-%d}"
    return str(value)


def _plain(value: object) -> str:
    sane = isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _WRITTEN_OUT
    return f"{value:f}" if sane else str(value)


def printable(text: str) -> str:
    """`text` fit for one line anywhere: control characters, line ends and bidi controls shown as
    code points."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"‹U+{ord(c):04X}›" for c in text)


_NEEDED = ("severity", "class", "source", "basis", "title", "message")
_OPTIONAL = ("terms", "meaning", "expected", "partner", "curable", "downgrade", "covers", "cases")
OFFICIAL_KEYS = ("values", "once", "absent", "ours")
"""What the entries of the official rules (`rules/schematron.toml`) say besides; `checks` reads
it."""
_OF_A_CASE = ("severity", "basis", "term")
SYNTAX = "edifact"
"""The syntax whose words findings use unless told another: `schemas/<syntax>/examples.toml`."""
_OF_A_SYNTAX = ("message", "meaning", "expected", "partner")
_CURABLE = ("core", "retro", "never", "")
_COVERS = ("segment", "")


def _texts(entry: Mapping[str, object], key: str, where: str) -> Texts | None:
    return Texts(*resources.texts_of(entry[key], f"{where}, {key}")) if key in entry else None


def _without_empty(text: str, given: Mapping[str, object]) -> str:
    """The text without the fields that are given as "", and the space before them: `invoice
    {number} lacks`."""
    for name, value in given.items():
        if value == "":
            text = text.replace(f" {{{name}}}", "")
    return text


def _rule(identifier: str, entry: Mapping[str, Any], where: str) -> Rule:
    title, message = _texts(entry, "title", where), _texts(entry, "message", where)
    assert title is not None
    assert message is not None
    terms = entry.get("terms", [])
    return Rule(
        id=identifier,
        severity=_severity(entry["severity"], where),
        category=FindingClass(resources.one_of(entry["class"], [*FindingClass], where)),
        source=Source(resources.one_of(entry["source"], [*Source], where)),
        basis=str(entry["basis"]),
        terms=tuple(str(t) for t in terms) if isinstance(terms, list) else (),
        title=title,
        message=message,
        meaning=_texts(entry, "meaning", where),
        expected=_texts(entry, "expected", where),
        partner=_texts(entry, "partner", where),
        curable=resources.one_of(entry.get("curable", ""), _CURABLE, where),
        downgrade=_severity(entry["downgrade"], where) if "downgrade" in entry else None,
        covers=resources.one_of(entry.get("covers", ""), _COVERS, where),
        cases=_cases(entry.get("cases", {}), where),
    )


def _severity(word: object, where: str) -> Severity:
    return Severity(resources.one_of(word, [*Severity], where))


def _cases(entry: Mapping[str, Any], where: str) -> Mapping[str, Case]:
    return {name: _case(case, f"{where}, case {name}") for name, case in entry.items()}


def _case(case: Mapping[str, Any], where: str) -> Case:
    return Case(
        severity=_severity(case["severity"], where) if "severity" in case else None,
        basis=case.get("basis"),
        term=case.get("term"),
        words={
            name: Texts(*resources.texts_of(words, f"{where}, {name}"))
            for name, words in case.items()
            if name not in _OF_A_CASE
        },
    )


@cache
def catalogue(syntax: str = SYNTAX) -> Mapping[str, Rule]:
    """Every rule by id, from all files of `schemas/rules/` and `schemas/law/`, in the words of one
    syntax; read once per process. A syntax without a file has none of its own.

    Raises: Misconfigured when two files define the same rule, an entry is not complete, or has a
    key nobody knows.
    """
    files = (*resources.schemas("rules/*.toml"), *resources.schemas("law/*/rules.toml"))
    rules = dict(catalogue_of(files))
    for identifier, entry in _examples(syntax).get("rules", {}).items():
        where = f"{syntax}/examples.toml, {identifier}"
        resources.closed((identifier,), rules, where)
        rules[identifier] = _in_syntax(rules[identifier], entry, where)
    return rules


@cache
def _examples(syntax: str) -> Mapping[str, Any]:
    """What a syntax says of findings: `schemas/<syntax>/examples.toml`, empty without the file."""
    found: dict[str, Any] = {}
    for path in resources.schemas(f"{syntax}/examples.toml"):
        found = resources.toml(path)
        resources.closed(found, ("rules", "unnamed", "qualified"), path.name)
    return found


def part(rule_id: str, case: str, name: str = "what", syntax: str = SYNTAX) -> Texts:
    """The words of one case of a rule, where several stand in one finding as a list."""
    return catalogue(syntax)[rule_id].cases[case].words[name]


def word(name: str) -> Texts:
    """Words of `schemas/words.toml`, which findings of many rules are put together from."""
    return _all_words()[name]


@cache
def _all_words() -> Mapping[str, Texts]:
    path = resources.schema("words.toml")
    entries = resources.toml(path).items()
    return {name: Texts(*resources.texts_of(e, f"{path.name}, {name}")) for name, e in entries}


def joined(parts: Sequence[Texts]) -> Texts:
    """`a`, `a und b`, `a, b und c` in each language."""

    def chain(words: list[str], last: str) -> str:
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"

    both = word("and")
    return Texts(chain([p.de for p in parts], both.de), chain([p.en for p in parts], both.en))


def unnamed(party: str, syntax: str = SYNTAX) -> str:
    """What stands for a party (`seller`, `buyer`) that has neither name nor number."""
    return str(_examples(syntax).get("unnamed", {}).get(party, "–"))


def qualified(syntax: str = SYNTAX) -> frozenset[str]:
    """Segments whose qualifier makes them another thing: beside one of them one can be missing."""
    return frozenset(_examples(syntax).get("qualified", ()))


def _in_syntax(rule: Rule, entry: Mapping[str, Any], where: str) -> Rule:
    """A rule with the words of a syntax laid over its own."""
    resources.closed(entry, (*_OF_A_SYNTAX, "missing", "samples", "cases"), where)
    missing = entry.get("missing", {})
    texts: dict[str, Any] = {key: _texts(entry, key, where) for key in _OF_A_SYNTAX if key in entry}
    return replace(
        rule,
        **texts,
        missing=missing if isinstance(missing, Mapping) else {"": missing},
        samples=entry.get("samples", {}),
        cases={**rule.cases, **_cases(entry.get("cases", {}), where)},
    )


def catalogue_of(files: Iterable[Path]) -> Mapping[str, Rule]:
    """The rules of these files by id. Raises: as `catalogue`."""
    rules: dict[str, Rule] = {}
    for path in files:
        official = OFFICIAL_KEYS if path.stem == "schematron" else ()
        for identifier, entry in resources.toml(path).items():
            where = f"{path.name}, rule {identifier}"
            if identifier in rules:
                raise Misconfigured("SHIPPED-FILE", f"{where} stands twice")
            resources.closed(
                entry, (*_NEEDED, *_OPTIONAL, *official), where, optional=(*_OPTIONAL, *official)
            )
            rules[identifier] = _rule(identifier, entry, where)
    return rules


def as_missing(rule: Rule, term: str = "", **values: object) -> str | None:
    """How what a rule misses of a term could read in the syntax of the message, if that says so."""
    text = rule.missing.get(term, rule.missing.get(""))
    shown = _Blank({name: _Shown(value, "") for name, value in values.items()})
    return text.format_map(shown) if text is not None else None


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
    fill = _filling(given)
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
        values=tuple((k, printable(_plain(v))) for k, v in given.items()),
    )


Said = TypeVar("Said")


def _last(said: Iterable[Said | None]) -> Said | None:
    return next((s for s in reversed([*said]) if s is not None), None)


def _words(cases: Iterable[Case], given: Mapping[str, object]) -> dict[str, object]:
    """The words of the cases as values, filled with those that are given."""
    fill = _filling(given)
    words: dict[str, object] = {}
    for case in cases:
        for name, texts in case.words.items():
            said = fill(texts)
            assert said is not None
            words |= {f"{name}_de": said.de, f"{name}_en": said.en}
    return words


def _filling(given: Mapping[str, object]) -> Callable[[Texts | None], Texts | None]:
    """What fills the fields of texts with the values given."""
    german, english = (
        _Blank({k: _Shown(v, language) for k, v in given.items()}) for language in ("de", "en")
    )

    def fill(texts: Texts | None) -> Texts | None:
        if texts is None:
            return None
        return Texts(
            _without_empty(texts.de, given).format_map(german),
            _without_empty(texts.en, given).format_map(english),
        )

    return fill
