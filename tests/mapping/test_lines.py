"""Lines: quantities, prices, items, sub-lines; allowances and charges at line and document."""

from decimal import Decimal

import pytest

from edigate.invoice.model import Identifier, ItemAttribute
from edigate.invoice.origin import OriginKind
from edigate.source import Deviations, Mapped
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, annex, mapped, rules


def one(*line: str, deviations: Deviations | None = None, header: tuple[str, ...] = ()) -> Mapped:
    return mapped(
        *HEAD,
        *PARTIES,
        *header,
        "LIN+1++4000862141404:EN",
        "IMD+F++:::Bohrer",
        *line,
        VAT19,
        *SUMMARY,
        deviations=deviations,
    )


@pytest.mark.parametrize(
    ("qty", "unit"),
    [
        ("QTY+47:10:PCE", "H87"),
        ("QTY+47:10", "H87"),
        ("QTY+47:10:KGM", "KGM"),
        ("QTY+47:10:PK", "XPK"),
    ],
)
def test_units(qty: str, unit: str) -> None:
    result = one(qty, "MOA+203:100.00", "PRI+AAA:10.00")
    assert result.invoice.lines[0].unit_code == unit
    kind = OriginKind.SEGMENT if unit in qty else OriginKind.DERIVED
    assert result.origins["lines[0].unit_code"].kind is kind


def test_a_quantity_without_unit_has_that_of_its_price() -> None:
    result = one("QTY+47:12.5", "MOA+203:125.00", "PRI+AAA:10.00:::1:KGM")
    assert result.invoice.lines[0].unit_code == "KGM"
    origin = result.origins["lines[0].unit_code"]
    assert origin.kind is OriginKind.DERIVED
    assert [place.tag for place in origin.places] == ["QTY", "PRI"]


def test_parts_of_pieces_are_not_assumed() -> None:
    """2.5 tons whose unit was forgotten once became 2.5 pieces without a word."""
    assert one("QTY+47:2.5", "MOA+203:25.00", "PRI+AAA:10.00").invoice.lines[0].unit_code is None
    assert one("QTY+47:2.000", "MOA+203:20.00", "PRI+AAA:10.00").invoice.lines[0].unit_code == "H87"


def test_a_net_price_beside_the_gross_one_that_counts_is_told() -> None:
    """It was once neither a term nor in the annex."""
    amounts = ("MOA+203:90.00", "PRI+AAA:28.90", "PRI+AAB:10.00", "ALC+A+++1+DI", "MOA+8:10.00")
    result = one("QTY+47:10:PCE", *amounts)
    line = result.invoice.lines[0]
    assert line.price is not None
    assert (line.price.net_price, [a.amount for a in line.allowances]) == (
        Decimal("10.00"),
        [Decimal("10.00")],
    )
    assert "MAP-43" in rules(result)
    assert any(row.endswith("= 28.90") for row in annex(result))


def test_declared_units() -> None:
    result = one(
        "QTY+47:10:GEB",
        "MOA+203:100.00",
        "PRI+AAA:10.00",
        deviations=Deviations(units=(("GEB", "XPK"),)),
    )
    assert result.invoice.lines[0].unit_code == "XPK"


def test_price_basis() -> None:
    price = one("QTY+47:1000", "MOA+203:100.00", "PRI+AAA:10.00:::100:PCE").invoice.lines[0].price
    assert price is not None
    assert (price.base_quantity, price.base_quantity_unit) == (Decimal(100), "H87")


def test_net_price_with_informational_allowance() -> None:
    result = one(
        "QTY+47:10",
        "MOA+203:90.00",
        "PRI+AAA:9.00",
        "PRI+AAB:10.00",
        "ALC+A+++1+DI",
        "PCD+3:10:13",
        "MOA+8:10.00",
    )
    line = result.invoice.lines[0]
    assert line.allowances == ()
    assert line.price is not None
    assert (line.price.net_price, line.price.gross_price, line.price.discount) == (
        Decimal("9.00"),
        Decimal("10.00"),
        Decimal("1.00"),
    )
    assert line.note == "Im Preis enthalten: Abzug 10 % 10,00 (Rabatt)"


def test_gross_price_with_real_allowance() -> None:
    result = one(
        "QTY+47:10", "MOA+203:90.00", "PRI+AAB:10.00", "ALC+A+++1+DI", "PCD+3:10:13", "MOA+8:10.00"
    )
    line = result.invoice.lines[0]
    assert [(a.amount, a.percentage, a.reason, a.reason_code) for a in line.allowances] == [
        (Decimal("10.00"), Decimal(10), "Rabatt", "95")
    ]
    assert line.price is not None
    assert (line.price.net_price, line.price.gross_price) == (Decimal("10.00"), None)


def test_price_discount_and_allowance_are_both_real() -> None:
    result = one(
        "QTY+47:10", "MOA+203:85.00", "PRI+AAA:9.00", "PRI+AAB:10.00", "ALC+A+++1+DI", "MOA+8:5.00"
    )
    line = result.invoice.lines[0]
    assert [a.amount for a in line.allowances] == [Decimal("5.00")]
    assert line.price is not None
    assert line.price.discount == Decimal("1.00")


def test_percentages_are_computed_step_by_step() -> None:
    result = one(
        "QTY+47:10",
        "MOA+203:85.50",
        "PRI+AAB:10.00",
        "ALC+A+++1+DI",
        "PCD+3:10:13",
        "ALC+A+++2+RAA",
        "PCD+3:5:13",
    )
    assert [a.amount for a in result.invoice.lines[0].allowances] == [
        Decimal("10.00"),
        Decimal("4.50"),
    ]
    assert result.origins["lines[0].allowances[1].amount"].kind is OriginKind.DERIVED
    assert "MAP-42" not in rules(result)


def test_what_does_not_add_up_is_held() -> None:
    line = ("QTY+47:10", "MOA+203:70.00", "PRI+AAB:10.00", "ALC+A+++1+DI", "MOA+8:10.00")
    assert "MAP-42" in rules(one(*line))
    assert "MAP-43" in rules(one("QTY+47:10", "MOA+203:70.00", "PRI+AAA:10.00"))


def test_prices_that_are_none_for_the_invoice() -> None:
    result = one("QTY+47:10", "MOA+203:100.00", "PRI+AAE:19.99::RTP")
    price = result.invoice.lines[0].price
    assert price is not None
    assert price.net_price == Decimal("10.00")
    assert result.origins["lines[0].price.net_price"].kind is OriginKind.DERIVED
    assert "MAP-41" in rules(one("QTY+47:10", "MOA+203:100.00", "PRI+AAC:11.90"))


def test_the_goods_total_is_not_the_line_amount() -> None:
    result = one("QTY+47:10", "MOA+66:100.00", "PRI+AAB:10.00", "ALC+A+++1+DI", "MOA+8:10.00")
    assert result.invoice.lines[0].net_amount == Decimal("90.00")


def test_returns_have_negative_quantities_and_positive_prices() -> None:
    for line in (
        ("QTY+47:10", "MOA+203:-100.00", "PRI+AAA:10.00"),
        ("QTY+47:10", "MOA+203:-100.00", "PRI+AAA:-10.00"),
    ):
        found = one(*line).invoice.lines[0]
        assert found.quantity == -10
        assert found.price is not None
        assert found.price.net_price == 10
    assert one("QTY+61:10", "MOA+203:-100.00", "PRI+AAA:10.00").invoice.lines[0].quantity == -10


def test_amounts_in_two_currencies() -> None:
    result = one("QTY+47:10", "MOA+203:540.17:USD", "MOA+203:100.00:EUR", "PRI+AAA:10.00")
    assert result.invoice.lines[0].net_amount == Decimal("100.00")
    assert "MAP-34" in rules(one("QTY+47:10", "MOA+203:540.17:USD", "PRI+AAA:10.00"))


def test_items() -> None:
    result = mapped(
        *HEAD, *PARTIES, "LIN+1++4000862141404:SRV", "PIA+1+A-1:SA+B-2:IN",
        "PIA+1+82075050:HS+XX:ZZZ",
        "IMD+F++:::Spiralbohrer HSS:geschliffen", "IMD+A++:::Für Metall", "IMD+C++CU::9", "ALI+DE",
        "GIN+BX+CH77",
        *LINE[2:], VAT19, *SUMMARY,
    )  # fmt: skip
    item = result.invoice.lines[0].item
    assert item is not None
    assert (item.name, item.description) == ("Spiralbohrer HSS geschliffen", "Für Metall")
    assert (item.seller_identifier, item.buyer_identifier) == ("A-1", "B-2")
    assert item.standard_identifier == Identifier("4000862141404", "0160")
    assert item.classifications == (Identifier("82075050", "HS"),)
    assert item.country_of_origin == "DE"
    assert item.attributes == (ItemAttribute(name="Chargennummer", value="CH77"),)
    assert "Artikelnummer (PIA 1): Nummer = XX:ZZZ" in annex(result)


def test_no_description_falls_back_to_the_article_number() -> None:
    result = mapped(*HEAD, *PARTIES, LINE[0], *LINE[2:], VAT19, *SUMMARY)
    item = result.invoice.lines[0].item
    assert item is not None
    assert item.name == "GTIN 4000862141404"
    assert result.origins["lines[0].item.name"].kind is OriginKind.DERIVED


DISPLAY = ("LIN+1++4000862141404:EN", "QTY+47:1", "MOA+203:100.00", "PRI+AAA:100.00", VAT19)


def test_display_content_is_information() -> None:
    content = ("LIN+2++4000862141411:EN+1:1", "IMD+F++:::Inhalt", "QTY+45E:12")
    result = mapped(*HEAD, *PARTIES, *DISPLAY, *content, *SUMMARY)
    assert len(result.invoice.lines) == 1
    assert any("Inhalt" in line for line in annex(result))


def test_invoiced_content_makes_the_lines() -> None:
    main = ("LIN+1++4000862141404:EN", "QTY+46:1")
    content = (
        "LIN+2++4000862141411:EN+1:1",
        "IMD+F++:::Inhalt",
        "QTY+47:10",
        "MOA+203:100.00",
        "PRI+AAA:10.00",
    )
    result = mapped(*HEAD, *PARTIES, *main, *content, VAT19, *SUMMARY)
    assert [line.identifier for line in result.invoice.lines] == ["2"]


def test_amounts_on_both_levels() -> None:
    content = ("LIN+2++4000862141411:EN+1:1", "QTY+47:10", "MOA+203:{}", "PRI+AAA:10.00", VAT19)
    both = [s.format("100.00") for s in content]
    assert "MAP-44" in rules(mapped(*HEAD, *PARTIES, *DISPLAY, *both, *SUMMARY))
    half = [s.format("60.00") for s in content]
    assert len(mapped(*HEAD, *PARTIES, *DISPLAY, *half, *SUMMARY).invoice.lines) == 1


def test_missing_line_numbers_are_given() -> None:
    result = mapped(*HEAD, *PARTIES, "LIN+++A1:SA", *LINE[1:], VAT19, *SUMMARY)
    assert result.invoice.lines[0].identifier == "1"
    assert result.origins["lines[0].identifier"].kind is OriginKind.DERIVED


def test_document_charge_inherits_the_only_rate() -> None:
    summary = (
        "UNS+S",
        "MOA+77:130.90",
        "MOA+79:100.00",
        "MOA+131:10.00",
        "MOA+124:20.90",
        "MOA+125:110.00",
    )
    result = mapped(*HEAD, *PARTIES, "ALC+C+++1+FC", "MOA+23:10.00", *LINE, VAT19, *summary)
    charge = result.invoice.charges[0]
    assert (charge.amount, charge.vat_category, charge.vat_rate) == (
        Decimal("10.00"),
        "S",
        Decimal(19),
    )
    assert (charge.reason, charge.reason_code) == ("Fracht", "FC")
    assert result.invoice.totals.charge_total == Decimal("10.00")
    assert rules(result) == []


@pytest.mark.parametrize(
    ("alc", "rule"),
    [
        (("ALC+A++8+1+DI", "MOA+8:1"), "MAP-14"),
        (("ALC+A++1+1+DI", "MOA+8:1"), "MAP-13"),
        (("ALC+C+++1+TX", "MOA+8:1"), "MAP-15"),
        (("ALC+A+++1+DI", "MOA+23:1"), "MAP-16"),
        (("ALC+A+++1+DI",), "MAP-17"),
        (("ALC+A+++1+DI", "PCD+3:10:7"), "MAP-17"),
        (("ALC+N+++1+DI", "MOA+8:1"), "MAP-12"),
    ],
)
def test_allowances_that_settle_nothing(alc: tuple[str, ...], rule: str) -> None:
    assert rule in rules(one(*LINE[2:], header=alc))


def test_several_rates_and_an_allowance_without_one() -> None:
    second = (
        "LIN+2",
        "IMD+F++:::Buch",
        "QTY+47:1",
        "MOA+203:50.00",
        "PRI+AAA:50.00",
        "TAX+7+VAT+++:::7+S",
    )
    assert "MAP-22" in rules(
        mapped(*HEAD, *PARTIES, "ALC+A+++1+DI", "MOA+8:10", *LINE, VAT19, *second, *SUMMARY)
    )


def test_a_line_allowance_at_another_rate_is_held() -> None:
    line = (
        "QTY+47:10",
        "MOA+203:90.00",
        "PRI+AAB:10.00",
        "ALC+A+++1+DI",
        "MOA+8:10.00",
        "TAX+7+VAT+++:::7+S",
    )
    assert "MAP-26" in rules(mapped(*HEAD, *PARTIES, "LIN+1", VAT19, *line, *SUMMARY))


def test_near_codes_only_when_asked_for() -> None:
    line = ("QTY+47:10", "MOA+203:90.00", "PRI+AAB:10.00", "ALC+A+++1+QD", "MOA+8:10.00")
    assert one(*line).invoice.lines[0].allowances[0].reason_code is None
    assert (
        one(*line, deviations=Deviations(near_reason_codes=True))
        .invoice.lines[0]
        .allowances[0]
        .reason_code
        == "95"
    )


@pytest.mark.parametrize(
    ("quantities", "expected", "kind"),
    [
        (("QTY+47:10:PCE", "QTY+107:5:PCE"), "10", OriginKind.SEGMENT),
        (("QTY+107:10:PCE",), "10", OriginKind.DERIVED),
        (("QTY+46:12:PCE", "QTY+107:10:PCE"), "10", OriginKind.DERIVED),
        (("QTY+107:12:PCE", "QTY+46:10:PCE"), "10", OriginKind.DERIVED),
        (("QTY+107:12:PCE", "QTY+46:11:PCE"), "12", OriginKind.SEGMENT),
        (("QTY+100:10:KGM",), "10", OriginKind.DERIVED),
        (("QTY+46:11:PCE",), "11", OriginKind.DERIVED),
        (("QTY+12:11:PCE", "QTY+46:12:PCE"), "12", OriginKind.DERIVED),
    ],
)
def test_the_quantity_that_gives_the_amount_is_the_invoiced_one(
    quantities: tuple[str, ...], expected: str, kind: OriginKind
) -> None:
    result = one(*quantities, "MOA+203:100.00", "PRI+AAA:10.00")
    assert str(result.invoice.lines[0].quantity) == expected
    assert result.origins["lines[0].quantity"].kind is kind


def test_a_description_that_stands_twice_is_said_once() -> None:
    result = mapped(
        *HEAD,
        *PARTIES,
        LINE[0],
        "IMD+F++:::Bohrer",
        *LINE[1:],
        "IMD+A++:::blau",
        "IMD+A++:::blau",
        VAT19,
    )
    item = result.invoice.lines[0].item
    assert item is not None
    assert (item.name, item.description) == ("Bohrer", "blau")


def test_goods_total_that_already_has_the_discount_in_it() -> None:
    stated = ("MOA+66:100.00", "PRI+AAA:10.00", "PRI+AAB:12.00", "ALC+A++++DI", "MOA+8:20.00")
    line = mapped(*HEAD, *PARTIES, *LINE[:3], *stated, VAT19, *SUMMARY).invoice.lines[0]
    assert (line.net_amount, line.allowances) == (Decimal("100.00"), ())
    assert line.price is not None
    assert (line.price.net_price, line.price.discount) == (Decimal("10.00"), Decimal("2.00"))
