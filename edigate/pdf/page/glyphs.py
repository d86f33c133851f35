"""Texts that the page cannot show as they are become findings.

One finding per kind and term, with the characters concerned. This module must not know EDIFACT.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from edigate.findings import Finding, finding
from edigate.invoice import terms
from edigate.invoice.model import Attachment, Identifier
from edigate.pdf.content import Content
from edigate.pdf.page.images import read_logo
from edigate.pdf.typesetting.fonts import regular

_SHOWN = 8
"""Characters a finding names."""


def glyph_findings(content: Content) -> tuple[Finding, ...]:
    """Findings PDF-01 to PDF-04: characters without a glyph, control characters, right-to-left
    text, the logo."""
    found: dict[tuple[str, str, str | None], Counter[str]] = {}
    places: dict[tuple[str, str, str | None], str] = {}
    knows = regular().knows
    known = _known()
    for path, term, line, text in _texts(content):
        if known.issuperset(text):
            continue
        for character in unicodedata.normalize("NFC", text):
            if knows(character) or character in "\t\n\r":
                continue
            key = (_rule(character), term, line)
            found.setdefault(key, Counter())[character] += 1
            places.setdefault(key, path)
    findings = [
        _finding(content, key, characters, places[key]) for key, characters in found.items()
    ]
    if content.logo and read_logo(content.logo) is None:
        findings.append(finding("PDF-04"))
    return tuple(findings)


_KNOWN: set[str] = set()


def _known() -> set[str]:
    """Characters the page shows as they are, for a quick look at a whole text."""
    if not _KNOWN:
        _KNOWN.update(c for c in map(chr, range(0x2FFF)) if regular().knows(c) or c in "\t\n\r")
    return _KNOWN


def _rule(character: str) -> str:
    if unicodedata.bidirectional(character) in ("R", "AL", "AN"):
        return "PDF-03"
    return "PDF-02" if unicodedata.category(character) in ("Cc", "Cf") else "PDF-01"


def _texts(content: Content) -> Iterator[tuple[str, str, str | None, str]]:
    """Every text of the page: path, term, line, text."""
    lines = content.invoice.lines
    for path, term, value in terms.walk(content.invoice):
        line = (
            lines[int(path[6 : path.index("]")])].identifier if path.startswith("lines[") else None
        )
        if isinstance(value, str):
            yield path, term, line, value
        elif isinstance(value, Identifier):
            yield path, term, line, value.value
        elif isinstance(value, Attachment):
            yield path, term, line, value.filename
    for row in content.annex:
        yield "", "", row.line, row.label + row.label_en + row.value


def _finding(
    content: Content, key: tuple[str, str, str | None], characters: Counter[str], path: str
) -> Finding:
    rule, term, line = key
    named = ", ".join(
        f"U+{ord(c):04X}" + (f" {unicodedata.name(c)}" if unicodedata.name(c, "") else "")
        for c in list(characters)[:_SHOWN]
    )
    return finding(
        rule,
        place=content.origins.place(path) if path else None,
        term=term or None,
        line=line,
        where=term or "EDIFACT",
        count=characters.total(),
        characters=named + (", …" if len(characters) > _SHOWN else ""),
    )
