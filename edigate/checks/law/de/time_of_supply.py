"""Dates, periods and phrases of an invoice -> the time of supply, and how it is shown (§ 14 Abs. 4
Satz 1 Nr. 6 UStG).

A month is enough (§ 31 Abs. 4 UStDV); a phrase that the date equals the invoice's or the delivery
note's is enough (UStAE 14.5 Abs. 16); the date of a delivery note alone is not (BMF 26.9.2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from edigate.checks.law.basis import Basis
from edigate.checks.law.de.dates_in_words import gives_time, same_day

SUPPLY_KINDS = frozenset({"delivery", "despatch", "pick-up", "service-completion", "goods-receipt"})
PERIOD_KINDS = frozenset({"period-start", "period-end"})


class Shown(StrEnum):
    """How the time of supply is shown, from the best to the weakest."""

    DATE = "date"
    PERIOD = "period"
    PHRASE = "phrase"
    TEXT = "text"
    DELIVERY_NOTE = "delivery-note"
    ISSUE_MONTH = "issue-month"
    TAX_POINT = "tax-point"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SupplyTime:
    """First and last day of supply (None when not known) and the evidence; lines (BT-126) that have
    none of it."""

    first: date | None
    last: date | None
    evidence: Shown
    undated_lines: tuple[str, ...] = ()


def supply_time(basis: Basis) -> SupplyTime:
    """The time of supply of the whole invoice, from the best evidence it holds."""
    invoice = basis.invoice
    header_dates = tuple(_header_dates(basis))
    line_dates = dict(_line_dates(basis))
    days = [*header_dates, *(day for of_line in line_dates.values() for day in of_line)]
    if days:
        every = [line.identifier or "" for line in invoice.lines]
        undated = () if header_dates else tuple(i for i in every if i not in line_dates)
        single = len(set(days)) == 1
        return SupplyTime(min(days), max(days), Shown.DATE if single else Shown.PERIOD, undated)
    return _without_dates(basis)


def _without_dates(basis: Basis) -> SupplyTime:
    """The time by a phrase, by words, by a delivery note's date, by what was agreed, or not at
    all."""
    issue, tax_point = basis.invoice.issue_date, basis.invoice.tax_point_date
    notes = [d.date for d in basis.facts.dates if d.kind == "delivery-note"]
    if notes and _note_is_supply(basis):
        return SupplyTime(min(notes), max(notes), Shown.PHRASE)
    if any(map(same_day, _free_texts(basis))):
        return SupplyTime(issue, issue, Shown.PHRASE)
    if any(map(gives_time, _free_texts(basis))):
        return SupplyTime(None, None, Shown.TEXT)
    if notes:
        return SupplyTime(min(notes), max(notes), Shown.DELIVERY_NOTE)
    if basis.terms.issue_month_is_supply_month:
        return SupplyTime(issue, issue, Shown.ISSUE_MONTH)
    return SupplyTime(tax_point, tax_point, Shown.TAX_POINT if tax_point else Shown.NONE)


def _note_is_supply(basis: Basis) -> bool:
    """Whether the date of the delivery note is that of the supply, by its words or by agreement."""
    said = basis.wording.says("supply-is-delivery-note-date")
    return said or basis.terms.delivery_note_date_is_supply_date


def _header_dates(basis: Basis) -> Iterator[date]:
    invoice = basis.invoice
    stated = [invoice.delivery.actual_date] if invoice.delivery else []
    if invoice.period:
        stated += [invoice.period.start_date, invoice.period.end_date]
    yield from (day for day in stated if day)
    for fact in basis.facts.dates:
        if fact.line is None and fact.kind in SUPPLY_KINDS | PERIOD_KINDS:
            yield fact.date


def _line_dates(basis: Basis) -> Iterator[tuple[str, tuple[date, ...]]]:
    found: dict[str, list[date]] = {}
    for line, day in (*_periods_of_lines(basis), *_dates_of_lines(basis)):
        found.setdefault(line, []).append(day)
    yield from ((line, tuple(days)) for line, days in found.items())


def _periods_of_lines(basis: Basis) -> Iterator[tuple[str, date]]:
    for line in basis.invoice.lines:
        period = line.period
        for day in (period.start_date, period.end_date) if period else ():
            if day:
                yield line.identifier or "", day


def _dates_of_lines(basis: Basis) -> Iterator[tuple[str, date]]:
    for fact in basis.facts.dates:
        if fact.line is not None and fact.kind in SUPPLY_KINDS | PERIOD_KINDS:
            yield fact.line, fact.date


def _free_texts(basis: Basis) -> Iterator[str]:
    yield from (t.text for t in basis.facts.texts)
    yield from (n.text for n in basis.invoice.notes if n.text)
    yield basis.invoice.seller.legal_information or ""
    yield from (line.note for line in basis.invoice.lines if line.note)
