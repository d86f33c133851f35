"""What finds no term is shown in the annex, never dropped; and what partners write a little aside
is understood."""

import pytest

from edigate.invoice.model import Identifier
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, annex, mapped

ZERO_RATED = "TAX+7+VAT+++:::0+E"
WITHOUT_TAX = (
    "UNS+S",
    "MOA+77:100",
    "MOA+79:100",
    "MOA+124:0",
    "MOA+125:100",
    ZERO_RATED,
    "MOA+124:0",
    "MOA+125:100",
)


def header(*segments: str) -> "tuple[str, ...]":
    return (*HEAD, *segments, *PARTIES, *LINE, VAT19, *SUMMARY)


def test_a_code_nobody_knows_stays_visible() -> None:
    result = mapped(*header("FTX+AAI++K17:91+Danke"))
    assert [n.text for n in result.invoice.notes] == ["Danke"]
    assert annex(result) == ["Allgemeine Angaben (FTX AAI): Code = K17:91"]


def test_documentation_is_a_note_outside_the_official_binding() -> None:
    result = mapped(*header("FTX+DOC+++Zeugnis liegt bei"))
    assert [n.text for n in result.invoice.notes] == ["Zeugnis liegt bei"]
    assert annex(result) == []


def test_the_exemption_reason_of_a_line_is_that_of_its_category() -> None:
    segments = (*HEAD, *PARTIES, *LINE, "FTX+BAQ+++Heilbehandlung", ZERO_RATED, *WITHOUT_TAX)
    assert mapped(*segments).invoice.vat_breakdown[0].exemption_reason == "Heilbehandlung"


def test_the_exemption_reason_of_a_taxed_line_is_shown() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, "FTX+BAQ+++Heilbehandlung", VAT19, *SUMMARY)
    assert result.invoice.vat_breakdown[0].exemption_reason is None
    assert annex(result) == ["Grund der Steuerbefreiung (FTX BAQ): Text = Heilbehandlung"]


@pytest.mark.parametrize(("segment", "country"), [("ALI+DE", "DE"), ("ALI+276", None)])
def test_country_of_origin_is_a_code_of_the_list(segment: str, country: str | None) -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, segment, VAT19, *SUMMARY)
    assert result.invoice.lines[0].item is not None
    assert result.invoice.lines[0].item.country_of_origin == country
    assert bool(annex(result)) is (country is None)


@pytest.mark.parametrize(
    ("numbers", "seller", "shown"),
    [
        (("PIA+5+V-1:VP",), "V-1", 0),
        (("PIA+1+V-1:VN",), "V-1", 0),
        (("PIA+1+V-1:VP", "PIA+5+S-1:SA"), "S-1", 1),
        (("PIA+1+V-1:VP+S-1:SA",), "S-1", 1),
    ],
)
def test_the_number_of_the_vendor(numbers: tuple[str, ...], seller: str, shown: int) -> None:
    result = mapped(*HEAD, *PARTIES, *LINE[:1], *numbers, *LINE[1:], VAT19, *SUMMARY)
    item = result.invoice.lines[0].item
    assert item is not None
    assert item.seller_identifier == seller
    assert item.standard_identifier == Identifier("4000862141404", "0160")
    assert len(annex(result)) == shown


def test_a_telephone_without_a_contact() -> None:
    result = mapped(*HEAD, *PARTIES[:2], "COM+0431 1234:TE", *PARTIES[2:], *LINE, VAT19, *SUMMARY)
    assert result.invoice.seller.contact is not None
    assert result.invoice.seller.contact.telephone == "0431 1234"


def test_terms_in_the_composite_of_pat() -> None:
    assert str(mapped(*header("PYT+1++5:3:D:30")).invoice.due_date) == "2026-11-14"
    assert str(mapped(*header("PYT+1++5+3+D+30")).invoice.due_date) == "2026-11-14"


def test_a_period_from_a_day_that_is_not_named() -> None:
    result = mapped(*header("PAT+1++66:3:D:30"))
    assert result.invoice.due_date is None
    assert result.invoice.payment_terms is not None
    assert result.invoice.payment_terms.startswith("zahlbar innerhalb von 30 Tagen")
    assert annex(result) == []


def test_one_currency_called_target_currency() -> None:
    result = mapped(*HEAD, *PARTIES[:3], "CUX+3:EUR:4", *LINE, VAT19, *SUMMARY)
    assert result.invoice.currency_code == "EUR"
    assert result.invoice.accounting_currency_code is None
    assert annex(result) == []


def test_an_accounting_currency_without_an_amount_is_shown() -> None:
    result = mapped(*HEAD, *PARTIES[:3], "CUX+2:EUR:4+3:USD:11+1.1", *LINE, VAT19, *SUMMARY)
    assert result.invoice.accounting_currency_code is None
    assert [entry.value for entry in result.annex] == ["3:USD:11", "1.1"]
