"""Every rule of German law: the smallest lawful invoice it lets pass, and the smallest defect it
finds."""

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from edigate.checks.law.basis import Circumstances, PartnerTerms
from edigate.checks.law.rules import RULES, check, repeated_number
from edigate.findings import Finding, Severity
from edigate.invoice.facts import Facts
from edigate.invoice.model import (
    DocumentAllowance,
    Identifier,
    Invoice,
    InvoicingPeriod,
    LineVat,
    PrecedingInvoice,
    TaxRepresentative,
    Totals,
)
from edigate.invoice.origin import Origin, OriginKind, Origins
from tests.checks.law import (
    BUYER_GLN,
    CIRCUMSTANCES,
    FACTS,
    LAWFUL,
    ORIGINS,
    SELLER_GLN,
    TODAY,
    but,
    dated,
    each_line,
    judged,
    line,
    place,
    refers,
    row,
    says,
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
    circumstances: Circumstances = CIRCUMSTANCES
    origins: Origins = ORIGINS


def recipient(**changes: object) -> Circumstances:
    return Circumstances(today=TODAY, role="recipient", **changes)  # type: ignore[arg-type]


def knows(identifier: str = SELLER_GLN, **changes: object) -> Circumstances:
    return Circumstances(today=TODAY, partners=(PartnerTerms(id=identifier, **changes),))  # type: ignore[arg-type]


UNDATED = but(LAWFUL, delivery__actual_date=None)
REVERSE = taxed(LAWFUL, "AE", "0", "0.00", reason="Steuerschuldnerschaft des Leistungsempfängers")
WORDLESS = taxed(LAWFUL, "AE", "0", "0.00")
COMMUNITY = but(
    taxed(LAWFUL, "K", "0", "0.00", reason="Steuerfreie innergemeinschaftliche Lieferung"),
    buyer__vat_identifier="ATU12345675",
    buyer__address__country_code="AT",
    delivery__address__country_code="AT",
)
EXEMPT = taxed(LAWFUL, "E", "0", "0.00", reason="Steuerfrei nach § 4 Nr. 20 UStG")
KU = taxed(
    LAWFUL,
    "E",
    "0",
    "0.00",
    reason="Kein Ausweis von Umsatzsteuer, da Kleinunternehmer gemäß § 19 UStG",
)
MARGIN = taxed(
    LAWFUL, "E", "0", "0.00", reason="Gebrauchtgegenstände/Sonderregelung", code="VATEX-EU-F"
)
CREDIT = but(LAWFUL, type_code="381")
CORRECTION = but(LAWFUL, type_code="384")
SELF_BILLED = but(LAWFUL, type_code="389")
PREPAYMENT = but(LAWFUL, type_code="386")
TWO_RATES = but(
    LAWFUL,
    lines=(line(), line("2", "Mehl Type 405", "8", "50.00", "400.00", "7")),
    vat_breakdown=(row("600.00", "114.00"), row("400.00", "28.00", "7")),
    totals__tax_total=Decimal("142.00"),
    totals__tax_inclusive=Decimal("1142.00"),
    totals__amount_due=Decimal("1142.00"),
)
IN_2028 = but(LAWFUL, issue_date=date(2028, 3, 15), delivery__actual_date=date(2028, 3, 10))
MARCH_2028 = Circumstances(today=date(2028, 3, 16))
AUSTRIAN = but(
    REVERSE,
    seller__vat_identifier="ATU12345675",
    seller__address__country_code="AT",
    buyer__vat_identifier="DE123456788",
)
FROM_MASTER_DATA = Origins({**ORIGINS, "seller.name": Origin(OriginKind.MASTER_DATA, (place(5),))})
DERIVED_TAX = Origins(
    {
        **ORIGINS,
        "totals.tax_total": Origin(OriginKind.DERIVED),
        "vat_breakdown[0].tax_amount": Origin(OriginKind.DERIVED),
    }
)

CASES = (
    # parties
    Case("UST-01", "name missing", E, but(LAWFUL, seller__name=None)),
    Case("UST-01", "no address at all", E, but(LAWFUL, seller__address=None)),
    Case("UST-01", "city missing", E, but(LAWFUL, seller__address__city=None)),
    Case(
        "UST-01",
        "street missing, may be a major customer's address",
        W,
        but(LAWFUL, seller__address__line_1=None),
    ),
    Case("UST-01", "postcode missing", W, but(LAWFUL, seller__address__post_code=None)),
    Case(
        "UST-01",
        "not every country has postcodes",
        None,
        but(AUSTRIAN, seller__address__post_code=None),
    ),
    Case("UST-01", "country may be absent", None, but(LAWFUL, seller__address__country_code=None)),
    Case(
        "UST-01",
        "post box is an address",
        None,
        but(LAWFUL, seller__address__line_1="Postfach 12 34"),
    ),
    Case(
        "UST-01",
        "the mapping already reported the GLN",
        None,
        but(LAWFUL, seller__name=None, seller__address=None),
        dataclasses.replace(FACTS, unknown_partners=((SELLER_GLN, "SU"),)),
    ),
    Case("UST-01", "small amounts too", E, but(small(), seller__name=None)),
    Case("UST-01", "Austrian supplier under Austrian law", W, but(AUSTRIAN, seller__name=None)),
    Case("UST-02", "name missing", E, but(LAWFUL, buyer__name=None)),
    Case("UST-02", "postcode missing", W, but(LAWFUL, buyer__address__post_code=None)),
    Case("UST-02", "address missing", E, but(LAWFUL, buyer__address=None)),
    Case(
        "UST-02",
        "small amounts need no recipient",
        None,
        but(small(), buyer__name=None, buyer__address=None),
    ),
    Case(
        "UST-02",
        "the mapping already reported the GLN",
        None,
        but(LAWFUL, buyer__name=None, buyer__address=None),
        dataclasses.replace(FACTS, unknown_partners=((BUYER_GLN, "BY"),)),
    ),
    Case("UST-03", "name from the message", None),
    Case("UST-03", "name from master data", I, origins=FROM_MASTER_DATA),
    Case(
        "UST-03",
        "name from master data in 2028",
        W,
        IN_2028,
        circumstances=MARCH_2028,
        origins=FROM_MASTER_DATA,
    ),
    # identification
    Case("UST-04", "neither number", E, but(LAWFUL, seller__vat_identifier=None)),
    Case(
        "UST-04",
        "tax number",
        None,
        but(LAWFUL, seller__vat_identifier=None, seller__tax_registration="216/5875/1486"),
    ),
    Case(
        "UST-04",
        "tax representative's id",
        None,
        but(
            LAWFUL,
            seller__vat_identifier=None,
            tax_representative=TaxRepresentative(vat_identifier="DE123456788"),
        ),
    ),
    Case("UST-04", "small amount", None, but(small(), seller__vat_identifier=None)),
    Case(
        "UST-04",
        "small business with KU-IdNr.",
        None,
        but(KU, seller__vat_identifier=None, seller__identifiers=(Identifier("DE123456789-EX"),)),
    ),
    Case(
        "UST-04",
        "self-billing with the issuer's id",
        E,
        but(SELF_BILLED, buyer__vat_identifier="DE 123 456 788"),
    ),
    Case("UST-05", "good id", None),
    Case(
        "UST-05", "blanks are harmless", None, but(LAWFUL, seller__vat_identifier="DE 123 456 788")
    ),
    Case("UST-05", "check digit", E, but(LAWFUL, seller__vat_identifier="DE123456789")),
    Case(
        "UST-05",
        "check digit, but a tax number too",
        W,
        but(LAWFUL, seller__vat_identifier="DE123456789", seller__tax_registration="216/5875/1486"),
    ),
    Case("UST-05", "no country prefix", E, but(LAWFUL, seller__vat_identifier="123456788")),
    Case("UST-05", "eight digits", E, but(LAWFUL, seller__vat_identifier="DE12345678")),
    Case("UST-05", "Austrian check digit", W, but(LAWFUL, seller__vat_identifier="ATU12345678")),
    Case(
        "UST-05",
        "Swiss id cannot be judged",
        None,
        but(LAWFUL, seller__vat_identifier="CHE123456788MWST"),
    ),
    Case("UST-05", "recipient's id", W, but(LAWFUL, buyer__vat_identifier="DE123456789")),
    Case(
        "UST-05",
        "Norwegian number without prefix",
        None,
        but(LAWFUL, seller__vat_identifier="123456789MVA", seller__address__country_code="NO"),
    ),
    Case("UST-06", "no tax number", None),
    Case("UST-06", "with 11 digits", None, but(LAWFUL, seller__tax_registration="216/5875/1486")),
    Case("UST-06", "no pattern, but a VAT id", W, but(LAWFUL, seller__tax_registration="12/3456")),
    Case(
        "UST-06",
        "no pattern, sole id",
        E,
        but(LAWFUL, seller__vat_identifier=None, seller__tax_registration="12/3456"),
    ),
    Case("UST-07", "VAT id", None),
    Case("UST-07", "W-IdNr.", W, but(LAWFUL, seller__vat_identifier="DE123456788-00001")),
    Case(
        "UST-07",
        "KU-IdNr. of a small business",
        None,
        but(KU, seller__vat_identifier="DE123456789-EX"),
    ),
    Case(
        "UST-07",
        "somebody else's id as recipient",
        W,
        but(LAWFUL, buyer__vat_identifier="ATU12345675"),
        circumstances=recipient(tenant_vat_ids=("DE123456788",)),
    ),
    Case(
        "UST-07",
        "the tenant's own id",
        None,
        but(LAWFUL, buyer__vat_identifier="DE123456788"),
        circumstances=recipient(tenant_vat_ids=("DE 123456788",)),
    ),
    Case("UST-11", "given", None),
    Case("UST-11", "missing", E, but(LAWFUL, number=None)),
    Case("UST-11", "only zeros", E, but(LAWFUL, number="0000")),
    Case("UST-11", "small amount", None, but(small(), number=None)),
    Case("UST-11", "small business", None, but(KU, number=None)),
    # dates
    Case("UST-08", "given", None),
    Case("UST-08", "missing", E, but(LAWFUL, issue_date=None)),
    Case("UST-09", "today", None, but(LAWFUL, issue_date=TODAY)),
    Case("UST-09", "31 days ahead", W, but(LAWFUL, issue_date=date(2026, 11, 16))),
    Case("UST-09", "32 days ahead", E, but(LAWFUL, issue_date=date(2026, 11, 17))),
    Case(
        "UST-46",
        "a year",
        None,
        circumstances=Circumstances(today=TODAY, received=date(2027, 10, 15)),
    ),
    Case(
        "UST-46",
        "a year and a day",
        W,
        circumstances=Circumstances(today=TODAY, received=date(2027, 10, 16)),
    ),
    Case(
        "UST-46", "nothing was received", None, circumstances=Circumstances(today=date(2030, 1, 1))
    ),
    Case(
        "UST-46",
        "no date",
        None,
        but(LAWFUL, issue_date=None),
        circumstances=Circumstances(today=TODAY, received=date(2030, 1, 1)),
    ),
    Case("UST-10", "six months", None, but(LAWFUL, delivery__actual_date=date(2026, 4, 15))),
    Case("UST-10", "six months and a day", W, but(LAWFUL, delivery__actual_date=date(2026, 4, 14))),
    Case("UST-10", "credit note", I, but(CREDIT, delivery__actual_date=date(2026, 1, 14))),
    Case("UST-16", "date", None),
    Case("UST-16", "nothing", E, UNDATED),
    Case(
        "UST-16", "month", None, but(UNDATED, period=InvoicingPeriod(start_date=date(2026, 10, 1)))
    ),
    Case("UST-16", "pick-up", None, UNDATED, dated("pick-up", date(2026, 10, 12))),
    Case(
        "UST-16",
        "despatch at each line",
        None,
        UNDATED,
        dated(
            "despatch",
            date(2026, 10, 9),
            dated("despatch", date(2026, 10, 8), of_line="1"),
            of_line="2",
        ),
    ),
    Case(
        "UST-16", "one line without", W, UNDATED, dated("despatch", date(2026, 10, 8), of_line="1")
    ),
    Case(
        "UST-16", "equality phrase", None, UNDATED, says("LIEFERDATUM ENTSPRICHT\nRECHNUNGSDATUM")
    ),
    Case(
        "UST-16",
        "general phrase",
        None,
        UNDATED,
        says(
            "Soweit nicht anders angegeben, gilt der Zeitpunkt der Rechnungsausstellung als "
            "Zeitpunkt der Leistung."
        ),
    ),
    Case("UST-16", "date in words", None, UNDATED, says("Leistungszeitraum: Oktober 2026")),
    Case(
        "UST-16",
        "a number is no date",
        E,
        UNDATED,
        says("Lieferdatum bitte erfragen, Tel. 0123 2026"),
    ),
    Case("UST-16", "delivery note only", W, UNDATED, dated("delivery-note", date(2026, 10, 12))),
    Case("UST-16", "delivery note number without date", E, UNDATED, refers("DQ", "LS4711")),
    Case(
        "UST-16",
        "delivery note with phrase",
        None,
        UNDATED,
        says("Lieferscheindatum = Leistungsdatum", dated("delivery-note", date(2026, 10, 12))),
    ),
    Case(
        "UST-16",
        "delivery note by agreement",
        None,
        UNDATED,
        dated("delivery-note", date(2026, 10, 12)),
        knows(delivery_note_date_is_supply_date=True),
    ),
    Case(
        "UST-16",
        "delivery note in 2028",
        E,
        but(IN_2028, delivery__actual_date=None),
        dated("delivery-note", date(2028, 3, 12)),
        MARCH_2028,
    ),
    Case(
        "UST-16",
        "month of issue by agreement",
        W,
        UNDATED,
        circumstances=knows(issue_month_is_supply_month=True),
    ),
    Case("UST-16", "tax point date only", W, but(UNDATED, tax_point_date=date(2026, 10, 12))),
    Case("UST-16", "small amount", None, but(small(), delivery=None)),
    Case("UST-16", "small business", None, but(KU, delivery=None)),
    Case("UST-16", "prepayment", None, but(PREPAYMENT, delivery=None)),
    Case(
        "UST-16",
        "credit note with reference",
        None,
        but(CREDIT, delivery=None, preceding_invoices=(PrecedingInvoice(reference="RE-1"),)),
    ),
    Case(
        "UST-16",
        "bonus note",
        None,
        but(CREDIT, delivery=None),
        dataclasses.replace(FACTS, document_code="83"),
    ),
    Case("UST-16", "credit note without reference", W, but(CREDIT, delivery=None)),
    Case("UST-17", "before", None),
    Case(
        "UST-17",
        "goods arrive two days later",
        None,
        but(LAWFUL, delivery__actual_date=date(2026, 10, 17)),
    ),
    Case("UST-17", "a week later", W, but(LAWFUL, delivery__actual_date=date(2026, 10, 22))),
    Case("UST-17", "prepayment", I, but(PREPAYMENT, delivery__actual_date=date(2026, 12, 1))),
    Case(
        "UST-17",
        "rent in advance",
        I,
        but(
            UNDATED,
            period=InvoicingPeriod(start_date=date(2026, 11, 1), end_date=date(2026, 11, 30)),
        ),
    ),
    Case(
        "UST-17",
        "period turned round",
        W,
        but(
            UNDATED,
            period=InvoicingPeriod(start_date=date(2026, 10, 9), end_date=date(2026, 10, 1)),
        ),
    ),
    Case("UST-36", "domestic", None),
    Case("UST-36", "in time", None, but(COMMUNITY, delivery__actual_date=date(2026, 9, 30))),
    Case("UST-36", "late", I, but(COMMUNITY, delivery__actual_date=date(2026, 8, 31))),
    # description
    Case("UST-13", "given", None),
    Case("UST-13", "nothing", E, each_line(LAWFUL, item=None)),
    Case("UST-13", "article number only", I, each_line(LAWFUL, item__name=None)),
    Case(
        "UST-13",
        "article number only in 2028",
        W,
        each_line(IN_2028, item__name=None),
        circumstances=MARCH_2028,
    ),
    Case("UST-13", "in the delivery note", W, each_line(LAWFUL, item=None), refers("DQ", "LS4711")),
    Case(
        "UST-13",
        "in the delivery note in 2028",
        E,
        each_line(IN_2028, item=None),
        refers("DQ", "LS4711"),
        MARCH_2028,
    ),
    Case(
        "UST-13",
        "group of goods",
        E,
        each_line(LAWFUL, item__name="01 Lebensmittel (7 %)", item__standard_identifier=None),
    ),
    Case(
        "UST-13", "article with a percentage", None, each_line(LAWFUL, item__name="Joghurt 3,5 %")
    ),
    Case(
        "UST-13",
        "the mapping put the GTIN for a name",
        I,
        each_line(LAWFUL, item__name="GTIN 4006381333931"),
        origins=Origins(
            {**ORIGINS, **{f"lines[{i}].item.name": Origin(OriginKind.DERIVED) for i in (0, 1)}}
        ),
    ),
    Case("UST-14", "given", None),
    Case("UST-14", "quantity missing", E, each_line(LAWFUL, quantity=None)),
    Case("UST-14", "unit missing", E, each_line(LAWFUL, unit_code=None)),
    Case(
        "UST-14",
        "service over a period",
        W,
        each_line(but(LAWFUL, period=InvoicingPeriod(start_date=date(2026, 10, 1))), quantity=None),
    ),
    Case(
        "UST-14",
        "bonus note",
        W,
        each_line(LAWFUL, quantity=None),
        dataclasses.replace(FACTS, document_code="83"),
    ),
    Case("UST-15", "says something", None),
    Case("UST-15", "generic", W, each_line(LAWFUL, item__name="Div. ")),
    Case("UST-15", "see attachment", W, each_line(LAWFUL, item__name="Siehe Anlage")),
    Case("UST-15", "link", W, each_line(LAWFUL, item__name="https://lieferant.example/ls/4711")),
    Case(
        "UST-15",
        "generic word inside a name",
        None,
        each_line(LAWFUL, item__name="Ware A 4711 Schraube"),
    ),
    # amounts
    Case("UST-19", "one rate", None),
    Case("UST-19", "two rates split", None, TWO_RATES),
    Case(
        "UST-19",
        "two rates, rate at every line, one tax sum (§ 32 UStDV)",
        None,
        but(TWO_RATES, vat_breakdown=()),
    ),
    Case(
        "UST-19",
        "one row for two rates",
        E,
        but(TWO_RATES, vat_breakdown=(row("1000.00", "142.00"),)),
    ),
    Case(
        "UST-19",
        "rows do not add up to the net total",
        E,
        but(LAWFUL, totals__tax_exclusive=Decimal("1100.00")),
    ),
    Case(
        "UST-19",
        "net per rate missing",
        E,
        but(
            TWO_RATES,
            vat_breakdown=(
                row("600.00", "114.00"),
                but(row("1", "28.00", "7"), taxable_amount=None),
            ),
        ),
    ),
    Case(
        "UST-19",
        "net follows from gross less tax",
        W,
        but(
            LAWFUL,
            vat_breakdown=(but(row("1", "190.00"), taxable_amount=None),),
            totals__tax_exclusive=None,
        ),
    ),
    Case(
        "UST-19", "small amount", None, but(small(), vat_breakdown=(), totals__tax_exclusive=None)
    ),
    Case("UST-20", "nothing agreed", None),
    Case(
        "UST-20",
        "empty allowance",
        W,
        but(LAWFUL, allowances=(DocumentAllowance(reason="Rabatt"),)),
    ),
    Case(
        "UST-20",
        "bonus text",
        None,
        but(LAWFUL, allowances=(DocumentAllowance(reason="Rabatt"),)),
        says("Es bestehen Rabatt- oder Bonusvereinbarungen"),
    ),
    Case(
        "UST-20",
        "bonus text 2",
        None,
        but(LAWFUL, allowances=(DocumentAllowance(reason="Rabatt"),)),
        says(
            "Entgeltminderungen ergeben sich aus unseren aktuellen Rahmen- und "
            "Konditionsvereinbarungen"
        ),
    ),
    Case(
        "UST-20",
        "cash discount without figures",
        W,
        facts=dated("discount-due", date(2026, 10, 29)),
    ),
    Case(
        "UST-20",
        "plain cash discount",
        None,
        but(LAWFUL, payment_terms="2 % bei Zahlung bis 29.10.2026"),
        dated("discount-due", date(2026, 10, 29)),
    ),
    Case("UST-21", "given", None),
    Case("UST-21", "missing", E, taxed(LAWFUL, "S", None, "190.00")),
    Case(
        "UST-21",
        "at one line of two rates",
        E,
        but(TWO_RATES, lines=(line(), line("2", net="400.00", rate=None))),
    ),
    Case("UST-21", "one rate for all lines", None, each_line(LAWFUL, vat=None)),
    Case(
        "UST-21",
        "small amounts too",
        E,
        but(small(), vat_breakdown=(row("100.00", "19.00", None),)),
    ),
    Case("UST-21", "reverse charge", None, taxed(REVERSE, "AE", None, "0.00")),
    Case("UST-22", "given", None),
    Case(
        "UST-22",
        "missing",
        E,
        but(
            LAWFUL,
            totals__tax_total=None,
            vat_breakdown=(but(row("1000.00", "1"), tax_amount=None),),
        ),
    ),
    Case("UST-22", "worked out from net and gross", E, origins=DERIVED_TAX),
    Case("UST-22", "one sum for two rates", None, but(TWO_RATES, vat_breakdown=())),
    Case(
        "UST-22",
        "small amount",
        None,
        but(small(), totals__tax_total=None, vat_breakdown=(but(row("1", "1"), tax_amount=None),)),
    ),
    Case("UST-25", "exact", None),
    Case(
        "UST-25",
        "two cents of rounding",
        None,
        but(LAWFUL, vat_breakdown=(row("1000.00", "190.02"),)),
    ),
    Case("UST-25", "three cents", E, but(LAWFUL, vat_breakdown=(row("1000.00", "190.03"),))),
    Case("UST-31", "nothing prepaid", None),
    Case("UST-31", "prepaid", W, but(LAWFUL, totals__prepaid=Decimal("500.00"))),
    Case(
        "UST-31",
        "with reference",
        None,
        but(LAWFUL, totals__prepaid=Decimal("500.00")),
        refers("IV", "AR-1"),
    ),
    Case(
        "UST-31",
        "remaining amount",
        None,
        but(LAWFUL, totals__prepaid=Decimal("500.00")),
        says("Restrechnung"),
    ),
    Case(
        "UST-31",
        "paid by card",
        None,
        but(LAWFUL, totals__prepaid=Decimal("1190.00"), payment__means_code="48"),
    ),
    Case("UST-41", "euro", None),
    Case("UST-41", "no currency", E, but(LAWFUL, currency_code=None)),
    Case("UST-41", "dollars", W, but(LAWFUL, currency_code="USD")),
    Case(
        "UST-41",
        "dollars with tax in euro",
        None,
        but(
            LAWFUL,
            currency_code="USD",
            accounting_currency_code="EUR",
            totals__tax_total_accounting=Decimal("170.00"),
        ),
    ),
    # rates and tax shown
    Case("UST-24", "19", None),
    Case("UST-24", "7", None, taxed(LAWFUL, "S", "7", "70.00")),
    Case("UST-24", "16 in 2026", E, taxed(LAWFUL, "S", "16", "160.00")),
    Case("UST-24", "18", E, taxed(LAWFUL, "S", "18", "180.00")),
    Case(
        "UST-24",
        "16 in autumn 2020",
        None,
        but(taxed(LAWFUL, "S", "16", "160.00"), delivery__actual_date=date(2020, 11, 2)),
    ),
    Case("UST-24", "19 in autumn 2020", E, but(LAWFUL, delivery__actual_date=date(2020, 11, 2))),
    Case(
        "UST-24",
        "19 in July 2020 tolerated",
        I,
        but(LAWFUL, delivery__actual_date=date(2020, 7, 2)),
    ),
    Case("UST-24", "farmers 2026", None, taxed(LAWFUL, "S", "7.8", "78.00")),
    Case(
        "UST-24",
        "farmers, last weeks of 2024",
        None,
        but(taxed(LAWFUL, "S", "8.4", "84.00"), delivery__actual_date=date(2024, 12, 20)),
    ),
    Case(
        "UST-24",
        "farmers 9.0 in 2024",
        None,
        but(taxed(LAWFUL, "S", "9.0", "90.00"), delivery__actual_date=date(2024, 12, 5)),
    ),
    Case("UST-24", "forestry", None, taxed(LAWFUL, "S", "5.5", "55.00")),
    Case(
        "UST-24",
        "old rate on a credit note",
        W,
        but(taxed(LAWFUL, "S", "16", "160.00"), type_code="381"),
    ),
    Case(
        "UST-24",
        "old rate, date unknown",
        W,
        but(taxed(LAWFUL, "S", "16", "160.00"), delivery__actual_date=None),
    ),
    Case(
        "UST-24",
        "Austrian rate, goods to Austria",
        W,
        but(taxed(LAWFUL, "S", "20", "200.00"), delivery__address__country_code="AT"),
    ),
    Case("UST-26", "tax where it belongs", None),
    Case("UST-26", "zero is no tax", None, REVERSE),
    Case(
        "UST-26", "reverse charge", E, taxed(LAWFUL, "AE", "19", "190.00", reason="Reverse charge")
    ),
    Case(
        "UST-26",
        "small business",
        E,
        but(
            KU,
            vat_breakdown=(row("1000.00", "190.00", reason="steuerfreier Kleinunternehmer"),),
            totals__tax_total=Decimal("190.00"),
        ),
    ),
    Case(
        "UST-26",
        "margin scheme",
        E,
        taxed(LAWFUL, "E", "19", "190.00", reason="Gebrauchtgegenstände/Sonderregelung"),
    ),
    Case("UST-42", "ordinary goods", None),
    Case(
        "UST-42",
        "copper for 5,000",
        W,
        each_line(
            LAWFUL,
            net_amount=Decimal("2500.00"),
            item__classifications=(Identifier("7403 11 00", "HS"),),
        ),
    ),
    Case(
        "UST-42",
        "copper for 1,000",
        None,
        each_line(LAWFUL, item__classifications=(Identifier("7403 11 00", "HS"),)),
    ),
    Case(
        "UST-42",
        "gold of any value",
        W,
        each_line(LAWFUL, item__classifications=(Identifier("71081311", "HS"),)),
    ),
    Case("UST-44", "no farmer", None),
    Case(
        "UST-44",
        "rate stated",
        None,
        taxed(LAWFUL, "S", "7.8", "78.00"),
        says("Durchschnittssatz nach § 24 UStG"),
    ),
    Case(
        "UST-44",
        "rate not stated",
        W,
        taxed(LAWFUL, "E", "0", "0.00"),
        says("Versteuerung nach § 24 UStG"),
    ),
    # exemptions
    Case("UST-23", "taxed", None),
    Case("UST-23", "reason", None, EXEMPT),
    Case("UST-23", "category alone", W, taxed(LAWFUL, "E", "0", "0.00")),
    Case(
        "UST-23",
        "reason in a free text",
        None,
        taxed(LAWFUL, "E", "0", "0.00"),
        says("umsatzsteuerfreie Leistung"),
    ),
    Case("UST-23", "code alone", None, taxed(LAWFUL, "G", "0", "0.00", code="VATEX-EU-G")),
    Case("UST-23", "zero rate of photovoltaics", None, taxed(LAWFUL, "Z", "0", "0.00")),
    Case("UST-23", "standard rate 0", E, taxed(LAWFUL, "S", "0", "0.00")),
    Case("UST-32", "complete", None, COMMUNITY),
    Case("UST-32", "buyer's id missing", E, but(COMMUNITY, buyer__vat_identifier=None)),
    Case(
        "UST-32",
        "buyer's id missing, tenant is buyer",
        W,
        but(COMMUNITY, buyer__vat_identifier=None),
        circumstances=recipient(),
    ),
    Case(
        "UST-32",
        "seller's id missing",
        E,
        but(COMMUNITY, seller__vat_identifier=None, seller__tax_registration="216/5875/1486"),
    ),
    Case("UST-32", "both ids German", E, but(COMMUNITY, buyer__vat_identifier="DE987654328")),
    Case("UST-32", "no hint", W, but(COMMUNITY, vat_breakdown=(row("1000.00", "0.00", "0", "K"),))),
    Case(
        "UST-32",
        "French hint",
        None,
        but(COMMUNITY, vat_breakdown=(row("1000.00", "0.00", "0", "K"),)),
        says("Livraison intracommunautaire exonérée"),
    ),
    Case("UST-32", "goods stay", W, but(COMMUNITY, delivery__address__country_code="DE")),
    Case("UST-33", "German words", None, REVERSE),
    Case("UST-33", "no words", E, WORDLESS),
    Case("UST-33", "no words, tenant is recipient", W, WORDLESS, circumstances=recipient()),
    Case(
        "UST-33",
        "code of the exemption only",
        W,
        taxed(LAWFUL, "AE", "0", "0.00", code="VATEX-EU-AE"),
    ),
    Case(
        "UST-33",
        "without umlaut, cut",
        None,
        WORDLESS,
        says("STEUERSCHULDNERSCHAFT DES LEISTUNGSEMP\nFAENGERS"),
    ),
    *(
        Case("UST-33", words, None, WORDLESS, says(words))
        for words in (
            "Reverse charge",
            "REVERSE-CHARGE",
            "Autoliquidation",
            "inversione contabile",
            "Btw verlegd",
            "daň odvede zákazník",
            "odwrotne obciążenie",
            "fordított adózás",
            "Αντίστροφη επιβάρυνση",
            "обратно начисляване",
            "Omvänd betalningsskyldighet",
            "inversión del sujeto pasivo",
            "taxare inversă",
        )
    ),
    Case("UST-33", "domestic without buyer's id", None, but(REVERSE, buyer__vat_identifier=None)),
    Case(
        "UST-33",
        "across the border without buyer's id",
        E,
        but(REVERSE, buyer__address__country_code="AT"),
    ),
    Case(
        "UST-33",
        "foreign supplier without words",
        W,
        but(AUSTRIAN, vat_breakdown=(row("1000.00", "0.00", "0", "AE"),)),
    ),
    Case("UST-34", "no triangle", None, COMMUNITY),
    Case(
        "UST-34",
        "both hints",
        None,
        COMMUNITY,
        says(
            "Innergemeinschaftliches Dreiecksgeschäft nach § 25b UStG, Steuerschuldnerschaft des "
            "Leistungsempfängers"
        ),
    ),
    Case(
        "UST-34",
        "second hint missing",
        E,
        COMMUNITY,
        says("Innergemeinschaftliches Dreiecksgeschäft"),
    ),
    Case("UST-34", "known partner, no hint", E, COMMUNITY, circumstances=knows(triangular=True)),
    Case("UST-35", "no margin scheme", None),
    Case("UST-35", "the law's words", None, MARGIN),
    Case(
        "UST-35",
        "blanks around the stroke",
        None,
        taxed(LAWFUL, "E", "0", "0.00", reason="Gebrauchtgegenstände / Sonderregelung"),
    ),
    Case(
        "UST-35",
        "English words",
        None,
        taxed(LAWFUL, "E", "0", "0.00", reason="Margin scheme - Travel agents"),
    ),
    Case(
        "UST-35",
        "other words",
        W,
        taxed(LAWFUL, "E", "0", "0.00", reason="Differenzbesteuerung nach § 25a UStG"),
    ),
    Case("UST-38", "ordinary supplier", None),
    Case(
        "UST-38",
        "informal words",
        None,
        taxed(LAWFUL, "E", "0", "0.00", reason="steuerfreier Kleinunternehmer"),
    ),
    Case(
        "UST-38",
        "known small business, no hint",
        E,
        EXEMPT,
        circumstances=knows(small_business=True),
    ),
    Case("UST-38", "small amounts too", E, small(), circumstances=knows(small_business=True)),
    Case("UST-45", "agree", None, REVERSE),
    Case(
        "UST-45", "code of another category", W, taxed(LAWFUL, "E", "0", "0.00", code="VATEX-EU-AE")
    ),
    Case(
        "UST-45",
        "words of another category",
        W,
        taxed(LAWFUL, "K", "0", "0.00", reason="Reverse charge"),
    ),
    # self-billing and corrections
    Case("UST-28", "ordinary invoice", None),
    Case("UST-28", "389 without a word", W, SELF_BILLED),
    Case("UST-28", "389 with the word", None, SELF_BILLED, says("Gutschrift")),
    Case("UST-28", "Self-billing", None, SELF_BILLED, says("Self-billing invoice")),
    Case("UST-28", "French word", None, SELF_BILLED, says("AUTOFACTURATION")),
    Case(
        "UST-28",
        "sent by the buyer as 380",
        E,
        facts=dataclasses.replace(FACTS, sender_id=BUYER_GLN, recipient_id=SELLER_GLN),
    ),
    Case("UST-28", "small amount", None, but(small(), type_code="389")),
    Case("UST-29", "credit note", None, CREDIT),
    Case(
        "UST-29",
        "called Gutschrift",
        I,
        CREDIT,
        dataclasses.replace(FACTS, document_name="GUTSCHRIFT"),
    ),
    Case("UST-29", "self-billing", None, SELF_BILLED, says("Gutschrift")),
    Case("UST-30", "ordinary invoice", None),
    Case("UST-30", "correction without reference", E, CORRECTION),
    Case(
        "UST-30",
        "correction with reference",
        None,
        but(CORRECTION, preceding_invoices=(PrecedingInvoice(reference="R1"),)),
    ),
    Case(
        "UST-30",
        "correction with reference in words",
        W,
        CORRECTION,
        says("Berichtigung zur Rechnung RE-2026-0700"),
    ),
    Case("UST-30", "commercial credit note", I, CREDIT),
    # special cases
    Case("UST-18", "before 2028", None, circumstances=knows(cash_accounting=True)),
    Case(
        "UST-18",
        "from 2028",
        W,
        IN_2028,
        circumstances=Circumstances(
            today=date(2028, 3, 16), partners=(PartnerTerms(id=SELLER_GLN, cash_accounting=True),)
        ),
    ),
    Case(
        "UST-18",
        "says it",
        I,
        IN_2028,
        says("Versteuerung nach vereinnahmten Entgelten"),
        MARCH_2028,
    ),
    Case("UST-27", "unmarked partner", None),
    Case("UST-27", "marked partner", I, circumstances=knows(private_property_service=True)),
    Case(
        "UST-27",
        "with the hint",
        None,
        facts=says("Rechnung bitte zwei Jahre aufbewahren"),
        circumstances=knows(private_property_service=True),
    ),
    Case("UST-37", "large", None),
    Case("UST-37", "small", I, small()),
    Case("UST-37", "exactly 250.00", I, but(small(), totals__tax_inclusive=Decimal("250.00"))),
    Case("UST-37", "250.01", None, but(small(), totals__tax_inclusive=Decimal("250.01"))),
    Case(
        "UST-37",
        "reverse charge",
        None,
        but(small(), vat_breakdown=(row("100.00", "0.00", "0", "AE"),)),
    ),
    Case("UST-39", "no record kept", None),
    Case("UST-39", "none on file 2026", I, circumstances=knows(edi_agreement=False)),
    Case(
        "UST-39",
        "none on file 2028",
        W,
        IN_2028,
        circumstances=Circumstances(
            today=date(2028, 3, 16), partners=(PartnerTerms(id=SELLER_GLN, edi_agreement=False),)
        ),
    ),
    Case("UST-43", "not a prepayment", None),
    Case("UST-43", "386 without words", I, PREPAYMENT),
    Case(
        "UST-43",
        "386 with words",
        None,
        PREPAYMENT,
        says("Anzahlung, Leistung noch nicht ausgeführt"),
    ),
)


def hits(found: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [f for f in found if f.rule == rule]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule} {c.what}")
def test_rule(case: Case) -> None:
    found = hits(judged(case.invoice, case.facts, case.circumstances, case.origins), case.rule)
    worst = min((f.severity for f in found), key=lambda s: s.rank, default=None)
    assert worst is case.severity
    for finding in found:
        for texts in (finding.message, finding.expected, finding.partner):
            assert texts is not None
            for text in (texts.de, texts.en):
                assert "…" not in text
        assert finding.place is not None


LAWFUL_INVOICES: dict[str, tuple[Invoice, Facts]] = {
    "standard": (LAWFUL, FACTS),
    "two rates": (TWO_RATES, FACTS),
    "one tax sum for two rates": (but(TWO_RATES, vat_breakdown=()), FACTS),
    "small amount": (but(small(), buyer__name=None, buyer__address=None, number=None,
        delivery=None), FACTS),
    "small business": (but(KU, number=None, delivery=None), FACTS),
    "margin scheme": (MARGIN, FACTS),
    "farmer": (taxed(LAWFUL, "S", "7.8", "78.00"), says("Durchschnittssatz nach § 24 UStG")),
    "farmer's self-billing": (but(taxed(LAWFUL, "S", "7.8", "78.00"), type_code="389"),
        says("Gutschrift")),
    "intra-community": (COMMUNITY, FACTS),
    "reverse charge": (REVERSE, FACTS),
    "reverse charge, English": (WORDLESS, says("Reverse charge")),
    "Austrian supplier": (AUSTRIAN, FACTS),
    "export": (
        but(taxed(LAWFUL, "G", "0", "0.00", reason="Steuerfreie Ausfuhrlieferung"),
            buyer__address__country_code="CH",
            delivery__address__country_code="CH"),
        FACTS,
    ),
    "exempt": (EXEMPT, FACTS),
    "photovoltaics": (taxed(LAWFUL, "Z", "0", "0.00"), FACTS),
    "prepayment": (but(PREPAYMENT, delivery=None), says("Anzahlung")),
    "credit note": (but(CREDIT, preceding_invoices=(PrecedingInvoice(reference="RE-1"),)), FACTS),
    "correction": (but(CORRECTION, preceding_invoices=(PrecedingInvoice(reference="RE-1"),)),
        FACTS),
    "bonus": (but(CREDIT, delivery=None), dataclasses.replace(FACTS, document_code="83")),
    "self-billing": (SELF_BILLED, says("Gutschrift")),
    "equality phrase": (UNDATED, says("Leistungsdatum entspricht Rechnungsdatum")),
    "month": (but(UNDATED, period=InvoicingPeriod(start_date=date(2026, 9, 1), end_date=date(2026,
        9, 30))), FACTS),
    "zero tax amounts sent along": (but(REVERSE, totals__tax_total=Decimal(0)), FACTS),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWFUL_INVOICES)
@pytest.mark.parametrize("role", ["recipient", "issuer", None])
def test_lawful_invoices_are_not_held(name: str, role: str | None) -> None:
    invoice, facts = LAWFUL_INVOICES[name]
    found = judged(invoice, facts, Circumstances(today=TODAY, role=role))  # type: ignore[arg-type]
    # FRM-13 is no rule of the law: it says of a lawful invoice that EN 16931 has no way to say it.
    assert [
        (f.rule, f.message.en) for f in found if f.severity is not I and f.rule != "FRM-13"
    ] == []


def test_lawful_invoice_of_2028() -> None:
    assert judged(IN_2028, circumstances=MARCH_2028) == ()


def test_every_rule_has_a_case_that_passes_and_one_that_fails() -> None:
    found = {c.rule for c in CASES if c.severity is not None}
    silent = {c.rule for c in CASES if c.severity is None}
    rules = {r for r in RULES if r.startswith("UST-")} - {
        "UST-40"
    }  # needs the mapping's account, below
    assert rules - found == set()
    assert rules - silent == set()


def test_a_lawful_standard_invoice_has_no_finding_at_all() -> None:
    assert judged() == ()


def test_place_and_missing_segment() -> None:
    (found,) = judged(
        but(LAWFUL, seller__vat_identifier=None),
        origins=Origins(
            {path: origin for path, origin in ORIGINS.items() if path != "seller.vat_identifier"}
        ),
    )
    assert found.rule == "UST-04"
    assert found.place == place(5)
    assert found.missing == "RFF+VA:DE123456788'"
    assert found.basis == "§ 14 Abs. 4 Satz 1 Nr. 2 UStG"
    assert "Muster Lieferant GmbH" in found.message.de


def test_an_incomplete_segment_is_not_called_missing() -> None:
    (found,) = judged(but(LAWFUL, seller__name=None))
    assert (found.place, found.missing) == (place(5), None)
    (found,) = judged(
        but(LAWFUL, seller__name=None),
        origins=Origins({"": ORIGINS[""], "number": ORIGINS["number"]}),
    )
    assert found.place == place(2)
    assert found.missing is not None
    assert found.missing.startswith("NAD+SU+")


def test_what_has_no_segment_points_to_the_next_best() -> None:
    invoice = taxed(LAWFUL, "E", "0", "0.00")
    origins = Origins({p: o for p, o in ORIGINS.items() if not p.startswith("vat_breakdown")})
    (found,) = hits(judged(invoice, says("Versteuerung nach § 24 UStG"), origins=origins), "UST-44")
    assert found.place == place(16)


def test_dates_read_as_usual_in_each_language() -> None:
    found = hits(judged(but(LAWFUL, issue_date=date(2026, 11, 16))), "UST-09")[0]
    assert "16.11.2026" in found.message.de
    assert "2026-11-16" in found.message.en


def test_line_findings_name_their_line() -> None:
    invoice = but(LAWFUL, lines=(LAWFUL.lines[0], but(LAWFUL.lines[1], quantity=None)))
    (found,) = judged(invoice)
    assert (found.rule, found.line, found.place) == ("UST-14", "2", place(14))
    assert "Position 2" in found.message.de


def test_one_cause_at_many_lines_is_one_finding() -> None:
    many = tuple(but(line(str(n)), unit_code=None) for n in range(1, 101))
    (found,) = hits(judged(but(LAWFUL, lines=many)), "UST-14")
    assert (found.count, found.line) == (100, "1")
    few = hits(judged(but(LAWFUL, lines=many[:5])), "UST-14")
    assert [f.line for f in few] == ["1", "2", "3", "4", "5"]


def test_elements_that_were_not_extracted() -> None:
    lost = ((place(9), 2, 1, "X"),)
    (before,) = hits(check(LAWFUL, ORIGINS, FACTS, CIRCUMSTANCES, lost), "UST-40")
    (after,) = hits(check(IN_2028, ORIGINS, FACTS, MARCH_2028, lost), "UST-40")
    assert (before.severity, after.severity) == (W, E)
    assert before.place == place(9)
    assert hits(check(LAWFUL, ORIGINS, FACTS, CIRCUMSTANCES), "UST-40") == []


def test_same_number_again() -> None:
    copy = repeated_number(number="R1", seller="X", first_seen="2026-01-02", same_content=True)
    other = repeated_number(number="R1", seller="X", first_seen="2026-01-02", same_content=False)
    assert (copy.severity, other.severity) == (I, E)
    assert "demselben Inhalt" in copy.message.de
    assert "anderem Inhalt" in other.message.de


def test_nothing_crashes_on_an_empty_invoice() -> None:
    found = check(Invoice(), Origins({}), Facts(), CIRCUMSTANCES)
    rules = {f.rule for f in found if f.severity is E}
    assert {"UST-01", "UST-02", "UST-08", "UST-11", "UST-16", "UST-41"} <= rules


CHANGES: tuple[Callable[[Invoice], Invoice], ...] = (
    lambda i: but(i, totals=Totals()),
    lambda i: but(i, lines=()),
    lambda i: but(i, vat_breakdown=()),
    lambda i: each_line(i, vat=None, price=None),
    lambda i: each_line(i, vat=LineVat()),
    lambda i: but(i, delivery=None, payment=None),
)


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_nothing_crashes_on_missing_groups(number: int) -> None:
    judged(CHANGES[number](LAWFUL))
