"""The whole way of an input: schema, official rules, report and, where the invoice is valid, the
package."""

import json
import random
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.edifact.syntax.reader import read
from edigate.invoice.model import Invoice
from edigate.masterdata import PartnerDirectory
from edigate.report import as_json
from tests.fixtures.cases import engines
from tests.fuzz import mapping
from tests.in_edifact import message_of

BUDGET = 2.0
"""Seconds of processor time per 10 kB, for everything but the page."""
LIMIT = mapping.LIMIT
_SHOWN = pipeline.Presentation("0" * 26, datetime(2026, 10, 16, 12, tzinfo=UTC))


def seeds() -> list[bytes]:
    """Fixtures and samples."""
    return mapping.seeds()


def words() -> list[bytes]:
    """As for the mapping."""
    return mapping.words()


def mutated(data: bytes, random_: random.Random) -> bytes:
    """As for the mapping."""
    return mapping.mutated(data, random_)


def check(data: bytes) -> Collection[str]:
    """Judged without an exception and to the end; what is reported is JSON; what is valid has a
    package."""
    partners: dict[str, object] = {}
    first = read(data, only={"INVOIC"})
    for _, message in first.messages():
        partners |= mapping.partners(message)
    conditions = pipeline.Conditions(
        Circumstances(today=mapping.TODAY),
        PartnerDirectory(partners),  # type: ignore[arg-type]
        {},
        {},
    )
    examination = pipeline.examine(data, engines(), conditions)
    seen: set[str] = set()
    for document in examination.documents:
        assert document.state is not State.NOT_CHECKED, document.report.findings
        mapping.sound(document.report.findings, message_of(document), data)
        assert not {"XSD-SYNTAX"} & {f.rule for f in document.report.findings}
        seen |= {f"{f.rule} {f.term}" for f in document.report.findings} | {document.state.value}
    shown = as_json.input_json(pipeline.input_verdict(examination, "in.edi"))
    assert json.loads(json.dumps(shown)) is not None
    for document in examination.documents:
        if document.state is State.VALID:
            assert document.mapped is not None
            assert lacking(document.mapped.invoice) == []
            original = pipeline.original_of(document, data)
            package = pipeline.draw(document, original, examination.sha256, _SHOWN)
            assert package.pdf.startswith(b"%PDF-")
    return seen


def lacking(invoice: Invoice) -> list[str]:
    """What no lawful invoice does without (§ 14 Abs. 4 UStG), asked again in the simplest way, and
    sums that do not add up. Tax ids of suppliers under another state's law are not asked for."""
    seller, totals = invoice.seller, invoice.totals
    address = seller.address
    foreign = address is not None and address.country_code not in (None, "DE")
    asked: dict[str, object] = {
        "number": invoice.number,
        "date": invoice.issue_date,
        "type": invoice.type_code,
        "currency": invoice.currency_code,
        "seller": seller.name,
        "city": address and (address.city or address.post_code),
        "tax id": seller.vat_identifier or seller.tax_registration or foreign,
        "buyer": invoice.buyer.name,
        "lines": invoice.lines,
        "breakdown": invoice.vat_breakdown,
    }
    for line in invoice.lines:
        asked[f"item {line.identifier}"] = line.item and line.item.name
        asked[f"unit {line.identifier}"] = line.quantity is not None and line.unit_code
        asked[f"rate {line.identifier}"] = line.vat and line.vat.category
    wrong = [name for name, value in asked.items() if not value]
    amounts = [line.net_amount for line in invoice.lines]
    amounts += [
        -allowance.amount if allowance.amount is not None else None
        for allowance in invoice.allowances
    ]
    amounts += [charge.amount for charge in invoice.charges]
    net, tax, gross = totals.tax_exclusive, totals.tax_total or Decimal(0), totals.tax_inclusive
    if (
        any(a is None for a in amounts)
        or sum((a for a in amounts if a is not None), Decimal(0)) != net
    ):
        wrong.append(f"lines, allowances and charges are not {net}")
    if net is None or gross is None or net + tax != gross:
        wrong.append(f"{net} + {tax} is not {gross}")
    return wrong
