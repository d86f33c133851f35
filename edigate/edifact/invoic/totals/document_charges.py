"""Header ALC with their VAT -> BG-20 Document level allowances, BG-21 Document level charges."""

from decimal import Decimal

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.lines.line_groups import RatedLines
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.totals import tax
from edigate.invoice.model import DocumentAllowance, DocumentCharge

ZERO = Decimal(0)


def entries_of(
    draft: Draft, mapped: RatedLines, taxes: tax.Taxes
) -> list[tuple[alc.StatedAllowanceCharge, tax.Rate | None]]:
    """BG-20 / BG-21: header ALC; ALC of the summary only where header and lines have none (else
    they repeat)."""
    header = draft.tree.header.all("ALC")
    found = [e for a in header if (e := alc.entry(draft, a)) is not None]
    if not header and not any(line.all("ALC") for line in draft.tree.lines):
        for node in draft.tree.summary.all("ALC"):
            one = alc.entry(draft, node) if node.best("MOA", "charge-amount") is not None else None
            if one is not None:
                found.append(one)
    total = sum((line.net_amount for line, _ in mapped.mapped if line.net_amount is not None), ZERO)
    alc.settle(draft, found, total)
    rates = {rate.key: rate for _, rate in mapped.mapped if rate is not None}
    only = (
        next(iter(rates.values())) if len(rates) == 1 else (taxes.inherited if not rates else None)
    )
    result: list[tuple[alc.StatedAllowanceCharge, tax.Rate | None]] = []
    for one in found:
        own = tax.rate_of(draft, one.tax, taxes) if one.tax is not None else None
        rate = own if own is not None and own.rate is not None else only
        if rate is None and len(rates) > 1:
            draft.report("MAP-22", one.node, reason=one.reason or one.code or "")
        result.append((one, rate))
    return result


def report_missing_rates(draft: Draft, mapped: RatedLines) -> None:
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
    draft: Draft, entries: list[tuple[alc.StatedAllowanceCharge, tax.Rate | None]]
) -> tuple[tuple[DocumentAllowance, ...], tuple[DocumentCharge, ...]]:
    allowances: list[DocumentAllowance] = []
    charges: list[DocumentCharge] = []
    for one, rate in entries:
        path = f"charges[{len(charges)}]" if one.charge else f"allowances[{len(allowances)}]"
        alc.origins(draft, one, path)
        category = rate.category if rate else None
        percent = rate.rate if rate and category != "O" else None
        if rate is not None:
            inherited = one.tax is None or rate.node is not one.tax
            tax.record(
                draft, rate, (f"{path}.vat_category", f"{path}.vat_rate"), inherited=inherited
            )
        if one.charge:
            charges.append(
                DocumentCharge(
                    # BT-99 <- ALC+C / MOA+23, 8; BT-100 <- MOA+25; BT-101 <- PCD; BT-104, BT-105 <-
                    # ALC
                    amount=one.amount,
                    base_amount=one.base,
                    percentage=one.percent,
                    vat_category=category,
                    vat_rate=percent,
                    reason=one.reason,
                    reason_code=one.code,
                )
            )
        else:
            allowances.append(
                DocumentAllowance(
                    # BT-92 <- ALC+A / MOA+204, 8; BT-93 <- MOA+25; BT-94 <- PCD; BT-97, BT-98 <-
                    # ALC
                    amount=one.amount,
                    base_amount=one.base,
                    percentage=one.percent,
                    vat_category=category,
                    vat_rate=percent,
                    reason=one.reason,
                    reason_code=one.code,
                )
            )
    return tuple(allowances), tuple(charges)
