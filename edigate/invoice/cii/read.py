"""factur-x.xml -> Invoice: the way back, for everything the EN 16931 profile can say.

Reading what `write` wrote gives an equal Invoice, provided it holds no empty groups, no blank texts
and no character XML forbids, and lists a seller's identifiers without scheme first. In documents of
others, what the profile does not know is passed over. Nothing is judged here: a value that is no
number or no date is refused, any other is taken.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Sequence

from lxml import etree

from edigate.errors import Rejected
from edigate.invoice import model
from edigate.invoice.cii import read_values as xml
from edigate.invoice.cii.names import NAMESPACES, OBJECT, TAX_POINT_CODES, TENDER_OR_LOT
from edigate.invoice.cii.read_charges import charges, document_level
from edigate.invoice.cii.read_line import line, object_identifier
from edigate.invoice.cii.read_party import (
    address_of,
    buyer,
    party_identifiers,
    payee,
    seller,
    tax_representative,
)
from edigate.invoice.cii.read_settlement import payment, totals, vat

# A factur-x.xml of 1,000 lines has 2 MB; a hundred times that is no invoice.
MAX_BYTES = 200_000_000
_CODES = {syntax: standard for standard, syntax in TAX_POINT_CODES.items()}


def read(octets: bytes) -> model.Invoice:
    """Read a factur-x.xml; no entity is resolved, nothing is fetched.

    Raises: Rejected when it is too large, not well-formed, has a DOCTYPE, is not a
    CrossIndustryInvoice, or holds something else where a number, a date or Base64 must stand.
    """
    root = _parse(octets)
    document = xml.first(root, "rsm:ExchangedDocument")
    trade = xml.first(root, "rsm:SupplyChainTradeTransaction")
    agreement = xml.first(trade, "ram:ApplicableHeaderTradeAgreement")
    delivery = xml.first(trade, "ram:ApplicableHeaderTradeDelivery")
    settlement = xml.first(trade, "ram:ApplicableHeaderTradeSettlement")
    taxes = xml.every(settlement, "ram:ApplicableTradeTax")
    code = next((c for t in taxes if (c := xml.text(t, "ram:DueDateTypeCode"))), None)
    references = xml.every(agreement, "ram:AdditionalReferencedDocument")
    return model.Invoice(
        number=xml.text(document, "ram:ID"),
        issue_date=xml.day(document, "ram:IssueDateTime/udt:DateTimeString"),
        type_code=xml.text(document, "ram:TypeCode"),
        currency_code=xml.text(settlement, "ram:InvoiceCurrencyCode"),
        accounting_currency_code=xml.text(settlement, "ram:TaxCurrencyCode"),
        tax_point_date=next(
            (d for t in taxes if (d := xml.day(t, "ram:TaxPointDate/udt:DateString"))), None
        ),
        tax_point_date_code=_CODES.get(code, code) if code else None,
        due_date=xml.day(
            settlement, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString"
        ),
        buyer_reference=xml.text(agreement, "ram:BuyerReference"),
        project_reference=xml.text(agreement, "ram:SpecifiedProcuringProject/ram:ID"),
        contract_reference=xml.text(
            agreement, "ram:ContractReferencedDocument/ram:IssuerAssignedID"
        ),
        purchase_order_reference=xml.text(
            agreement, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"
        ),
        sales_order_reference=xml.text(
            agreement, "ram:SellerOrderReferencedDocument/ram:IssuerAssignedID"
        ),
        receiving_advice_reference=xml.text(
            delivery, "ram:ReceivingAdviceReferencedDocument/ram:IssuerAssignedID"
        ),
        despatch_advice_reference=xml.text(
            delivery, "ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID"
        ),
        tender_or_lot_reference=next(_tenders(references), None),
        object_identifier=object_identifier(references),
        buyer_accounting_reference=xml.text(
            settlement, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"
        ),
        payment_terms=xml.text(settlement, "ram:SpecifiedTradePaymentTerms/ram:Description"),
        notes=tuple(_notes(document)),
        process_control=_process_control(root),
        preceding_invoices=tuple(_preceding(settlement)),
        seller=seller(xml.first(agreement, "ram:SellerTradeParty")),
        buyer=buyer(xml.first(agreement, "ram:BuyerTradeParty")),
        payee=payee(xml.first(settlement, "ram:PayeeTradeParty")),
        tax_representative=tax_representative(
            xml.first(agreement, "ram:SellerTaxRepresentativeTradeParty")
        ),
        delivery=_delivery(delivery),
        period=xml.filled(
            model.InvoicingPeriod(
                start_date=xml.day(
                    settlement, "ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString"
                ),
                end_date=xml.day(
                    settlement, "ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString"
                ),
            ),
            model.InvoicingPeriod(),
        ),
        payment=payment(settlement),
        allowances=tuple(
            document_level(model.DocumentAllowance, a) for a in charges(settlement, "false")
        ),
        charges=tuple(document_level(model.DocumentCharge, c) for c in charges(settlement, "true")),
        totals=totals(settlement),
        vat_breakdown=tuple(entry for t in taxes if (entry := vat(t)) is not None),
        supporting_documents=tuple(
            _supporting(r)
            for r in references
            if xml.text(r, "ram:TypeCode") not in {TENDER_OR_LOT, OBJECT}
        ),
        lines=tuple(
            line(item) for item in xml.every(trade, "ram:IncludedSupplyChainTradeLineItem")
        ),
    )


def _parse(octets: bytes) -> xml.Element:
    if len(octets) > MAX_BYTES:
        raise Rejected("CII-SIZE", f"the XML has {len(octets)} bytes; at most {MAX_BYTES} are read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError as error:
        raise Rejected("CII-XML", f"the XML is not well-formed: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Rejected("CII-DOCTYPE", "the XML has a DOCTYPE; remove it, an invoice needs none")
    if root.tag != f"{{{NAMESPACES['rsm']}}}CrossIndustryInvoice":
        raise Rejected("CII-ROOT", f"the XML is no CrossIndustryInvoice but a {root.tag}")
    return root


def _notes(document: xml.Element | None) -> Iterator[model.Note]:
    for note in xml.every(document, "ram:IncludedNote"):
        yield model.Note(
            subject_code=xml.text(note, "ram:SubjectCode"), text=xml.text(note, "ram:Content")
        )


def _tenders(references: Sequence[xml.Element]) -> Iterator[str | None]:
    for reference in references:
        if xml.text(reference, "ram:TypeCode") == TENDER_OR_LOT:
            yield xml.text(reference, "ram:IssuerAssignedID")


def _preceding(settlement: xml.Element | None) -> Iterator[model.PrecedingInvoice]:
    for reference in xml.every(settlement, "ram:InvoiceReferencedDocument"):
        yield model.PrecedingInvoice(
            reference=xml.text(reference, "ram:IssuerAssignedID"),
            issue_date=xml.day(reference, "ram:FormattedIssueDateTime/qdt:DateTimeString"),
        )


def _process_control(root: xml.Element) -> model.ProcessControl:
    context = xml.first(root, "rsm:ExchangedDocumentContext")
    return model.ProcessControl(
        business_process=xml.text(
            context, "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"
        ),
        specification=xml.text(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
    )


def _supporting(reference: xml.Element) -> model.SupportingDocument:
    return model.SupportingDocument(
        reference=xml.text(reference, "ram:IssuerAssignedID"),
        description=xml.text(reference, "ram:Name"),
        external_location=xml.text(reference, "ram:URIID"),
        attached=_attachment(xml.first(reference, "ram:AttachmentBinaryObject")),
    )


def _attachment(element: xml.Element | None) -> model.Attachment | None:
    text = xml.content(element)
    if element is None or text is None:
        return None
    try:
        content = b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise Rejected("CII-VALUE", "ram:AttachmentBinaryObject is no Base64") from error
    return model.Attachment(
        content=content,
        mime_code=element.get("mimeCode") or "",
        filename=element.get("filename") or "",
    )


def _delivery(delivery: xml.Element | None) -> model.DeliveryInformation | None:
    party = xml.first(delivery, "ram:ShipToTradeParty")
    address = xml.first(party, "ram:PostalTradeAddress")
    return xml.filled(
        model.DeliveryInformation(
            name=xml.text(party, "ram:Name"),
            location=next(iter(party_identifiers(party)), None),
            actual_date=xml.day(
                delivery,
                "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString",
            ),
            address=address_of(model.DeliveryAddress, address),
        ),
        model.DeliveryInformation(),
    )
