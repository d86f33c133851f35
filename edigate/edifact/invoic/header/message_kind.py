"""What the message is: invoice, no invoice, cancellation; BT-3; who issued it.

UNTDID 1001 (table 1001), 1225 and content evidence decide; law and state are the business of
others.
"""

from edigate.edifact.invoic.header.beginning import Beginning
from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.lines.line_groups import candidates
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.parties.roles import Parties
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.result import MessageKind

# What says that a message is no invoice: nothing else needs saying about such a message.
RULES = frozenset({"MAP-07", "MAP-08", "MAP-09", "MAP-10"})
# Reversals of energy invoices may come without lines (BDEW INVOIC 2.5a): lawful, but nothing EN
# 16931 can say.
_REVERSALS = frozenset({"457", "458", "Z25"})


def kind_of(draft: Draft, document: Beginning, roles: Parties, texts: HeaderTexts) -> MessageKind:
    """Invoice, no invoice (325, lists without invoiced lines, debit notes of the buyer), or
    cancellation (1225 = 1)."""
    bgm = draft.tree.header.first("BGM")
    kind = document.type
    name_de = kind.de if kind else "unbekannt"
    name_en = kind.en if kind else "unknown"
    if document.function == "1":
        draft.report("MAP-08", bgm, number=document.number or "–")
        return MessageKind.CANCELLATION
    if kind is None and document.type_code is None and document.code:
        draft.report("MAP-07", bgm, code=document.code, de=name_de, en=name_en)
        return MessageKind.NOT_AN_INVOICE
    if kind is not None and kind.kind == "not-an-invoice":
        draft.report("MAP-07", bgm, code=document.code, de=name_de, en=name_en)
        return MessageKind.NOT_AN_INVOICE
    if document.function == "55":
        draft.report(
            "MAP-07",
            bgm,
            code=f"{document.code}, 1225 = 55",
            de="nur zur Kenntnis",
            en="notification only",
        )
        return MessageKind.NOT_AN_INVOICE
    if not candidates(draft):
        draft.report("MAP-09", bgm, code=document.code, de=name_de, en=name_en)
        return MessageKind.INVOICE if document.code in _REVERSALS else MessageKind.NOT_AN_INVOICE
    if kind is not None and kind.debit_note and _buyer_issues(draft, roles, texts):
        draft.report("MAP-10", bgm, code=document.code, de=name_de, en=name_en)
        return MessageKind.NOT_AN_INVOICE
    if document.code == "385":
        draft.report("MAP-11", bgm)
    return MessageKind.INVOICE


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
    code = document.type_code
    proof = texts.self_billing
    named = document.name.casefold().startswith("gutschrift") and document.code == "380"
    if code in ("380", "381") and (proof is not None or named):
        bgm = draft.tree.header.first("BGM")
        nodes = [n for n in (bgm, proof) if n is not None]
        code = "389" if code == "380" else "261"
        draft.derived(
            "type_code",
            nodes,
            f"{code}: im Gutschriftsverfahren ausgestellt",
            f"{code}: self-billed",
        )
        if bgm is not None and named:
            bgm.take(1, 4)
    return code
