"""What the message is: invoice, no invoice, cancellation; BT-3; who issued it.

UNTDID 1001 (table 1001), 1225 and content evidence decide; law and state are the business of
others.
"""

from edigate.edifact.invoic.header.beginning import Beginning
from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.lines.line_groups import candidates
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.parties.roles import Parties
from edigate.edifact.invoic.record import phrases
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts
from edigate.source import MessageKind

# What says that a message is no invoice: nothing else needs saying about such a message.
RULES = frozenset({"MAP-07", "MAP-08", "MAP-09", "MAP-10"})
# Reversals of energy invoices may come without lines (BDEW INVOIC 2.5a): lawful, but nothing EN
# 16931 can say.
_SELF_BILLED = {"380": "389", "381": "261"}
"""BT-3 of what the message proves to be self-billed."""
_REVERSALS = frozenset({"457", "458", "Z25"})


def kind_of(draft: Draft, document: Beginning, roles: Parties, texts: HeaderTexts) -> MessageKind:
    """Invoice, no invoice (325, lists without invoiced lines, debit notes of the buyer), or
    cancellation (1225 = 1)."""
    bgm = draft.tree.header.first("BGM")
    if document.function == "1":
        draft.report("MAP-08", bgm, number=document.number or "–")
        return MessageKind.CANCELLATION
    if _is_no_invoice(draft, document, bgm):
        return MessageKind.NOT_AN_INVOICE
    if not candidates(draft):
        _report(draft, "MAP-09", bgm, document.code, document.meaning)
        return MessageKind.INVOICE if document.code in _REVERSALS else MessageKind.NOT_AN_INVOICE
    debit_note = document.type is not None and document.type.debit_note
    if debit_note and _buyer_issues(draft, roles, texts):
        _report(draft, "MAP-10", bgm, document.code, document.meaning)
        return MessageKind.NOT_AN_INVOICE
    if document.code == "385":
        draft.report("MAP-11", bgm)
    return MessageKind.INVOICE


def _is_no_invoice(draft: Draft, document: Beginning, bgm: Node | None) -> bool:
    """Whether document type or function rule an invoice out (MAP-07)."""
    if document.is_known_as_other or document.is_unknown:
        _report(draft, "MAP-07", bgm, document.code, document.meaning)
        return True
    if document.function == "55":
        notification = phrases.how("notification", "finding")
        _report(draft, "MAP-07", bgm, f"{document.code}, 1225 = 55", notification)
        return True
    return False


def _report(draft: Draft, rule: str, bgm: Node | None, code: str, meaning: Texts) -> None:
    draft.report(rule, bgm, code=code, de=meaning.de, en=meaning.en)


def _buyer_issues(draft: Draft, roles: Parties, texts: HeaderTexts) -> bool:
    """Whether the buyer issued the document: FTX+ABN BE, NAD+II = buyer, or the interchange comes
    from the buyer."""
    if texts.self_billing is not None:
        return True
    buyers = {gln_of(n) or n.peek(2, 1) for n in (roles.buyer, roles.ordering) if n is not None} - {
        ""
    }
    issuer = draft.tree.header.best("NAD", "issuer")
    if issuer is not None and (gln_of(issuer) or issuer.peek(2, 1)) in buyers:
        return True
    seller = roles.seller.peek(2, 1) if roles.seller is not None else ""
    return draft.interchange.sender in buyers and draft.interchange.sender != seller


def issuer(draft: Draft, roles: Parties) -> str | None:
    """NAD+II when it is another party than the seller."""
    node = draft.tree.header.best("NAD", "issuer")
    if node is None or node is roles.seller:
        return None
    issuer = gln_of(node) or node.peek(2, 1) or node.peek(4, 1)
    seller = roles.seller.peek(2, 1) if roles.seller is not None else ""
    return issuer if issuer and issuer != seller else None


def type_code(draft: Draft, document: Beginning, texts: HeaderTexts) -> str | None:
    """BT-3 <- BGM 1001; an invoice or credit note that the message proves to be self-billed is 389
    or 261."""
    code, proof = document.type_code, texts.self_billing
    named = document.name.casefold().startswith("gutschrift") and document.code == "380"
    if code not in _SELF_BILLED or (proof is None and not named):
        return code
    bgm = draft.tree.header.first("BGM")
    nodes = [n for n in (bgm, proof) if n is not None]
    draft.derived("type_code", nodes, "self-billed", code=_SELF_BILLED[code])
    if bgm is not None and named:
        bgm.take(1, 4)
    return _SELF_BILLED[code]
