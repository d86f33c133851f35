"""What is possible but odd: signs of credit notes, a sender that is not the issuer."""

from stdnum import ean

from edigate.checks.law.context import Context, Rows
from edigate.checks.law.de.profile import Profile
from edigate.findings import Severity


def frm_11_sign(context: Context) -> Rows:
    """A credit note's code already says that money flows back, so its totals are positive; a
    negative one may be meant either way. An invoice with a negative total reads like a credit
    note."""
    gross = context.invoice.totals.tax_inclusive
    if gross is None or gross >= 0:
        return
    credit = context.has(Profile.CREDIT_NOTE)
    corrects = context.has(Profile.CORRECTION, Profile.SELF_BILLING)
    yield context.hit(
        "FRM-11",
        "totals.tax_inclusive",
        "totals",
        severity=None if credit or not corrects else Severity.INFORMATION,
        gross=gross,
        code=context.invoice.type_code or "–",
    )


def frm_12_sender(context: Context) -> Rows:
    """§ 14 Abs. 3 UStG, authenticity of origin: the interchange comes from neither supplier nor
    issuer. A clearing centre may send for him, so this is an information; the recipient's own GLN
    as sender is a warning."""
    facts = context.facts
    sender = facts.sender_id
    known = {
        facts.seller_gln,
        facts.issuer_is,
        facts.buyer_gln if context.has(Profile.SELF_BILLING) else None,
    }
    if not facts.seller_gln or sender in known or not (len(sender) == 13 and ean.is_valid(sender)):
        return
    own = sender == facts.buyer_gln
    severity = None if own else Severity.INFORMATION
    yield context.hit("FRM-12", "seller", severity=severity, sender=sender, gln=facts.seller_gln)
