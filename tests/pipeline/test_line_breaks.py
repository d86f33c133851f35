"""A line break at any place of an invoice: archived only with every value as it was meant, else
held by its segment."""

from datetime import date

import pytest

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.edifact.syntax.reader import read
from edigate.invoice.terms import walk
from edigate.masterdata import PartnerDirectory
from tests.fixtures.cases import engines
from tests.generate import interchange, invoice
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19
from tests.mapping.edi import interchange as small

FLAT = interchange([invoice(2, "RE-20260055")]).replace(b"\n", b"")
_TEXTS = {"FTX", "NAD", "IMD"}
_CONDITIONS = pipeline.Conditions(
    Circumstances(today=date(2026, 11, 30)), PartnerDirectory(), {}, {}
)


def _examined(data: bytes) -> pipeline.JudgedMessage:
    (document,) = pipeline.examine(data, engines(), _CONDITIONS).documents
    return document


def _terms(document: pipeline.JudgedMessage) -> dict[str, object]:
    assert document.mapped is not None
    return {path: value for path, _, value in walk(document.mapped.invoice)}


@pytest.mark.parametrize("broken", [b"\r\n", b"\n", b"\r", b"\r\n "])
@pytest.mark.parametrize("part", range(12))
def test_a_break_anywhere_is_seen_by_the_reader(part: int, broken: bytes) -> None:
    """No value has a line break but free text, and one that is no text changes only with EDI-30."""
    plain = {s.position: s for s in read(FLAT).interchanges[0].messages[0].segments}
    for at in range(part + 1, len(FLAT), 12):
        for interchange_ in read(FLAT[:at] + broken + FLAT[at:]).interchanges:
            for message in interchange_.messages:
                if not message.readable:
                    continue
                rules = {f.rule for f in message.findings}
                for segment in message.segments:
                    assert segment.tag == "FTX" or not any(
                        "\n" in c or "\r" in c for e in segment.elements for c in e
                    )
                    wanted = plain[segment.position]
                    same = [[c.strip() for c in e] for e in segment.elements] == [
                        list(e) for e in wanted.elements
                    ]
                    told = rules & ({"EDI-26", "EDI-30"} if segment.tag in _TEXTS else {"EDI-30"})
                    assert same or told, (at, segment)


@pytest.mark.parametrize(
    ("old", "new", "tag"),
    [
        (b"BGM+380+RE-20260055", b"BGM+380+RE-20\r\n260055", "BGM"),
        (b"BGM+380+RE-20260055", b"BGM+380+RE-20\r\n 260055", "BGM"),
        (b"DTM+137:20261015", b"DTM+137:2026\n1015", "DTM"),
        (b"RFF+VA:DE123456788", b"RFF+VA:DE1234\r\n56788", "RFF"),
        (b"CUX+2:EUR", b"CUX+2:EU\r\nR", "CUX"),
        (b"NAD+SU+4012345000009", b"NAD+SU+40123\r\n45000009", "NAD"),
        (b"12345+DE", b"123\r\n45+DE", "NAD"),
        (b"MOA+77:", b"MOA+77:1\r\n", "MOA"),
    ],
)
def test_what_is_no_text_holds_the_invoice_and_names_the_segment(
    old: bytes, new: bytes, tag: str
) -> None:
    assert old in FLAT
    document = _examined(FLAT.replace(old, new, 1))
    assert document.state is State.INVALID
    (told,) = [f for f in document.report.findings if f.rule == "EDI-30"]
    assert told.place is not None
    assert told.place.tag == tag
    assert tag in told.message.de
    assert "\n" not in pipeline.identity(document).number


@pytest.mark.parametrize("broken", ["\r\n", "\n", " \r\n ", "\r\n\r\n"])
def test_a_break_in_a_name_is_one_blank_and_told(broken: str) -> None:
    plain = _examined(FLAT)
    document = _examined(
        FLAT.replace(b"Farbenwerk Musterstadt", f"Farbenwerk{broken}Musterstadt".encode(), 1)
    )
    assert plain.state is document.state is State.VALID
    assert _terms(document) == _terms(plain)
    assert "EDI-26" in {f.rule for f in document.report.warnings}


def test_free_text_keeps_its_lines() -> None:
    data = small(*HEAD, "FTX+AAI+++Zeile eins\r\nZeile zwei", *PARTIES, *LINE, VAT19, *SUMMARY)
    assert any("Zeile eins\nZeile zwei" in str(value) for value in _terms(_examined(data)).values())


@pytest.mark.parametrize("width", [72, 80, 132])
def test_a_file_wrapped_at_a_fixed_column_is_still_read(width: int) -> None:
    data = b"\r\n".join(FLAT[n : n + width] for n in range(0, len(FLAT), width))
    document = _examined(data)
    assert document.state is State.VALID
    assert _terms(document) == _terms(_examined(FLAT))
    assert "EDI-07" in {f.rule for f in document.report.warnings}


def test_an_id_of_unb_with_a_break_holds_every_message() -> None:
    data = FLAT.replace(b"UNB+UNOC:3+40123450", b"UNB+UNOC:3+40123\r\n450", 1)
    assert data != FLAT
    document = _examined(data)
    assert document.state is State.INVALID
    assert "EDI-30" in {f.rule for f in document.report.errors}


@pytest.mark.parametrize("broken", [b"\r\n ", b"\n ", b"\r\n"])
def test_a_break_behind_a_release_character_is_never_read_past(broken: bytes) -> None:
    """`Farbe ?` at a line's end, `+ Lack` on the next: the sign would part the text from the next
    element."""
    data = FLAT.replace(b"Farbenwerk Musterstadt", b"Farbe ?" + broken + b"+ Lack", 1)
    document = _examined(data)
    assert document.state is State.INVALID
    assert "EDI-30" in {f.rule for f in document.report.errors}
