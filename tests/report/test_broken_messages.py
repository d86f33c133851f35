"""The letters about forty mistakes: what people read is whole, in their language and numbers, and
precise for partners.

The files are in `broken`; every letter is held against what must never stand in one.
"""

import json
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.findings import catalogue
from edigate.report import as_json, as_terminal
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.blocks import FindingBlock, Letter, Paragraph, Quote
from edigate.report.letter import Circumstance, held, unreadable
from edigate.report.presentation import Verdict
from tests.report.broken import MISTAKES, examined
from tests.report.test_json import validator as validator  # noqa: PLC0414  (a fixture)

_WAY = Circumstance(
    document_id="01a1fc6db76AXRC13TQ2729S0J",
    control_reference="IC0001",
    sender="4012345000009",
    file="in.edi",
    mail_from="edi@farbenwerk.example",
    tenant="Baumarkt Süd AG",
    attached=("in.edi", "report.json"),
)
_SEGMENT = re.compile(r"\b[A-Z]{3}\+[^']*'")
_GAPS = re.compile(r"…|\bNone\b|\bnan\b|\bNaN\b|\{|\}|„“|“”|\(\)| [,.;:](?: |$)|  |\.\.")
_POINT = re.compile(r"(?<![\d.§])\b\d+\.\d{2}\b(?!\.)(?! (?:Abs|UStAE))")
_COMMA = re.compile(r"\b\d+,\d{2}\b")
_ENGLISH = re.compile(
    r"\b(?:the|of|is|are|missing|invoice|please|amount|should|with|and|value)\b", re.IGNORECASE
)
_GERMAN = re.compile(r"\b(?:der|die|das|ist|nicht|fehlt|und|Rechnung|bitte|mit|eine)\b")
_REPLACED = re.compile(
    r"\b\w*(?:fuer|ueber|muess|koenn|gueltig|pruef|zurueck|aender|haeng|hoech|Strasse|grund?saetz|laess)\w*",
    re.IGNORECASE,
)


def _verdicts(name: str) -> list[Verdict]:
    examination = examined(name)
    return [
        pipeline.verdict_of(d, examination.data, examination.sha256) for d in examination.documents
    ]


def _letter(name: str, language: str, way: Circumstance = _WAY) -> Letter:
    verdicts = _verdicts(name)
    if verdicts:
        return held(verdicts[0], way, language)
    return unreadable(pipeline.why_unreadable(examined(name).transmission), way, {}, language)


def _prose(letter: Letter, language: str) -> list[str]:
    """What the letter says in its own language: everything but segments, official texts and the
    other language."""
    said = [letter.subject]
    for block in letter.blocks:
        if isinstance(block, FindingBlock):
            said += [block.title, block.message, *(value for _, value in block.labels)]
        elif isinstance(block, Quote):
            if block.label == {"de": "Deutsch", "en": "English"}[language]:
                said += block.text.split("\n")
        elif isinstance(block, Paragraph):
            said.append(block.text)
    return [re.sub(r"„[^“]+“|“[^”]+”", "X", _SEGMENT.sub("X", s)) for s in said]


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_found(name: str) -> None:
    examination = examined(name)
    found = {f.rule for v in _verdicts(name) for f in v.report.findings} | {
        f.rule
        for f in (
            *examination.transmission.findings,
            *(f for i in examination.transmission.interchanges for f in i.findings),
        )
    }
    assert set(MISTAKES[name].rules) <= found
    assert found


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", MISTAKES)
def test_what_people_read_is_whole_and_in_their_language(name: str, language: str) -> None:
    letter = _letter(name, language)
    for said in _prose(letter, language):
        assert not _GAPS.search(said), said
        if language == "de":
            assert not _POINT.search(said), said
            assert not _ENGLISH.search(said), said
            assert not _REPLACED.search(said), said
        else:
            assert not _COMMA.search(said), said
            assert not _GERMAN.search(
                re.sub(r"Steuerschuldnerschaft.*|steuerfrei.*|Gutschrift.*", "", said)
            ), said
    for shown in (text(letter), html([letter])):
        assert "None" not in shown


@pytest.mark.parametrize("name", MISTAKES)
def test_the_first_sentences_say_what_happened_and_why(name: str) -> None:
    letter = _letter(name, "de")
    opening = letter.blocks[1]
    assert isinstance(opening, Paragraph)
    first = opening.text.split(". ")
    assert re.search(
        "nicht archiviert|geprüft und archiviert|konnte nicht gelesen werden", first[0]
    )
    assert re.search("Grund: |Gründe: |weil ", ". ".join(first[:3]))
    # no word of the trade before it is explained
    assert not re.search(r"\b(?:BT|BG)-\d|\b(?:LIN|UNH|NAD|MOA|FX-SCH)\b", ". ".join(first[:3]))
    assert len(letter.subject) < 120


@pytest.mark.parametrize("name", [n for n, m in MISTAKES.items() if n not in ("truncated",)])
def test_partners_get_their_own_segment_and_an_example(name: str) -> None:
    (verdict, *_) = _verdicts(name)
    letter = held(verdict, _WAY, "de")
    quotes = [b.text for b in letter.blocks if isinstance(b, Quote) and b.label]
    if verdict.report.state is State.VALID:
        assert quotes == []
        return
    german, english = quotes
    for quote, place in ((german, "Stelle: "), (english, "Place: ")):
        assert "IC0001" in quote
        assert place in quote
        assert _SEGMENT.search(quote)
        sentences = re.split(r"(?<=[.!?])\s", quote)
        assert len(sentences) == len(set(sentences)), "said twice"
    for finding in verdict.report.errors:
        if finding.partner and finding.place:
            assert finding.place.text[:60] in german


def test_every_text_of_the_catalogue_is_in_its_language() -> None:
    named = {"XSD-ROOT", "XSD-VALUE", "XSD-OTHER"}  # names and numbers of the XML
    for rule in (r for r in catalogue().values() if r.id not in named):
        for texts in (rule.title, rule.message, rule.meaning, rule.expected, rule.partner):
            if texts is None:
                continue
            german, english = (
                re.sub(r"„[^“]+“|“[^”]+”|\{[^}]*\}", "X", _SEGMENT.sub("X", text))
                for text in (texts.de, texts.en)
            )
            odd = [p.search(german) for p in (_ENGLISH, _REPLACED, _POINT)]
            odd += [p.search(english) for p in (_GERMAN, _COMMA)]
            assert not any(odd), (rule.id, odd)


@pytest.mark.parametrize("name", MISTAKES)
def test_reports_fit_the_schema(name: str, validator: Any) -> None:
    document = as_json.envelope(
        {}, [as_json.input_json(pipeline.input_verdict(examined(name), "in.edi"))]
    )
    validator.validate(json.loads(as_json.dump(document)))


@pytest.mark.parametrize("name", MISTAKES)
def test_minimal_letters_say_nothing_of_the_invoice(name: str) -> None:
    letter = _letter(name, "de", replace(_WAY, full=False, attached=()))
    shown = letter.subject + text(letter)
    assert not re.search(
        r"RE-2026|Farbenwerk|Baumarkt|401234500|431987600|DE1234|841|707|453|in\.edi|IC0001", shown
    )
    assert _WAY.document_id in shown
    assert not _GAPS.search(" ".join(text(letter).replace(":  ", ": ").split()))


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("width", [80, 40])
def test_terminals_keep_their_width(name: str, width: int) -> None:
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=False, color_system=None)
    as_terminal.show(console, pipeline.input_verdict(examined(name), "in.edi"), "de")
    lines = out.getvalue().splitlines()
    assert all(cell_len(line.rstrip()) <= width for line in lines)
    for number, line in enumerate(lines):
        if line.strip().startswith("^"):
            marked = lines[number - 1][len(line) - len(line.lstrip()) : len(line.rstrip())]
            assert marked
            assert not re.search(r"[+:']", marked), marked
