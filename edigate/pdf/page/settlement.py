"""Allowances, charges, totals, VAT and payment become the blocks below the lines.

The totals are kept together on one sheet; the VAT table may be as long as an invoice has rates.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from edigate.invoice.model import DocumentAllowance, DocumentCharge
from edigate.pdf.page.paragraphs import heading, pairs, paragraph
from edigate.pdf.page.shown_terms import ShownTerms, ShownValue
from edigate.pdf.page.words import Words
from edigate.pdf.typesetting.paper import LEFT, RIGHT, Flow
from edigate.pdf.typesetting.structure import HEADER_ROW, Element
from edigate.pdf.typesetting.table import Column, Row, Table, spread
from edigate.pdf.typesetting.type import BODY, LABEL, SMALL, SMALL_STRONG, STRONG, SUM, Style

_SUMS = (
    ("line_total", BODY),
    ("allowance_total", BODY),
    ("charge_total", BODY),
    ("tax_exclusive", STRONG),
    ("tax_total", BODY),
    ("tax_total_accounting", BODY),
    ("tax_inclusive", STRONG),
    ("prepaid", BODY),
    ("rounding", BODY),
    ("amount_due", SUM),
)

_CREDITS = {"381", "396", "81", "83", "532"}
"""Types of documents whose amount the seller owes the buyer (UNTDID 1001)."""

_PAYMENT = ("means_code", "means_text", "remittance_information")


def adjustments(flow: Flow, terms: ShownTerms) -> None:
    """Allowances and charges of the whole document, where there are any."""
    invoice, words = terms.invoice, terms.words
    terms.take("allowances")
    terms.take("charges")
    if not invoice.allowances and not invoice.charges:
        return
    heading(flow, f"{words.group('BG-20')} / {words.group('BG-21')}", level=2)
    rows = [
        *(
            _adjustment(terms, a, "allowance", f"allowances[{i}]")
            for i, a in enumerate(invoice.allowances)
        ),
        *(_adjustment(terms, c, "charge", f"charges[{i}]") for i, c in enumerate(invoice.charges)),
    ]
    labels = [
        words.text("reason"),
        words.text("percent"),
        words.text("base"),
        words.term("BT-152"),
        words.text("amount"),
    ]
    _figures_table(flow, labels, rows)


def _adjustment(
    terms: ShownTerms, item: DocumentAllowance | DocumentCharge, kind: str, path: str
) -> list[str]:
    words = terms.words
    reason = _reason(words, item, kind)
    vat = _written(words.percent, item.vat_rate)
    category = "" if item.vat_category in (None, "S") and vat else item.vat_category or ""
    amount = _written(words.amount, item.amount)
    return [
        f"{words.text(kind)}: {reason}" if reason else words.text(kind),
        _written(words.percent, item.percentage),
        _written(words.amount, item.base_amount),
        f"{vat} {category}".strip(),
        amount + terms.mark(f"{path}.amount") if amount else "",
    ]


def _reason(words: Words, item: DocumentAllowance | DocumentCharge, kind: str) -> str:
    """The reason in words, with the code and its name where that says more."""
    reason = item.reason or ""
    if not item.reason_code:
        return reason
    name = words.name(kind, item.reason_code)
    named = "" if name in (reason, item.reason_code) else f" {name}"
    return f"{reason}{named} ({item.reason_code})".strip()


def _written(form: Callable[[Decimal], str], value: Decimal | None) -> str:
    return "" if value is None else form(value)


def _figures_table(flow: Flow, labels: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose first column is text and whose others are figures; columns without content are
    left out."""
    used = [0, *(i for i in range(1, len(labels)) if any(row[i] for row in rows))]
    heads = [*labels]
    widths = [0.0]
    for i in used[1:]:
        head = max(SMALL_STRONG.width(word) for word in (heads[i].split() or [""]))
        widths.append(max([head, *(SMALL.width(row[i]) for row in rows)]) + 1)
    edges = spread(widths, gap=12)
    columns = [Column(heads[i], a, b, figures=i > 0) for i, (a, b) in zip(used, edges, strict=True)]
    table = Table(flow, columns)
    table.rows(
        Row(
            [
                SMALL.lines(row[i], column.width) if row[i] else ()
                for i, column in zip(used, columns, strict=True)
            ]
        )
        for row in rows
    )


def totals_height(terms: ShownTerms) -> float:
    """Points that the totals and the legend above them need at most."""
    present = [style for name, style in _SUMS if getattr(terms.invoice.totals, name) is not None]
    return sum(style.leading + 2 for style in present) + 36


def totals(flow: Flow, terms: ShownTerms) -> None:
    """The sums of the document, kept together."""
    sums = list(_sums(terms))
    if not sums:
        return
    flow.gap(8)
    flow.need(sum(one.style.leading + 2 for one in sums) + 16)
    unit_width = max(BODY.width(one.unit) for one in sums)
    amount_width = max(one.style.width(one.shown.text) for one in sums)
    label_width = max(one.style.width(one.shown.label) for one in sums)
    left = max(LEFT, min(RIGHT - 230, RIGHT - amount_width - label_width - unit_width - 26))
    table = flow.document.child("Table")
    for one in sums:
        _draw_sum(flow, table.child("TR"), one, left, RIGHT - amount_width - unit_width - 8)


class _Sum(NamedTuple):
    """A sum as it is shown. unit: its currency."""

    shown: ShownValue
    style: Style
    unit: str


def _sums(terms: ShownTerms) -> Iterator[_Sum]:
    """The sums the invoice has, in the order of the page."""
    currency = terms.invoice.currency_code or ""
    accounting = terms.invoice.accounting_currency_code or ""
    for name, style in _SUMS:
        shown = terms.get(f"totals.{name}")
        if shown is not None:
            unit = accounting if name == "tax_total_accounting" else currency
            yield _Sum(shown._replace(label=_label(shown, name, terms)), style, unit)


def _draw_sum(flow: Flow, row: Element, one: _Sum, left: float, unit_at: float) -> None:
    """One row; the sum of all on a tint, other strong ones below a rule."""
    shown, style, unit = one
    if style is SUM:
        flow.y += 3
        flow.sheet.tint(left - 7, flow.y, RIGHT - left + 14, style.leading + 6)
        flow.y += 3
    elif style is STRONG:
        flow.sheet.rule(left, RIGHT, flow.y + 1)
    flow.y += style.leading + 1
    base = flow.y - style.leading * 0.26
    flow.sheet.write(left, base, style.line(shown.label), row.child("TH", HEADER_ROW))
    owner = row.child("TD")
    flow.sheet.write(unit_at, base, BODY.line(unit), owner)
    amount = style.line(shown.text, shown.mark)
    flow.sheet.write(RIGHT - amount.width, base, amount, owner)
    flow.y += 1 if style is not SUM else 3


def _label(shown: ShownValue, name: str, terms: ShownTerms) -> str:
    """The label of a sum; a credit note has no amount for its reader to pay."""
    invoice = terms.invoice
    if name == "tax_total_accounting":
        return f"{shown.label} {invoice.accounting_currency_code or ''}".rstrip()
    if (
        name == "amount_due"
        and invoice.type_code in _CREDITS
        and (invoice.totals.amount_due or 0) > 0
    ):
        return terms.words.text("amount_in_favour")
    return shown.label


def vat_table(flow: Flow, terms: ShownTerms) -> None:
    """The VAT breakdown by rate and category, with the reasons of exemptions."""
    words, breakdown = terms.words, terms.invoice.vat_breakdown
    terms.take("vat_breakdown")
    if breakdown:
        _breakdown(flow, terms)
    named = {entry.category for entry in breakdown}
    invoice = terms.invoice
    used = [line.vat.category for line in invoice.lines if line.vat]
    used.extend(item.vat_category for item in invoice.allowances)
    used.extend(item.vat_category for item in invoice.charges)
    others = [category for category in dict.fromkeys(used) if category and category not in named]
    if others:
        flow.y += 3
        meaning = ", ".join(f"{category} = {words.name('vat', category)}" for category in others)
        paragraph(flow, f"{words.text('categories')}: {meaning}", LABEL)


def _breakdown(flow: Flow, terms: ShownTerms) -> None:
    words, breakdown = terms.words, terms.invoice.vat_breakdown
    heading(flow, words.group("BG-23"))
    rows: list[list[str]] = []
    for index, entry in enumerate(breakdown):
        reason = entry.exemption_reason or ""
        if entry.exemption_code:
            name = words.name("vatex", entry.exemption_code)
            named = "" if name in (reason, entry.exemption_code) else f" {name}"
            reason = f"{reason}{named} ({entry.exemption_code})".strip()
        category = words.code("vat", entry.category) if entry.category else ""
        place = f"vat_breakdown[{index}]"
        rows.append([
            f"{category}: {reason}" if category and reason else category or reason,
            words.percent(entry.rate) + terms.mark(
                f"{place}.rate") if entry.rate is not None else "",
            _amount(terms, entry.taxable_amount, f"{place}.taxable_amount"),
            _amount(terms, entry.tax_amount, f"{place}.tax_amount"),
        ])  # fmt: skip
    labels = [
        words.term("BT-118"),
        words.term("BT-119"),
        words.term("BT-116"),
        words.term("BT-117"),
    ]
    _figures_table(flow, labels, rows)


def _amount(terms: ShownTerms, value: Decimal | None, path: str) -> str:
    return "" if value is None else terms.words.amount(value) + terms.mark(path)


def payment(flow: Flow, terms: ShownTerms) -> None:
    """How and when is paid: in one grid where it is simple, in groups where there are several
    ways."""
    general = [
        terms.get("due_date"),
        *(terms.get(f"payment.{name}") for name in _PAYMENT if terms.invoice.payment),
    ]
    conditions = terms.get("payment_terms")
    ways = list(_ways(terms))
    found = [shown for shown in general if shown]
    if len(ways) == 1:
        found.extend(ways.pop()[1])
    if conditions:
        found.append(conditions)
    if not ways and all(shown.label == terms.words.term("BT-9") for shown in found):
        return  # the information block has the due date
    heading(flow, terms.words.group("BG-16"))
    pairs(flow, found, terms.words)
    before = ""
    for group, way in ways:
        if group != before:
            heading(flow, terms.words.group(group), level=3, keep=12, style=SMALL_STRONG)
        before = group
        pairs(flow, way, terms.words)


def _ways(terms: ShownTerms) -> Iterator[tuple[str, list[ShownValue]]]:
    """Each account, card or mandate with its group."""
    instructions = terms.invoice.payment
    if instructions is None:
        return
    ways: list[tuple[str, str, object]] = [
        ("BG-17", f"payment.credit_transfers[{index}]", transfer)
        for index, transfer in enumerate(instructions.credit_transfers)
    ]
    ways.append(("BG-18", "payment.card", instructions.card))
    ways.append(("BG-19", "payment.direct_debit", instructions.direct_debit))
    for group, path, way in ways:
        found = list(terms.rest(path, way)) if way is not None else []
        terms.take(path)
        if found:
            yield group, found
    terms.take("payment.credit_transfers")


def notes(flow: Flow, terms: ShownTerms) -> None:
    """The notes of the document, each under its subject."""
    found = terms.invoice.notes
    terms.take("notes")
    if not found:
        return
    heading(flow, terms.words.group("BG-1"))
    for index, note in enumerate(found):
        if note.subject_code:
            flow.gap(2)
            flow.need(24)
            paragraph(flow, terms.words.code("subject", note.subject_code), LABEL)
        if note.text:
            paragraph(flow, note.text, SMALL, terms.mark(f"notes[{index}].text"))
        flow.y += 3
