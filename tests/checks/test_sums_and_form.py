"""Sums, single values and oddities: the smallest invoice each rule lets pass, and the smallest it
finds."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from edigate.checks.law.everywhere.formal import decimals, repeated_interchange_finding
from edigate.checks.law.rules import RULES
from edigate.findings import Severity
from edigate.invoice.facts import Facts
from edigate.invoice.model import Buyer, CreditTransfer, Identifier, Invoice, LineAllowance, Price
from tests.checks.law import (
    BUYER_GLN,
    FACTS,
    LAWFUL,
    but,
    dated,
    each_line,
    judged,
    line,
    row,
    small,
    taxed,
)

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFORMATION  # noqa: E741


class Case(NamedTuple):
    """What is judged, and the severity the rule finds it with (None: the rule is silent)."""

    rule: str
    what: str
    severity: Severity | None
    invoice: Invoice = LAWFUL
    facts: Facts = FACTS


def account(**changes: str) -> Invoice:
    return but(LAWFUL, payment__credit_transfers=(CreditTransfer(**changes),))


def first_line(**changes: object) -> Invoice:
    return but(LAWFUL, lines=(but(LAWFUL.lines[0], **changes), LAWFUL.lines[1]))


CASES = (
    Case("SUM-01", "adds up", None),
    Case("SUM-01", "one cent off", E, but(LAWFUL, totals__line_total=Decimal("1000.01"))),
    Case("SUM-01", "a line without amount cannot be judged", None, first_line(net_amount=None)),
    Case("SUM-02", "adds up", None),
    Case("SUM-02", "with allowance and charge", None, but(
        LAWFUL, totals__line_total=Decimal("1010.00"), totals__allowance_total=Decimal("20.00"),
        totals__charge_total=Decimal("10.00"))),
    Case("SUM-02", "allowance forgotten", E, but(LAWFUL, totals__allowance_total=Decimal("20.00"))),
    Case("SUM-03", "adds up", None),
    Case("SUM-03", "one cent off", E, but(LAWFUL, totals__tax_total=Decimal("190.01"))),
    Case("SUM-04", "adds up", None),
    Case("SUM-04", "one cent off", E, but(LAWFUL, totals__tax_inclusive=Decimal("1190.01"))),
    Case("SUM-05", "adds up", None),
    Case("SUM-05", "with prepayment and rounding", None, but(
        LAWFUL, totals__prepaid=Decimal("190.00"), totals__rounding=Decimal("0.02"),
        totals__amount_due=Decimal("1000.02"))),
    Case("SUM-05", "prepayment forgotten", E, but(LAWFUL, totals__prepaid=Decimal("190.00"))),
    Case("SUM-06", "fits", None),
    Case("SUM-06", "within the rounding of the price", None, first_line(
        net_amount=Decimal("600.06"))),
    Case("SUM-06", "ten cents", W, first_line(net_amount=Decimal("600.10"))),
    Case("SUM-06", "more than a euro", E, first_line(net_amount=Decimal("602.00"))),
    Case("SUM-06", "price per hundred", None, first_line(
        quantity=Decimal(120), price=Price(net_price=Decimal("500.00"), base_quantity=Decimal(
            100)))),
    Case("SUM-06", "with a line allowance", None, first_line(
        net_amount=Decimal("590.00"), allowances=(LineAllowance(amount=Decimal("10.00")),))),
    Case("SUM-06", "price rounded to two decimals", None, first_line(
        quantity=Decimal(10000), price=Price(net_price=Decimal("0.06")),
        net_amount=Decimal("604.00"))),
    Case("SUM-06", "only the sign differs", W, first_line(net_amount=Decimal("-600.00"))),
    Case("FRM-01", "two decimals", None),
    Case("FRM-01", "zeros at the end do not count", None, first_line(
        net_amount=Decimal("600.0000"))),
    Case("FRM-01", "three decimals", E, first_line(net_amount=Decimal("600.004"))),
    Case("FRM-01", "price with seven decimals", W, first_line(price=Price(
        net_price=Decimal("50.0000001")))),
    Case("FRM-02", "possible", None),
    Case("FRM-02", "old but possible", None, facts=dated("order", date(1998, 10, 1))),
    Case("FRM-02", "year 26", E, but(LAWFUL, issue_date=date(26, 10, 15))),
    Case("FRM-02", "order of 1926", W, facts=dated("order", date(1926, 10, 1))),
    Case("FRM-03", "good", None),
    Case("FRM-03", "check digit", W, facts=replace(FACTS, seller_gln="4012345500005")),
    Case("FRM-04", "good", None),
    Case("FRM-04", "check digits", W, account(account="DE03990000000012345678")),
    Case("FRM-04", "with blanks", None, account(account="DE02 9900 0000 0012 3456 78")),
    Case("FRM-04", "account number of old", None, account(account="0012345678")),
    Case("FRM-04", "BIC", W, account(account="DE02990000000012345678", service_provider="MUST1")),
    Case("FRM-05", "good", None),
    Case("FRM-05", "check digit", W, each_line(LAWFUL,
        item__standard_identifier=Identifier("4006381333930", "0160"))),
    Case("FRM-05", "no GTIN", None, each_line(LAWFUL, item__standard_identifier=Identifier("A-1",
        "0088"))),
    Case("FRM-06", "known", None),
    Case("FRM-06", "country", W, but(LAWFUL, seller__address__country_code="XX")),
    Case("FRM-06", "currency", W, but(LAWFUL, currency_code="EURO")),
    Case("FRM-06", "unit", W, first_line(unit_code="Stück")),
    Case("FRM-06", "category", W, but(LAWFUL, vat_breakdown=(row("1000.00", "190.00",
        category="H"),))),
    Case("FRM-07", "five digits", None),
    Case("FRM-07", "four digits", W, but(LAWFUL, seller__address__post_code="1234")),
    Case("FRM-07", "Austrian", None, but(
        LAWFUL, buyer__address__post_code="1234", buyer__address__country_code="AT")),
    Case("FRM-11", "positive", None),
    Case("FRM-11", "negative credit note", W, but(LAWFUL, type_code="381",
        totals__tax_inclusive=Decimal("-1190.00"))),
    Case("FRM-11", "negative correction", I, but(LAWFUL, type_code="384",
        totals__tax_inclusive=Decimal("-1190.00"))),
    Case("FRM-12", "sent by the seller", None),
    Case("FRM-12", "sent by a clearing centre", I, facts=replace(FACTS, sender_id="4006381333931")),
    Case("FRM-12", "sent by the buyer", W, facts=replace(FACTS, sender_id=BUYER_GLN)),
    Case("FRM-13", "all there", None),
    Case("FRM-13", "small amount without buyer", E, but(small(), buyer=Buyer()), replace(FACTS,
        buyer_gln=None)),
    Case("FRM-13", "small amount of an unknown GLN", None, but(small(), buyer=Buyer())),
    Case("FRM-13", "small amount without number", E, but(small(), number=None)),
    Case("FRM-13", "reverse charge at home without the buyer's VAT id", E, but(
        taxed(LAWFUL, "AE", "0", "0"), buyer__vat_identifier=None)),
    Case("FRM-13", "intra-community supply without destination", E, but(
        taxed(LAWFUL, "K", "0", "0"), buyer__address__country_code="AT", delivery=None)),
    Case("FRM-12", "no GLN", None, facts=replace(FACTS, sender_id="EDI-BOX")),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule} {c.what}")
def test_rule(case: Case) -> None:
    found = [f for f in judged(case.invoice, case.facts) if f.rule == case.rule]
    worst = min((f.severity for f in found), key=lambda s: s.rank, default=None)
    assert worst is case.severity
    for finding in found:
        assert finding.place is not None
        assert "…" not in finding.message.de


def test_every_rule_has_a_case_that_passes_and_one_that_fails() -> None:
    rules = {r for r in RULES if r.startswith(("SUM-", "FRM-"))}
    assert rules == {c.rule for c in CASES if c.severity is not None}
    assert rules == {c.rule for c in CASES if c.severity is None}


def test_sums_name_both_figures() -> None:
    invoice = but(LAWFUL, totals__line_total=Decimal("1179.00"))
    found = next(f for f in judged(invoice) if f.rule == "SUM-01")
    assert "1.179,00" in found.message.de
    assert "1.000,00" in found.message.de
    assert "1,000.00" in found.message.en
    assert found.expected is not None
    assert found.expected.de == "MOA+79:1000.00'"
    assert found.basis == "EN 16931 BR-CO-10"


@pytest.mark.parametrize(
    ("value", "places"),
    [("1", 0), ("1.10", 1), ("1.000", 0), ("100", 0), ("0.001", 3), ("1E+3", 0)],
)
def test_decimals(value: str, places: int) -> None:
    assert decimals(Decimal(value)) == places


def test_repeated_interchange() -> None:
    found = repeated_interchange_finding(reference="IC1", sender="X", first_seen="2026-01-02")
    assert (found.rule, found.severity) == ("FRM-10", W)
    assert "IC1" in found.message.en


def test_lines_are_numbered_when_they_have_no_number() -> None:
    invoice = but(LAWFUL, lines=(but(line(net="700.00"), identifier=None),))
    found = next(f for f in judged(invoice) if f.rule == "SUM-06")
    assert "Position 1" in found.message.de
