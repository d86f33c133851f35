"""Form of single values: decimals, dates, check digits, codes. Nothing here is law; most of it is a
typing error.

FRM-08 (charset) and FRM-09 (test transmission) belong to the reader; FRM-10 needs the store.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from stdnum import bic, ean, iban

from edigate.checks.law.basis import Basis, Rows
from edigate.checks.term_paths import term_of
from edigate.findings import Finding, Place, finding
from edigate.invoice.model import Identifier, Invoice
from edigate.resources import closed, schema, toml

_IBAN_LIKE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{4,}")
_UNIT = re.compile(r"[A-Z0-9]{1,3}")
_PRICE_DECIMALS = 6
_FIRST_YEAR, _LAST_YEAR = 1980, 2099
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})


@cache
def _codes(kind: str) -> frozenset[str]:
    lists = toml(schema("formal-codes.toml"))
    closed(lists, ("countries", "currencies", "tax_categories"), "formal-codes.toml", optional=())
    return frozenset(lists[kind].split())


def decimals(value: Decimal) -> int:
    """Decimal places of a value that are not zeros at its end."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _amounts(basis: Basis) -> Iterator[tuple[str, Decimal | None, str | None]]:
    invoice = basis.invoice
    for name in (
        "line_total", "allowance_total", "charge_total", "tax_exclusive", "tax_total",
        "tax_total_accounting",
        "tax_inclusive", "prepaid", "rounding", "amount_due",
    ):  # fmt: skip
        yield f"totals.{name}", getattr(invoice.totals, name), None
    for i, row in enumerate(invoice.vat_breakdown):
        yield f"vat_breakdown[{i}].taxable_amount", row.taxable_amount, None
        yield f"vat_breakdown[{i}].tax_amount", row.tax_amount, None
    for i, allowance in enumerate(invoice.allowances):
        yield f"allowances[{i}].amount", allowance.amount, None
    for i, charge in enumerate(invoice.charges):
        yield f"charges[{i}].amount", charge.amount, None
    for i, line in enumerate(invoice.lines):
        yield f"lines[{i}].net_amount", line.net_amount, line.identifier


def frm_01_decimals(basis: Basis) -> Rows:
    """BR-DEC of EN 16931: amounts have at most two decimals; unit prices should have at most
    six."""
    for path, value, line in _amounts(basis):
        if value is not None and decimals(value) > 2:
            yield basis.hit("FRM-01", path, line=line, term=term_of(path), value=value, allowed=2)
    for index, line_ in enumerate(basis.invoice.lines):
        price = line_.price.net_price if line_.price else None
        if price is not None and decimals(price) > _PRICE_DECIMALS:
            yield basis.hit(
                "FRM-01",
                f"lines[{index}].price.net_price",
                line=line_.identifier,
                case="price",
                value=price,
                allowed=_PRICE_DECIMALS,
            )


def frm_02_dates(basis: Basis) -> Rows:
    """A date that no invoice of this system can bear (before 1980, after 2099); unreadable ones are
    the mapping's."""
    invoice = basis.invoice
    delivered = invoice.delivery.actual_date if invoice.delivery else None
    dates = (
        ("issue_date", invoice.issue_date, "BT-2"),
        ("tax_point_date", invoice.tax_point_date, "BT-7"),
        ("due_date", invoice.due_date, "BT-9"),
        ("delivery.actual_date", delivered, "BT-72"),
    )
    seen = set()
    for path, day, case in dates:
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            seen.add(day)
            yield basis.hit("FRM-02", path, case=case, value=day.isoformat())
    for fact in basis.facts.dates:
        if fact.date not in seen and not _FIRST_YEAR <= fact.date.year <= _LAST_YEAR:
            yield basis.hit(
                "FRM-02",
                place=fact.place,
                line=fact.line,
                case="fact",
                value=fact.date.isoformat(),
            )


def frm_03_gln(basis: Basis) -> Rows:
    """GS1: a GLN has 13 digits, the last a check digit (modulo 10). A warning: printed guides
    contain wrong ones."""
    facts, delivery = basis.facts, basis.invoice.delivery
    location = delivery.location if delivery else None
    of_delivery = location.value if location and location.scheme == "0088" else None
    partners = (
        ("seller", facts.seller_gln, "BT-29"),
        ("buyer", facts.buyer_gln, "BT-46"),
        ("delivery", of_delivery, "BT-71"),
    )
    reported: set[str] = set()
    for path, number, term in partners:
        if number and number not in reported and not (len(number) == 13 and ean.is_valid(number)):
            reported.add(number)
            yield basis.hit("FRM-03", path, term=term, gln=number)


def frm_04_account(basis: Basis) -> Rows:
    """ISO 13616, ISO 9362: length and check digits of the IBAN, form of the BIC; older account
    numbers are let pass."""
    payment = basis.invoice.payment
    for index, transfer in enumerate(payment.credit_transfers if payment else ()):
        account = re.sub(r"\s", "", transfer.account or "").upper()
        if _IBAN_LIKE.fullmatch(account) and not iban.is_valid(account, check_country=False):
            path = f"payment.credit_transfers[{index}].account"
            yield basis.hit("FRM-04", path, kind="IBAN", value=transfer.account, term="BT-84")
        provider = (transfer.service_provider or "").strip()
        if provider and not bic.is_valid(provider):
            path = f"payment.credit_transfers[{index}].service_provider"
            yield basis.hit("FRM-04", path, kind="BIC", value=provider, term="BT-86")


def frm_05_gtin(basis: Basis) -> Rows:
    """GS1: a GTIN has 8, 12, 13 or 14 digits, the last a check digit (modulo 10)."""
    for index, line in enumerate(basis.invoice.lines):
        identifier: Identifier | None = line.item.standard_identifier if line.item else None
        if identifier is None or identifier.scheme != "0160":
            continue
        value = identifier.value.strip()
        if len(value) in _GTIN_LENGTHS and ean.is_valid(value):
            continue
        yield basis.hit(
            "FRM-05",
            f"lines[{index}].item.standard_identifier",
            f"lines[{index}]",
            line=line.identifier,
            position=line.identifier or index + 1,
            gtin=value,
        )


def frm_06_codes(basis: Basis) -> Rows:
    """ISO 3166, ISO 4217, UNTDID 5305 and Rec 20: codes outside their lists after the mapping."""
    for path, code, kind, term in _coded(basis.invoice):
        if code and code not in _codes(kind):
            yield basis.hit("FRM-06", path, case=kind, term=term, code=code)
    for index, line in enumerate(basis.invoice.lines):
        if line.unit_code and not _UNIT.fullmatch(line.unit_code):
            path = f"lines[{index}].unit_code"
            yield basis.hit("FRM-06", path, case="unit", line=line.identifier, code=line.unit_code)


def _coded(invoice: Invoice) -> Iterator[tuple[str, str | None, str, str]]:
    """Path, code, list and term of the codes of an invoice."""
    yield "currency_code", invoice.currency_code, "currencies", "BT-5"
    yield "accounting_currency_code", invoice.accounting_currency_code, "currencies", "BT-6"
    addresses = (
        ("seller", invoice.seller.address, "BT-40"),
        ("buyer", invoice.buyer.address, "BT-55"),
        ("delivery", invoice.delivery.address if invoice.delivery else None, "BT-80"),
    )
    for group, address, term in addresses:
        country = address.country_code if address else None
        yield f"{group}.address.country_code", country, "countries", term
    for index, row in enumerate(invoice.vat_breakdown):
        yield f"vat_breakdown[{index}]", row.category, "tax_categories", "BT-118"


def repeated_interchange_finding(
    *, reference: str, sender: str, first_seen: str, place: Place | None = None
) -> Finding:
    """FRM-10, ISO 9735 (CONTRL 26): the sender used the interchange reference before; called by
    whoever asks the store.

    first_seen: the day the earlier one came, ISO 8601.
    """
    return finding("FRM-10", place=place, reference=reference, sender=sender, first_seen=first_seen)


def frm_02_unreadable(
    *, text: str, place: Place | None = None, term: str | None = None, line: str | None = None
) -> Finding:
    """FRM-02 for a date the mapping cannot read."""
    return finding("FRM-02", place=place, term=term, line=line, value=text)
