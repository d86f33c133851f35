"""Letters, as text and as HTML: everything found is said, in both languages, and no value breaks
out of its place."""

import io
import re
import unicodedata

import pytest
from lxml import html as parser
from rich.console import Console

from edigate import pipeline
from edigate.findings import Severity, catalogue
from edigate.report import as_terminal
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.blocks import FindingBlock, Letter
from edigate.report.excerpts import excerpt
from edigate.report.letter import alarm, held, unreadable
from edigate.report.presentation import Verdict
from edigate.report.sentences import Sentences
from tests.fixtures.cases import names
from tests.report.inputs import MARKUP, circumstance, examinations, input_verdict, verdicts

_CASES = [*names(), "hostile"]
_LANGUAGES = ("de", "en")
_PLAIN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "table", "tbody",
    "tr", "th", "td",
    "ol", "ul", "li", "span", "b", "ins", "mark", "br",
}  # fmt: skip

_PLAIN_ATTRIBUTES = {
    "lang", "charset", "name", "content", "class", "scope", "style", "role", "width",
    "cellpadding", "cellspacing",
    "border", "align", "valign",
}  # fmt: skip


def _letters(name: str, language: str, full: bool = True) -> list[tuple[Letter, Verdict | None]]:
    way = circumstance(name, full)
    examination = examinations(name)
    if not examination.transmission.readable:
        return [(unreadable(examination.transmission.findings, way, {}, language), None)]
    return [(held(verdict, way, language), verdict) for verdict in verdicts(name)]


def _parsed(written: str) -> parser.HtmlElement:
    return parser.document_fromstring(written)


def _squeezed(value: str) -> str:
    return "".join(value.split())


def _odd(value: str, allowed: str = "\n") -> list[str]:
    """Control, format and line separator characters that have no place in a rendering."""
    return [
        hex(ord(c))
        for c in value
        if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in allowed
    ]


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize("name", _CASES)
def test_every_finding_is_rendered(name: str, language: str) -> None:
    for letter, verdict in _letters(name, language):
        findings = verdict.report.findings if verdict else examinations(name).transmission.findings
        plain = text(letter)
        page = str(_parsed(html([letter])).text_content())
        for finding in findings:
            for rendering in (plain, page):
                assert finding.rule in rendering
                assert _squeezed(finding.message.in_language(language)) in _squeezed(rendering)
                if finding.severity is Severity.INFORMATION:
                    continue
                law = finding.basis.removesuffix(f" {finding.rule}").removeprefix("Plausibilität")
                assert _squeezed(law.removeprefix(" zu ")) in _squeezed(rendering)
                title = catalogue()[finding.rule].title if finding.rule in catalogue() else None
                assert title is None or _squeezed(title.in_language(language)) in _squeezed(
                    rendering
                )
        weighty = [f for f in findings if f.severity is not Severity.INFORMATION]
        assert sum(isinstance(block, FindingBlock) for block in letter.blocks) == len(weighty)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("name", _CASES)
def test_no_field_is_left_open(name: str, full: bool) -> None:
    for language in _LANGUAGES:
        for letter, _ in _letters(name, language, full):
            ours = [
                letter.subject,
                letter.footer,
                *(b.title for b in letter.blocks if isinstance(b, FindingBlock)),
            ]
            assert not [line for line in ours if re.search(r"\{[a-z_]+\}", line)]


@pytest.mark.parametrize("name", _CASES)
def test_both_languages_say_the_same(name: str) -> None:
    for (german, _), (english, _) in zip(_letters(name, "de"), _letters(name, "en"), strict=True):
        assert [type(block) for block in german.blocks] == [type(block) for block in english.blocks]
        assert text(german) != text(english)
        for one, other in zip(german.blocks, english.blocks, strict=True):
            if isinstance(one, FindingBlock) and isinstance(other, FindingBlock):
                assert one.excerpt == other.excerpt
                assert one.rule_line.split(" · ")[0] == other.rule_line.split(" · ")[0]


@pytest.mark.parametrize("language", _LANGUAGES)
def test_html_of_hostile_values_is_text(language: str) -> None:
    for letter, _ in _letters("hostile", language):
        written = html([letter])
        page = _parsed(written)
        assert {
            element.tag for element in page.iter() if isinstance(element.tag, str)
        } <= _PLAIN_TAGS
        for element in page.iter():
            for attribute, value in element.attrib.items():
                assert attribute in _PLAIN_ATTRIBUTES, (element.tag, attribute)
                assert "<" not in value
                assert "url" not in value
        assert 'alert("1")' in page.text_content()
        assert "<script" not in written.lower()
        assert "onerror=alert(1)>" not in written
        assert not re.search(
            r"(?:src|href|url)\s*[=(]", re.sub(r"&[a-z#0-9]+;", "", _without_text(written))
        )


def _without_text(written: str) -> str:
    return re.sub(r">[^<]*<", "><", written)


@pytest.mark.parametrize("language", _LANGUAGES)
def test_title_of_the_page_is_escaped(language: str) -> None:
    (letter, _) = _letters("hostile", language)[0]
    written = html([letter], title=MARKUP)
    assert _parsed(written).findtext(".//title") == MARKUP
    assert "<script" not in written


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("language", _LANGUAGES)
def test_no_control_characters(language: str, full: bool) -> None:
    for letter, _ in _letters("hostile", language, full):
        assert _odd(letter.subject, allowed="") == []
        assert _odd(letter.footer, allowed="") == []
        assert _odd(text(letter)) == []
        assert _odd(html([letter])) == []
        assert not re.search(r"^Bcc:", text(letter), re.MULTILINE)


@pytest.mark.parametrize("language", _LANGUAGES)
def test_no_control_characters_in_a_terminal(language: str) -> None:
    out = io.StringIO()
    as_terminal.show(
        Console(file=out, width=110, highlight=False),
        input_verdict("hostile", "x\x1b[2J.edi"),
        language,
    )
    assert _odd(out.getvalue()) == []
    for document in examinations("hostile").documents:
        assert all(finding.rule in out.getvalue() for finding in document.report.findings)


@pytest.mark.parametrize("name", _CASES)
def test_terminal_shows_every_finding(name: str) -> None:
    out = io.StringIO()
    as_terminal.show(Console(file=out, width=110, highlight=False), input_verdict(name), "de")
    shown = _squeezed(out.getvalue())
    for document in examinations(name).documents:
        for finding in document.report.findings:
            assert _squeezed(finding.message.de) in shown


@pytest.mark.parametrize("name", _CASES)
def test_the_segment_meant_is_marked(name: str) -> None:
    for letter, verdict in _letters(name, "de"):
        if verdict is None:
            continue
        page = _parsed(html([letter]))
        plain = text(letter)
        for finding in verdict.report.findings:
            if finding.severity is Severity.INFORMATION:
                continue
            lines = excerpt(finding, verdict.segments)
            marked = [line for line in lines if line.marked]
            missing = [line for line in lines if line.missing]
            if finding.missing:
                assert not marked
                assert len(missing) == 1
                assert missing[0].text in [element.text for element in page.iter("ins")]
                assert re.search(
                    rf"^   >\s+{re.escape(missing[0].text)}   <- hier fehlt$", plain, re.MULTILINE
                )
            elif finding.place is not None:
                assert [line.index for line in marked] == [finding.place.index]
                assert marked[0].text in [element.text_content() for element in page.iter("b")]
                number = str(finding.place.index or "").rjust(4)
                assert f"   > {number}  {marked[0].text}" in plain


@pytest.mark.parametrize("name", _CASES)
def test_neighbours_stand_around_the_segment(name: str) -> None:
    for verdict in verdicts(name):
        for finding in verdict.report.findings:
            numbers = [line.index for line in excerpt(finding, verdict.segments) if line.index]
            assert (
                numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
            )


@pytest.mark.parametrize("name", [n for n in _CASES if n != "hostile"])
def test_minimal_letters_hold_no_invoice_data(name: str) -> None:
    for language in _LANGUAGES:
        for letter, _ in _letters(name, language, full=False):
            rendered = [letter.subject, text(letter), html([letter])]
            for secret in _secrets(name):
                assert not [r for r in rendered if secret in r], secret


def _secrets(name: str) -> set[str]:
    """What tells something of the invoice or the way it came: identity, segments, parties, files,
    references."""
    way = circumstance(name)
    found = {
        way.control_reference,
        way.sender,
        way.recipient,
        way.file,
        way.mail_from,
        way.mail_subject,
        way.mail_id,
    }
    for document in examinations(name).documents:
        who = pipeline.identity(document)
        found |= {
            who.number,
            who.gross,
            who.seller,
            who.seller_id,
            who.seller_vat,
            who.buyer,
            who.buyer_id,
            who.buyer_vat,
        }
        # Examples in the catalogue's texts are short segments; a whole segment of ours must not be
        # among them.
        found |= {line for line in document.syntax.lines(document.message) if len(line) > 20}
    return {value for value in found if len(value) > 3}


@pytest.mark.parametrize("name", _CASES)
def test_text_fits_a_mail(name: str) -> None:
    for letter, _ in _letters(name, "de"):
        for line in text(letter).splitlines():
            unbreakable = max((len(word) for word in line.split()), default=0)
            assert len(line) <= 78 or unbreakable > 40 or line.startswith(("   >", "     ", "|")), (
                line
            )


def test_alarm_shows_its_facts_on_one_line_each() -> None:
    letter = alarm("not_checked", {"mail": "1\r\nBcc: x", "tenant": "<script>"})
    assert _odd(text(letter)) == []
    assert "<script" not in html([letter])


def test_several_letters_are_one_page() -> None:
    letters = [letter for letter, _ in _letters("mixed-interchange", "en")]
    page = _parsed(html(letters, "all"))
    assert len(page.findall(".//h1")) == len(letters) == 2
    assert page.get("lang") == "en"


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [
        ("1500", "1.500,00 EUR", "1,500.00 EUR"),
        ("452.2", "452,20 EUR", "452.20 EUR"),
        ("0.125", "0,125 EUR", "0.125 EUR"),
        ("", "", ""),
    ],
)
def test_amounts_have_two_decimals_at_least(value: str, german: str, english: str) -> None:
    assert Sentences("de").amount(value, "EUR") == german
    assert Sentences("en").amount(value, "EUR") == english
