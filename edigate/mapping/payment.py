"""PAT/PYT, PAI, FII, payment texts -> BT-9, BT-20, BG-16..BG-19."""

import re
from dataclasses import dataclass
from datetime import date

from edigate.invoice import codes
from edigate.invoice.facts import DatedFact
from edigate.invoice.model import CreditTransfer, DirectDebit, PaymentCard, PaymentInstructions
from edigate.mapping import values
from edigate.mapping.draft import Draft
from edigate.mapping.header import Texts, free_text
from edigate.mapping.roles import Parties
from edigate.mapping.tree import Node

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")
# Countries of the SEPA schemes (EPC409-09).
_SEPA_TEXT = """
AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL
NO PL PT RO RS SE SI SK SM VA
"""
_SEPA = frozenset(_SEPA_TEXT.split())
_TRANSFERS = ("30", "58")
_CARDS = ("48", "54", "55")
_DEBITS = ("49", "59")
_DISCOUNT = "22"
_PENALTY = "20"
_UNITS = {"D": "Tagen", "CD": "Tagen", "W": "Wochen", "M": "Monaten", "Y": "Jahren", "WD": "Werktagen"}


@dataclass(slots=True)
class Terms:
    """One PAT or PYT: kind 4279, offset from a reference date, percent, date, words."""

    node: Node
    kind: str
    reference: str
    count: int | None
    unit: str
    words: str


def _terms(node: Node) -> Terms:
    """PAT: 4279, C110 4276, C112 2475:2009:2151:2152.  PYT: 4279, C019 4276, 2475, 2009, 2151, 2152."""
    kind = node.qualifier
    # some senders write the composite of PAT in PYT as well
    if node.tag == "PAT" or len(node.segment.components(3)) > 1:
        raw = [node.peek(3, c) for c in (1, 2, 3, 4)]
        words = " ".join(p.strip() for p in node.segment.components(2)[3:] if p.strip())
    else:
        raw = [node.peek(e, 1) for e in (3, 4, 5, 6)]
        words = " ".join(p.strip() for p in node.segment.components(2)[3:] if p.strip())
    number = values.number(raw[3]) if raw[3] else None
    count = int(number) if number is not None and number == int(number) and 0 < number < 4000 else None
    reference = raw[0] if raw[1] in ("", "1", "3") else ""
    return Terms(node, kind, reference, count, raw[2] or "D", words)


def payment_terms(draft: Draft, texts: Texts, issue_date: date | None) -> tuple[date | None, str | None]:
    """BT-9 and BT-20: due date (stated or computed) and the words of all terms."""
    offered = [_terms(n) for n in [*draft.tree.header.all("PAT"), *draft.tree.header.all("PYT")]]
    stated = _stated_due(draft, offered)
    due = stated[0][0] if stated else None
    if due is None:
        due = _computed_due(draft, offered, issue_date)
    lines: list[str] = [words for words, _ in texts.terms]
    sources: list[Node] = [node for _, node in texts.terms]
    if len({day for day, _ in stated}) > 1:
        lines.append(_several(draft, stated))
        sources += [node for _, node in stated]
        due = None
    if due is not None:
        place = draft.origins["due_date"].places[0]
        draft.dates.append(DatedFact("due", due, place))
    discounts = [t for t in offered if t.kind == _DISCOUNT]
    for term in offered:
        said = _discount(draft, term, issue_date) if term.kind == _DISCOUNT else term.words
        if due is None and not said:
            said = _open(term)
        if term.words and said == term.words:
            _told(term.node)
        if said and said not in lines:
            lines.append(said)
            sources.append(term.node)
    if discounts and due is not None and not any("netto" in line.lower() for line in lines):
        lines.append(f"zahlbar bis {due:%d.%m.%Y} netto")
        sources += [t.node for t in offered if t.kind not in (_DISCOUNT, _PENALTY)]
    if not lines:
        return due, None
    if texts.terms and len(lines) == len(texts.terms):
        # BT-20 <- FTX+AAB C108 4440
        draft.read("payment_terms", *sources)
    else:
        # BT-20 <- FTX+AAB, PAT C110 4276, PAT+22 with PCD and DTM, in words
        draft.derived("payment_terms", sources, "in Worte gefasst", "put into words")
    return due, "\n".join(lines)


def _told(node: Node) -> None:
    """All of a PAT or PYT counts as mapped, but for a code of terms (4277): nobody knows its words."""
    node.use()
    node.used -= {201, 202, 203}


def _stated_due(draft: Draft, offered: list[Terms]) -> list[tuple[date, Node]]:
    """BT-9 <- DTM+13, 140, 265 or 12 below PAT / PYT; without one, DTM+13, 140 or 265 of the header: all of a kind."""
    found: list[tuple[date, Node]] = []
    for term in offered:
        if term.kind in (_DISCOUNT, _PENALTY):
            continue
        for qualifier in ("13", "140", "265", "12"):
            days = _dated(draft, term.node.all("DTM", qualifier))
            if days:
                _told(term.node)
                found += days
                break
    for qualifier in ("13", "140", "265"):
        found = found or _dated(draft, draft.tree.header.all("DTM", qualifier))
    if found:
        draft.read("due_date", found[0][1])
    return found


def _dated(draft: Draft, nodes: list[Node]) -> list[tuple[date, Node]]:
    return [(day, node) for node in nodes if (day := draft.day("due_date", node)) is not None]


def _several(draft: Draft, stated: list[tuple[date, Node]]) -> str:
    """Several due dates as text: BT-9 is one day, and which of them it is cannot be told (MAP-49)."""
    first = stated[0]
    day, node = next(s for s in stated if s[0] != first[0])
    draft.report(
        "MAP-49", node, value=f"{day:%d.%m.%Y}", other=f"{first[0]:%d.%m.%Y}", number=first[1].segment.position
    )
    draft.origins.pop("due_date", None)
    for day, node in stated:
        draft.dates.append(DatedFact("due", day, node.place))
    days = sorted({day for day, _ in stated})
    return "fällig am " + " und am ".join(f"{day:%d.%m.%Y}" for day in days)


def _computed_due(draft: Draft, offered: list[Terms], issue_date: date | None) -> date | None:
    """BT-9 from an offset to the invoice date (2475 = 5), e.g. PAT+1++5:3:D:30."""
    for term in offered:
        if term.kind in (_DISCOUNT, _PENALTY) or term.reference != "5" or term.count is None or issue_date is None:
            continue
        day = values.added(issue_date, term.unit, term.count)
        if day is not None:
            _told(term.node)
            word = _UNITS.get(term.unit, term.unit)
            draft.derived(
                "due_date",
                (term.node,),
                f"Rechnungsdatum und Frist von {term.count} {word}",
                f"invoice date plus {term.count} {term.unit}",
            )
            return day
    return None


def _open(term: Terms) -> str:
    """A period counted from a day the message does not name (2475 is not the date of the invoice), in words."""
    if term.kind in (_DISCOUNT, _PENALTY) or term.reference in ("", "5") or term.count is None:
        return ""
    _told(term.node)
    word = _UNITS.get(term.unit, term.unit)
    return f"zahlbar innerhalb von {term.count} {word} ab dem vereinbarten Tag (UNTDID 2475: {term.reference})"


def _discount(draft: Draft, term: Terms, issue_date: date | None) -> str:
    """The Skonto of a PAT+22 in words: percentage, days or date, amount."""
    node = term.node
    pcd = node.first("PCD", "12", "1", "2", "3", "7", "8") or node.first("PCD")
    percent = draft.number(pcd, 1, 2)
    if pcd is not None and percent is not None:
        pcd.use(1)
    day: date | None = None
    for dtm in node.all("DTM", "12", "13", "140"):
        found = draft.days(dtm)
        if found and found[0] == found[1]:
            day = day or found[0]
            draft.dates.append(DatedFact("discount-due", found[0], dtm.place))
    until: date | None = None
    if day is None and term.count is not None and term.reference == "5" and issue_date is not None:
        until = values.added(issue_date, term.unit, term.count)
    if until is not None:
        draft.dates.append(DatedFact("discount-due", until, node.place))
    amount = draft.number(node.first("MOA", "21", "52", "109", "204"), 1, 2)
    if percent is None and amount is None:
        for dtm in node.all("DTM", "12", "13", "140"):
            dtm.used.clear()
        return term.words
    parts = [f"{values.in_german(percent)} % Skonto" if percent is not None else "Skonto"]
    if amount is not None:
        moa = node.first("MOA", "21", "52", "109", "204")
        if moa is not None:
            moa.use(1)
        parts.append(f"({values.in_german(amount)})")
    if term.count is not None:
        parts.append(f"bei Zahlung innerhalb von {term.count} {_UNITS.get(term.unit, term.unit)}")
        if until is not None:
            parts.append(f"ab Rechnungsdatum (bis {until:%d.%m.%Y})")
    if day is not None:
        parts.append(f"bei Zahlung bis {day:%d.%m.%Y}" if term.count is None else f"(bis {day:%d.%m.%Y})")
    _told(node)
    said = " ".join(parts)
    return f"{term.words}: {said}" if term.words else said


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
    """A German Bankleitzahl: eight digits. It is no BIC, and EN 16931 writes BT-86 as one; it goes to the annex."""
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

    A remittance information alone (BT-83) is kept as well: factur-x.xml says it without a means of payment.
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
    debit = _debit(draft, [n for n in (parties.buyer, parties.payee, parties.seller) if n is not None], debited)
    if code is None and transfers:
        code = _derived_means(draft, transfers[0], account_nodes[0], currency)
    if code is None and card is None and debit is None and remittance is None:
        return None
    first = account_nodes[0] if account_nodes else draft.tree.header.first("RFF", "PQ")
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
    """BT-82 <- FTX+AAT (mode of settlement) C108 4440; official binding only, elsewhere it is a note."""
    spoken = [f for f in draft.tree.header.all("FTX", "AAT") if free_text(f)] if draft.binding else []
    for ftx in spoken:
        ftx.use(1, 2, 4)
    if spoken:
        draft.read("payment.means_text", *spoken)
    return "\n".join(free_text(f) for f in spoken) or None


def _buyer_accounts(draft: Draft, buyer: Node | None, code: str | None) -> tuple[Node | None, Node | None]:
    """The FII of the buyer that names a payment card, and the one that names the account to be debited.

    The rules of the official binding contradict each other on 3035: a holder (3192) may stand with PB for a card
    (SR-090), the rule on cards (BR-51) looks at BI. So the number decides where it is an IBAN, then the means of
    payment (card 48, 54, 55; direct debit 49, 59), else PB is the card and BI the account, as in the official
    messages. Elsewhere there are no cards, and PB is the account.
    """
    if buyer is None or not draft.binding:
        return None, (buyer.first("FII", "PB") if buyer is not None else None)
    stated = [f for f in buyer.all("FII", "PB", "BI") if f.peek(2, 1)]
    ibans = [f for f in stated if _IBAN.fullmatch("".join(f.peek(2, 1).split()).upper())]
    card: Node | None = None
    account: Node | None = None
    for fii in stated:
        by_means = code in _CARDS if code in (*_CARDS, *_DEBITS) else fii.qualifier == "PB" or bool(ibans)
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
    """BG-19 <- RFF+AVS (BT-89), RFF+AII (BT-90) of buyer, payee or seller, NAD+BY / FII+BI or PB 3194 (BT-91)."""

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
    return DirectDebit(mandate_reference=mandate, creditor_identifier=creditor, debited_account=account)
