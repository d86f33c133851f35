"""PAI, FII and RFF of the parties -> BG-16 to BG-19."""

import re

from edigate.edifact.invoic.header.texts import free_text
from edigate.edifact.invoic.parties.roles import Parties
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.model import CreditTransfer, DirectDebit, PaymentCard, PaymentInstructions

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
# Countries of the SEPA schemes (EPC409-09).
_SEPA_TEXT = """
AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK
MT NL NO PL PT RO RS SE SI SK SM VA
"""
_SEPA = frozenset(_SEPA_TEXT.split())
_TRANSFERS = ("30", "58")
_CARDS = ("48", "54", "55")
_DEBITS = ("49", "59")


def _means(draft: Draft) -> tuple[str | None, Node | None]:
    """BT-81 <- PAI / C534 4461 (header, or below PAT / PYT)."""
    header = draft.tree.header
    offered = header.all("PAI")
    for terms in [*header.all("PYT"), *header.all("PAT")]:
        offered += terms.all("PAI")
    for pai in offered:
        code = pai.peek(1, 3)
        if not code:
            continue
        if not codes.accepts("payment", code):
            draft.report("MAP-06", pai, code=code)
            continue
        pai.use(1)
        if pai.parent in header.children and pai.parent is not None:
            pai.parent.take(1)
        draft.read("payment", pai)
        draft.read("payment.means_code", pai)
        return code, pai
    return None, None


def _transfer(draft: Draft, fii: Node, path: str) -> CreditTransfer | None:
    """BG-17 <- FII C078 3194 (BT-84), 3192 (BT-85), C088 3433 (BT-86: BIC)."""
    fii.take(1, 1)
    # BT-84 <- FII+RB C078 3194
    account = draft.text(f"{path}.account", fii, 2, 1)
    if account is None:
        return None
    draft.read(path, fii)
    # BT-85 <- FII+RB C078 3192
    holder = draft.text(f"{path}.account_name", fii, 2, 2)
    if fii.peek(2, 3):
        holder = f"{holder or ''} {fii.take(2, 3)}".strip()
        draft.read(f"{path}.account_name", fii)
    # BT-86 <- FII+RB C088 3433 (or branch 3434)
    provider: str | None = None
    for component, codes_ in ((1, (302, 303)), (4, (305, 306))):
        if provider is None and not _is_sort_code(fii.peek(3, component)):
            provider = draft.text(f"{path}.service_provider", fii, 3, component)
            fii.used.update(codes_ if provider else ())
    return CreditTransfer(account=account, account_name=holder, service_provider=provider)


def _is_sort_code(text: str) -> bool:
    """A German Bankleitzahl: eight digits. It is no BIC, and EN 16931 writes BT-86 as one; it goes
    to the annex."""
    return len(text) == 8 and text.isdigit()


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN (ISO 13616, form and mod 97), blanks allowed."""
    packed = "".join(text.split()).upper()
    if not _IBAN.fullmatch(packed):
        return False
    digits = "".join(str(int(c, 36)) for c in packed[4:] + packed[:4])
    return int(digits) % 97 == 1


def instructions(
    draft: Draft, parties: Parties, currency: str | None, remittance: str | None
) -> PaymentInstructions | None:
    """BG-16 <- PAI, FII of payee and seller, RFF+PQ; 58 or 30 where an account stands without PAI.

    A remittance information alone (BT-83) is kept as well: factur-x.xml says it without a means of
    payment.
    """
    code, pai = _means(draft)
    transfers: list[CreditTransfer] = []
    account_nodes: list[Node] = []
    owners = [n for n in (parties.payee, parties.seller) if n is not None]
    candidates = [f for n in owners for f in n.all("FII", "RB", "RH", "BF", "SU", "PE")]
    for terms in [*draft.tree.header.all("PYT"), *draft.tree.header.all("PAT")]:
        candidates += terms.all("FII", "RB", "RH", "BF")
    candidates += draft.tree.header.all("FII", "RB", "RH", "BF")
    for fii in candidates:
        path = f"payment.credit_transfers[{len(transfers)}]"
        transfer = _transfer(draft, fii, path)
        if transfer is not None:
            transfers.append(transfer)
            account_nodes.append(fii)
    if pai is not None and code in _TRANSFERS and not transfers:
        # BR-61 allows no credit transfer without account: the code goes to the annex
        pai.used.clear()
        draft.origins.pop("payment", None)
        draft.origins.pop("payment.means_code", None)
        draft.report("MAP-35", pai, code=code)
        code = None
    cards, debited = _buyer_accounts(draft, parties.buyer, code)
    card = _card(draft, cards)
    debit = _debit(
        draft, [n for n in (parties.buyer, parties.payee, parties.seller) if n is not None], debited
    )
    if code is None and transfers:
        code = _derived_means(draft, transfers[0], account_nodes[0], currency)
    if code is None and card is None and debit is None and remittance is None:
        return None
    first = account_nodes[0] if account_nodes else draft.tree.header.best("RFF", "remittance")
    if first is not None and "payment" not in draft.origins:
        draft.read("payment", first)
    return PaymentInstructions(
        means_code=code,
        means_text=_means_text(draft) if pai is not None and code is not None else None,
        remittance_information=remittance,
        credit_transfers=tuple(transfers),
        card=card,
        direct_debit=debit,
    )


def _derived_means(draft: Draft, transfer: CreditTransfer, node: Node, currency: str | None) -> str:
    """BT-81 = 58 (SEPA credit transfer) for EUR and a SEPA IBAN, else 30 (credit transfer)."""
    account = "".join((transfer.account or "").split()).upper()
    sepa = currency == "EUR" and is_iban(account) and account[:2] in _SEPA
    code = "58" if sepa else "30"
    draft.derived(
        "payment.means_code",
        (node,),
        f"{code}, weil {'eine IBAN' if sepa else 'ein Konto'} angegeben ist",
        f"{code}, because {'an IBAN' if sepa else 'an account'} is given",
    )
    return code


def _means_text(draft: Draft) -> str | None:
    """BT-82 <- FTX+AAT (mode of settlement) C108 4440; official binding only, elsewhere it is a
    note."""
    spoken = (
        [f for f in draft.tree.header.all("FTX", "AAT") if free_text(f)] if draft.binding else []
    )
    for ftx in spoken:
        ftx.use(1, 2, 4)
    if spoken:
        draft.read("payment.means_text", *spoken)
    return "\n".join(free_text(f) for f in spoken) or None


def _buyer_accounts(
    draft: Draft, buyer: Node | None, code: str | None
) -> tuple[Node | None, Node | None]:
    """The FII of the buyer that names a payment card, and the one that names the account to be
    debited.

    The rules of the official binding contradict each other on 3035: a holder (3192) may stand with
    PB for a card (SR-090), the rule on cards (BR-51) looks at BI. So the number decides where it is
    an IBAN, then the means of payment (card 48, 54, 55; direct debit 49, 59), else PB is the card
    and BI the account, as in the official messages. Elsewhere there are no cards, and PB is the
    account.
    """
    if buyer is None or not draft.binding:
        return None, (buyer.first("FII", "PB") if buyer is not None else None)
    stated = [f for f in buyer.all("FII", "PB", "BI") if f.peek(2, 1)]
    ibans = [f for f in stated if _IBAN.fullmatch("".join(f.peek(2, 1).split()).upper())]
    card: Node | None = None
    account: Node | None = None
    for fii in stated:
        by_means = (
            code in _CARDS if code in (*_CARDS, *_DEBITS) else fii.qualifier == "PB" or bool(ibans)
        )
        if by_means and fii not in ibans and card is None:
            card = fii
        else:
            account = account or fii
    return card, account


def _card(draft: Draft, fii: Node | None) -> PaymentCard | None:
    """BG-18 <- NAD+BY / FII+PB 3194 (BT-87), 3192 (BT-88); official binding only."""
    if fii is None:
        return None
    draft.read("payment.card", fii)
    fii.take(1, 1)
    return PaymentCard(
        primary_account_number=draft.text("payment.card.primary_account_number", fii, 2, 1),
        holder=draft.text("payment.card.holder", fii, 2, 2),
    )


def _debit(draft: Draft, parties: list[Node], fii: Node | None) -> DirectDebit | None:
    """BG-19 <- RFF+AVS (BT-89), RFF+AII (BT-90) of buyer, payee or seller, NAD+BY / FII+BI or PB
    3194 (BT-91)."""

    def reference(path: str, qualifier: str) -> str | None:
        for rff in (r for party in parties for r in party.all("RFF", qualifier)):
            value = draft.text(path, rff, 1, 2)
            if value:
                rff.take(1, 1)
                return value
        return None

    mandate = reference("payment.direct_debit.mandate_reference", "AVS")
    creditor = reference("payment.direct_debit.creditor_identifier", "AII")
    account = draft.text("payment.direct_debit.debited_account", fii, 2, 1)
    if account and fii is not None:
        fii.take(1, 1)
    if not (mandate or creditor or account):
        return None
    return DirectDebit(
        mandate_reference=mandate, creditor_identifier=creditor, debited_account=account
    )
