"""Hits of official rules -> findings people can act on: merged, in German and English, with term,
value and segment.

The words are ours where `schemas/rules/schematron.toml` knows the rule; the official text is always
kept beside them. This module must not know how the rules are run.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from lxml import etree

from edigate.checks.official.elements import path_of_element
from edigate.checks.official.saying import in_other_words, quoted, times, typed, without_id
from edigate.checks.term_paths import Target, target, term_of
from edigate.findings import (
    SYNTAX,
    Finding,
    Rule,
    Severity,
    as_missing,
    catalogue,
    finding,
    printable,
    qualified,
)
from edigate.invoice.cii.names import NAMESPACES
from edigate.invoice.cii.place import canonical, place_of
from edigate.invoice.origin import Origins
from edigate.resources import schema, toml

# Longest value that is shown; an embedded file is one element too.
_LONGEST = 80
_TERM = re.compile(r"\bB[TG]-[0-9]+\b")
_STEP = re.compile(r"(?:rsm|ram|udt|qdt):\w+")
_NAMED = re.compile(r"'([^']+)'|(@[\w:]+)'?")
_LINE = (
    "ancestor-or-self::ram:IncludedSupplyChainTradeLineItem"
    "/ram:AssociatedDocumentLineDocument/ram:LineID"
)
_FLAGS = {
    "warning": Severity.WARNING,
    "information": Severity.INFORMATION,
    "info": Severity.INFORMATION,
}
# Rules of the profile that are the same sentence about many elements: one explanation each.
_FAMILIES = (
    ("FX-SCH-COUNT", re.compile(r"\b(?:must occur|may occur)\b")),
    ("FX-SCH-CODE", re.compile(r"^Value of .* is not allowed")),
    ("FX-SCH-ATTRIBUTE", re.compile(r"^Attribute .* is required")),
    ("FX-SCH-NOT-USED", re.compile(r"marked as not used")),
)
_OTHER = "EN16931"
_GENERIC = frozenset({name for name, _ in _FAMILIES} | {_OTHER})


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the official verdict: a failed assertion, or a report (`failed` is False; an
    error all the same)."""

    rule: str | None
    failed: bool
    flag: str | None
    location: str
    text: str


@dataclass(frozen=True, slots=True)
class _Detail:
    """What the catalogue says of a Schematron rule beside its texts.

    values: name -> XPath 1.0 from the place of the hit, to show what the invoice says. absent: the
    rule is about something that is not there. once: every hit of the rule in an invoice has the
    same cause. ours: what edigate writes itself breaks the rule, never a message.
    """

    values: Mapping[str, str]
    absent: bool
    once: bool
    ours: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    """The invoice the hits are about. said: the paths of everything it says. children: of elements
    that were looked into, by name."""

    document: etree._Element
    paths: Mapping[str, str]
    said: frozenset[str]
    origins: Origins
    children: dict[etree._Element, dict[str, list[etree._Element]]] = field(default_factory=dict)


def rule_for(official_id: str, text: str = "", syntax: str = SYNTAX) -> Rule:
    """The catalogue's rule for an official id: its own, its family's, or the one for all others.

    text: the official text, by which the rules of the profile (FX-SCH-*) are told apart.
    """
    rules = catalogue(syntax)
    return rules.get(official_id) or rules[_family(official_id, text)]


def explain(
    hits: Sequence[Hit], xml: bytes, paths: Mapping[str, str], origins: Origins
) -> tuple[Finding, ...]:
    """Make the findings of the hits, those of one cause merged with a count, in the order of the
    first of each.

    xml: the document judged, for the values the findings name. paths: `CiiDocument.paths`.
    """
    if not hits:
        return ()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    judged = _Judged(etree.fromstring(xml, parser), paths, frozenset(paths.values()), origins)
    causes: dict[tuple[str | None, str, str], tuple[Hit, int]] = {}
    for hit in hits:
        if hit.rule is not None and _details(hit.rule).ours:
            continue
        once = hit.rule is not None and _details(hit.rule).once
        cause = (hit.rule, "" if once else hit.location, hit.text)
        first, count = causes.get(cause, (hit, 0))
        causes[cause] = (first, count + 1)
    return _once([_finding(hit, count, judged) for hit, count in causes.values()])


def _finding(hit: Hit, count: int, judged: _Judged) -> tuple[Finding, tuple[str, ...]]:
    """The finding of a hit, and what is missing by it (term, path), if it is about something
    missing."""
    official = " ".join(hit.text.split())
    rule = rule_for(hit.rule or "", official, judged.origins.syntax)
    detail = _details(rule.id)
    element = _element(judged, hit.location)
    at = _target(hit, rule, official, element, judged)
    values = _values(hit, official, element, rule, at)
    made = finding(
        rule.id,
        cases=(),
        place=at.place,
        term=at.term,
        missing=_missing_segment(rule, at, judged.origins.syntax),
        line=None if detail.once else _text(element, _LINE),
        severity=_severity(hit, rule),
        basis=f"EN 16931 {hit.rule}" if rule.id in _GENERIC and hit.rule else None,
        official=official,
        location=hit.location,
        in_syntax=judged.origins.syntax,
        **values,
    )
    made = in_other_words(made, rule, values)
    about_missing = detail.absent or (rule.id == "FX-SCH-COUNT" and values["occurs"] == 0)
    missing = (at.term, at.path) if about_missing and at.term and not at.given else ()
    return replace(made, rule=hit.rule or rule.id, count=count), missing


def _target(
    hit: Hit, rule: Rule, official: str, element: etree._Element | None, judged: _Judged
) -> Target:
    near = place_of(hit.location, judged.paths)
    asked, absent = rule.terms or _terms(official), _details(rule.id).absent
    name = _named(official)
    if rule.id == "FX-SCH-COUNT" or (rule.id in _GENERIC and name.startswith("@")):
        # The rule fires at the element around the child or attribute it is about.
        inside = path_of_element("/".join(("", *canonical(hit.location), name)))
        if inside and (term := term_of(inside)):
            asked = (term,)
        absent = rule.id == "FX-SCH-COUNT" and _occurs(element, name) == 0
    return target(asked, near, judged.said, judged.origins, absent=absent)


def _missing_segment(rule: Rule, at: Target, syntax: str) -> str | None:
    """The segment that is not there; None when it is there and lacks only an element."""
    segment = None if at.given else as_missing(rule, at.term or "")
    if segment is None or at.place is None:
        return segment
    tag = segment[:3]
    return None if at.place.tag == tag and tag not in qualified(syntax) else segment


def _once(found: Sequence[tuple[Finding, tuple[str, ...]]]) -> tuple[Finding, ...]:
    """The findings, those that miss the same thing as one: our own words lead, the other rules stay
    named.

    The standard and the profile both ask for what is mandatory, and the standard asks for some of
    it twice.
    """
    leads: dict[tuple[str, ...], Finding] = {}
    for made, missing in sorted(found, key=lambda pair: pair[0].rule not in catalogue()):
        if missing:
            lead = leads.setdefault(missing, made)
            if lead is not made:
                leads[missing] = replace(lead, also=(*lead.also, made.rule))
    once = (leads.pop(missing, None) if missing else made for made, missing in found)
    return tuple(made for made in once if made is not None)


def _severity(hit: Hit, rule: Rule) -> Severity:
    """The official weight, or the catalogue's where that is milder and says why."""
    return max(
        _FLAGS.get(hit.flag or "", Severity.ERROR),
        rule.severity,
        key=lambda severity: severity.rank,
    )


def _values(
    hit: Hit, official: str, element: etree._Element | None, rule: Rule, at: Target
) -> dict[str, object]:
    """The values the texts of the finding can name."""
    name = _named(official)
    of_attribute = name.startswith("@") and official.startswith("Value of")
    shown: dict[str, object] = {
        "id": hit.rule or "",
        "says": without_id(official),
        "element": name,
        "occurs": _occurs(element, name),
        "sample": rule.samples.get(at.term or "", rule.samples.get("other")),
        "value": _text(element, name if of_attribute else "text()") or "",
    }
    for language in ("de", "en"):
        shown[f"at_{language}"] = _called(at, name, language)
        shown[f"times_{language}"] = times(official, language)
    found = ((key, _text(element, xpath)) for key, xpath in _details(rule.id).values.items())
    return shown | {key: typed(key, value) for key, value in found if value is not None}


def _called(at: Target, element: str, language: str) -> str:
    """What a rule is about, as people call it: the term, else the element, else the path."""
    return quoted(at.term, language) if at.term else element or at.path or "–"


def _family(official_id: str, text: str) -> str:
    if not official_id or official_id.startswith("FX-SCH"):
        for name, pattern in _FAMILIES:
            if pattern.search(text):
                return name
    return _OTHER


def _named(official: str) -> str:
    """The element or attribute a rule of the profile is about."""
    found = _NAMED.search(official)
    return (found[1] or found[2]) if found else ""


def _occurs(element: etree._Element | None, name: str) -> int:
    """How often an element stands directly in another."""
    if element is None or not _STEP.fullmatch(name):
        return 0
    return len(element.findall(name, namespaces=dict(NAMESPACES)))


def _terms(official: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_TERM.findall(official)))


def _element(judged: _Judged, location: str) -> etree._Element | None:
    """The element at a location, found step by step: an XPath would count all lines before a line
    for every hit."""
    steps = [step for step in canonical(location) if not step.startswith("@")]
    if not steps or any(step.startswith("?") for step in steps):
        return None
    found: etree._Element | None = None
    for step in steps:
        name, _, number = step.removesuffix("]").partition("[")
        prefix, _, local = name.partition(":")
        among = _children(judged, found).get(f"{{{NAMESPACES.get(prefix)}}}{local}", [])
        if not 0 < int(number) <= len(among):
            return None
        found = among[int(number) - 1]
    return found


def _children(
    judged: _Judged, element: etree._Element | None
) -> Mapping[str, Sequence[etree._Element]]:
    """The elements in an element by name; None: what stands outside all elements."""
    if element is None:
        return {str(judged.document.tag): [judged.document]}
    known = judged.children.get(element)
    if known is None:
        known = judged.children[element] = {}
        for child in element.iterchildren(tag=etree.Element):
            known.setdefault(str(child.tag), []).append(child)
    return known


def _text(element: etree._Element | None, xpath: str) -> str | None:
    """What an XPath finds, as it is shown: a sum with two decimals, several values with commas;
    None for nothing."""
    if element is None:
        return None
    found = element.xpath(xpath, namespaces=dict(NAMESPACES))
    if isinstance(found, float):
        return None if math.isnan(found) else f"{found:.2f}"  # something there is no number
    text = printable(_listed(found) if isinstance(found, list) else str(found))
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text or None


def _listed(found: Sequence[object]) -> str:
    texts = [(e.text or "") if isinstance(e, etree._Element) else str(e) for e in found]
    return ", ".join(dict.fromkeys(t.strip() for t in texts if t.strip()))


@cache
def _details(rule_id: str) -> _Detail:
    entry = _entries().get(rule_id, {})
    values = entry.get("values")
    return _Detail(
        values={str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else {},
        absent=bool(entry.get("absent")),
        once=bool(entry.get("once")),
        ours=bool(entry.get("ours")),
    )


@cache
def _entries() -> Mapping[str, Mapping[str, object]]:
    return toml(schema("rules/schematron.toml"))
