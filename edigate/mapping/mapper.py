"""One INVOIC message -> Invoice, with the origin of every term, the annex and the findings of the mapping.

The order of work: what the header and the summary settle for the whole message (type, currency, VAT, sign), then the
lines, then what follows from them (allowances, VAT breakdown, totals), then the account of what is left over.
Pure: no clock, no files but the shipped tables. Must not know law: the checks judge Invoice and Facts.
"""

import base64
import binascii
import contextlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from edigate.edifact.segments import Interchange, Message
from edigate.invoice.facts import Facts
from edigate.invoice.model import (
    Attachment,
    Delivery,
    DocumentAllowance,
    DocumentCharge,
    Invoice,
    InvoicingPeriod,
    Note,
    SupportingDocument,
)
from edigate.invoice.origin import Origins
from edigate.mapping import allowances_charges as alc
from edigate.mapping import header as head
from edigate.mapping import lines as body
from edigate.mapping import parties, payment, tax, totals
from edigate.mapping.annex import account
from edigate.mapping.deviations import Deviations
from edigate.mapping.draft import Draft
from edigate.mapping.partners import PartnerDirectory
from edigate.mapping.references import References, references
from edigate.mapping.result import Kind, Mapped
from edigate.mapping.tree import Node, Tree

ZERO = Decimal(0)
_NONE = Deviations()


def map_message(
    interchange: Interchange,
    message: Message,
    partners: PartnerDirectory,
    deviations: Deviations = _NONE,
    data: bytes = b"",
) -> Mapped:
    """Map one readable INVOIC message (any directory from D.93A to D.24A, EANCOM, official binding, VDA, BDEW).

    data: the whole input, needed only where UNO packages stand behind the message (BT-125).
    Never raises for what the message says; what it does not settle is a finding.
    """
    draft = _draft(interchange, message, partners, deviations)
    document = head.document(draft)
    texts = head.texts(draft)
    roles = parties.roles(draft)
    kind = _kind(draft, document, roles, texts)
    credit = document.type is not None and document.type.credit
    draft.reversed = totals.reversed_sign(draft, credit=credit)
    currency, accounting = head.currencies(draft)
    draft.currency = currency
    taxes = tax.survey(draft, texts, currency)
    stated = totals.survey(draft, currency, taxes)
    refs = references(draft, credits_invoice=credit or document.code in ("384", "457"), number=document.number)
    issue = head.issue_date(draft)
    tax_point, tax_point_code = head.tax_point(draft)

    seller, seller_party = parties.seller(draft, roles.seller)
    buyer, buyer_party = parties.buyer(draft, roles.buyer)
    payee = parties.payee(draft, roles.payee, roles.seller)
    representative = parties.tax_representative(draft, roles.tax_representative)
    accounting_reference, buyer_reference = _buyer_references(draft, roles, refs)
    deliver_to = parties.delivery(draft, roles.delivery)
    supply = _supply(draft, document)
    due, terms = payment.payment_terms(draft, texts, issue)
    instructions = payment.instructions(draft, roles, currency, refs.remittance)

    nodes = body.chosen(draft)
    mapped = body.invoice_lines(draft, nodes, taxes, refs, delivered=supply.day, delivery=roles.delivery, credit=credit)
    entries = _document_entries(draft, mapped, taxes)
    _without_rate(draft, mapped)
    sums = tax.sums(mapped.mapped, entries)
    second_tax, accounting = totals.accounting_tax(draft, stated, currency, accounting)
    rows = tax.breakdown(draft, taxes, sums, stated.pair("176", "124"), stated.pair("389", "125"))
    allowances, charges = _allowances_and_charges(draft, entries)
    invoice_lines = tuple(line for line, _ in mapped.mapped)
    sum_up = totals.totals(
        draft,
        stated,
        list(invoice_lines),
        [e for e, _ in entries],
        tax_rows=[r.tax_amount for r in rows],
        accounting=second_tax,
    )
    notes = _notes(draft, texts, refs, document, roles)
    delivery = None
    if deliver_to.name or deliver_to.location or deliver_to.address or supply.day:
        delivery = Delivery(
            name=deliver_to.name, location=deliver_to.location, actual_date=supply.day, address=deliver_to.address
        )
    type_code = _type_code(draft, document, texts)
    invoice = Invoice(
        number=document.number,
        issue_date=issue,
        type_code=type_code,
        currency_code=currency,
        accounting_currency_code=accounting,
        tax_point_date=tax_point,
        tax_point_date_code=tax_point_code,
        due_date=due,
        buyer_reference=buyer_reference,
        project_reference=refs.simple.get("project_reference"),
        contract_reference=refs.simple.get("contract_reference"),
        purchase_order_reference=refs.order,
        sales_order_reference=refs.simple.get("sales_order_reference"),
        receiving_advice_reference=refs.simple.get("receiving_advice_reference"),
        despatch_advice_reference=refs.despatch,
        tender_or_lot_reference=refs.simple.get("tender_or_lot_reference"),
        object_identifier=refs.object_identifier,
        buyer_accounting_reference=accounting_reference,
        payment_terms=terms,
        notes=notes,
        process_control=head.process_control(texts),
        preceding_invoices=refs.preceding,
        seller=seller,
        buyer=buyer,
        payee=payee,
        tax_representative=representative,
        delivery=delivery,
        period=supply.period,
        payment=instructions,
        allowances=allowances,
        charges=charges,
        totals=sum_up,
        vat_breakdown=rows,
        supporting_documents=_documents(draft, data),
        lines=invoice_lines,
    )
    counted = head.counted_lines(draft)
    annex, coverage = account(draft.tree, draft.line_names)
    facts = Facts(
        document_code=document.code,
        document_name=document.name,
        function_code=document.function,
        self_billing=texts.self_billing.place if texts.self_billing is not None else None,
        issuer_is=_issuer(draft, roles),
        seller_gln=(seller_party.gln or None) if seller_party else None,
        buyer_gln=(buyer_party.gln or None) if buyer_party else None,
        unknown_partners=tuple(draft.unknown_partners.items()),
        sender_id=interchange.sender,
        recipient_id=interchange.recipient,
        dates=tuple(draft.dates),
        texts=tuple(draft.texts),
        references=tuple(draft.references),
        stated_totals=tuple(draft.amounts),
        counted_lines=counted,
    )
    return Mapped(kind, invoice, Origins(draft.origins), facts, annex, coverage, tuple(draft.findings))


def _draft(interchange: Interchange, message: Message, partners: PartnerDirectory, deviations: Deviations) -> Draft:
    """The record for a message, with its dialect: by UNH association code and directory, plus content evidence."""
    tree = Tree(message.segments)
    parts = message.version.split(":")
    association = parts[3] if len(parts) > 3 else ""
    draft = Draft(interchange, message, partners, deviations, tree)
    draft.binding = "16B" in parts[3:] or any(f.peek(4, 1) == head.SPECIFICATION for f in tree.header.all("FTX", "DOC"))
    draft.energy = association[:2] in ("2.", "1.") or tree.header.first("NAD", "MS") is not None
    draft.eancom = association.startswith("EAN")
    return draft


def _kind(draft: Draft, document: head.Document, roles: parties.Parties, texts: head.Texts) -> Kind:
    """Invoice, no invoice (325, lists without lines, debit notes of the buyer), or cancellation (1225 = 1)."""
    bgm = draft.tree.header.first("BGM")
    kind = document.type
    name_de = kind.de if kind else "unbekannt"
    name_en = kind.en if kind else "unknown"
    if document.function == "1":
        draft.report("MAP-08", bgm, number=document.number)
        return Kind.CANCELLATION
    if kind is None and document.type_code is None and document.code:
        draft.report("MAP-07", bgm, code=document.code, de=name_de, en=name_en)
        return Kind.NOT_AN_INVOICE
    if kind is not None and kind.kind == "not-an-invoice":
        draft.report("MAP-07", bgm, code=document.code, de=name_de, en=name_en)
        return Kind.NOT_AN_INVOICE
    if document.function == "55":
        draft.report("MAP-07", bgm, code=f"{document.code}, 1225 = 55", de="nur zur Kenntnis", en="notification only")
        return Kind.NOT_AN_INVOICE
    if not draft.tree.lines:
        draft.report("MAP-09", bgm, code=document.code, de=name_de, en=name_en)
        return Kind.NOT_AN_INVOICE if kind is not None and kind.kind == "list-if-empty" else Kind.INVOICE
    if kind is not None and kind.debit_note and _buyer_issues(draft, roles, texts):
        draft.report("MAP-10", bgm, code=document.code, de=name_de, en=name_en)
        return Kind.NOT_AN_INVOICE
    if document.code == "385":
        draft.report("MAP-11", bgm)
    return Kind.INVOICE


def _buyer_issues(draft: Draft, roles: parties.Parties, texts: head.Texts) -> bool:
    """Whether the buyer issued the document: FTX+ABN BE, NAD+II = buyer, or the interchange comes from the buyer."""
    if texts.self_billing is not None:
        return True
    buyers = {parties.gln_of(n) or n.peek(2, 1) for n in (roles.buyer, roles.ordering) if n is not None} - {""}
    issuer = draft.tree.header.first("NAD", "II")
    if issuer is not None and (parties.gln_of(issuer) or issuer.peek(2, 1)) in buyers:
        return True
    seller = roles.seller.peek(2, 1) if roles.seller is not None else ""
    return draft.interchange.sender in buyers and draft.interchange.sender != seller


def _issuer(draft: Draft, roles: parties.Parties) -> str | None:
    """NAD+II when it is another party than the seller."""
    node = draft.tree.header.first("NAD", "II")
    if node is None or node is roles.seller:
        return None
    issuer = parties.gln_of(node) or node.peek(2, 1) or node.peek(4, 1)
    seller = roles.seller.peek(2, 1) if roles.seller is not None else ""
    return issuer if issuer and issuer != seller else None


def _type_code(draft: Draft, document: head.Document, texts: head.Texts) -> str | None:
    """BT-3 <- BGM 1001; an invoice or credit note that the message proves to be self-billed is 389 or 261."""
    code = document.type_code
    proof = texts.self_billing
    named = document.name.casefold().startswith("gutschrift") and document.code == "380"
    if code in ("380", "381") and (proof is not None or named):
        bgm = draft.tree.header.first("BGM")
        nodes = [n for n in (bgm, proof) if n is not None]
        code = "389" if code == "380" else "261"
        draft.derived("type_code", nodes, f"{code}: im Gutschriftsverfahren ausgestellt", f"{code}: self-billed")
        if bgm is not None and named:
            bgm.take(1, 4)
    return code


@dataclass(slots=True)
class _Supply:
    day: date | None
    period: InvoicingPeriod | None


def _supply(draft: Draft, document: head.Document) -> _Supply:
    """BT-72 <- DTM+35, 200, 11, 1, 50 (header; else what all lines say); BG-14 <- DTM+263 or a pair.

    In financial credit and debit notes (83, 84) DTM+35 only repeats the document date (GS1 Germany).
    """
    header = draft.tree.header
    financial = document.code in ("83", "84")
    for dtm in header.all("DTM"):
        if not financial or dtm.qualifier != "35":
            head.note_date(draft, dtm)
    day: date | None = None
    for qualifier in head.FACT_KINDS:
        if day is None and not (financial and qualifier == "35"):
            # BT-72 <- DTM+35
            day = draft.day("delivery.actual_date", header.first("DTM", qualifier))
    for rff in header.all("RFF", "DQ", "AAK"):
        agreed = ("171",) if draft.deviations.delivery_note_date_is_supply_date else ()
        if day is None:
            # BT-72 <- RFF+DQ / DTM+35, by agreement DTM+171
            day = draft.day("delivery.actual_date", rff.first("DTM", "35", *agreed))
    start, end = head.period(draft, header, "period")
    if day is None and start is None and end is None:
        # BG-14 <- DTM+35 that names more than a day (a month, a range)
        spread = header.first("DTM", *head.FACT_KINDS)
        span = draft.days(spread) if not (financial and spread is not None and spread.qualifier == "35") else None
        if span is not None and spread is not None and span[0] != span[1]:
            start, end = span
            draft.read("period.start_date", spread)
            draft.read("period.end_date", spread)
    if day is None and start is None and end is None:
        return _from_lines(draft)
    return _Supply(day, InvoicingPeriod(start_date=start, end_date=end) if start or end else None)


def _from_lines(draft: Draft) -> _Supply:
    """One date of supply in all lines is the invoice's; several ones give the period from the first to the last."""
    found: list[tuple[date, Node]] = []
    for line in draft.tree.lines:
        if line.first("DTM", "263", "167", "155") is not None:
            return _Supply(None, None)
        dtm = line.first("DTM", *head.FACT_KINDS)
        day = draft.days(dtm)
        if dtm is not None and day is not None and day[0] == day[1]:
            found.append((day[0], dtm))
    if not found:
        return _Supply(None, None)
    first, last = min(found, key=lambda f: f[0]), max(found, key=lambda f: f[0])
    if first[0] == last[0]:
        if len(found) < len([x for x in draft.tree.lines if x.all("MOA", "203")]):
            return _Supply(None, None)
        draft.derived("delivery.actual_date", (first[1],), "in allen Positionen gleich", "the same in all lines")
        return _Supply(first[0], None)
    note = ("erstes und letztes Leistungsdatum der Positionen", "first and last date of supply of the lines")
    draft.derived("period.start_date", (first[1],), *note)
    draft.derived("period.end_date", (last[1],), *note)
    return _Supply(None, InvoicingPeriod(start_date=first[0], end_date=last[0]))


def _buyer_references(draft: Draft, roles: parties.Parties, refs: References) -> tuple[str | None, str | None]:
    """BT-19 <- NAD+BY / RFF+AOU; BT-10 <- NAD+BY / RFF+CR (or RFF+CR in the header)."""
    accounting: str | None = None
    reference = refs.buyer_reference
    for node in (roles.buyer, roles.ordering):
        if node is None:
            continue
        for qualifier in ("AOU", "CR"):
            rff = node.first("RFF", qualifier)
            if rff is None or not rff.peek(1, 2):
                continue
            if qualifier == "AOU" and accounting is None:
                accounting = draft.text("buyer_accounting_reference", rff, 1, 2)
                rff.take(1, 1)
            elif qualifier == "CR" and reference is None:
                reference = draft.text("buyer_reference", rff, 1, 2)
                rff.take(1, 1)
    return accounting, reference


def _document_entries(draft: Draft, mapped: body.Lines, taxes: tax.Taxes) -> list[tuple[alc.Entry, tax.Rate | None]]:
    """BG-20 / BG-21: header ALC; ALC of the summary only where header and lines have none (else they repeat)."""
    header = draft.tree.header.all("ALC")
    found = [e for a in header if (e := alc.entry(draft, a)) is not None]
    if not header and not any(line.all("ALC") for line in draft.tree.lines):
        for node in draft.tree.summary.all("ALC"):
            one = alc.entry(draft, node) if node.first("MOA", "8", "23", "204") is not None else None
            if one is not None:
                found.append(one)
    total = sum((line.net_amount for line, _ in mapped.mapped if line.net_amount is not None), ZERO)
    alc.settle(draft, found, total)
    rates = {rate.key: rate for _, rate in mapped.mapped if rate is not None}
    only = next(iter(rates.values())) if len(rates) == 1 else (taxes.inherited if not rates else None)
    result: list[tuple[alc.Entry, tax.Rate | None]] = []
    for one in found:
        own = tax.rate_of(draft, one.tax, taxes) if one.tax is not None else None
        rate = own if own is not None and own.rate is not None else only
        if rate is None and len(rates) > 1:
            draft.report("MAP-22", one.node, reason=one.reason or one.code or "")
        result.append((one, rate))
    return result


def _without_rate(draft: Draft, mapped: body.Lines) -> None:
    """One finding for all lines that have no rate and may not inherit one."""
    if mapped.without_rate:
        names = ", ".join(name for name, _ in mapped.without_rate[:20])
        draft.report(
            "MAP-21",
            mapped.without_rate[0][1],
            line=mapped.without_rate[0][0],
            lines=names,
            missing="TAX+7+VAT+++:::19+S'",
        )


def _allowances_and_charges(
    draft: Draft, entries: list[tuple[alc.Entry, tax.Rate | None]]
) -> tuple[tuple[DocumentAllowance, ...], tuple[DocumentCharge, ...]]:
    allowances: list[DocumentAllowance] = []
    charges: list[DocumentCharge] = []
    for one, rate in entries:
        path = f"charges[{len(charges)}]" if one.charge else f"allowances[{len(allowances)}]"
        alc.origins(draft, one, path)
        category = rate.category if rate else None
        percent = rate.rate if rate and category != "O" else None
        if rate is not None:
            inherited = one.tax is None or rate.node is not one.tax
            tax.record(draft, rate, (f"{path}.vat_category", f"{path}.vat_rate"), inherited=inherited)
        if one.charge:
            charges.append(
                DocumentCharge(
                    # BT-99 <- ALC+C / MOA+23, 8; BT-100 <- MOA+25; BT-101 <- PCD; BT-104, BT-105 <- ALC
                    amount=one.amount,
                    base_amount=one.base,
                    percentage=one.percent,
                    vat_category=category,
                    vat_rate=percent,
                    reason=one.reason,
                    reason_code=one.code,
                )
            )
        else:
            allowances.append(
                DocumentAllowance(
                    # BT-92 <- ALC+A / MOA+204, 8; BT-93 <- MOA+25; BT-94 <- PCD; BT-97, BT-98 <- ALC
                    amount=one.amount,
                    base_amount=one.base,
                    percentage=one.percent,
                    vat_category=category,
                    vat_rate=percent,
                    reason=one.reason,
                    reason_code=one.code,
                )
            )
    return tuple(allowances), tuple(charges)


def _notes(
    draft: Draft, texts: head.Texts, refs: References, document: head.Document, roles: parties.Parties
) -> tuple[Note, ...]:
    """BG-1: FTX, then references and parties that found no term, then the document's own name (BGM 1000)."""
    found = list(head.notes(draft, texts.notes))
    for note, nodes in refs.notes:
        path = f"notes[{len(found)}]"
        draft.read(path, *nodes)
        draft.derived(f"{path}.text", nodes, "Referenzen als Text", "references as text")
        found.append(note)
    for text, node in parties.told(draft, roles):
        draft.read(f"notes[{len(found)}]", node)
        draft.derived(f"notes[{len(found)}].text", (node,), "Beteiligter als Text", "party as text")
        found.append(Note(text=text))
    bgm = draft.tree.header.first("BGM")
    if document.name and bgm is not None:
        # BGM C002/1000: SAMMELRECHNUNG, FRISCHWARENRECHNUNG ... (GS1 Germany)
        draft.read(f"notes[{len(found)}]", bgm)
        draft.read(f"notes[{len(found)}].text", bgm)
        bgm.take(1, 4)
        found.append(Note(text=document.name))
    return tuple(found)


def _documents(draft: Draft, data: bytes) -> tuple[SupportingDocument, ...]:
    """BG-24 <- EFI (1508:7008), RFF+ATS (BT-122), COM ..:AO (BT-124), UNO package of the same reference (BT-125)."""
    found: list[SupportingDocument] = []
    for efi in draft.tree.header.all("EFI"):
        path = f"supporting_documents[{len(found)}]"
        draft.read(path, efi)
        filename = efi.take(1, 1)
        rff = efi.first("RFF", "ATS") or efi.first("RFF")
        reference = draft.text(f"{path}.reference", rff, 1, 2)
        if rff is not None:
            rff.take(1, 1)
        location: str | None = None
        for com in efi.all("COM"):
            location = location or draft.text(f"{path}.external_location", com, 1, 1)
            com.use(1)
        found.append(
            SupportingDocument(
                reference=reference,
                description=draft.text(f"{path}.description", efi, 1, 2),
                external_location=location,
                attached=_attachment(draft, reference, filename, data),
            )
        )
    return tuple(found)


def _attachment(draft: Draft, reference: str | None, filename: str, data: bytes) -> Attachment | None:
    """UNO+reference+1:object+filter:format+length: the object, decoded where it is written in base64."""
    for package in draft.message.packages:
        if reference is None or reference not in package.header.components(2):
            continue
        content = data[package.start : package.end]
        if not content:
            return None
        mime = next((c for c in package.header.components(3) if "/" in c), "application/octet-stream")
        with contextlib.suppress(binascii.Error, ValueError):
            content = base64.b64decode(content, validate=True)
        return Attachment(content=content, mime_code=mime, filename=filename or reference)
    return None
