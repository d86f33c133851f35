"""What edigate itself says about an invoice: every phrase in every language, none for nothing, and
written in the language asked for."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from edigate.edifact.invoic import mapper
from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.invoic.record import phrases
from edigate.edifact.syntax.reader import read
from edigate.invoice.model import Invoice
from edigate.source import DEFAULT_LANGUAGE
from tests.mapping.edi import HEAD, LINE, PARTIES, PARTNERS, SUMMARY, interchange

_PACKAGE = Path(mapper.__file__).parent
_LANGUAGES = phrases.languages()


def _placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_german_and_english_are_there() -> None:
    assert {"de", "en"} <= set(_LANGUAGES)


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_language_has_the_same_phrases_with_the_same_places_to_fill(language: str) -> None:
    model, other = phrases.phrases(DEFAULT_LANGUAGE), phrases.phrases(language)
    for kind in ("origin", "finding", "text"):
        assert set(other[kind]) == set(model[kind])
        for name, text in model[kind].items():
            assert _placeholders(other[kind][name]) == _placeholders(text), name


def _constants() -> Iterator[str]:
    """Every string of the room's code."""
    for path in _PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_no_phrase_is_there_for_nothing() -> None:
    built = ("period-", "time-", "times-")
    named = {n for kind in phrases.phrases("de").values() for n in kind if not n.startswith(built)}
    assert named <= set(_constants())


def test_no_german_stands_in_code() -> None:
    """Umlauts outside the words that texts are searched for: data, not code."""
    docs = {
        ast.get_docstring(node, clean=False)
        for path in _PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    spoken = {text for text in _constants() if text not in docs}
    assert not {text for text in spoken if set(text) & set("äöüÄÖÜß")}


_SPOKEN = (
    *HEAD,
    "RFF+DQ:LS-1",
    "RFF+DQ:LS-2",
    *PARTIES,
    "PAT+22++5:3:D:14",
    "PCD+12:2.5",
    *LINE[:1],
    *LINE[2:],
    "QTY+192:2",
    *SUMMARY,
)


def _written(language: str) -> Invoice:
    data = interchange(*_SPOKEN)
    found, message = next(read(data).messages())
    return map_message(found, message, PARTNERS, language=language).invoice


def test_what_edigate_writes_is_in_the_language_asked_for() -> None:
    german, english = _written("de"), _written("en")
    assert "2,5 % Skonto" in str(german.payment_terms)
    assert "2.5 % cash discount" in str(english.payment_terms)
    assert german.notes[0].text == "Sammelrechnung: Lieferscheine LS-1 bis LS-2"
    assert english.notes[0].text == "Collective invoice: delivery notes LS-1 to LS-2"
    assert german.lines[0].note == "Naturalrabatt: 2 Stück ohne Berechnung"
    assert english.lines[0].note == "Free goods: 2 piece(s) not charged"


def test_a_language_without_a_file_is_the_default_one() -> None:
    assert _written("xx") == _written(DEFAULT_LANGUAGE)
