"""MOA+2, or the total tax in another currency -> BT-111 and BT-6, the tax in the accounting
currency."""

from dataclasses import dataclass
from decimal import Decimal

from edigate.edifact.invoic.header.beginning import Currencies
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.draft import SettledDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.summary import Stated
from edigate.edifact.invoic.totals.tax import foreign, is_vat


@dataclass(frozen=True, slots=True)
class AccountingTax:
    """BT-111 and BT-6."""

    amount: Decimal | None
    currency: str | None


def accounting_tax(draft: SettledDraft, stated: Stated, currencies: Currencies) -> AccountingTax:
    """BT-111 and BT-6 <- MOA+2 (official binding), or MOA+124 / 176 in another currency, alone or
    under TAX."""
    accounting = currencies.accounting
    for moa in _accounting_amounts(draft, stated, accounting):
        named = moa.peek(1, 3) or accounting
        fits = bool(named) and named == (accounting or named)
        amount = draft.amount("totals.tax_total_accounting", moa) if fits else None
        if amount is not None:
            draft.read("accounting_currency_code", currencies.accounting_node or moa)
            return AccountingTax(amount, named)
    if draft.binding and currencies.accounting_node is not None:
        # there CUX+6 states BT-6 itself; an amount missing beside it is BR-53's to tell
        draft.read("accounting_currency_code", currencies.accounting_node)
        return AccountingTax(None, accounting)
    _forget_currency(draft)
    return AccountingTax(None, None)


def _forget_currency(draft: SettledDraft) -> None:
    """A target currency no tax is stated in goes to the annex."""
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            if cux.peek(element, 1) in ("3", "6") and cux.peek(element, 2) != draft.currency:
                cux.used -= {used for used in cux.used if used // 100 == element}


def _accounting_amounts(draft: SettledDraft, stated: Stated, accounting: str | None) -> list[Node]:
    """The amounts that may be the total tax in the accounting currency."""
    first = coded("MOA", "accounting-tax")[0]
    own = stated.by_qualifier.get(first) if draft.binding and accounting else None
    nodes = [own] if own is not None else []
    nodes += [m for m in stated.other_currency if m.qualifier in coded("MOA", "accounting-tax")]
    for tax in draft.tree.summary.all("TAX"):
        if is_vat(tax) and foreign(tax, draft.currency):
            tax.use(1, 2, 5, 6)
            nodes += tax.serving("MOA", "tax")
    return nodes
