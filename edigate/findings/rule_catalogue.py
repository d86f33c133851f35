"""The rule catalogue: words, weights and cases of every rule, read from `schemas/rules/*.toml` and
`schemas/law/*/rules.toml`, with what a syntax calls things laid over it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from edigate import resources
from edigate.errors import Misconfigured
from edigate.findings.kinds import FindingClass, Severity, Source, Texts
from edigate.findings.shown import filled


@dataclass(frozen=True, slots=True)
class RuleCase:
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
    cases: Mapping[str, RuleCase] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)


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


def _cases(entry: Mapping[str, Any], where: str) -> Mapping[str, RuleCase]:
    return {name: _case(case, f"{where}, case {name}") for name, case in entry.items()}


def _case(case: Mapping[str, Any], where: str) -> RuleCase:
    return RuleCase(
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
    return filled(text, values) if text is not None else None
