"""factur-x.xml -> the findings of the official XML schema (XSD), by lxml.

The schema judges order, cardinality and data types; codes and sums are the Schematron's. What it
rejects is a format error. This module must not know EDIFACT.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from edigate.checks.official.artefacts import Artefacts
from edigate.checks.official.elements import path_of_element
from edigate.checks.term_paths import Target, target, term_of
from edigate.errors import Misconfigured
from edigate.findings import Finding, finding
from edigate.invoice.cii.names import NAMESPACES
from edigate.invoice.cii.place import canonical, place_of
from edigate.invoice.origin import Origins

_NO_ORIGINS = Origins({})
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}
_EXPANDED = re.compile(r"\{([^{}]*)\}([\w.-]+)")
_LINE_ITEM = re.compile(
    r"(?P<around>.*?/ram:IncludedSupplyChainTradeLineItem)(?:\[(?P<number>[0-9]+)\])?"
)
_LINE_ID = "ram:AssociatedDocumentLineDocument/ram:LineID"
_LONGEST = 80

# What libxml2 says (xmlschemas.c) -> our rule; the first that fits. Named groups fill the texts.
_MESSAGES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "XSD-MISSING",
        re.compile(r"Missing child element\(s\)\. Expected is (?:one of )?\( (?P<expected>.*?) \)"),
    ),
    (
        "XSD-ORDER",
        re.compile(
            r"This element is not expected\. Expected is (?:one of )?\( (?P<expected>.*?) \)"
        ),
    ),
    ("XSD-ORDER", re.compile(r"This element is not expected")),
    (
        "XSD-VALUE",
        re.compile(
            r"'(?P<value>.*)' is not a valid value of the (?P<kind>[\w -]+ type '[^']+')", re.DOTALL
        ),
    ),
    (
        "XSD-ATTRIBUTE-MISSING",
        re.compile(r"The attribute '(?P<attribute>[^']+)' is required but missing"),
    ),
    ("XSD-ATTRIBUTE", re.compile(r"The attribute '(?P<attribute>[^']+)' is not allowed")),
    ("XSD-CONTENT", re.compile(r"(?:Element|Character) content .*not allowed")),
    ("XSD-ROOT", re.compile(r"No matching global declaration available for the validation root")),
)
_ELEMENT = re.compile(r"^Element '(?P<element>[^']*)'")


@dataclass(frozen=True, slots=True)
class _Judged:
    """The invoice the errors are about. said: the paths of everything it says. lines: BT-126 of
    lines at a location without number, "" for a line without one."""

    root: etree._Element
    paths: Mapping[str, str]
    said: frozenset[str]
    origins: Origins
    lines: dict[str, list[str]] = field(default_factory=dict)


class XsdValidator:
    """The official schema, compiled and ready."""

    def __init__(self, artefacts: Artefacts) -> None:
        """Compile the schema and those it imports, all from the folder of the artefacts.

        Raises: Misconfigured when it cannot be compiled.
        """
        try:
            self._schema = etree.XMLSchema(etree.parse(str(artefacts.xsd), _parser()))
        except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError) as error:
            raise Misconfigured(
                "ARTEFACTS-XSD", f"the official XML schema cannot be read: {error}"
            ) from error

    def check(
        self, xml: bytes, paths: Mapping[str, str] | None = None, origins: Origins = _NO_ORIGINS
    ) -> tuple[Finding, ...]:
        """Validate a factur-x.xml; no findings means that it is valid against the schema.

        paths: `CiiDocument.paths`; origins: where the terms came from. What is not well-formed, or
        has a DOCTYPE, is a finding too.
        """
        if b"<!DOCTYPE" in xml:
            return (finding("XSD-SYNTAX", official="DOCTYPE", problem="DOCTYPE"),)
        try:
            root = etree.fromstring(xml, _parser())
        except etree.XMLSyntaxError as error:
            return (finding("XSD-SYNTAX", official=str(error), problem=error),)
        if self._schema.validate(root):
            return ()
        judged = _Judged(root, paths or {}, frozenset((paths or {}).values()), origins)
        return tuple(
            _finding(error, judged)
            for error in cast("Iterable[etree._LogEntry]", self._schema.error_log)
        )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def _finding(error: etree._LogEntry, judged: _Judged) -> Finding:
    official = _EXPANDED.sub(
        lambda found: f"{_PREFIXES.get(found[1], '?')}:{found[2]}", error.message or ""
    )
    rule, values = "XSD-OTHER", {"problem": official}
    for candidate, pattern in _MESSAGES:
        if (said := pattern.search(official)) is not None:
            rule, values = candidate, {k: _short(v) for k, v in said.groupdict().items() if v}
            break
    location = error.path or ""
    at = _target(location, rule, values.get("expected", ""), judged)
    if (element := _ELEMENT.match(official)) is not None:
        values["element"] = element["element"]
    return finding(
        rule,
        place=at.place,
        term=at.term,
        line=_line(location, judged),
        official=official,
        location=location,
        in_syntax=judged.origins.syntax,
        **values,  # type: ignore[arg-type]  # names of texts only, none of finding()'s own
    )


def _target(location: str, rule: str, expected: str, judged: _Judged) -> Target:
    """Where an error points: to the one element that is expected and not there, else to the one
    that is wrong."""
    near = place_of(location, judged.paths)
    steps = canonical(location)
    around = steps if rule == "XSD-MISSING" else steps[:-1]
    if expected and "," not in expected:
        path = path_of_element("/".join(("", *around, expected)))
        if path is not None and (missing := term_of(path)) is not None:
            return target((missing,), near, judged.said, judged.origins, absent=True)
    term = term_of(near)
    return target((term,) if term else (), near, judged.said, judged.origins)


def _line(location: str, judged: _Judged) -> str | None:
    """BT-126 of the invoice line that the error stands in."""
    found = _LINE_ITEM.match(location)
    if found is None:
        return None
    around = found["around"]
    if (
        around not in judged.lines
    ):  # all at once: to find a line by its number is to count all lines before it
        items = judged.root.xpath(around, namespaces=dict(NAMESPACES))
        elements = (
            [item for item in items if isinstance(item, etree._Element)]
            if isinstance(items, list)
            else []
        )
        judged.lines[around] = [
            str(item.findtext(_LINE_ID, "", dict(NAMESPACES))) for item in elements
        ]
    lines = judged.lines[around]
    number = int(found["number"] or 1)
    return (lines[number - 1] or None) if number <= len(lines) else None


def _short(text: str) -> str:
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
