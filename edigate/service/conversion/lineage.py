"""Which supplier a document is of, which it takes the place of, and whether somebody has to look at
it."""

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.config import Tenant
from edigate.pipeline import JudgedMessage
from edigate.store import Standing

_REPLACING_TYPE = "384"  # UNTDID 1001: corrected invoice
_REPLACING_FUNCTION = "5"  # UNTDID 1225: replace


def supplier_ids(document: JudgedMessage) -> tuple[str, ...]:
    """Every id of the supplier as the store compares them; the sender of the interchange may send
    for many."""
    who = pipeline.identity(document)
    tax = document.mapped.invoice.seller.tax_registration if document.mapped else None
    named = (
        ("vat", who.seller_vat),
        ("tax", tax),
        ("id", who.seller_id),
        ("unb", document.interchange.sender),
    )
    return tuple(
        f"{kind}:{compact}"
        for kind, said in named
        if (compact := "".join((said or "").split()).upper())
    )


def replaces(document: JudgedMessage) -> tuple[str, ...]:
    """The numbers a corrected invoice or a replacement names (BT-25).

    Not where something prepaid is deducted: then those are the numbers of prepayment invoices,
    which stay as they are.
    """
    if document.mapped is None or document.mapped.invoice.totals.prepaid:
        return ()
    invoice, facts = document.mapped.invoice, document.mapped.facts
    if invoice.type_code != _REPLACING_TYPE and facts.function_code != _REPLACING_FUNCTION:
        return ()
    return tuple(p.reference for p in invoice.preceding_invoices if p.reference)


def standing(state: State, tenant: Tenant) -> Standing | None:
    """What the tenant's settings say of it; None: what the verdict means."""
    return Standing.OPEN if state is State.NOT_AN_INVOICE and tenant.watch_other_documents else None
