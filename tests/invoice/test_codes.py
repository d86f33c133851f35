"""Codes: membership is that of the official lists, names are given for the codes people meet."""

import pytest

from edigate.invoice import codes
from tests.invoice.full import full_invoice

LISTS = (
    "unit",
    "document",
    "vat",
    "payment",
    "country",
    "currency",
    "allowance",
    "charge",
    "vatex",
    "icd",
    "registration",
    "item",
    "eas",
    "subject",
    "classification",
    "reference",
    "mime",
    "tax-point",
)


@pytest.mark.parametrize(
    ("list_name", "code", "accepted"),
    [
        ("unit", "H87", True),
        ("unit", "PCE", False),
        ("unit", "XPK", True),
        ("document", "380", True),
        ("document", "403", False),
        ("vat", "AE", True),
        ("vat", "B", False),
        ("payment", "58", True),
        ("country", "DE", True),
        ("country", "UK", False),
        ("currency", "EUR", True),
        ("currency", "DEM", False),
        ("allowance", "95", True),
        ("allowance", "FC", False),
        ("charge", "FC", True),
        ("charge", "95", False),
        ("charge", "MAC", False),
        ("vatex", "VATEX-EU-AE", True),
        ("icd", "0088", True),
        ("item", "0160", True),
        ("registration", "0204", True),
        ("eas", "EM", True),
        ("subject", "REG", True),
        ("subject", "2E", False),
        ("classification", "HS", True),
        ("reference", "AVE", True),
        ("mime", "application/pdf", True),
        ("mime", "text/html", False),
        ("tax-point", "29", True),
    ],
)
def test_membership(list_name: str, code: str, accepted: bool) -> None:
    assert codes.accepts(list_name, code) is accepted


@pytest.mark.parametrize("list_name", LISTS)
def test_every_list_is_found_and_its_names_are_of_accepted_codes(list_name: str) -> None:
    assert codes.members(list_name)
    if list_name not in (
        "tax-point",
        "document",
    ):  # names under the codes of UNTDID 2005; types that only come in
        assert set(codes.names(list_name)) <= codes.members(list_name)
    for code, texts in codes.names(list_name).items():
        assert texts.de, code
        assert texts.en, code


@pytest.mark.parametrize("list_name", ["vat", "country", "allowance", "charge", "vatex", "mime"])
def test_these_lists_are_named_in_full(list_name: str) -> None:
    assert set(codes.names(list_name)) == codes.members(list_name)


def test_document_types_are_named_in_full_and_beyond() -> None:
    others = {
        "67",
        "220",
        "351",
        "403",
        "Z25",
    }  # they come in messages, and the official list has none of them
    assert set(codes.names("document")) == codes.members("document") | others


def test_names() -> None:
    assert codes.name("unit", "H87", "de") == "Stück"
    assert codes.name("unit", "H87", "en") == "piece"
    assert codes.name("vat", "AE", "de") == "Steuerschuldnerschaft des Leistungsempfängers"
    assert codes.name("tax-point", "35", "de") == "Lieferdatum"
    assert codes.name("item", "0160", "de") == "GTIN"
    assert codes.name("unit", "nope", "de") is None
    assert codes.name("reference", "AVE", "de") is None


def test_an_unknown_list_is_a_defect() -> None:
    for call in (codes.members, codes.names):
        with pytest.raises(KeyError):
            call("no-such-list")


def test_the_full_invoice_uses_accepted_codes() -> None:
    invoice = full_invoice()
    assert codes.accepts("document", invoice.type_code or "")
    assert all(codes.accepts("unit", line.unit_code or "") for line in invoice.lines)
