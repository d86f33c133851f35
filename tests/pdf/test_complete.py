"""Every term of the Invoice, every annex row, every finding and the evidence stand on the page."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from edigate.edifact.wing import EDIFACT
from edigate.findings import Place, Severity, Texts
from edigate.invoice import terms
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origin, OriginKind, Origins
from edigate.pdf.content import AnnexRow, Content
from edigate.pdf.package import package
from edigate.pdf.page.shown_terms import CODES, as_text
from edigate.pdf.page.words import unmarked, words
from edigate.pdf.typesetting.paper import LEFT
from edigate.pipeline import annex_row
from edigate.source import AnnexEntry
from tests.pdf import samples
from tests.pdf.extract import opened, page_texts, pieces, squeezed, text

LANGUAGES = ("de", "en", "de+en")


def without(invoice: Invoice, name: str, empty: object) -> Invoice:
    """The invoice with one of its fields empty."""
    changes: dict[str, Any] = {name: empty}
    return replace(invoice, **changes)


def missing(content: Content) -> list[str]:
    """The terms whose formatted value is not in the text of the package."""
    shown = text(package(content))
    language = words(content.language)
    found: list[str] = []
    for path, term, value in terms.walk(content.invoice):
        if term in CODES and isinstance(value, str):
            wanted = [value, *unmarked(language.name(CODES[term], value)).split(" / ")]
            if term == "BT-3":
                wanted = [f"({value})", *unmarked(language.type_name(value)).split(" / ")]
        else:
            wanted = [as_text(language, term, value)]
        found.extend(f"{term} {path}: {w}" for w in wanted if squeezed(w) not in shown)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_is_shown(language: str) -> None:
    assert missing(samples.everything(language)) == []


def test_every_term_is_shown_when_groups_stand_alone() -> None:
    assert missing(samples.everything(copies=1)) == []


@pytest.mark.parametrize("content", [samples.minimal(), samples.usual(3), samples.usual(150)])
def test_ordinary_invoices_are_complete(content: Content) -> None:
    assert missing(content) == []


def test_each_group_is_complete_without_the_others() -> None:
    """A block may lean on another one having shown something: leave out one group at a time."""
    full = samples.everything(copies=1).invoice
    for name in ("payee", "tax_representative", "delivery", "period", "payment"):
        assert missing(samples.content(without(full, name, None))) == []
    for name in (
        "notes",
        "preceding_invoices",
        "allowances",
        "charges",
        "vat_breakdown",
        "supporting_documents",
    ):
        assert missing(samples.content(without(full, name, ()))) == []
    for name in ("issue_date", "number", "type_code", "currency_code", "due_date"):
        assert missing(samples.content(without(full, name, None))) == []
    half = replace(full, period=replace(full.period, end_date=None)) if full.period else full
    assert missing(samples.content(half)) == []


def test_annex_rows_are_shown() -> None:
    rows = tuple(
        AnnexRow(f"Angabe {n}", f"Inhalt {n} " + "x" * n, f"{n} FTX", str(n)) for n in range(1, 90)
    )
    shown = text(package(replace(samples.usual(1), annex=rows)))
    for row in rows:
        assert squeezed(row.label + row.value + row.segment) in shown


def test_annex_rows_say_it_in_both_languages_and_days_as_days() -> None:
    rows = (
        AnnexRow(
            "Bestelldatum",
            "20261001:102",
            "9 DTM",
            label_en="Order date",
            days=(date(2026, 10, 1), date(2026, 10, 1)),
        ),
        AnnexRow("Zeitraum", "202610:610", "10 DTM", days=(date(2026, 10, 1), date(2026, 10, 31))),
    )
    made = package(replace(samples.usual(1), annex=rows, language="de+en"))
    shown = text(made)
    assert squeezed("Bestelldatum / Order date 01.10.2026 (20261001:102)") in shown
    assert squeezed("01.10.2026 – 31.10.2026 (202610:610)") in shown
    assert {p.language for p in pieces(made) if p.text == "Order date"} == {"en"}


@pytest.mark.parametrize(
    ("language", "label", "english"),
    [("de", "Bestelldatum", ""), ("en", "Order date", ""), ("de+en", "Bestelldatum", "Order date")],
)
def test_what_the_pipeline_makes_of_an_annex_entry(language: str, label: str, english: str) -> None:
    def row(tag: str, value: str) -> AnnexRow:
        entry = AnnexEntry("Bestelldatum", "Order date", value, Place(9, tag, "", 0, 1))
        return annex_row(entry, language, EDIFACT)

    days = (date(2026, 10, 1), date(2026, 10, 1))
    assert row("DTM", "20261001:102") == AnnexRow(
        label, "20261001:102", "9 DTM", label_en=english, days=days
    )
    for tag, value in (
        ("DTM", "20261001"),
        ("DTM", "9:804"),
        ("DTM", "20269999:102"),
        ("RFF", "20261001:102"),
    ):
        assert row(tag, value).days is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_are_shown(language: str) -> None:
    content = replace(samples.usual(1), language=language)
    shown = text(package(content))
    (warning,) = content.findings
    assert warning.severity is Severity.WARNING
    assert warning.place is not None
    for part in language.split("+"):
        assert squeezed(warning.message.in_language(part)) in shown
    for value in (warning.rule, warning.basis, f"Segment{warning.place.index}{warning.place.tag}"):
        assert squeezed(value) in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_provenance_is_shown(language: str) -> None:
    content = samples.everything(language)
    shown = text(package(content))
    source = content.provenance
    assert source.received_from is not None
    for value in (
        source.document_id, source.interchange_reference, source.message_reference,
        source.message_version,
        source.sender, source.recipient, source.received_from, source.original_sha256,
        source.xml_sha256,
        source.interchange_sha256, f"edigate {source.edigate_version}", "schematron 1.09.2",
        "09:30:12 UTC",
    ):  # fmt: skip
        assert squeezed(value) in shown, value
    sentence = words(language).both(words(language).texts("excerpt"))
    assert all(squeezed(part) in shown for part in sentence)


def test_whole_interchange_is_not_called_an_excerpt() -> None:
    shown = text(package(samples.usual(1)))
    assert squeezed("eine von mehreren") not in shown
    assert squeezed("lesbare Fassung der eingebetteten EDIFACT-Nachricht original.edi") in shown


def test_added_and_derived_values_are_marked() -> None:
    content = replace(
        samples.usual(2),
        origins=Origins({
            "buyer.name": Origin(OriginKind.MASTER_DATA),
            "lines[1].net_amount": Origin(OriginKind.DERIVED),
            "totals.amount_due": Origin(OriginKind.SEGMENT),
        }),
    )  # fmt: skip
    shown = text(package(content))
    assert "BaumarktSüdAGᵃ" in shown
    assert "1.199,20ᵇ" in shown
    assert squeezed("ᵃ aus den Stammdaten des Partners ergänzt") in shown
    assert squeezed("ᵇ aus anderen Angaben der Nachricht abgeleitet") in shown
    assert "ᶜ" not in shown


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        (("address",), "Gewerbering 3, 99996 Talheim am Berg, Deutschland (DE)ᵃ"),
        (("address.line_1", "address.post_code", "address.city", "address.country_code"),
         "Gewerbering 3, 99996 Talheim am Berg, Deutschland (DE)ᵃ"),
        (("address.city", "address.country_code"),
            "Gewerbering 3, 99996 Talheim am Bergᵃ, Deutschland (DE)ᵃ"),
    ],
)  # fmt: skip
def test_parts_of_the_delivery_address_are_marked(marked: tuple[str, ...], shown: str) -> None:
    origins = Origins({f"delivery.{path}": Origin(OriginKind.MASTER_DATA) for path in marked})
    assert squeezed(shown) in text(package(samples.content(samples.ordinary(1), origins=origins)))


def test_the_reason_of_a_derived_value_is_told_once() -> None:
    note = Texts(de="58, weil eine IBAN angegeben ist", en="58, because an IBAN is given")
    unit = Texts(
        de="H87, weil die Menge keine Einheit hat", en="H87, because the quantity has no unit"
    )
    marked = {f"lines[{n}].unit_code": Origin(OriginKind.DERIVED, note=unit) for n in range(3)}
    origins = Origins({"payment.means_code": Origin(OriginKind.DERIVED, note=note), **marked})
    shown = text(package(samples.content(samples.ordinary(3), origins=origins)))
    assert shown.count(squeezed(note.de)) == 1
    assert shown.count(squeezed(unit.de)) == 1
    assert shown.count("Stückᵇ") == 3


def test_address_abroad_names_the_country() -> None:
    invoice = samples.ordinary(1)
    assert invoice.buyer.address
    abroad = replace(invoice.buyer, address=replace(invoice.buyer.address, country_code="AT"))
    assert "ÖSTERREICH" in text(package(samples.content(replace(invoice, buyer=abroad))))
    assert "DEUTSCHLAND" not in text(package(samples.content(invoice)))


def test_nothing_is_marked_without_need() -> None:
    shown = text(package(samples.content(samples.ordinary(3))))
    assert not set("ᵃᵇᶜ") & set(shown)


@pytest.mark.parametrize(
    ("code", "german", "english"),
    [("380", "Rechnung", "Invoice"), ("381", "Rechnungskorrektur", "Credit note"),
     ("384", "Rechnungskorrektur", "Corrected invoice"), ("389", "Gutschrift",
         "Self-billed invoice (Gutschrift)"),
     ("326", "Teilrechnung", "Partial invoice"), (None, "Rechnung", "Invoice"), ("ZZZ", "Rechnung",
         "Invoice")],
)  # fmt: skip
def test_title_by_type(code: str | None, german: str, english: str) -> None:
    invoice = replace(samples.ordinary(1), type_code=code)
    for language, title in (("de", german), ("en", english)):
        first = page_texts(package(samples.content(invoice, language=language)))[0]
        assert squeezed(f"{title} RE-2026-081512") in first


@pytest.mark.parametrize("code", ["389", "261"])
def test_a_gutschrift_is_a_letter_from_the_buyer(code: str) -> None:
    content = samples.content(replace(samples.ordinary(2), type_code=code))
    made = package(content)
    assert missing(content) == []
    found = [p for p in pieces(made) if p.page == 0]
    assert found[0].text == "Baumarkt Süd AG"
    street = next(p for p in found if p.text == "Werkstraße 12")
    assert street.x == pytest.approx(LEFT, abs=0.1)
    assert "USt-IdNr. (Verkäufer)" in {p.text for p in found}
    with opened(made) as pdf:
        assert str(pdf.docinfo.Author) == "Baumarkt Süd AG"


def test_everything_is_shown_in_a_gutschrift() -> None:
    full = samples.everything(copies=1)
    assert missing(replace(full, invoice=replace(full.invoice, type_code="389"))) == []


@pytest.mark.parametrize("code", ["381", "384", "396", "81", "83", "532"])
def test_credit_note_of_the_seller_is_never_called_gutschrift(code: str) -> None:
    """§ 14 Abs. 2 Satz 5 UStG: the word means the invoice that the buyer issues."""
    invoice = replace(samples.ordinary(2), type_code=code)
    for language in LANGUAGES:
        assert (
            "gutschrift" not in text(package(samples.content(invoice, language=language))).lower()
        )


def test_a_credit_note_has_no_amount_to_pay() -> None:
    plain = samples.ordinary(2)
    credit = replace(plain, type_code="381")
    owed = replace(credit, totals=replace(plain.totals, amount_due=Decimal("-1.00")))
    for invoice, wanted, other in (
        (plain, "Zahlbetrag", "Betrag zu Ihren Gunsten"),
        (credit, "Betrag zu Ihren Gunsten", "Zahlbetrag"),
        (owed, "Zahlbetrag", "Betrag zu Ihren Gunsten"),
        (replace(plain, type_code="261"), "Zahlbetrag", "Betrag zu Ihren Gunsten"),
    ):
        shown = text(package(samples.content(invoice)))
        assert squeezed(wanted) in shown
        assert squeezed(other) not in shown


def test_figures_follow_the_language() -> None:
    assert words("de").amount(Decimal("-1234567.5")) == "-1.234.567,50"
    assert words("en").amount(Decimal("1234567.891")) == "1,234,567.891"
    assert words("de").quantity(Decimal("1200.000")) == "1.200"
    assert words("de").percent(Decimal("7.00")) == "7 %"
    assert words("en").date(samples.MOMENT.date()) == "15 Oct 2026"
    assert words("de").amount(Decimal("999999999999999999.99")) == "999.999.999.999.999.999,99"
