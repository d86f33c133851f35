"""What is possible but odd: signs of credit notes, a sender that is not the issuer."""

from stdnum import ean

from edigate.checks.law.basis import Basis, Rows


def frm_11_sign(basis: Basis) -> Rows:
    """A credit note's code already says that money flows back, so its totals are positive; a
    negative one may be meant either way. An invoice with a negative total reads like a credit
    note."""
    gross = basis.invoice.totals.tax_inclusive
    if gross is None or gross >= 0:
        return
    corrects = basis.corrects or basis.self_billed
    yield basis.hit(
        "FRM-11",
        "totals.tax_inclusive",
        "totals",
        case="meant" if corrects and not basis.credits else (),
        gross=gross,
        code=basis.invoice.type_code or "–",
    )


def frm_12_sender(basis: Basis) -> Rows:
    """Art. 233 MwStSystRL, authenticity of origin: the interchange comes from neither supplier nor
    issuer. A clearing centre may send for him, so this is an information; the recipient's own GLN
    as sender is a warning."""
    facts = basis.facts
    sender = facts.sender_id
    known = {
        facts.seller_gln,
        facts.issuer_is,
        facts.buyer_gln if basis.self_billed else None,
    }
    if not facts.seller_gln or sender in known or not (len(sender) == 13 and ean.is_valid(sender)):
        return
    own = sender == facts.buyer_gln
    case = () if own else ("by-another",)
    yield basis.hit("FRM-12", "seller", case=case, sender=sender, gln=facts.seller_gln)
