"""References of lines and parties: where the whole invoice takes them, and that none is lost where
it does not."""

import pytest

from edigate.invoice.origin import OriginKind
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, annex, mapped

CREDIT = ("BGM+381+GU-1+9", *HEAD[1:])


@pytest.mark.parametrize(
    ("qualifier", "field"),
    [
        ("CT", "contract_reference"),
        ("VN", "sales_order_reference"),
        ("CO", "sales_order_reference"),
        ("ALO", "receiving_advice_reference"),
        ("AEP", "project_reference"),
    ],
)
def test_a_reference_all_lines_share_is_that_of_the_invoice(qualifier: str, field: str) -> None:
    second = ("LIN+2++4000862141411:EN", *LINE[1:])
    shared = mapped(
        *HEAD, *PARTIES, *LINE, f"RFF+{qualifier}:X-1", *second, f"RFF+{qualifier}:X-1", *SUMMARY
    )
    assert getattr(shared.invoice, field) == "X-1"
    assert shared.origins[field].kind is OriginKind.DERIVED
    assert annex(shared) == []
    apart = mapped(
        *HEAD, *PARTIES, *LINE, f"RFF+{qualifier}:X-1", *second, f"RFF+{qualifier}:X-2", *SUMMARY
    )
    assert getattr(apart.invoice, field) is None
    assert [line.rpartition(" = ")[2] for line in annex(apart)] == ["X-1", "X-2"]


def test_the_header_wins_over_what_lines_share() -> None:
    result = mapped(
        HEAD[0], *HEAD[1:], "RFF+CT:V-1", *PARTIES, *LINE, "RFF+CT:V-2", VAT19, *SUMMARY
    )
    assert result.invoice.contract_reference == "V-1"
    assert annex(result) == ["Vertrag (RFF CT) = V-2"]


def test_credited_invoices_named_at_the_lines() -> None:
    second = ("LIN+2++4000862141411:EN", *LINE[1:])
    lines = (
        *LINE,
        "RFF+IV:R-1:3",
        "DTM+171:20260901:102",
        *second,
        "RFF+IV:R-2",
        "LIN+3++4000862141428:EN",
        *LINE[1:],
        "RFF+IV:R-1",
    )
    result = mapped(*CREDIT, *PARTIES, *lines, *SUMMARY)
    said = [(p.reference, str(p.issue_date)) for p in result.invoice.preceding_invoices]
    assert said == [("R-1", "2026-09-01"), ("R-2", "None")]
    # the line of the credited invoice has no term
    assert annex(result) == ["Rechnung (RFF IV) = 3"]


def test_an_invoice_named_at_a_line_of_an_invoice_is_none_it_corrects() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, "RFF+IV:R-1", VAT19, *SUMMARY)
    assert result.invoice.preceding_invoices == ()
    assert annex(result) == ["Rechnung (RFF IV) = R-1"]


@pytest.mark.parametrize("qualifier", ["GN", "TRB", "ALV", "AQQ"])
def test_company_law_of_the_buyer_has_no_term(qualifier: str) -> None:
    segments = (
        *HEAD,
        *PARTIES[:3],
        f"RFF+{qualifier}:Amtsgericht Kiel",
        PARTIES[3],
        *LINE,
        VAT19,
        *SUMMARY,
    )
    assert [entry.value for entry in mapped(*segments).annex] == ["Amtsgericht Kiel"]


def test_company_law_of_the_seller_in_its_segment() -> None:
    nad = (
        "NAD+SU+4000001000005::9+Sitz Kiel:HRB 1:Amtsgericht Kiel+Nordlicht GmbH+Hafenweg "
        "3+Kiel++24103+DE"
    )
    result = mapped(*HEAD, nad, *PARTIES[1:], *LINE, VAT19, *SUMMARY)
    assert result.invoice.seller.legal_information == "Sitz Kiel HRB 1 Amtsgericht Kiel"
    buyer = "NAD+BY+4000001000012::9+Sitz Augsburg:HRB 2+Heimbau AG+Markt 1+Augsburg++86150+DE"
    result = mapped(*HEAD, *PARTIES[:2], buyer, PARTIES[3], *LINE, VAT19, *SUMMARY)
    assert [entry.value for entry in result.annex] == ["Sitz Augsburg:HRB 2"]


@pytest.mark.parametrize("reference", ["RFF+ON:B-1", "RFF+DQ:L-1"])
def test_references_of_a_party_behind_one_of_the_document(reference: str) -> None:
    seller = (
        PARTIES[0],
        reference,
        "DTM+171:20261001:102",
        PARTIES[1],
        "RFF+FC:1/2/3",
        "CTA+SU+:Anna",
        "COM+0431:TE",
    )
    result = mapped(*HEAD, *seller, *PARTIES[2:], *LINE, VAT19, *SUMMARY)
    invoice = result.invoice
    assert (invoice.purchase_order_reference or invoice.despatch_advice_reference) is not None
    assert (invoice.seller.vat_identifier, invoice.seller.tax_registration) == (
        "DE136695976",
        "1/2/3",
    )
    assert invoice.seller.contact is not None
    assert (invoice.seller.contact.contact_point, invoice.seller.contact.telephone) == (
        "Anna",
        "0431",
    )


def test_a_tax_number_behind_another_segment_is_nobodys() -> None:
    result = mapped(*HEAD, *PARTIES[:1], *PARTIES[2:], "RFF+VA:DE136695976", *LINE, VAT19, *SUMMARY)
    assert result.invoice.seller.vat_identifier is None
    assert result.invoice.buyer.vat_identifier == "DE111111125"


def test_several_contracts_are_told_and_none_is_chosen() -> None:
    result = mapped(
        *HEAD, "RFF+CT:V-1", "DTM+171:20260101:102", "RFF+CT:V-2", *PARTIES, *LINE, VAT19, *SUMMARY
    )
    assert result.invoice.contract_reference is None
    assert [n.text for n in result.invoice.notes] == ["Verträge: V-1 vom 01.01.2026, V-2"]
    assert annex(result) == []
    twice = mapped(*HEAD, "RFF+CT:V-1", "RFF+CT:V-1", *PARTIES, *LINE, VAT19, *SUMMARY)
    assert (twice.invoice.contract_reference, annex(twice)) == ("V-1", [])
