"""Parties: roles, master data, identifiers, contacts."""

from datetime import date

import pytest

from edigate.findings import Severity
from edigate.invoice.model import Identifier
from edigate.invoice.origin import OriginKind
from edigate.masterdata import Partner, PartnerDirectory
from edigate.source import Deviations
from tests.mapping.edi import (
    BUYER_GLN,
    HEAD,
    LINE,
    PARTIES,
    PARTNERS,
    SELLER_GLN,
    SHOP_GLN,
    SUMMARY,
    VAT19,
    annex,
    mapped,
    rules,
)

REST = ("CUX+2:EUR:4", *LINE, VAT19, *SUMMARY)


def test_glns_are_filled_from_master_data() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY)
    seller = result.invoice.seller
    assert seller.name == "Nordlicht Werkzeug GmbH"
    assert seller.address is not None
    assert (seller.address.line_1, seller.address.post_code, seller.address.city) == (
        "Hafenweg 3",
        "24103",
        "Kiel",
    )
    assert seller.identifiers == (Identifier(SELLER_GLN, "0088"),)
    assert seller.vat_identifier == "DE136695976"
    for path in ("seller.name", "seller.address.city", "buyer.name", "buyer.vat_identifier"):
        origin = result.origins[path]
        assert origin.kind is OriginKind.MASTER_DATA
        assert origin.places[0].tag == "NAD"
        assert origin.note is not None
        assert PARTNERS.version in origin.note.de
    assert result.facts.unknown_partners == ()


def test_the_sellers_tax_number_never_comes_from_master_data() -> None:
    known = PartnerDirectory(
        {
            SELLER_GLN: Partner(
                SELLER_GLN,
                "Nordlicht Werkzeug GmbH",
                "Hafenweg 3",
                "24103",
                "Kiel",
                "DE",
                "DE136695976",
            )
        }
    )
    segments = [s for s in (*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY) if not s.startswith("RFF+VA")]
    assert mapped(*segments, partners=known).invoice.seller.vat_identifier is None


def test_master_data_complete_a_bare_vat_number() -> None:
    segments = (*HEAD, PARTIES[0], "RFF+VA:DE136695976", PARTIES[2], "RFF+VA:111 111 125", *REST)
    result = mapped(*segments)
    assert result.invoice.buyer.vat_identifier == "DE111111125"
    assert result.origins["buyer.vat_identifier"].kind is OriginKind.MASTER_DATA


def test_an_unknown_gln_is_one_finding_with_the_line_to_complete() -> None:
    segments = (
        *HEAD,
        PARTIES[0],
        PARTIES[1],
        f"NAD+BY+{SHOP_GLN}::9",
        f"NAD+PE+{SHOP_GLN}::9",
        *REST,
    )
    result = mapped(*segments)
    assert rules(result) == ["MAP-04"]
    finding = result.findings[0]
    assert finding.severity is Severity.ERROR
    assert "§ 14 Abs. 4 Satz 1 Nr. 1 UStG" in finding.basis
    assert finding.expected is not None
    assert f"{SHOP_GLN},NAME,STREET" in finding.expected.de
    assert finding.place is not None
    assert finding.place.tag == "NAD"
    assert result.facts.unknown_partners == ((SHOP_GLN, "BY"),)


def test_a_delivery_gln_alone_is_enough() -> None:
    result = mapped(*HEAD, *PARTIES[:3], f"NAD+DP+{SHOP_GLN}::9", *REST)
    assert rules(result) == []
    assert result.invoice.delivery is not None
    assert result.invoice.delivery.location == Identifier(SHOP_GLN, "0088")
    assert result.invoice.delivery.address is None


def test_delivery_address_without_country_goes_to_the_annex() -> None:
    result = mapped(*HEAD, *PARTIES[:3], "NAD+DP+++Filiale Nord+Ring 5+Kiel++24103", *REST)
    assert result.invoice.delivery is not None
    assert result.invoice.delivery.name == "Filiale Nord"
    assert result.invoice.delivery.address is None
    assert "Lieferanschrift (NAD DP): Straße = Ring 5" in annex(result)
    full = mapped(
        *HEAD, *PARTIES[:3], "NAD+DP+++Filiale Nord+Ring 5+Kiel++24103+DE", *REST
    ).invoice.delivery
    assert full is not None
    assert full.address is not None
    assert full.address.country_code == "DE"


def test_invoicee_before_buyer() -> None:
    result = mapped(
        *HEAD, *PARTIES[:2], f"NAD+BY+{SHOP_GLN}::9", "RFF+AOU:K-7", f"NAD+IV+{BUYER_GLN}::9", *REST
    )
    assert result.invoice.buyer.identifier == Identifier(BUYER_GLN, "0088")
    assert result.invoice.buyer_accounting_reference == "K-7"
    assert result.facts.buyer_gln == BUYER_GLN
    assert [n.text for n in result.invoice.notes] == [f"Besteller: {SHOP_GLN}"]
    assert rules(result) == []


def test_a_declared_qualifier_is_the_seller() -> None:
    segments = (*HEAD, "NAD+MR+++Makler", PARTIES[0], "RFF+VA:DE136695976", PARTIES[2], *REST)
    assert mapped(*segments, deviations=Deviations(seller=("MR",))).invoice.seller.name == "Makler"


def test_names_and_addresses_in_the_message_win() -> None:
    nad = (
        f"NAD+SU+{SELLER_GLN}::9+Geschäftsführerin?: A. Muster+Nordlicht Werkzeug:Vertriebs GmbH"
        "+Hafenweg 4:Tor 2+Kiel++24105+DE"
    )
    seller = mapped(
        *HEAD, nad, "RFF+FC:20/123/45678", "RFF+GN:HRB 1234", PARTIES[2], *REST
    ).invoice.seller
    assert seller.name == "Nordlicht Werkzeug Vertriebs GmbH"
    assert seller.address is not None
    assert (seller.address.line_1, seller.address.line_2) == ("Hafenweg 4", "Tor 2")
    assert seller.tax_registration == "20/123/45678"
    assert seller.legal_information == "Geschäftsführerin: A. Muster\nHRB 1234"


def test_old_free_form_address() -> None:
    segments = (*HEAD, "NAD+SU++Alte Firma:Weg 1:24103 Kiel", *PARTIES[2:], *LINE, VAT19, *SUMMARY)
    seller = mapped(*segments, version="D:93A:UN").invoice.seller
    assert seller.name == "Alte Firma"
    assert seller.address is not None
    assert (seller.address.line_1, seller.address.post_code, seller.address.city) == (
        "Weg 1",
        "24103",
        "Kiel",
    )


def test_contacts_and_customer_numbers() -> None:
    segments = (
        *HEAD,
        PARTIES[0],
        "RFF+API:L-55",
        "CTA+IC+:Frau Muster",
        "COM+0431 1:TE",
        "COM+a@nordlicht.example:EM",
        "COM+0431 2:FX",
        "NAD+BY+++Kunde+Weg 2+Kiel++24103+DE",
        "RFF+API:K-99",
        *REST,
    )
    result = mapped(*segments)
    contact = result.invoice.seller.contact
    assert contact is not None
    assert (contact.contact_point, contact.telephone) == ("Frau Muster", "0431 1")
    assert contact.email == "a@nordlicht.example"
    assert result.invoice.seller.identifiers[1] == Identifier("L-55")
    assert result.invoice.buyer.identifier == Identifier("K-99")
    assert annex(result) == ["Auskunftsstelle – Kommunikationsverbindung: Anschluss = 0431 2:FX"]


def test_a_wrong_check_digit_gives_no_scheme() -> None:
    result = mapped(*HEAD, "NAD+SU+4000001000006::9+Firma", *PARTIES[1:], *LINE, VAT19, *SUMMARY)
    assert result.invoice.seller.identifiers == (Identifier("4000001000006"),)


def test_a_payee_that_is_the_seller_is_left_out() -> None:
    result = mapped(*HEAD, *PARTIES[:3], f"NAD+PE+{SELLER_GLN}::9", *REST)
    assert result.invoice.payee is None
    assert rules(result) == []


def test_delivery_parties_of_lines() -> None:
    nad = f"NAD+DP+{SHOP_GLN}::9"
    shared = mapped(*HEAD, *PARTIES, *LINE, VAT19, nad, *SUMMARY)
    assert shared.invoice.delivery is not None
    assert shared.invoice.delivery.location == Identifier(SHOP_GLN, "0088")
    assert shared.invoice.lines[0].note is None
    second = (
        "LIN+2",
        "IMD+F++:::Säge",
        "QTY+47:1",
        "MOA+203:5",
        "PRI+AAA:5",
        VAT19,
        f"NAD+DP+{BUYER_GLN}::9",
    )
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, nad, *second, *SUMMARY)
    assert [line.note for line in result.invoice.lines] == [
        f"Lieferort {SHOP_GLN}",
        f"Lieferort Heimbau Süd AG ({BUYER_GLN})",
    ]


ENERGY = (
    "DTM+137:202604302200?+00:303",
    "DTM+155:202603312200?+00:303",
    "DTM+156:202604302200?+00:303",
    "RFF+Z13:31001",
    "NAD+MS+9900000000001::293++Netz Muster GmbH+Weg 1+Kiel++24103+DE",
    "LOC+172+DE0012345678901234567890123456789012",
    "NAD+MR+9900000000002::293++Lieferant Muster AG+Allee 2+Bonn++53111+DE",
    "CUX+2:EUR:4",
    "PYT+3",
    "DTM+265:202605312200?+00:303",
    *LINE,
    VAT19,
    *SUMMARY[:-2],
    "MOA+161:19.00",
    "MOA+125:100.00",
)


def test_energy_parties_times_and_metering_point() -> None:
    invoice = mapped("BGM+380+NN-1+9", *ENERGY, version="D:06A:UN:2.8e").invoice
    assert (invoice.seller.name, invoice.buyer.name) == ("Netz Muster GmbH", "Lieferant Muster AG")
    assert invoice.issue_date == date(2026, 5, 1)
    assert invoice.due_date == date(2026, 6, 1)
    assert invoice.period is not None
    assert (invoice.period.start_date, invoice.period.end_date) == (
        date(2026, 4, 1),
        date(2026, 4, 30),
    )
    assert invoice.object_identifier == Identifier("DE0012345678901234567890123456789012")
    assert str(invoice.vat_breakdown[0].tax_amount) == "19.00"
    turned = mapped("BGM+389+GS-1+9", *ENERGY, version="D:06A:UN:2.8e").invoice
    assert (turned.seller.name, turned.buyer.name) == ("Lieferant Muster AG", "Netz Muster GmbH")


def test_a_tax_number_identifies_the_seller_where_nothing_else_does() -> None:
    name = "NAD+SU+++Nordlicht Werkzeug GmbH+Hafenweg 3+Kiel++24103+DE"
    result = mapped(*HEAD, name, "RFF+FC:20/123/45678", PARTIES[2], *REST)
    assert result.invoice.seller.identifiers == (Identifier("20/123/45678"),)
    assert result.origins["seller.identifiers[0]"].kind is OriginKind.DERIVED
    assert (
        mapped(*HEAD, name, "RFF+VA:DE136695976", PARTIES[2], *REST).invoice.seller.identifiers
        == ()
    )


def test_a_german_tax_id_and_postcode_prove_the_country() -> None:
    def country(*segments: str) -> str | None:
        address = mapped(
            *HEAD, "NAD+SU+++Nordlicht+Hafenweg 3+Kiel++24103", *segments, *REST
        ).invoice.seller.address
        return address.country_code if address else None

    assert country("RFF+VA:DE136695976") == "DE"
    assert country("RFF+FC:20/123/45678") == "DE"
    assert country() is None
    assert country("RFF+VA:FR11123456782") is None


def test_goods_of_a_community_supply_go_to_the_buyer_where_no_other_place_is_named() -> None:
    def destination(vat: str, *more: str) -> str | None:
        vienna = ("NAD+BY+++Wiener Handel GmbH+Ring 1+Wien++1010+AT", f"RFF+VA:{vat}")
        totals = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
        segments = (*HEAD, *PARTIES[:2], *vienna, *more, "CUX+2:EUR:4", "FTX+REG+1+IGL::246", *LINE)
        found = mapped(*segments, "TAX+7+VAT+++:::0+E", *totals).invoice.delivery
        return found.address.country_code if found and found.address else None

    assert destination("ATU13585627") == "AT"
    assert destination("DE111111125") is None
    assert destination("ATU13585627", "NAD+DP+++Lager+Kai 1+Brno++60200+CZ") == "CZ"


def test_a_buyers_vat_number_gets_the_prefix_its_check_digit_proves() -> None:
    def identifier(number: str) -> str | None:
        buyer = ("NAD+BY+++Heimbau Süd AG+Markt 1+Augsburg++86150+DE", f"RFF+VA:{number}")
        return mapped(*HEAD, *PARTIES[:2], *buyer, *REST).invoice.buyer.vat_identifier

    assert identifier("111111125") == "DE111111125"
    assert identifier("111111126") == "111111126"
    assert identifier("de 111 111 125") == "DE111111125"


_SUPPLIER = f"NAD+{{}}+{SELLER_GLN}::9++Nordlicht Werkzeug GmbH+Hafenweg 3+Kiel++24103+DE"
_RECIPIENT = f"NAD+{{}}+{BUYER_GLN}::9++Heimbau Süd AG+Marktplatz 1+Augsburg++86150+DE"


@pytest.mark.parametrize(
    ("code", "parties"),
    [
        ("389", ("SU", "IV", "BY")),
        ("389", ("SU", "IV", "II")),
        ("389", ("IV", "II")),
        ("380", ("SU", "IV", "BY")),
    ],
)
def test_an_invoicee_who_is_the_supplier_is_no_buyer(code: str, parties: tuple[str, ...]) -> None:
    nads = [(_SUPPLIER if q in ("SU", "IV") else _RECIPIENT).format(q) for q in parties]
    head = (f"BGM+{code}+GS-1+9", *HEAD[1:], *nads, "CUX+2:EUR:4", VAT19)
    found = mapped(*head, *LINE, *SUMMARY).invoice
    assert (found.seller.name, found.buyer.name) == ("Nordlicht Werkzeug GmbH", "Heimbau Süd AG")
