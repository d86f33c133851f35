"""VAT: inheritance, breakdown, evidence, and what is never guessed."""

from decimal import Decimal

import pytest

from edigate.invoice.origin import OriginKind
from edigate.source import Mapped
from tests.mapping.edi import HEAD, LINE, PARTIES, VAT19, annex, mapped, rules

TOTALS = ("UNS+S", "MOA+77:119.00", "MOA+79:100.00", "MOA+124:19.00", "MOA+125:100.00")


def rows(*segments: str) -> list[tuple[str | None, ...]]:
    return [
        (v.category, str(v.rate), str(v.taxable_amount), str(v.tax_amount))
        for v in mapped(*segments).invoice.vat_breakdown
    ]


def test_the_header_rate_is_inherited() -> None:
    result = mapped(*HEAD, *PARTIES[:3], VAT19, PARTIES[3], *LINE, *TOTALS)
    line = result.invoice.lines[0]
    assert line.vat is not None
    assert (line.vat.category, line.vat.rate) == ("S", Decimal(19))
    assert result.origins["lines[0].vat.rate"].kind is OriginKind.DERIVED
    assert [v.tax_amount for v in result.invoice.vat_breakdown] == [Decimal("19.00")]
    assert rules(result) == []


def test_the_only_summary_rate_is_inherited_and_s_follows_from_the_rate() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, *TOTALS, "TAX+3+VAT+++:::19")
    assert result.invoice.lines[0].vat is not None
    assert result.invoice.lines[0].vat.category == "S"
    assert rules(result) == []


def test_no_rate_anywhere_is_held() -> None:
    assert rules(mapped(*HEAD, *PARTIES, *LINE, *TOTALS)) == ["MAP-21"]


TWO = (
    *LINE,
    VAT19,
    "LIN+2",
    "IMD+F++:::Buch",
    "QTY+47:1",
    "MOA+203:50.00",
    "PRI+AAA:50.00",
    "TAX+7+VAT+++:::7+S",
)


def test_line_rates_that_add_up_to_the_total_tax_make_the_breakdown() -> None:
    summary = ("UNS+S", "MOA+77:172.50", "MOA+79:150.00", "MOA+124:22.50", "MOA+125:150.00")
    assert rows(*HEAD, *PARTIES, *TWO, *summary) == [
        ("S", "19", "100.00", "19.00"),
        ("S", "7", "50.00", "3.50"),
    ]


def test_line_rates_that_do_not_add_up_are_held() -> None:
    summary = ("UNS+S", "MOA+77:173.50", "MOA+79:150.00", "MOA+124:23.50", "MOA+125:150.00")
    result = mapped(*HEAD, *PARTIES, *TWO, *summary)
    assert "MAP-24" in rules(result)
    assert [v.tax_amount for v in result.invoice.vat_breakdown] == [None, None]


def _without_tax(net: str, gross: str) -> Mapped:
    line = (
        "LIN+1++4000862141404:EN",
        "IMD+F++:::Bohrer",
        "QTY+47:1:PCE",
        f"MOA+203:{net}",
        f"PRI+AAA:{net}",
    )
    return mapped(
        *HEAD, *PARTIES, *line, VAT19, "UNS+S", f"MOA+77:{gross}", f"MOA+79:{net}", f"MOA+125:{net}"
    )


def test_a_missing_tax_amount_is_never_computed() -> None:
    result = _without_tax("210.09", "250.01")
    assert [v.tax_amount for v in result.invoice.vat_breakdown] == [None]
    assert result.invoice.totals.tax_total is None


def test_the_total_of_a_small_amount_is_divided_by_its_rate() -> None:
    result = _without_tax("210.08", "250.00")
    assert [v.tax_amount for v in result.invoice.vat_breakdown] == [Decimal("39.92")]
    assert result.invoice.totals.tax_total == Decimal("39.92")
    assert result.origins["vat_breakdown[0].tax_amount"].kind is OriginKind.DERIVED
    assert _without_tax("210.08", "249.99").invoice.totals.tax_total is None


@pytest.mark.parametrize("tax", ["TAX+7+VAT+++:::0", "TAX+7+VAT+++:::0+S", "TAX+7+VAT+++:::0+D1"])
def test_a_zero_rate_without_evidence_is_held(tax: str) -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    result = mapped(*HEAD, *PARTIES, *LINE, tax, *summary)
    assert rules(result) == ["MAP-20"]
    assert result.invoice.lines[0].vat is not None
    assert result.invoice.lines[0].vat.category is None


@pytest.mark.parametrize(
    ("evidence", "category", "vatex", "reason"),
    [
        (
            "FTX+REG+1+LES::246",
            "AE",
            "VATEX-EU-AE",
            "Steuerschuldnerschaft des Leistungsempfängers",
        ),
        ("FTX+REG+1+RCH", "AE", "VATEX-EU-AE", "Steuerschuldnerschaft des Leistungsempfängers"),
        ("FTX+REG+1+IGL::246", "K", "VATEX-EU-IC", "Steuerfreie innergemeinschaftliche Lieferung"),
    ],
)
@pytest.mark.parametrize("tax", ["TAX+7+VAT+++:::0", "TAX+7+VAT+++:::0+S", "TAX+7+VAT+++:::0+E"])
def test_coded_evidence_settles_the_category(
    evidence: str, category: str, vatex: str, reason: str, tax: str
) -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    result = mapped(*HEAD, evidence, *PARTIES, *LINE, tax, *summary)
    assert rules(result) == []
    row = result.invoice.vat_breakdown[0]
    assert (row.category, row.exemption_code, row.exemption_reason) == (category, vatex, reason)
    assert result.origins["vat_breakdown[0].category"].kind is OriginKind.DERIVED


def test_contradicting_evidence_settles_nothing() -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    tax = "TAX+7+VAT+++:::0+S"
    result = mapped(
        *HEAD, "FTX+REG+1+LES::246", "FTX+REG+1+IGL::246", *PARTIES, *LINE, tax, *summary
    )
    assert rules(result) == ["MAP-20"]


def test_exemption_reason_in_words() -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    text = "Steuerfrei nach § 4 Nr. 21 UStG"
    row = mapped(
        *HEAD, f"FTX+TXD+++{text}", *PARTIES, *LINE, "TAX+7+VAT+++:::0+E", *summary
    ).invoice.vat_breakdown[0]
    assert (row.category, row.exemption_reason, row.exemption_code) == ("E", text, None)


def test_a_trigger_group_at_zero_is_no_row() -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    groups = ("TAX+7+VAT+++:::0+S", "TAX+7+VAT+++:::0+AE", "MOA+125:100.00", "MOA+124:0")
    segments = (
        *HEAD,
        "FTX+REG+1+LES::246",
        *PARTIES,
        *LINE,
        "TAX+7+VAT+++:::0+AE",
        *summary,
        *groups,
    )
    assert rows(*segments) == [("AE", "0", "100.00", "0")]


def test_a_positive_rate_with_an_exempt_category_is_held() -> None:
    assert "MAP-23" in rules(mapped(*HEAD, *PARTIES, *LINE, "TAX+7+VAT+++:::19+E", *TOTALS))


def test_other_taxes_never_enter_the_breakdown() -> None:
    segments = (*HEAD, *PARTIES, *LINE, VAT19, "TAX+7+EXC+++:::5", "MOA+124:3.00", *TOTALS)
    result = mapped(*segments)
    assert len(result.invoice.vat_breakdown) == 1
    assert "Steuer – Steuerbetrag (MOA 124) = 3.00" in annex(result)


def test_tax_in_a_second_currency_is_no_second_rate() -> None:
    segments = [
        s if s != "CUX+2:EUR:4" else "CUX+2:EUR:4+3:DKK:11+7.45"
        for s in (*HEAD, *PARTIES, *LINE, VAT19)
    ]
    result = mapped(
        *segments, *TOTALS, VAT19, "MOA+125:100.00", "MOA+124:19.00", VAT19, "MOA+124:141.55:DKK"
    )
    assert len(result.invoice.vat_breakdown) == 1
    assert result.invoice.accounting_currency_code == "DKK"
    assert result.invoice.totals.tax_total_accounting == Decimal("141.55")
    assert mapped(*segments, *TOTALS).invoice.accounting_currency_code is None


@pytest.mark.parametrize(
    ("words", "beside_s", "without_tax"),
    [
        ("Umsatzsteuerfrei nach § 4 Nr. 12 UStG", "E", "E"),
        ("steuerfreier Kleinunternehmer", "E", "E"),
        ("Gebrauchtgegenstände/Sonderregelung", "E", "E"),
        ("Steuerfrei nach § 4 Nr. 1b UStG", None, "K"),
        ("nicht steuerbar", None, None),
    ],
)
def test_a_named_exemption_proves_it(
    words: str, beside_s: str | None, without_tax: str | None
) -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    for tax, category in ((("TAX+7+VAT+++:::0+S",), beside_s), ((), without_tax)):
        vat = (
            mapped(*HEAD, *PARTIES, f"FTX+AAI+++{words}", *tax, *LINE, *summary)
            .invoice.lines[0]
            .vat
        )
        assert (vat.category if vat else None) == category


@pytest.mark.parametrize(
    ("text", "sent", "category"),
    [
        ("FTX+REG+1+LES::246", "Z", "AE"),
        ("FTX+TXD+++Steuerschuldnerschaft des Leistungsempfängers", "O", "AE"),
        ("FTX+AAI+++Innergemeinschaftliche Lieferung", "Z", "K"),
        ("FTX+AAI+++Kleinunternehmer", "Z", "E"),
        ("FTX+AAI+++0 % nach § 12 Abs. 3 UStG", "Z", "Z"),
        ("FTX+AAI+++Vielen Dank", "Z", "Z"),
        ("FTX+AAI+++nicht steuerbar", "O", "O"),
    ],
)
def test_no_tax_of_any_kind_is_told_by_the_texts(text: str, sent: str, category: str) -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    result = mapped(*HEAD, *PARTIES, text, f"TAX+7+VAT+++:::0+{sent}", *LINE, *summary)
    assert [row.category for row in result.invoice.vat_breakdown] == [category]
    assert rules(result) == []


def test_the_reason_may_stand_at_the_line() -> None:
    summary = ("UNS+S", "MOA+77:100.00", "MOA+79:100.00", "MOA+124:0", "MOA+125:100.00")
    line = (*LINE[:3], "FTX+AAI+++steuerfrei nach § 4 Nr. 12 UStG", *LINE[3:], "TAX+7+VAT+++:::0+E")
    result = mapped(*HEAD, *PARTIES, *line, *summary)
    assert result.invoice.vat_breakdown[0].exemption_reason == "steuerfrei nach § 4 Nr. 12 UStG"
    assert result.invoice.lines[0].note == "steuerfrei nach § 4 Nr. 12 UStG"


@pytest.mark.parametrize(
    "text",
    [
        "Es liegt keine Steuerschuldnerschaft des Leistungsempfängers vor",
        "Bei innergemeinschaftlichen Lieferungen benötigen wir eine Gelangensbestätigung",
        "Fragen zur Rechnung an export@nordlicht.example",
        "Neulieferung nach Bruch",
        "Bei Ausfuhrlieferungen bitte den Zollbeleg zurück",
    ],
)
def test_words_that_deny_or_only_mention_a_category_prove_none(text: str) -> None:
    summary = ("UNS+S", "MOA+77:100", "MOA+79:100", "MOA+124:0", "MOA+125:100")
    for code, category in (("E", "E"), ("S", None)):
        tax = f"TAX+7+VAT+++:::0+{code}"
        result = mapped(*HEAD, f"FTX+AAI+++{text}", *PARTIES, tax, *LINE, *summary)
        assert [(row.category, row.exemption_reason) for row in result.invoice.vat_breakdown] == [
            (category, None)
        ]
