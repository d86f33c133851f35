"""Where things stand: on the sheet, whole rows, carried sums, totals beside the last line; and
every bad input."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edigate.invoice import model as m
from edigate.pdf.content import Content
from edigate.pdf.package import glyph_findings, package
from edigate.pdf.typesetting.fonts import END, ENGLISH
from edigate.pdf.typesetting.paper import HEIGHT, LEFT, MM, RIGHT
from edigate.pdf.typesetting.type import BODY
from tests.pdf import samples
from tests.pdf.extract import page_texts, pieces, squeezed, text
from tests.pdf.test_complete import missing


def outside(content: bytes) -> list[str]:
    """Pieces that leave the area of text."""
    return [
        p.text
        for p in pieces(content)
        if p.x < LEFT - 0.5 or p.x + p.width > RIGHT + 6 or p.y < 10 * MM or p.y > HEIGHT - 10 * MM
    ]


def overlapping(content: bytes) -> list[tuple[str, str]]:
    """Pieces on one baseline that run into each other."""
    lines: dict[tuple[int, float], list[tuple[float, float, str]]] = {}
    for p in pieces(content):
        lines.setdefault((p.page, p.y), []).append((p.x, p.x + p.width, p.text))
    found = []
    for row in lines.values():
        row.sort()
        found += [(a[2], b[2]) for a, b in pairwise(row) if b[0] < a[1] - 0.6]
    return found


@pytest.mark.parametrize(
    "content",
    [samples.minimal(), samples.usual(1), samples.usual(60), samples.everything("de"),
    samples.everything("en"),
     samples.everything("de+en"), samples.everything("de", copies=7), samples.nasty()],
)  # fmt: skip
def test_nothing_leaves_the_sheet_or_collides(content: Content) -> None:
    made = package(content)
    assert outside(made) == []
    assert overlapping(made) == []


def test_address_field_and_information_block_stand_as_din_5008_says() -> None:
    found = [p for p in pieces(package(samples.usual(2))) if p.page == 0]
    street = next(p for p in found if p.text == "Isarufer 7")
    assert street.x == pytest.approx(25 * MM, abs=0.1)
    assert 62 * MM < HEIGHT - street.y < 90 * MM
    label = next(p for p in found if p.text == "Rechnungsnummer")
    assert label.x == pytest.approx(125 * MM, abs=0.1)
    assert 50 * MM < HEIGHT - label.y < 98.5 * MM
    title = next(p for p in found if p.text.startswith("Rechnung RE-"))
    assert HEIGHT - title.y > 98.5 * MM


def test_page_numbers() -> None:
    found = page_texts(package(samples.usual(60)))
    assert len(found) > 3
    for number, shown in enumerate(found, 1):
        assert f"Seite{number}von{len(found)}" in shown


@pytest.mark.parametrize("lines", [*range(1, 30), 60, 200])
def test_sums_are_carried_and_the_last_line_stays_with_the_totals(lines: int) -> None:
    content = samples.usual(lines)
    found = page_texts(package(content))
    total = Decimal(0)
    position = 0
    for number, shown in enumerate(found):
        carried = re.findall(r"Übertrag([\d.]+,\d\d)", shown)
        expected = f"{total:,.2f}".translate(str.maketrans(",.", ".,"))
        if number and carried:
            assert carried[0] == expected
        while position < lines:
            line = content.invoice.lines[position]
            assert line.item
            assert line.item.buyer_identifier
            if f"IhreArt.-Nr.{line.item.buyer_identifier}" not in shown:
                break
            total += line.net_amount or 0
            position += 1
        if position < lines:
            assert carried[-1] == f"{total:,.2f}".translate(str.maketrans(",.", ".,"))
    assert position == lines
    last = next(n for n, shown in enumerate(found) if "Zahlbetrag" in shown)
    assert f"IhreArt.-Nr.88{lines - 1:05d}" in found[last]
    assert "SummederPositionen" in found[last]


def test_no_carry_without_amounts() -> None:
    content = samples.usual(40)
    lines = tuple(replace(line, net_amount=None) for line in content.invoice.lines)
    shown = text(package(replace(content, invoice=replace(content.invoice, lines=lines))))
    assert "Übertrag" not in shown.replace("Übertragung", "")
    assert "BetragEUR" not in shown, "a column that no line fills is left out"


def test_columns_adapt() -> None:
    line = m.Line(identifier="1", net_amount=Decimal("5.00"), item=m.Item(name="Pauschale"))
    shown = text(
        package(samples.content(m.Invoice(number="1", lines=(line,), currency_code="EUR")))
    )
    for label in ("Menge", "Einheit", "Preis", "USt"):
        assert label not in shown
    assert "BetragEUR" in shown


def test_zero_lines() -> None:
    assert squeezed("Dieses Dokument enthält keine Positionen.") in text(package(samples.minimal()))


def test_ninety_nine_rates_and_long_texts() -> None:
    found = text(package(samples.nasty()))
    for rate in range(99):
        assert squeezed(f"(S){rate} %1.000,00{rate},00") in found
    assert sum(map(len, re.findall("W{2,}", found))) == 200
    for number in range(60):
        assert squeezed(f"Zeile {number} einer sehr ausführlichen Beschreibung") in found
    assert "999.999.999.999.999.999,99" in found


def test_characters_without_a_glyph_are_code_points_and_findings() -> None:
    content = samples.nasty()
    shown = text(package(content))
    for character in "\x00\x1b\u202e\u202c" + "עברית" + "日本語":
        assert f"‹U+{ord(character):04X}›" in shown
        assert character not in shown
    for word in ("Ελληνικό", "кириллица", "łódź", "œuvre", "₺", "✓", "½", "é"):
        assert word in shown
    found = {(f.rule, f.line): f for f in glyph_findings(content)}
    assert set(found) == {("PDF-02", "3"), ("PDF-03", "5"), ("PDF-01", "5")}
    assert found["PDF-01", "5"].term == "BT-153"
    assert "U+65E5" in found["PDF-01", "5"].message.en
    assert "U+202E RIGHT-TO-LEFT OVERRIDE" in found["PDF-02", "3"].message.de


def test_ordinary_texts_have_no_findings() -> None:
    assert glyph_findings(samples.usual(30)) == ()
    assert glyph_findings(samples.everything()) == ()


def test_large_original_is_embedded() -> None:
    content = samples.usual(1)
    large = replace(content, original=b"FTX+AAI+++" + b"x" * 20_000_000)
    assert len(package(large)) < 200_000


@settings(max_examples=60, deadline=None)
@example(
    ["", "", "", "\x1b", "", "", ""], Decimal("0.00"), date(2000, 1, 1)
)  # the widest number in the middle
@given(
    st.lists(st.text(max_size=300), min_size=1, max_size=12),
    st.decimals(min_value=-(10**18), max_value=10**18, allow_nan=False, places=2),
    st.dates(),
)
def test_any_text_gives_a_page_that_keeps_its_bounds(
    texts: list[str], amount: Decimal, day: date
) -> None:
    lines = tuple(
        m.Line(
            identifier=value[:20],
            net_amount=amount,
            note=value,
            item=m.Item(name=value[::-1], description=value),
        )
        for value in texts
    )
    invoice = replace(
        samples.ordinary(0), lines=lines, notes=tuple(m.Note(text=value) for value in texts),
        issue_date=day,
        payment_terms=texts[0], seller=replace(samples.SELLER, name=texts[0],
            legal_information=texts[-1]),
    )  # fmt: skip
    content = replace(samples.content(samples.ordinary(0)), invoice=invoice)
    made = package(content)
    assert outside(made) == []
    assert [pair for pair in overlapping(made) if "Seite" not in pair[1]] == []
    glyph_findings(content)


def test_texts_too_long_for_the_letter_stand_in_the_details() -> None:
    plain = samples.everything(copies=1).invoice
    seller = replace(
        plain.seller,
        name="Verkäufer " * 60,
        trading_name="Handel " * 90,
        tax_registration="7" * 300,
    )
    address = replace(
        plain.buyer.address or m.BuyerAddress(),
        line_1="Straße " * 90,
        city="Ort" * 90,
        post_code="9" * 99,
    )
    invoice = replace(
        plain,
        number="N" * 700,
        purchase_order_reference="B" * 400,
        seller=seller,
        buyer=replace(plain.buyer, name="Käufer " * 99, address=address),
    )  # fmt: skip
    content = samples.content(invoice)
    made = package(content)
    assert outside(made) == []
    assert overlapping(made) == []
    assert missing(content) == []


@given(
    st.lists(st.sampled_from(["Wort", "word ", ENGLISH, END, " ", "long" * 9, "\n"]), max_size=30),
    st.floats(30, 300),
)
def test_marks_of_english_are_balanced_in_every_line(parts: list[str], width: float) -> None:
    value = "".join(parts)
    lines = BODY.lines(value, width)
    for line in lines:
        marks = [resource for resource, _ in line.runs if resource in (ENGLISH, END)]
        assert marks == [ENGLISH, END] * (len(marks) // 2)


@given(st.text(alphabet="abc -äß€\n\tŁя", max_size=200), st.floats(30, 300))
def test_wrapping_loses_nothing_and_fits(value: str, width: float) -> None:
    lines = BODY.lines(value, width)
    assert lines
    assert all(
        line.width <= width + 0.01 or sum(map(len, dict(line.runs).values())) == 1 for line in lines
    )
