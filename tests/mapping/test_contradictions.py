"""One fact stated twice and differently holds the invoice; the same statement twice does not
(MAP-45)."""

from decimal import Decimal

import pytest

from edigate.source import Deviations
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, mapped

BASE = (*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY)


def held(*segments: str) -> list[tuple[str | None, str | None]]:
    """Term and segment of every contradiction."""
    return [
        (f.term, f.place.text if f.place else None)
        for f in mapped(*segments).findings
        if f.rule == "MAP-45"
    ]


def after(segment: str, added: str) -> tuple[str, ...]:
    at = BASE.index(segment) + 1
    return (*BASE[:at], added, *BASE[at:])


@pytest.mark.parametrize(
    ("segment", "added", "term"),
    [
        ("BGM+380+RE-4711+9", "BGM+380+RE-4712+9", "BT-1"),
        ("DTM+137:20261015:102", "DTM+137:20261013:102", "BT-2"),
        ("RFF+VA:DE136695976", "RFF+VA:DE123456788", "BT-31"),
        ("MOA+77:119.00", "MOA+77:119.01", "BT-112"),
        ("MOA+79:100.00", "MOA+79:100.50", "BT-106"),
        ("QTY+47:10:PCE", "QTY+47:9:PCE", "BT-129"),
        ("MOA+203:100.00", "MOA+203:101.00", "BT-131"),
        (VAT19, "TAX+7+VAT+++:::7+S", "BT-152"),
        ("DTM+35:20261014:102", "DTM+35:20261012:102", "BT-72"),
        ("CUX+2:EUR:4", "CUX+2:USD:4", "BT-5"),
        ("MOA+77:119.00", "MOA+86:120.00", "BT-112"),
        ("MOA+77:119.00", "MOA+388:120.00", "BT-112"),
        ("MOA+125:100.00", "MOA+389:101.00", "BT-109"),
        ("MOA+124:19.00", "MOA+124:20.00", "BT-110"),
        ("MOA+124:19.00", "MOA+176:20.00", "BT-110"),
        ("QTY+47:10:PCE", "QTY+47:9", "BT-129"),
        ("PRI+AAA:10.00", "PRI+AAA:11.00", "BT-146"),
    ],
)
def test_a_contradiction_is_held_at_its_second_place(segment: str, added: str, term: str) -> None:
    assert held(*after(segment, added)) == [(term, f"{added}'")]


@pytest.mark.parametrize(
    "segment",
    [
        "DTM+137:20261015:102",
        "RFF+VA:DE136695976",
        "MOA+77:119.00",
        "QTY+47:10:PCE",
        "MOA+203:100.00",
        VAT19,
    ],
)
def test_the_same_again_is_harmless(segment: str) -> None:
    assert held(*after(segment, segment)) == []


@pytest.mark.parametrize(
    ("segment", "added"),
    [
        ("MOA+77:119.00", "MOA+77:119"),
        ("MOA+77:119.00", "MOA+77:130.00:USD"),
        ("QTY+47:10:PCE", "QTY+47:12.5:KGM"),
        ("DTM+35:20261014:102", "DTM+35:202610141400:203"),
        ("DTM+35:20261014:102", "DTM+11:20261012:102"),
        ("CUX+2:EUR:4", "CUX+2:USD:9"),
        ("RFF+VA:DE136695976", "RFF+VA:DE 136 695 976"),
        ("MOA+77:119.00", "MOA+86:100.00"),
        ("PRI+AAA:10.00", "PRI+AAA:1000.00:::100"),
        ("PRI+AAA:10.00", "PRI+AAB:12.00"),
    ],
)
def test_what_only_looks_like_one(segment: str, added: str) -> None:
    assert held(*after(segment, added)) == []


SUPPLIER = (
    "NAD+SU+4000001000005::9++Nordlicht Werkzeug GmbH+Hafenweg 3+Kiel++24103+DE",
    "RFF+VA:DE136695976",
)
OTHER = "NAD+{}+4000001000029::9++Ostwind Handel GmbH+Weg 1+Kiel++24103+DE"


def parties(*added: str) -> list[tuple[str | None, str | None]]:
    """The contradictions of a message whose supplier is followed by other parties."""
    return held(*HEAD, *SUPPLIER, *added, *PARTIES[2:], *LINE, VAT19, *SUMMARY)


@pytest.mark.parametrize(
    ("added", "term"),
    [
        ((OTHER.format("SE"), "RFF+VA:DE111111125"), "BT-27"),
        ((OTHER.format("SE"), "RFF+FC:20/123/45678"), "BT-27"),
        ((OTHER.format("SU"),), "BT-27"),
        (("NAD+SU+4711::91++Ostwind Handel GmbH",), "BT-27"),
        (("NAD+SE+4000001000005::9++Nordlicht Werkzeug GmbH", "RFF+VA:DE111111125"), "BT-27"),
        (("NAD+BY+4000001000029::9",), "BT-44"),
    ],
)
def test_two_parties_in_one_role_are_held(added: tuple[str, ...], term: str) -> None:
    assert [t for t, _ in parties(*added)] == [term]


@pytest.mark.parametrize(
    "added",
    [
        ("NAD+SE+4000001000005::9++NORDLICHT WERKZEUG GMBH",),
        (OTHER.format("SE"), "RFF+VA:DE136695976"),
        ("NAD+SU+4711::91",),
        ("NAD+SE+4711::92++Nordlicht Werkzeug GmbH",),
        (OTHER.format("SE"),),
        (OTHER.format("IV"), "RFF+VA:DE111111125"),
        (OTHER.format("II"),),
    ],
)
def test_one_party_under_two_roles_and_ranked_roles_are_none(added: tuple[str, ...]) -> None:
    assert parties(*added) == []


def test_a_declared_seller_settles_which_of_two_it_is() -> None:
    segments = (
        *HEAD,
        *SUPPLIER,
        OTHER.format("SE"),
        "RFF+VA:DE111111125",
        *PARTIES[2:],
        *LINE,
        VAT19,
        *SUMMARY,
    )
    result = mapped(*segments, deviations=Deviations(seller=("SU",)))
    assert [f.rule for f in result.findings if f.rule == "MAP-45"] == []
    assert result.invoice.seller.name == "Nordlicht Werkzeug GmbH"


def test_the_finding_names_the_item_and_both_values() -> None:
    (found,) = [
        f for f in mapped(*after("CUX+2:EUR:4", "CUX+2:USD:4")).findings if f.rule == "MAP-45"
    ]
    assert found.message.de.startswith("Rechnungswährung: ")
    assert "„EUR“" in found.message.de
    assert "“USD”" in found.message.en


def test_amounts_of_one_rate_that_contradict_each_other() -> None:
    assert held(*BASE, "MOA+124:20.00") == [("BT-117", "MOA+124:20.00'")]
    assert held(*BASE, "MOA+125:99.00") == [("BT-116", "MOA+125:99.00'")]
    assert held(*BASE, "MOA+124:19") == []


def test_a_tax_group_said_again_counts_once_and_two_of_one_rate_add_up() -> None:
    def rows(*segments: str) -> list[tuple[str, str]]:
        found = mapped(*segments).invoice.vat_breakdown
        return [(str(r.taxable_amount), str(r.tax_amount)) for r in found]

    group = (VAT19, "MOA+124:19.00", "MOA+125:100.00")
    assert rows(*BASE, *group) == [("100.00", "19.00")]
    half = (VAT19, "MOA+124:9.50", "MOA+125:50.00")
    assert rows(*BASE[: -len(group)], *half, *half) == [("100.00", "19.00")]


@pytest.mark.parametrize(
    ("one", "other", "term"),
    [
        ("DTM+131:20261014:102", "DTM+131:20261015:102", "BT-7"),
        ("DTM+263:2026100120261015:718", "DTM+263:2026100120261031:718", "BT-73"),
        ("DTM+156:20261014:102", "DTM+156:20261031:102", "BT-74"),
    ],
)
def test_two_periods_or_tax_points_are_held(one: str, other: str, term: str) -> None:
    base = (*HEAD[:2], *PARTIES, *LINE, VAT19, *SUMMARY)
    assert held(*base[:2], one, other, *base[2:]) == [(term, f"{other}'")]
    assert held(*base[:2], one, one, *base[2:]) == []


def test_totals_repeated_per_rate_add_up_to_the_total() -> None:
    tax7 = "TAX+7+VAT+++:::7+S"
    lines = (
        *LINE,
        VAT19,
        "LIN+2",
        "IMD+F++:::Buch",
        "QTY+47:4",
        "MOA+203:20.00",
        "PRI+AAA:5.00",
        tax7,
    )
    totals = ("UNS+S", "MOA+77:140.40", "MOA+79:120.00", "MOA+125:120.00", "MOA+124:20.40")
    first = (VAT19, "MOA+79:100.00", "MOA+77:119.00", "MOA+125:100.00", "MOA+124:19.00")
    second = (tax7, "MOA+79:20.00", "MOA+77:21.40", "MOA+125:20.00", "MOA+124:1.40")
    message = (*HEAD, *PARTIES, *lines, *totals, *first, *second)
    assert held(*message) == []
    assert [r.tax_amount for r in mapped(*message).invoice.vat_breakdown] == [
        Decimal("19.00"),
        Decimal("1.40"),
    ]
    wrong = [s.replace("MOA+79:20.00", "MOA+79:21.00") for s in message]
    assert held(*wrong) == [("BT-106", "MOA+79:21.00'")]
