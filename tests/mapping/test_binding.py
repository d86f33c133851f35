"""The official binding of EN 16931 (D.14B / D.16B, CEN/TS 16931-3-4): what only it says, and says
in its own way."""

from decimal import Decimal

import pytest

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.invoice import terms
from edigate.invoice.model import (
    CreditTransfer,
    DirectDebit,
    Identifier,
    ItemAttribute,
    PaymentCard,
    PrecedingInvoice,
)
from edigate.masterdata import PartnerDirectory
from edigate.source import Mapped
from tests.fixtures.cases import case
from tests.mapping.edi import annex, mapped, rules

VERSION = "D:14B:UN::16B"
HEAD = ("BGM+380+RE-1", "DTM+137:20261015:102", "DTM+35:20261014:102")
DOC = "FTX+DOC++P1+urn?:cen.eu?:en16931?:2017"
SELLER = ("NAD+SE+++Nordlicht GmbH+Hafenweg 3+Kiel++24103+DE", "RFF+VA:DE136695976")
BUYER = ("NAD+BY+++Heimbau AG+Markt 1+Augsburg++86150+DE",)
CURRENCY = ("CUX+2:EUR",)
LINE = (
    "LIN+1",
    "IMD+F++:::Bohrer",
    "QTY+47:10:H87",
    "MOA+203:100",
    "PRI+AAA:10",
    "TAX+7+VAT+++:::19+S",
)
SUMMARY = (
    *("UNS+S", "MOA+79:100", "MOA+389:100", "MOA+176:19", "MOA+388:119", "MOA+9:119"),
    *("TAX+7+VAT+++:::19+S", "MOA+125:100", "MOA+124:19"),
)


def invoice(
    *texts: str,
    header: tuple[str, ...] = (),
    seller: tuple[str, ...] = SELLER,
    buyer: tuple[str, ...] = BUYER,
    settlement: tuple[str, ...] = (),
    line: tuple[str, ...] = LINE,
    summary: tuple[str, ...] = SUMMARY,
) -> Mapped:
    """A message of the binding: texts and references behind the dates, the rest where the message
    design has it."""
    parts = (*HEAD, *header, DOC, *texts, *seller, *buyer, *CURRENCY, *settlement, *line, *summary)
    return mapped(*parts, version=VERSION)


def line(*segments: str, instead: tuple[str, ...] = LINE) -> Mapped:
    """The usual line with more segments behind the price."""
    return invoice(line=(*instead[:5], *segments, *instead[5:]))


def without_tax(category: str, *texts: str) -> Mapped:
    """An invoice of one category with rate 0."""
    tax = f"TAX+7+VAT+++:::0+{category}"
    summary = (
        "UNS+S",
        "MOA+79:100",
        "MOA+389:100",
        "MOA+388:100",
        "MOA+9:100",
        tax,
        "MOA+125:100",
        "MOA+124:0",
    )
    return invoice(*texts, line=(*LINE[:5], tax), summary=summary)


def test_every_business_term_is_filled() -> None:
    """The fixture says every term of EN 16931; what the binding has no place for are only the
    schemes of legal registrations (BT-30, BT-47, BT-61) and of a line's object (BT-128), and
    versions of classifications (BT-158)."""
    data = case("binding-full").data
    results = [map_message(i, m, PartnerDirectory(), data=data) for i, m in read(data).messages()]
    filled = {term for r in results for _, term, _ in terms.walk(r.invoice)}
    assert {t for t in terms.names() if t.startswith("BT-")} - filled == set()
    assert [annex(r) for r in results] == [[]] * 4
    assert [rules(r) for r in results] == [[]] * 4


def test_legal_information_on_the_seller_is_no_note() -> None:
    result = invoice("FTX+REG+++Stammkapital 50 000 EUR", "FTX+AAI+++Danke")
    assert result.invoice.seller.legal_information == "Stammkapital 50 000 EUR"
    assert [n.text for n in result.invoice.notes] == ["Danke"]
    assert annex(result) == []


@pytest.mark.parametrize(
    "text",
    [
        "Steuerschuldnerschaft des Leistungsempfängers",
        "Versteuerung nach vereinnahmten Entgelten",
        "Gutschrift",
        "Diese Rechnung ist zwei Jahre lang aufzubewahren",
    ],
)
def test_what_the_law_asks_of_an_invoice_stays_a_note(text: str) -> None:
    result = invoice(f"FTX+REG+++{text}")
    assert result.invoice.seller.legal_information is None
    assert [n.subject_code for n in result.invoice.notes] == ["REG"]


def test_payment_means_in_words() -> None:
    bank = (*SELLER, "FII+RB+DE73999999991111111111")
    result = invoice("FTX+AAT+++Überweisung", seller=bank, settlement=("PYT+1", "PAI+::30"))
    assert result.invoice.payment is not None
    assert (result.invoice.payment.means_code, result.invoice.payment.means_text) == (
        "30",
        "Überweisung",
    )
    assert result.invoice.notes == ()


def test_payment_means_in_words_without_a_code_are_a_note() -> None:
    result = invoice("FTX+AAT+++Überweisung")
    assert result.invoice.payment is None
    assert [(n.subject_code, n.text) for n in result.invoice.notes] == [("AAT", "Überweisung")]


@pytest.mark.parametrize(
    ("com", "expected"),
    [
        ("COM+rechnung@nordlicht.example:EM", Identifier("rechnung@nordlicht.example", "EM")),
        ("COM+4000001000005:0088", Identifier("4000001000005", "0088")),
        ("COM+X-1:EI", Identifier("X-1")),
        ("COM+?+49 431 1:TE", None),
    ],
)
def test_electronic_address_with_its_scheme(com: str, expected: Identifier | None) -> None:
    result = invoice(seller=(*SELLER, "CTA+IC", com), buyer=(*BUYER, "CTA+IC", com))
    assert result.invoice.seller.electronic_address == expected
    assert result.invoice.buyer.electronic_address == expected
    assert result.invoice.seller.contact is None


@pytest.mark.parametrize("qualifier", ["BI", "PB"])
def test_payment_card(qualifier: str) -> None:
    buyer = (*BUYER, f"FII+{qualifier}+123456:Berta Beispiel")
    payment = invoice(buyer=buyer, settlement=("PYT+1", "PAI+::48")).invoice.payment
    assert payment is not None
    assert payment.card == PaymentCard(primary_account_number="123456", holder="Berta Beispiel")
    assert payment.direct_debit is None


@pytest.mark.parametrize("qualifier", ["BI", "PB"])
def test_direct_debit(qualifier: str) -> None:
    buyer = (
        *BUYER,
        f"FII+{qualifier}+DE73999999991111111111",
        "RFF+AVS:M-1",
        "RFF+AII:DE98ZZZ09999999999",
    )
    payment = invoice(buyer=buyer, settlement=("PYT+1", "PAI+::59")).invoice.payment
    assert payment is not None
    assert payment.direct_debit == DirectDebit(
        mandate_reference="M-1",
        creditor_identifier="DE98ZZZ09999999999",
        debited_account="DE73999999991111111111",
    )
    assert payment.card is None


def test_mandate_stated_at_the_seller() -> None:
    """The rules of the binding look for the mandate there (BR-51), its syntax rules at the buyer
    (SR-096)."""
    payment = invoice(
        seller=(*SELLER, "RFF+AVS:M-1"), settlement=("PYT+1", "PAI+::59")
    ).invoice.payment
    assert payment is not None
    assert payment.direct_debit == DirectDebit(mandate_reference="M-1")


@pytest.mark.parametrize(
    ("banks", "card", "account"),
    [
        (("FII+PB+1234:Berta", "FII+BI+DE26999999992222222222"), "1234", "DE26999999992222222222"),
        (("FII+BI+1234", "FII+PB+DE26999999992222222222"), "1234", "DE26999999992222222222"),
        (("FII+PB+DE26 9999 9999 2222 2222 22",), None, "DE26 9999 9999 2222 2222 22"),
        (("FII+BI+20205100",), None, "20205100"),
        (("FII+PB+1234", "FII+PB+5678"), "1234", "5678"),
    ],
)
def test_card_and_account_beside_a_credit_transfer(
    banks: tuple[str, ...], card: str | None, account: str
) -> None:
    seller = (*SELLER, "FII+RB+DE73999999991111111111")
    payment = invoice(
        seller=seller, buyer=(*BUYER, *banks), settlement=("PYT+1", "PAI+::30")
    ).invoice.payment
    assert payment is not None
    assert payment.credit_transfers == (CreditTransfer(account="DE73999999991111111111"),)
    assert (payment.card.primary_account_number if payment.card else None) == card
    assert payment.direct_debit == DirectDebit(debited_account=account)


def test_remittance_information_alone() -> None:
    result = invoice("RFF+PQ:RE-1/4711")
    assert result.invoice.payment is not None
    assert result.invoice.payment.remittance_information == "RE-1/4711"
    assert "payment.remittance_information" in result.origins


def test_tax_point_code_beside_the_date_of_supply() -> None:
    header = ("DTM+35", "DTM+35:20261014:102")
    parts = (HEAD[0], HEAD[1], *header, DOC, *SELLER, *BUYER, *CURRENCY, *LINE, *SUMMARY)
    result = mapped(*parts, version=VERSION)
    assert result.invoice.tax_point_date_code == "35"
    assert result.invoice.delivery is not None
    assert str(result.invoice.delivery.actual_date) == "2026-10-14"


def test_object_with_its_scheme() -> None:
    assert invoice("RFF+ATS:Z-1", "GIR+14+ABT").invoice.object_identifier == Identifier(
        "Z-1", "ABT"
    )
    assert invoice("RFF+ATS", "GIR+14+Z-1").invoice.object_identifier == Identifier("Z-1")


def test_preceding_invoices_with_their_dates() -> None:
    result = invoice("RFF+OI:RE-0", "DTM+384:20260901:102", "RFF+OI:RE-00")
    assert [p.reference for p in result.invoice.preceding_invoices] == ["RE-0", "RE-00"]
    assert result.invoice.preceding_invoices[1] == PrecedingInvoice(reference="RE-00")


def test_names_and_streets_stand_in_their_places() -> None:
    seller = ("NAD+SE+++Nordlicht GmbH:Nordlicht:Rest+Hafenweg 3::Tor 5+Kiel++24103+DE", SELLER[1])
    result = invoice(seller=seller)
    assert (result.invoice.seller.name, result.invoice.seller.trading_name) == (
        "Nordlicht GmbH",
        "Nordlicht",
    )
    address = result.invoice.seller.address
    assert address is not None
    assert (address.line_1, address.line_2, address.line_3) == ("Hafenweg 3", None, "Tor 5")
    assert annex(result) == ["Verkäufer (NAD SE): Name = Nordlicht GmbH:Nordlicht:Rest"]


def test_blanks_inside_a_name_are_kept() -> None:
    result = invoice(line=(LINE[0], "IMD+F++:::Bohrer  6 mm", *LINE[2:]))
    assert result.invoice.lines[0].item is not None
    assert result.invoice.lines[0].item.name == "Bohrer  6 mm"


def test_item_numbers() -> None:
    pias = ("PIA+1+NW-1:SA", "PIA+5+HB-1:IN", "PIA+1+1234:SRV", "PIA+1+55:MF", "PIA+1+0815:ZZZ")
    result = invoice(line=("LIN+1++4711:SRV", *pias, *LINE[1:]))
    item = result.invoice.lines[0].item
    assert item is not None
    assert (item.seller_identifier, item.buyer_identifier) == ("NW-1", "HB-1")
    assert item.standard_identifier == Identifier("4711", "0160")
    assert item.classifications == (Identifier("1234", "SRV"), Identifier("55", "MF"))


def test_attributes_and_the_rest_of_a_line() -> None:
    extra = (
        "ALI+DE",
        "FTX+ACB+++Karton fehlt",
        "FTX+ACF+++Farbe:Schwarz",
        "RFF+ON::7",
        "RFF+AWQ:K-1",
        "RFF+AVE:Z-9",
    )
    result = line(*extra)
    one = result.invoice.lines[0]
    assert one.item is not None
    assert one.item.country_of_origin == "DE"
    assert one.item.attributes == (ItemAttribute(name="Farbe", value="Schwarz"),)
    assert (one.note, one.order_line_reference, one.buyer_accounting_reference) == (
        "Karton fehlt",
        "7",
        "K-1",
    )
    assert one.object_identifier == Identifier("Z-9")


def test_allowances_of_a_line_stand_whatever_its_price_says() -> None:
    result = line("ALC+A+Mängel", "MOA+204:5")
    assert [a.amount for a in result.invoice.lines[0].allowances] == [Decimal(5)]
    assert rules(result) == ["MAP-42"]


def test_prices_are_what_they_are_called() -> None:
    price = line("PRI+AAB:12").invoice.lines[0].price
    assert price is not None
    assert (price.net_price, price.gross_price, price.discount) == (Decimal(10), Decimal(12), None)


def test_a_price_discount_is_an_amount_only() -> None:
    result = line("ALC+A+Mengenrabatt", "PCD+1:10", "MOA+509:2")
    price = result.invoice.lines[0].price
    assert price is not None
    assert (price.discount, price.gross_price) == (Decimal(2), Decimal(12))
    assert len(annex(result)) == 2


def test_a_reason_code_needs_no_words() -> None:
    allowance = (
        "ALC+A+:95",
        "MOA+204:10",
        "TAX+7+VAT+++:::19+S",
        "ALC+C++++FC",
        "MOA+23:10",
        "TAX+7+VAT+++:::19+S",
    )
    result = invoice(settlement=allowance)
    assert (result.invoice.allowances[0].reason, result.invoice.allowances[0].reason_code) == (
        None,
        "95",
    )
    assert (result.invoice.charges[0].reason, result.invoice.charges[0].reason_code) == (None, "FC")


def test_reasons_of_several_categories() -> None:
    texts = ("FTX+AGM++VATEX-EU-132+Heilbehandlung", "FTX+AGM++VATEX-EU-AE")
    exempt = (*LINE[:5], "TAX+7+VAT+++:::0+E")
    reverse = ("LIN+2", *LINE[1:5], "TAX+7+VAT+++:::0+AE")
    rows = (
        "TAX+7+VAT+++:::0+E",
        "MOA+125:100",
        "MOA+124:0",
        "TAX+7+VAT+++:::0+AE",
        "MOA+125:100",
        "MOA+124:0",
    )
    totals = ("UNS+S", "MOA+79:200", "MOA+389:200", "MOA+388:200", "MOA+9:200")
    result = invoice(*texts, line=(*exempt, *reverse), summary=(*totals, *rows))
    said = [
        (r.category, r.exemption_reason, r.exemption_code) for r in result.invoice.vat_breakdown
    ]
    assert said == [("E", "Heilbehandlung", "VATEX-EU-132"), ("AE", None, "VATEX-EU-AE")]


def test_one_reason_without_category_is_that_of_the_exemption() -> None:
    reverse = ("LIN+2", *LINE[1:5], "TAX+7+VAT+++:::0+AE")
    rows = (
        "TAX+7+VAT+++:::0+E",
        "MOA+125:100",
        "MOA+124:0",
        "TAX+7+VAT+++:::0+AE",
        "MOA+125:100",
        "MOA+124:0",
    )
    totals = ("UNS+S", "MOA+79:200", "MOA+389:200", "MOA+388:200", "MOA+9:200")
    lines = (*LINE[:5], "TAX+7+VAT+++:::0+E", *reverse)
    result = invoice("FTX+AGM+++Neue Fahrzeuge", line=lines, summary=(*totals, *rows))
    said = [
        (r.category, r.exemption_reason, r.exemption_code) for r in result.invoice.vat_breakdown
    ]
    assert said == [("E", "Neue Fahrzeuge", None), ("AE", None, "VATEX-EU-AE")]


@pytest.mark.parametrize("category", ["AE", "K", "G", "O", "E", "Z"])
def test_a_stated_category_is_never_another(category: str) -> None:
    """D.16B has a code for every category, so texts prove nothing beside it."""
    result = without_tax(category, "FTX+AAI+++Innergemeinschaftliche Lieferung")
    assert result.invoice.vat_breakdown[0].category == category


def test_a_reason_in_words_needs_no_code() -> None:
    row = without_tax("AE", "FTX+AGM+++Reverse charge").invoice.vat_breakdown[0]
    assert (row.exemption_reason, row.exemption_code) == ("Reverse charge", None)
    row = without_tax("AE").invoice.vat_breakdown[0]
    assert (row.exemption_reason, row.exemption_code) == (None, "VATEX-EU-AE")


def test_a_total_without_tax_need_not_be_stated() -> None:
    assert without_tax("E", "FTX+AGM+++Steuerfrei").invoice.totals.tax_total is None
    missing = tuple(s for s in SUMMARY if not s.startswith("MOA+176"))
    assert invoice(summary=missing).invoice.totals.tax_total == Decimal(19)


def test_accounting_currency() -> None:
    summary = (*SUMMARY[:4], "MOA+2:20.50", *SUMMARY[4:])
    result = mapped(
        *HEAD, DOC, *SELLER, *BUYER, *("CUX+2:CHF", "CUX+6:EUR"), *LINE, *summary, version=VERSION
    ).invoice
    assert (result.currency_code, result.accounting_currency_code) == ("CHF", "EUR")
    assert (result.totals.tax_total, result.totals.tax_total_accounting) == (
        Decimal(19),
        Decimal("20.50"),
    )
    result = mapped(
        *HEAD, DOC, *SELLER, *BUYER, *("CUX+2:CHF", "CUX+6:EUR"), *LINE, *SUMMARY, version=VERSION
    ).invoice
    assert (result.accounting_currency_code, result.totals.tax_total_accounting) == ("EUR", None)


@pytest.mark.parametrize("suffix", ["", "#compliant#urn?:example?:cius"])
def test_the_specification_names_the_binding(suffix: str) -> None:
    parts = (*HEAD, DOC + suffix, *SELLER, *BUYER, *CURRENCY, *LINE, *SUMMARY)
    result = mapped(*parts, version="D:16B:UN")
    assert result.invoice.process_control.business_process == "P1"
    assert result.invoice.process_control.specification == "urn:cen.eu:en16931:2017"
    assert bool(annex(result)) is bool(suffix)


def test_line_identifiers_are_kept_as_they_are() -> None:
    summary = tuple(s.replace("100", "200").replace("119", "238") for s in SUMMARY)
    result = invoice(line=(*LINE, *LINE), summary=summary)
    assert [line.identifier for line in result.invoice.lines] == ["1", "1"]


def test_a_quantity_without_unit_is_not_of_pieces() -> None:
    """EANCOM counts pieces where no unit is given; the binding asks for BT-130."""
    line = [s.removesuffix(":H87") for s in LINE]
    invoice = mapped(
        *HEAD, DOC, *SELLER, *BUYER, *CURRENCY, *line, *SUMMARY, version=VERSION
    ).invoice
    assert invoice.lines[0].unit_code is None
