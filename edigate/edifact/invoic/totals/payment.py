"""PAI, FII and RFF of the parties -> BG-16 to BG-19."""

import re
from dataclasses import dataclass

from edigate.edifact.invoic.header.texts import free_text
from edigate.edifact.invoic.parties.roles import Parties
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.draft import SettledDraft
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
_OWN = ("RB", "RH", "BF")
"""3035: accounts of who is paid."""


@dataclass(frozen=True, slots=True)
class _Account:
    """BG-17 and its FII."""

    transfer: CreditTransfer
    node: Node


@dataclass(frozen=True, slots=True)
class _Means:
    """BT-81 and the PAI that states it."""

    code: str | None = None
    pai: Node | None = None


def _means(draft: SettledDraft) -> _Means:
    """BT-81 <- PAI / C534 4461 (header, or below PAT / PYT)."""
    header = draft.tree.header
    offered = header.all("PAI")
    for terms in [*header.all("PYT"), *header.all("PAT")]:
        offered += terms.all("PAI")
    for pai in (p for p in offered if p.peek(1, 3)):
        if codes.accepts("payment", pai.peek(1, 3)):
            return _Means(pai.peek(1, 3), pai)
        draft.report("MAP-06", pai, code=pai.peek(1, 3))
    return _Means()


def _take_means(draft: SettledDraft, stated: _Means, transfers: list[_Account]) -> _Means:
    """The stated means with its origins; a credit transfer without account goes to the annex (BR-61
    allows none)."""
    pai = stated.pai
    if pai is None:
        return stated
    if pai.parent in draft.tree.header.children and pai.parent is not None:
        pai.parent.take(1)
    if stated.code in _TRANSFERS and not transfers:
        draft.report("MAP-35", pai, code=stated.code)
        return _Means()
    pai.use(1)
    draft.read("payment", pai)
    draft.read("payment.means_code", pai)
    return stated


def _accounts(draft: SettledDraft, parties: Parties) -> list[_Account]:
    """BG-17 <- FII of payee and seller, below the terms, and of the header."""
    header = draft.tree.header
    owners = [n for n in (parties.payee, parties.seller) if n is not None]
    offered = [f for n in owners for f in n.all("FII", *_OWN, "SU", "PE")]
    for group in [*header.all("PYT"), *header.all("PAT"), header]:
        offered += group.all("FII", *_OWN)
    found: list[_Account] = []
    for fii in offered:
        transfer = _transfer(draft, fii, f"payment.credit_transfers[{len(found)}]")
        if transfer is not None:
            found.append(_Account(transfer, fii))
    return found


def _transfer(draft: SettledDraft, fii: Node, path: str) -> CreditTransfer | None:
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


def _packed(text: str) -> str:
    """An account number without blanks, letters large."""
    return "".join(text.split()).upper()


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN (ISO 13616, form and mod 97), blanks allowed."""
    packed = _packed(text)
    if not _IBAN.fullmatch(packed):
        return False
    digits = "".join(str(int(c, 36)) for c in packed[4:] + packed[:4])
    return int(digits) % 97 == 1


def instructions(
    draft: SettledDraft, parties: Parties, remittance: str | None
) -> PaymentInstructions | None:
    """BG-16 <- PAI, FII of payee and seller, RFF+PQ; 58 or 30 where an account stands without PAI.

    A remittance information alone (BT-83) is kept as well: factur-x.xml says it without a means of
    payment.
    """
    stated = _means(draft)
    accounts = _accounts(draft, parties)
    means = _take_means(draft, stated, accounts)
    cards, debited = _buyer_accounts(draft, parties.buyer, means.code)
    card, debit = _card(draft, cards), _debit(draft, parties, debited)
    code = means.code
    if code is None and accounts:
        code = _derived_means(draft, accounts[0])
    if all(said is None for said in (code, card, debit, remittance)):
        return None
    first = accounts[0].node if accounts else draft.tree.header.best("RFF", "remittance")
    if means.pai is None and first is not None:
        draft.read("payment", first)
    return PaymentInstructions(
        means_code=code,
        means_text=_means_text(draft) if means.pai is not None else None,
        remittance_information=remittance,
        credit_transfers=tuple(account.transfer for account in accounts),
        card=card,
        direct_debit=debit,
    )


def _derived_means(draft: SettledDraft, found: _Account) -> str:
    """BT-81 = 58 (SEPA credit transfer) for EUR and a SEPA IBAN, else 30 (credit transfer)."""
    account = _packed(found.transfer.account or "")
    sepa = draft.currency == "EUR" and is_iban(account) and account[:2] in _SEPA
    code, how = ("58", "means-of-iban") if sepa else ("30", "means-of-account")
    draft.derived("payment.means_code", (found.node,), how, code=code)
    return code


def _means_text(draft: SettledDraft) -> str | None:
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
    draft: SettledDraft, buyer: Node | None, code: str | None
) -> tuple[Node | None, Node | None]:
    """The FII of the buyer that names a payment card, and the one that names the account to be
    debited.

    The rules of the official binding contradict each other on 3035: a holder (3192) may stand with
    PB for a card (SR-090), the rule on cards (BR-51) looks at BI. So the number decides where it is
    an IBAN, then the means of payment (card 48, 54, 55; direct debit 49, 59), else PB is the card
    and BI the account, as in the official messages. Elsewhere there are no cards, and PB is the
    account.
    """
    if buyer is None:
        return None, None
    if not draft.binding:
        return None, buyer.first("FII", "PB")
    stated = [f for f in buyer.all("FII", "PB", "BI") if f.peek(2, 1)]
    ibans = [f for f in stated if _IBAN.fullmatch(_packed(f.peek(2, 1)))]
    cards = [f for f in stated if f not in ibans and _may_be_card(f, code, bool(ibans))]
    card = cards[0] if cards else None
    return card, next((f for f in stated if f is not card), None)


def _may_be_card(fii: Node, code: str | None, iban_beside: bool) -> bool:
    """Whether an account that is no IBAN names a card, by the means of payment, else by its
    qualifier."""
    if code in (*_CARDS, *_DEBITS):
        return code in _CARDS
    return fii.qualifier == "PB" or iban_beside


def _card(draft: SettledDraft, fii: Node | None) -> PaymentCard | None:
    """BG-18 <- NAD+BY / FII+PB 3194 (BT-87), 3192 (BT-88); official binding only."""
    if fii is None:
        return None
    draft.read("payment.card", fii)
    fii.take(1, 1)
    return PaymentCard(
        primary_account_number=draft.text("payment.card.primary_account_number", fii, 2, 1),
        holder=draft.text("payment.card.holder", fii, 2, 2),
    )


def _debit(draft: SettledDraft, parties: Parties, fii: Node | None) -> DirectDebit | None:
    """BG-19 <- RFF+AVS (BT-89), RFF+AII (BT-90) of buyer, payee or seller, NAD+BY / FII+BI or PB
    3194 (BT-91)."""
    asked = [n for n in (parties.buyer, parties.payee, parties.seller) if n is not None]
    mandate = _reference(
        draft, asked, "payment.direct_debit.mandate_reference", coded("RFF", "mandate")
    )
    creditor = _reference(
        draft, asked, "payment.direct_debit.creditor_identifier", coded("RFF", "creditor")
    )
    account = draft.text("payment.direct_debit.debited_account", fii, 2, 1)
    if account and fii is not None:
        fii.take(1, 1)
    if not (mandate or creditor or account):
        return None
    return DirectDebit(
        mandate_reference=mandate, creditor_identifier=creditor, debited_account=account
    )


def _reference(
    draft: SettledDraft, parties: list[Node], path: str, qualifiers: tuple[str, ...]
) -> str | None:
    """The first reference of these qualifiers that a party states."""
    for rff in (r for party in parties for r in party.all("RFF", *qualifiers)):
        value = draft.text(path, rff, 1, 2)
        if value:
            rff.take(1, 1)
            return value
    return None
