"""Findings: what is wrong, how bad it is, where it stands and under which rule. A foundation of
every room.

A rule's words and weight are data in `schemas/rules/*.toml` (the catalogue); code only says that a
rule is broken, where, and with which values. Mails, JSON, terminal and page are renderings of the
findings made here. This module must not know what an invoice or an EDIFACT message is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

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
class Rule:
    """One entry of the catalogue. Texts may hold `{name}` fields that the finding's values fill.

    downgrade: the least severity a tenant's settings may give the rule; equal to `severity` when it
    is fixed. curable: `core` (one of the five items that must be right from the start, BMF
    18.9.2020), `retro` (can be corrected with retroactive effect), `never`, or empty when the
    question does not arise. covers: `segment` when every other error at the same segment is a
    consequence of this one.
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
_OPTIONAL = ("terms", "meaning", "expected", "partner", "curable", "downgrade", "covers")
OFFICIAL_KEYS = ("segment", "values", "once", "samples", "ours")
"""What the entries of the official rules (`rules/schematron.toml`) say besides; `checks` reads
it."""
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


def _rule(identifier: str, entry: Mapping[str, object], where: str) -> Rule:
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
    )


def _severity(word: object, where: str) -> Severity:
    return Severity(resources.one_of(word, [*Severity], where))


@cache
def catalogue() -> Mapping[str, Rule]:
    """Every rule by id, from all files of `schemas/rules/` and `schemas/law/`, read once per
    process.

    Raises: Misconfigured when two files define the same rule, an entry is not complete, or has a
    key nobody knows.
    """
    return catalogue_of(
        (*resources.schemas("rules/*.toml"), *resources.schemas("law/*/rules.toml"))
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


def finding(
    rule_id: str,
    /,
    *,
    place: Place | None = None,
    term: str | None = None,
    missing: str | None = None,
    line: str | None = None,
    severity: Severity | None = None,
    basis: str | None = None,
    official: str | None = None,
    location: str | None = None,
    **values: object,
) -> Finding:
    """Make the finding of a catalogue rule; `values` fill the `{fields}` of its texts: decimals and
    dates as the readers of each language write them (`{name:edi}`: as EDIFACT has them), everything
    else as it is. A value of None counts as not given.

    Raises: KeyError when the catalogue does not know the rule (a defect of edigate, caught by its
    tests).
    """
    rule = catalogue()[rule_id]
    given = {k: v for k, v in values.items() if v is not None}
    german, english = (
        _Blank({k: _Shown(v, language) for k, v in given.items()}) for language in ("de", "en")
    )

    def fill(texts: Texts | None) -> Texts | None:
        if texts is None:
            return None
        return Texts(
            *(
                _without_empty(t, given).format_map(v)
                for t, v in ((texts.de, german), (texts.en, english))
            )
        )

    message = fill(rule.message)
    assert message is not None
    return Finding(
        rule=rule.id,
        severity=severity or rule.severity,
        category=rule.category,
        source=rule.source,
        message=message,
        basis=basis or rule.basis,
        term=term or (rule.terms[0] if rule.terms else None),
        place=place,
        missing=missing,
        line=line,
        expected=fill(rule.expected),
        partner=fill(rule.partner),
        official=official,
        location=location,
        values=tuple((k, printable(_plain(v))) for k, v in given.items()),
    )
