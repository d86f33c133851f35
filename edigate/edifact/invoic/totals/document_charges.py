"""Header ALC with their VAT -> BG-20 Document level allowances, BG-21 Document level charges."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.lines.line_groups import RatedLines
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.totals import tax
from edigate.invoice.model import DocumentAllowance, DocumentCharge

ZERO = Decimal(0)


Entry = tuple[alc.StatedAllowanceCharge, tax.Rate | None]


@dataclass(frozen=True, slots=True)
class RatedEntries:
    """Allowances and charges of the document with the rate of each, and the words of their TAX that
    say why there is none."""

    rated: list[Entry]
    reasons: list[tax.Reason]


def entries_of(draft: NumberedDraft, mapped: RatedLines, taxes: tax.Taxes) -> RatedEntries:
    """BG-20 / BG-21: header ALC; ALC of the summary only where header and lines have none (else
    they repeat)."""
    found = _counted(draft)
    total = sum((line.net_amount for line, _ in mapped.mapped if line.net_amount is not None), ZERO)
    alc.settle(draft, found, total)
    rates = {rate.key: rate for _, rate in mapped.mapped if rate is not None}
    only = _only_rate(rates, taxes)
    result = RatedEntries([], [])
    for one in found:
        rate = _own_rate(draft, one, taxes, result.reasons) or only
        if rate is None and len(rates) > 1:
            draft.report("MAP-22", one.node, reason=one.reason or one.code or "")
        result.rated.append((one, rate))
    return result


def _own_rate(
    draft: NumberedDraft,
    one: alc.StatedAllowanceCharge,
    taxes: tax.Taxes,
    reasons: list[tax.Reason],
) -> tax.Rate | None:
    """The rate that stands below an ALC; its words of reason go to `reasons`."""
    own = tax.rate_of(draft, one.tax, taxes.evidence) if one.tax is not None else None
    if own is None:
        return None
    if own.reason is not None:
        reasons.append(own.reason)
    return own if own.rate is not None else None


def _counted(draft: NumberedDraft) -> list[alc.StatedAllowanceCharge]:
    """The ALC that count in this invoice."""
    header = draft.tree.header.all("ALC")
    offered = header
    if not header and not any(line.all("ALC") for line in draft.tree.lines):
        offered = [
            node
            for node in draft.tree.summary.all("ALC")
            if node.best("MOA", "charge-amount") is not None
        ]
    return [e for node in offered if (e := alc.entry(draft, node)) is not None]


def _only_rate(
    rates: Mapping[tuple[str | None, Decimal | None], tax.Rate], taxes: tax.Taxes
) -> tax.Rate | None:
    """The rate of what carries none: the one of all lines, or the invoice's where no line has
    one."""
    if not rates:
        return taxes.inherited
    return next(iter(rates.values())) if len(rates) == 1 else None


def report_missing_rates(draft: NumberedDraft, mapped: RatedLines) -> None:
    """One finding for all lines that have no rate and may not inherit one."""
    if mapped.without_rate:
        names = ", ".join(name for name, _ in mapped.without_rate[:20])
        draft.report(
            "MAP-21",
            mapped.without_rate[0][1],
            line=mapped.without_rate[0][0],
            lines=names,
            missing="TAX+7+VAT+++:::19+S'",
        )


def groups(
    draft: NumberedDraft, entries: list[Entry]
) -> tuple[tuple[DocumentAllowance, ...], tuple[DocumentCharge, ...]]:
    """BG-20 and BG-21, each numbered in its own row."""
    allowances: list[DocumentAllowance] = []
    charges: list[DocumentCharge] = []
    for one, rate in entries:
        if one.charge:
            charges.append(_group(draft, one, rate, f"charges[{len(charges)}]", DocumentCharge))
        else:
            path = f"allowances[{len(allowances)}]"
            allowances.append(_group(draft, one, rate, path, DocumentAllowance))
    return tuple(allowances), tuple(charges)


_Group = TypeVar("_Group", DocumentAllowance, DocumentCharge)


def _group(
    draft: NumberedDraft,
    one: alc.StatedAllowanceCharge,
    rate: tax.Rate | None,
    path: str,
    kind: type[_Group],
) -> _Group:
    """BT-92, 99 <- MOA+204, 23, 8; BT-93, 100 <- MOA+25; BT-94, 101 <- PCD; BT-97, 98, 104, 105 <-
    ALC."""
    alc.origins(draft, one, path)
    if rate is not None:
        inherited = one.tax is None or rate.node is not one.tax
        tax.record(draft, rate, (f"{path}.vat_category", f"{path}.vat_rate"), inherited=inherited)
    category = rate.category if rate else None
    return kind(
        amount=one.amount,
        base_amount=one.base,
        percentage=one.percent,
        vat_category=category,
        vat_rate=rate.rate if rate and category != "O" else None,
        reason=one.reason,
        reason_code=one.code,
    )
