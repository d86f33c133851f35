"""Totals, signs of credit notes, payment."""

from datetime import date
from decimal import Decimal

import pytest

from edigate.invoice.model import CreditTransfer
from edigate.invoice.origin import OriginKind
from edigate.source import Mapped
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, annex, mapped, rules

IBAN = "DE02120300000000202051"


def test_totals_as_stated() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY)
    found = result.invoice.totals
    assert (
        found.line_total,
        found.tax_exclusive,
        found.tax_total,
        found.tax_inclusive,
        found.amount_due,
    ) == (
        Decimal("100.00"),
        Decimal("100.00"),
        Decimal("19.00"),
        Decimal("119.00"),
        Decimal("119.00"),
    )
    assert result.origins["totals.line_total"].kind is OriginKind.SEGMENT
    assert result.origins["totals.amount_due"].kind is OriginKind.DERIVED
    assert [(a.qualifier, a.rate) for a in result.facts.stated_totals][-2:] == [
        ("124", Decimal(19)),
        ("125", Decimal(19)),
    ]


def test_the_gross_total_is_the_one_that_is_net_plus_tax() -> None:
    summary = [s.replace("MOA+77:", "MOA+128:") for s in SUMMARY]
    summary.insert(1, "MOA+86:100.00")
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, *summary)
    assert result.invoice.totals.tax_inclusive == Decimal("119.00")
    assert annex(result) == ["Gesamtbetrag (MOA 86) = 100.00"]


def test_prepaid_and_due() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY, "MOA+113:19.00")
    assert (result.invoice.totals.prepaid, result.invoice.totals.amount_due) == (
        Decimal("19.00"),
        Decimal("100.00"),
    )


@pytest.mark.parametrize(
    ("segment", "rule"),
    [
        ("MOA+131:-5.00", "MAP-32"),
        ("MOA+64:5.00", "MAP-33"),
        ("MOA+136:5.00", "MAP-33"),
        ("MOA+165:5.00", "MAP-33"),
    ],
)
def test_amounts_nothing_explains_are_held(segment: str, rule: str) -> None:
    assert rules(mapped(*HEAD, *PARTIES, *LINE, VAT19, SUMMARY[0], segment, *SUMMARY[1:])) == [rule]


def _negative(segments: tuple[str, ...]) -> list[str]:
    return [
        s.replace("MOA+", "MOA+").replace(":1", ":-1", 1) if s.startswith("MOA") else s
        for s in segments
    ]


def test_an_all_negative_credit_note_is_turned() -> None:
    line = ["LIN+1", "IMD+F++:::Bohrer", "QTY+47:-10", "MOA+203:-100.00", "PRI+AAA:10.00", VAT19]
    result = mapped("BGM+381+GS-1+9", *HEAD[1:], *PARTIES, *line, *_negative(SUMMARY))
    assert rules(result) == ["MAP-31"]
    assert result.invoice.totals.tax_inclusive == Decimal("119.00")
    assert result.invoice.vat_breakdown[0].tax_amount == Decimal("19.00")
    assert (result.invoice.lines[0].net_amount, result.invoice.lines[0].quantity) == (
        Decimal("100.00"),
        Decimal(10),
    )
    assert result.origins["totals.tax_inclusive"].kind is OriginKind.DERIVED


@pytest.mark.parametrize("sign", ["", "-"])
def test_allowances_of_a_turned_credit_note(sign: str) -> None:
    line = ["LIN+1", "IMD+F++:::Bohrer", "QTY+47:-10", "MOA+203:-90.00", "PRI+AAB:10.00", VAT19]
    allowance = ("ALC+A+++1+DI", f"MOA+8:{sign}10.00")
    summary = ["UNS+S", "MOA+77:-107.10", "MOA+79:-90.00", "MOA+124:-17.10", "MOA+125:-90.00"]
    result = mapped("BGM+381+GS-1+9", *HEAD[1:], *PARTIES, *line, *allowance, *summary)
    assert rules(result) == ["MAP-31"]
    assert [a.amount for a in result.invoice.lines[0].allowances] == [Decimal("10.00")]


def test_an_invoice_is_never_turned() -> None:
    line = ["LIN+1", "IMD+F++:::Bohrer", "QTY+47:-10", "MOA+203:-100.00", "PRI+AAA:10.00", VAT19]
    result = mapped(*HEAD, *PARTIES, *line, *_negative(SUMMARY))
    assert result.invoice.totals.tax_inclusive == Decimal("-119.00")


def test_mixed_signs_are_held() -> None:
    summary = [s.replace("MOA+124:19.00", "MOA+124:-19.00") for s in SUMMARY]
    assert "MAP-30" in rules(mapped("BGM+381+GS-1+9", *HEAD[1:], *PARTIES, *LINE, VAT19, *summary))


def test_relative_due_date_and_discount_in_words() -> None:
    terms = ("PAT+1++5:3:D:30", "PAT+22++5:3:D:10", "PCD+12:2.5:13")
    found = mapped(*HEAD, *PARTIES, *terms, *LINE, VAT19, *SUMMARY)
    assert found.invoice.due_date == date(2026, 11, 14)
    assert found.origins["due_date"].kind is OriginKind.DERIVED
    assert found.invoice.payment_terms == (
        "2,5 % Skonto bei Zahlung innerhalb von 10 Tagen ab Rechnungsdatum (bis 25.10.2026)\n"
        "zahlbar bis 14.11.2026 netto"
    )
    assert annex(found) == []
    assert {(d.kind, d.date) for d in found.facts.dates} >= {
        ("due", date(2026, 11, 14)),
        ("discount-due", date(2026, 10, 25)),
    }


def test_a_discount_without_percentage_is_known_to_the_checks() -> None:
    """UST-20 asks for its amount; without the fact nobody would notice that PCD is missing."""
    result = mapped(*HEAD, *PARTIES, "PAT+1++5:3:D:30", "PAT+22++5:3:D:10", *LINE, VAT19, *SUMMARY)
    assert ("discount-due", date(2026, 10, 25)) in {(d.kind, d.date) for d in result.facts.dates}
    assert "Skonto" not in (result.invoice.payment_terms or "")
    assert annex(result)


def test_stated_due_dates() -> None:
    for terms in (
        ("PAT+3", "DTM+13:20261201:102"),
        ("PYT+1", "DTM+140:20261201:102"),
        ("PYT+3", "DTM+265:20261201:102"),
    ):
        result = mapped(*HEAD, *PARTIES, *terms, *LINE, VAT19, *SUMMARY)
        assert result.invoice.due_date == date(2026, 12, 1)
        assert result.origins["due_date"].kind is OriginKind.SEGMENT


def test_an_iban_without_means_code_is_a_sepa_transfer() -> None:
    segments = (
        *HEAD,
        PARTIES[0],
        f"FII+RB+{IBAN}:Nordlicht Werkzeug GmbH+BYLADEM1001:25:5",
        *PARTIES[1:],
    )
    result = mapped(*segments, *LINE, VAT19, *SUMMARY)
    payment = result.invoice.payment
    assert payment is not None
    assert payment.means_code == "58"
    assert result.origins["payment.means_code"].kind is OriginKind.DERIVED
    assert payment.credit_transfers == (
        CreditTransfer(
            account=IBAN, account_name="Nordlicht Werkzeug GmbH", service_provider="BYLADEM1001"
        ),
    )


def test_old_accounts_and_stated_means() -> None:
    segments = (*HEAD, PARTIES[0], "FII+RH+3000289304+25010030", *PARTIES[1:])
    result = mapped(*segments, *LINE, VAT19, *SUMMARY)
    payment = result.invoice.payment
    assert payment is not None
    assert payment.means_code == "30"
    # a Bankleitzahl is no BIC
    assert payment.credit_transfers[0].service_provider is None
    assert any(row.endswith("= 25010030") for row in annex(result))
    stated = mapped(*HEAD, "PAI+::42", *PARTIES, *LINE, VAT19, *SUMMARY)
    assert stated.invoice.payment is not None
    assert stated.invoice.payment.means_code == "42"
    assert "MAP-06" in rules(mapped(*HEAD, "PAI+::X9", *PARTIES, *LINE, VAT19, *SUMMARY))


def test_old_invoices_name_the_currency_with_the_amounts() -> None:
    segments = [s for s in (*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY) if not s.startswith("CUX")]
    assert mapped(*segments).invoice.currency_code is None
    assert (
        mapped(*segments, "MOA+124:17.10:EUR").invoice.currency_code is None
    )  # may be the tax of an invoice in USD
    named = [s + ":EUR" if s.startswith("MOA") else s for s in segments]
    result = mapped(*named)
    assert result.invoice.currency_code == "EUR"
    assert result.origins["currency_code"].kind is OriginKind.DERIVED


def test_a_credit_transfer_without_account_stays_in_the_annex() -> None:
    result = mapped(*HEAD, "PAI+::58", "RFF+PQ:Z-1", *PARTIES, *LINE, VAT19, *SUMMARY)
    assert result.invoice.payment is not None
    assert (result.invoice.payment.means_code, result.invoice.payment.remittance_information) == (
        None,
        "Z-1",
    )
    assert rules(result) == ["MAP-35"]
    assert annex(result) == ["Zahlungsanweisung: Zahlungsart = 58"]


def prepaid(*moa: str, due: str = "") -> Mapped:
    summary = [*SUMMARY[:2], *moa, *([f"MOA+9:{due}"] if due else []), *SUMMARY[2:]]
    return mapped(*HEAD, "RFF+IV:AR-1", *PARTIES, *LINE, VAT19, *summary)


@pytest.mark.parametrize(
    ("moa", "due", "expected", "found"),
    [
        (("MOA+113:19",), "100", "19", []),
        (("MOA+113:19", "MOA+113:20"), "80", "39", []),
        (("MOA+113:19", "MOA+113:19"), "100", "19", []),
        (("MOA+113:19", "MOA+113:19"), "81", "38", []),
        (("MOA+113:19", "MOA+113:19"), "", "19", []),
        (("MOA+113:19", "MOA+113:20"), "", "19", ["MAP-45"]),
        (("MOA+113:19", "RFF+IV:AR-1", "MOA+113:20", "RFF+IV:AR-2"), "", "39", []),
    ],
)
def test_several_prepayments(
    moa: tuple[str, ...], due: str, expected: str, found: list[str]
) -> None:
    result = prepaid(*moa, due=due)
    assert (str(result.invoice.totals.prepaid), rules(result)) == (expected, found)


def test_the_advance_invoice_is_named_where_a_prepayment_is_deducted() -> None:
    assert [p.reference for p in prepaid("MOA+113:19").invoice.preceding_invoices] == ["AR-1"]
    assert prepaid().invoice.preceding_invoices == ()


def test_no_sum_is_derived_from_an_amount_nobody_can_read() -> None:
    charge = ("ALC+C++++FC", "MOA+8:X")
    summary = [s for s in SUMMARY if not s.startswith("MOA+125")]
    totals = mapped(*HEAD, *PARTIES, *charge, *LINE, VAT19, *summary).invoice.totals
    assert (totals.charge_total, totals.tax_exclusive) == (None, None)


@pytest.mark.parametrize(
    ("balance", "found"), [("-10.00", []), ("10.00", ["MAP-48"]), ("9.00", ["MAP-32"])]
)
def test_the_balance_of_allowances_is_negative(balance: str, found: list[str]) -> None:
    summary = (
        "UNS+S",
        "MOA+77:107.10",
        "MOA+79:100.00",
        f"MOA+131:{balance}",
        "MOA+125:90.00",
        "MOA+124:17.10",
    )
    result = mapped(*HEAD, *PARTIES, "ALC+A++++DI", "MOA+8:10.00", *LINE, VAT19, *summary)
    assert rules(result) == found


@pytest.mark.parametrize(
    "dates",
    [
        ("PAT+3", "DTM+13:20261101:102", "PAT+3", "DTM+13:20261201:102"),
        ("PAT+3", "DTM+13:20261101:102", "DTM+13:20261201:102"),
        ("DTM+13:20261101:102", "DTM+13:20261201:102"),
    ],
)
def test_several_due_dates_are_told_and_none_is_chosen(dates: tuple[str, ...]) -> None:
    result = mapped(*HEAD, *PARTIES, *dates, *LINE, VAT19, *SUMMARY)
    assert (result.invoice.due_date, result.invoice.payment_terms) == (
        None,
        "fällig am 01.11.2026 und am 01.12.2026",
    )
    assert "due_date" not in result.origins
    assert rules(result) == ["MAP-49"]


def test_one_due_date_twice_is_one() -> None:
    result = mapped(*HEAD, *PARTIES, *("PAT+3", "DTM+13:20261101:102") * 2, *LINE, VAT19, *SUMMARY)
    assert (result.invoice.due_date, rules(result)) == (date(2026, 11, 1), [])


def test_negative_totals_over_positive_lines_hold_a_credit_note() -> None:
    summary = tuple(s.replace(":1", ":-1") if s.startswith("MOA") else s for s in SUMMARY)
    result = mapped("BGM+381+GS-1+9", *HEAD[1:], *PARTIES, *LINE, VAT19, *summary)
    assert rules(result) == ["MAP-30"]
    assert result.invoice.lines[0].net_amount == Decimal("100.00")
