"""Invoices by the recipient, credit notes and corrections: § 14 Abs. 2 Satz 5, Abs. 4 Satz 1 Nr. 10
UStG, § 31 Abs. 5 UStDV."""

import re

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile

_NAMED_IN_TEXT = re.compile(
    (
        r"(berichtig|korrektur|korrigier|correct|zu(r)? (unserer )?rechnung|invoice "
        r"no|rechnungs?-?(nr|nummer))"
    ),
    re.I,
)


def ust_28_gutschrift(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 10 UStG: the word `Gutschrift` when the recipient issues the invoice;
    other clear words and those of other EU languages do too (UStAE 14.5 Abs. 24, Anlage 8). Not on
    small amounts (§ 33 UStDV)."""
    if context.has(Profile.SMALL_AMOUNT):
        return
    by_recipient = context.has(Profile.SELF_BILLING)
    if not (by_recipient or _sent_by_the_buyer(context)) or context.wording.says("self-billing"):
        return
    facts = context.facts
    yield context.hit(
        "UST-28",
        "type_code",
        "number",
        case=("by-recipient",) if by_recipient else (),
        place=facts.self_billing,
        missing="",
        code=facts.document_code or context.invoice.type_code or "–",
    )


def _sent_by_the_buyer(context: GermanContext) -> bool:
    """Whether the interchange goes from the buyer to the seller."""
    facts = context.facts
    parties = (facts.buyer_gln, facts.seller_gln)
    return all(parties) and (facts.sender_id, facts.recipient_id) == parties


def ust_29_commercial_credit_note(context: GermanContext) -> Rows:
    """§ 14 Abs. 2 Satz 5 UStG: in VAT law `Gutschrift` is the recipient's invoice; on a supplier's
    credit note the word misleads but alone creates no tax debt (UStAE 14c.1 Abs. 3)."""
    changes_another = context.has(Profile.CREDIT_NOTE, Profile.CORRECTION)
    if (
        changes_another
        and not context.has(Profile.SELF_BILLING)
        and context.wording.says("credit-word")
    ):
        yield context.hit("UST-29", "type_code", "number", code=context.invoice.type_code or "–")


def ust_30_reference(context: GermanContext) -> Rows:
    """§ 31 Abs. 5 Satz 2 UStDV: a correction refers specifically and unambiguously to the invoice
    it corrects. A commercial credit note (bonus, return) need not."""
    if context.referenced:
        return
    kind = context.invoice.type_code
    if context.has(Profile.CORRECTION):
        case: str | tuple[()] = "named-in-text" if _named_in_text(context) else ()
    elif kind == "381":
        case = "commercial"
    else:
        return
    yield context.hit("UST-30", "number", case=case, missing="", code=kind or "384")


def _named_in_text(context: GermanContext) -> bool:
    texts = [t.text for t in context.facts.texts]
    texts += [n.text for n in context.invoice.notes if n.text]
    return any(_NAMED_IN_TEXT.search(t) and any(c.isdigit() for c in t) for t in texts)
