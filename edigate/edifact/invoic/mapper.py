"""One INVOIC message -> Invoice, with the origin of every term, the annex and the findings of the
mapping.

The order of work: what the header and the summary settle for the whole message (type, currency,
VAT, sign), then the lines, then what follows from them (allowances, VAT breakdown, totals), then
the account of what is left over. Pure: no clock, no files but the shipped tables. Must not know
law: the checks judge Invoice and Facts.
"""

from dataclasses import dataclass
from datetime import date
from decimal import localcontext

from edigate.edifact.invoic import contradictions
from edigate.edifact.invoic.header import beginning as head
from edigate.edifact.invoic.header import dates, message_kind, supporting
from edigate.edifact.invoic.header import delivery as supplies
from edigate.edifact.invoic.header import references as refs
from edigate.edifact.invoic.header import texts as free_texts
from edigate.edifact.invoic.lines import line_groups as body
from edigate.edifact.invoic.parties import named_parties, roles
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.annex import account
from edigate.edifact.invoic.record.deviations import Deviations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.result import Mapped, MessageKind
from edigate.edifact.invoic.record.segment_tree import Tree
from edigate.edifact.invoic.totals import breakdown, document_charges, payment, summary, tax
from edigate.edifact.invoic.totals.payment_terms import payment_terms
from edigate.edifact.syntax.extraction import Bytes
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.invoice.facts import Facts
from edigate.invoice.model import (
    SPECIFICATION,
    Buyer,
    DeliveryInformation,
    DocumentAllowance,
    DocumentCharge,
    Invoice,
    Line,
    Note,
    Seller,
    Totals,
    VatBreakdown,
)
from edigate.invoice.origin import Origins
from edigate.masterdata import PartnerDirectory

_NONE = Deviations()
# A number may have 40 digits, a product of two 80: no sum is rounded on the way.
_DIGITS = 100


@dataclass(slots=True)
class _Whole:
    """What header and summary settle for the whole message, before any line is read."""

    document: head.Beginning
    kind: MessageKind
    credit: bool
    texts: free_texts.HeaderTexts
    roles: roles.Parties
    accounting: str | None
    taxes: tax.Taxes
    stated: summary.Stated
    references: refs.References
    issue_date: date | None
    supply: supplies.Supply


@dataclass(slots=True)
class _Sums:
    """The lines and what adds up from them."""

    lines: tuple[Line, ...]
    allowances: tuple[DocumentAllowance, ...]
    charges: tuple[DocumentCharge, ...]
    rows: tuple[VatBreakdown, ...]
    totals: Totals
    accounting: str | None


def map_message(
    interchange: Interchange,
    message: Message,
    partners: PartnerDirectory,
    deviations: Deviations = _NONE,
    data: Bytes = b"",
) -> Mapped:
    """Map one readable INVOIC message (any directory from D.93A to D.24A, EANCOM, official binding,
    VDA, BDEW).

    data: the whole input, needed only where UNO packages stand behind the message (BT-125).
    Never raises for what the message says; what it does not settle is a finding.
    """
    with localcontext(prec=_DIGITS):
        return _mapped(_draft(interchange, message, partners, deviations), data)


def _mapped(draft: Draft, data: Bytes) -> Mapped:
    whole = _whole(draft)
    sums = _sums(draft, whole)
    invoice = _invoice(draft, whole, sums, data)
    facts = _facts(draft, whole)
    annex, coverage = account(draft.tree, draft.line_names)
    findings = tuple(
        f
        for f in draft.findings
        if whole.kind is MessageKind.INVOICE or f.rule in message_kind.RULES
    )
    return Mapped(whole.kind, invoice, Origins(draft.origins), facts, annex, coverage, findings)


def _whole(draft: Draft) -> _Whole:
    document = head.document(draft)
    texts = free_texts.texts(draft)
    found = roles.roles(draft)
    kind = message_kind.kind_of(draft, document, found, texts)
    credit = document.type is not None and document.type.credit
    draft.value_only = document.code in ("83", "84")
    draft.reversed = summary.reversed_sign(draft, credit=credit)
    draft.currency, accounting = head.currencies(draft)
    taxes = tax.survey(draft, texts, draft.currency)
    concerned = credit or document.code in ("80", "84", "383", "384", "457")
    return _Whole(
        document=document,
        kind=kind,
        credit=credit,
        texts=texts,
        roles=found,
        accounting=accounting,
        taxes=taxes,
        stated=summary.survey(draft, draft.currency, taxes),
        references=refs.references(draft, credits_invoice=concerned, number=document.number),
        issue_date=dates.issue_date(draft),
        supply=supplies.supply(draft, document),
    )


def _sums(draft: Draft, whole: _Whole) -> _Sums:
    lines_of_invoice = body.chosen(draft)
    contradictions.report(draft, lines_of_invoice)
    mapped = body.invoice_lines(
        draft,
        lines_of_invoice,
        whole.taxes,
        whole.references,
        delivered=whole.supply.day,
        delivery=whole.roles.delivery,
        credit=whole.credit,
    )
    entries = document_charges.entries_of(draft, mapped, whole.taxes)
    document_charges.report_missing_rates(draft, mapped)
    added = breakdown.sums(mapped.mapped, entries)
    stated = whole.stated
    second_tax, accounting = summary.accounting_tax(draft, stated, draft.currency, whole.accounting)
    rows = breakdown.breakdown(
        draft,
        whole.taxes,
        added,
        stated.pair("176", "124"),
        stated.pair("389", "125"),
        gross=stated.gross() if draft.currency == "EUR" else (),
    )
    allowances, charges = document_charges.groups(draft, entries)
    lines = tuple(line for line, _ in mapped.mapped)
    summed = summary.totals(
        draft,
        stated,
        lines,
        [e for e, _ in entries],
        tax_rows=[r.tax_amount for r in rows],
        accounting=second_tax,
    )
    return _Sums(lines, allowances, charges, rows, summed, accounting)


def _invoice(draft: Draft, whole: _Whole, sums: _Sums, data: Bytes) -> Invoice:
    document, references = whole.document, whole.references
    accounting_reference, buyer_reference = _buyer_references(draft, whole.roles, references)
    tax_point, tax_point_code = dates.tax_point(draft)
    due, terms = payment_terms(draft, whole.texts, whole.issue_date)
    instructions = payment.instructions(draft, whole.roles, draft.currency, references.remittance)
    seller, buyer = (
        named_parties.seller(draft, whole.roles.seller),
        named_parties.buyer(draft, whole.roles.buyer),
    )
    return Invoice(
        number=document.number,
        issue_date=whole.issue_date,
        type_code=message_kind.type_code(draft, document, whole.texts),
        currency_code=draft.currency,
        accounting_currency_code=sums.accounting,
        tax_point_date=tax_point,
        tax_point_date_code=tax_point_code,
        due_date=due,
        buyer_reference=buyer_reference,
        project_reference=references.simple.get("project_reference"),
        contract_reference=references.simple.get("contract_reference"),
        purchase_order_reference=references.order,
        sales_order_reference=references.simple.get("sales_order_reference"),
        receiving_advice_reference=references.simple.get("receiving_advice_reference"),
        despatch_advice_reference=references.despatch,
        tender_or_lot_reference=references.simple.get("tender_or_lot_reference"),
        object_identifier=references.object_identifier,
        buyer_accounting_reference=accounting_reference,
        payment_terms=terms,
        notes=_notes(draft, whole),
        process_control=head.process_control(draft, whole.texts),
        preceding_invoices=references.preceding,
        seller=seller,
        buyer=buyer,
        payee=named_parties.payee(draft, whole.roles.payee, whole.roles.seller),
        tax_representative=named_parties.tax_representative(draft, whole.roles.tax_representative),
        delivery=_delivery(draft, whole, sums, buyer, seller),
        period=whole.supply.period,
        payment=instructions,
        allowances=sums.allowances,
        charges=sums.charges,
        totals=sums.totals,
        vat_breakdown=sums.rows,
        supporting_documents=supporting.documents(draft, data),
        lines=sums.lines,
    )


def _delivery(
    draft: Draft, whole: _Whole, sums: _Sums, buyer: Buyer, seller: Seller
) -> DeliveryInformation | None:
    to, day = named_parties.delivery(draft, whole.roles.delivery), whole.supply.day
    address = to.address
    if whole.roles.delivery is None and any(row.category == "K" for row in sums.rows):
        address = named_parties.destination(draft, whole.roles.buyer, buyer, seller)
    if not (to.name or to.location or address or day):
        return None
    return DeliveryInformation(name=to.name, location=to.location, actual_date=day, address=address)


def _facts(draft: Draft, whole: _Whole) -> Facts:
    document, proof = whole.document, whole.texts.self_billing
    return Facts(
        document_code=document.code,
        document_name=document.name,
        function_code=document.function,
        self_billing=proof.place if proof is not None else None,
        issuer_is=message_kind.issuer(draft, whole.roles),
        seller_gln=gln_of(whole.roles.seller) or None,
        buyer_gln=gln_of(whole.roles.buyer) or None,
        unknown_partners=tuple(draft.unknown_partners.items()),
        sender_id=draft.interchange.sender,
        recipient_id=draft.interchange.recipient,
        dates=tuple(draft.dates),
        texts=tuple(draft.texts),
        references=tuple(draft.references),
        stated_totals=tuple(draft.amounts),
        counted_lines=head.check_count(draft, len(draft.line_names)),
    )


def _draft(
    interchange: Interchange, message: Message, partners: PartnerDirectory, deviations: Deviations
) -> Draft:
    """The record for a message, with its dialect: by UNH association code and directory, plus
    content evidence."""
    tree = Tree(message.segments, interchange.service.repetition)
    parts = message.version.split(":")
    association = parts[3] if len(parts) > 3 else ""
    draft = Draft(interchange, message, partners, deviations, tree)
    # a CIUS names itself behind the specification: `urn:cen.eu:en16931:2017#compliant#...`
    named = (f.peek(4, 1) for f in tree.header.all("FTX", "DOC"))
    draft.binding = "16B" in parts[3:] or any(n.startswith(SPECIFICATION) for n in named)
    draft.energy = association[:2] in ("2.", "1.") or tree.header.first("NAD", "MS") is not None
    draft.eancom = association.startswith("EAN")
    return draft


def _buyer_references(
    draft: Draft, found: roles.Parties, references: refs.References
) -> tuple[str | None, str | None]:
    """BT-19 <- NAD+BY / RFF+AOU; BT-10 <- NAD+BY / RFF+CR (or RFF+CR in the header)."""
    accounting: str | None = None
    reference = references.buyer_reference
    for node in (found.buyer, found.ordering):
        if node is None:
            continue
        for use in ("buyer-accounting", "buyer-reference"):
            rff = node.first("RFF", *coded("RFF", use))
            if rff is None or not rff.peek(1, 2):
                continue
            if use == "buyer-accounting" and accounting is None:
                accounting = draft.text("buyer_accounting_reference", rff, 1, 2)
                rff.take(1, 1)
            elif use == "buyer-reference" and reference is None:
                reference = draft.text("buyer_reference", rff, 1, 2)
                rff.take(1, 1)
    return accounting, reference


def _notes(draft: Draft, whole: _Whole) -> tuple[Note, ...]:
    """BG-1: FTX, then references and parties that found no term, then the document's own name (BGM
    1000)."""
    found = list(free_texts.notes(draft, whole.texts.notes))
    for note, nodes in whole.references.notes:
        path = f"notes[{len(found)}]"
        draft.read(path, *nodes)
        draft.derived(f"{path}.text", nodes, "Referenzen als Text", "references as text")
        found.append(note)
    for text, node in roles.told(draft, whole.roles):
        draft.read(f"notes[{len(found)}]", node)
        draft.derived(f"notes[{len(found)}].text", (node,), "Beteiligter als Text", "party as text")
        found.append(Note(text=text))
    bgm = draft.tree.header.first("BGM")
    if whole.document.name and bgm is not None:
        # BGM C002/1000: SAMMELRECHNUNG, FRISCHWARENRECHNUNG ... (GS1 Germany)
        draft.read(f"notes[{len(found)}]", bgm)
        draft.read(f"notes[{len(found)}].text", bgm)
        bgm.take(1, 4)
        found.append(Note(text=whole.document.name))
    return tuple(found)
