"""One INVOIC message -> Invoice, with the origin of every term, the annex and the findings of the
mapping.

The order of work stands in the types: a section takes the results of those before it. `_beginning`
says what the message is, `_settled` what header and summary settle for all of it (currency, sign,
VAT), `_body` maps the lines and what adds up from them; then comes the account of what is left
over. Pure: no clock, no files but the shipped tables. Must not know law: the checks judge Invoice
and Facts.
"""

from dataclasses import dataclass
from datetime import date
from decimal import localcontext

from edigate.edifact.invoic import contradictions
from edigate.edifact.invoic.header import beginning, dates, message_kind, supporting
from edigate.edifact.invoic.header import delivery as supplies
from edigate.edifact.invoic.header import references as refs
from edigate.edifact.invoic.header import texts as free_texts
from edigate.edifact.invoic.header.buyer_references import buyer_references
from edigate.edifact.invoic.header.invoice_notes import notes
from edigate.edifact.invoic.lines import line_groups
from edigate.edifact.invoic.parties import named_parties, roles
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.annex import account
from edigate.edifact.invoic.record.dialect import draft_of
from edigate.edifact.invoic.record.draft import Draft, NumberedDraft, SettledDraft
from edigate.edifact.invoic.record.recorder import Recorded
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals import breakdown, document_charges, payment, sign, summary, tax
from edigate.edifact.invoic.totals.accounting import accounting_tax
from edigate.edifact.invoic.totals.payment_terms import payment_terms
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.invoice.facts import Facts
from edigate.invoice.model import (
    Buyer,
    DeliveryInformation,
    DocumentAllowance,
    DocumentCharge,
    Invoice,
    Line,
    Seller,
    Totals,
    VatBreakdown,
)
from edigate.invoice.origin import Origins
from edigate.masterdata import PartnerDirectory
from edigate.slices import Bytes
from edigate.source import DEFAULT_LANGUAGE, Deviations, Mapped, MessageKind

_NONE = Deviations()
# A number may have 40 digits, a product of two 80: no sum is rounded on the way.
_DIGITS = 100


@dataclass(frozen=True, slots=True)
class _Opening:
    """What the message is, and who is who in it."""

    document: beginning.Beginning
    texts: free_texts.HeaderTexts
    roles: roles.Parties
    kind: MessageKind


@dataclass(frozen=True, slots=True)
class _Whole:
    """What header and summary settle for the whole message, before any line is read."""

    currencies: beginning.Currencies
    taxes: tax.Taxes
    stated: summary.Stated
    references: refs.References
    issue_date: date | None
    supply: supplies.Supply


@dataclass(frozen=True, slots=True)
class _Body:
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
    *,
    language: str = DEFAULT_LANGUAGE,
) -> Mapped:
    """Map one readable INVOIC message (any directory from D.93A to D.24A, EANCOM, official binding,
    VDA, BDEW).

    data: the whole input, needed only where UNO packages stand behind the message (BT-125).
    language: of what edigate itself writes into the invoice.
    Never raises for what the message says; what it does not settle is a finding.
    """
    with localcontext(prec=_DIGITS):
        return _mapped(draft_of(interchange, message, partners, deviations, language), data)


def _mapped(draft: Draft, data: Bytes) -> Mapped:
    opening = _opening(draft)
    settled, whole = _settled(draft, opening)
    chosen = line_groups.chosen(settled)
    contradictions.report(settled, chosen)
    numbered = line_groups.numbered(settled, chosen)
    body = _body(numbered, opening, whole, chosen)
    invoice = _invoice(numbered, opening, whole, body, data)
    counted = beginning.check_count(numbered, len(chosen))
    recorded = draft.record.recorded()
    annex, coverage = account(draft.tree, numbered.line_names)
    findings = tuple(
        f
        for f in recorded.findings
        if opening.kind is MessageKind.INVOICE or f.rule in message_kind.RULES
    )
    facts = _facts(draft, opening, recorded, counted)
    return Mapped(
        opening.kind, invoice, Origins(recorded.origins), facts, annex, coverage, findings
    )


def _opening(draft: Draft) -> _Opening:
    document = beginning.document(draft)
    texts = free_texts.texts(draft)
    found = roles.roles(draft)
    kind = message_kind.kind_of(draft, document, found, texts)
    return _Opening(document, texts, found, kind)


def _settled(draft: Draft, opening: _Opening) -> tuple[SettledDraft, _Whole]:
    document = opening.document
    turned = sign.reversed_sign(draft, credit=document.credit)
    currencies = beginning.currencies(draft)
    settled = draft.settled(currencies.invoice, turned, value_only=document.value_only)
    taxes = tax.survey(settled, opening.texts)
    return settled, _Whole(
        currencies=currencies,
        taxes=taxes,
        stated=summary.survey(settled, taxes),
        references=refs.references(settled, document),
        issue_date=dates.issue_date(settled),
        supply=supplies.supply(settled, document),
    )


def _body(draft: NumberedDraft, opening: _Opening, whole: _Whole, chosen: list[Node]) -> _Body:
    mapped = line_groups.invoice_lines(
        draft,
        chosen,
        line_groups.LineBackground(
            taxes=whole.taxes,
            references=whole.references,
            delivered=whole.supply.day,
            delivery=opening.roles.delivery,
            credit=opening.document.credit,
        ),
    )
    entries = document_charges.entries_of(draft, mapped, whole.taxes)
    document_charges.report_missing_rates(draft, mapped)
    stated = whole.stated
    accounting = accounting_tax(draft, stated, whole.currencies)
    rows = breakdown.breakdown(
        draft,
        whole.taxes,
        breakdown.sums(mapped.mapped, entries.rated),
        breakdown.StatedTax(
            total=stated.pair(*coded("MOA", "tax")),
            taxable=stated.pair(*coded("MOA", "net")),
            gross=stated.gross() if draft.currency == "EUR" else (),
        ),
        (*mapped.reasons, *entries.reasons),
    )
    allowances, charges = document_charges.groups(draft, entries.rated)
    lines = tuple(line for line, _ in mapped.mapped)
    added = summary.added(lines, [e for e, _ in entries.rated], [r.tax_amount for r in rows])
    summed = summary.totals(draft, stated, added, accounting=accounting.amount)
    return _Body(lines, allowances, charges, rows, summed, accounting.currency)


def _invoice(
    draft: NumberedDraft, opening: _Opening, whole: _Whole, body: _Body, data: Bytes
) -> Invoice:
    document, references, parties = opening.document, whole.references, opening.roles
    of_buyer = buyer_references(draft, parties, references)
    tax_point, tax_point_code = dates.tax_point(draft)
    due, terms = payment_terms(draft, opening.texts, whole.issue_date)
    instructions = payment.instructions(draft, parties, references.remittance)
    seller, buyer = (
        named_parties.seller(draft, parties.seller),
        named_parties.buyer(draft, parties.buyer),
    )
    return Invoice(
        number=document.number,
        issue_date=whole.issue_date,
        type_code=message_kind.type_code(draft, document, opening.texts),
        currency_code=draft.currency,
        accounting_currency_code=body.accounting,
        tax_point_date=tax_point,
        tax_point_date_code=tax_point_code,
        due_date=due,
        buyer_reference=of_buyer.reference,
        project_reference=references.simple.get("project_reference"),
        contract_reference=references.simple.get("contract_reference"),
        purchase_order_reference=references.order,
        sales_order_reference=references.simple.get("sales_order_reference"),
        receiving_advice_reference=references.simple.get("receiving_advice_reference"),
        despatch_advice_reference=references.despatch,
        tender_or_lot_reference=references.simple.get("tender_or_lot_reference"),
        object_identifier=references.object_identifier,
        buyer_accounting_reference=of_buyer.accounting,
        payment_terms=terms,
        notes=notes(draft, document, opening.texts, references, parties),
        process_control=beginning.process_control(draft, opening.texts),
        preceding_invoices=references.preceding,
        seller=seller,
        buyer=buyer,
        payee=named_parties.payee(draft, parties.payee, parties.seller),
        tax_representative=named_parties.tax_representative(draft, parties.tax_representative),
        delivery=_delivery(draft, parties, whole.supply.day, body.rows, buyer=buyer, seller=seller),
        period=whole.supply.period,
        payment=instructions,
        allowances=body.allowances,
        charges=body.charges,
        totals=body.totals,
        vat_breakdown=body.rows,
        supporting_documents=supporting.documents(draft, data),
        lines=body.lines,
    )


def _delivery(
    draft: Draft,
    parties: roles.Parties,
    day: date | None,
    rows: tuple[VatBreakdown, ...],
    *,
    buyer: Buyer,
    seller: Seller,
) -> DeliveryInformation | None:
    to = named_parties.delivery(draft, parties.delivery)
    address = to.address
    if parties.delivery is None and any(row.category == "K" for row in rows):
        address = named_parties.destination(draft, parties.buyer, buyer, seller)
    if not (to.name or to.location or address or day):
        return None
    return DeliveryInformation(name=to.name, location=to.location, actual_date=day, address=address)


def _facts(draft: Draft, opening: _Opening, recorded: Recorded, counted: int | None) -> Facts:
    document, proof = opening.document, opening.texts.self_billing
    return Facts(
        document_code=document.code,
        document_name=document.name,
        function_code=document.function,
        self_billing=proof.place if proof is not None else None,
        issuer_is=message_kind.issuer(draft, opening.roles),
        seller_gln=gln_of(opening.roles.seller) or None,
        buyer_gln=gln_of(opening.roles.buyer) or None,
        unknown_partners=recorded.unknown_partners,
        sender_id=draft.interchange.sender,
        recipient_id=draft.interchange.recipient,
        dates=recorded.dates,
        texts=recorded.texts,
        references=recorded.references,
        stated_totals=recorded.amounts,
        counted_lines=counted,
    )
