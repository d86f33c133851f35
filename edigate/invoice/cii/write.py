"""Invoice -> factur-x.xml: elements in the order of the official XSD, and for each the path of what
it says.

Nothing is rounded, corrected or made up; what is missing is left out. Only the elements that the
XSD wants around missing content are written empty, so that an incomplete invoice can still be
judged rule by rule.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from edigate.invoice import model
from edigate.invoice.cii.names import PROJECT_NAME, SUPPORTING, TENDER_OR_LOT
from edigate.invoice.cii.tree import Maybe, XmlDocument, constant, day, each, group, leaf, required
from edigate.invoice.cii.write_line import line, object_reference
from edigate.invoice.cii.write_party import (
    address,
    buyer,
    party_identifier,
    seller,
    tax_representative,
)
from edigate.invoice.cii.write_settlement import settlement


@dataclass(frozen=True, slots=True)
class CiiDocument:
    """A written factur-x.xml.

    xml: UTF-8 with declaration. paths: canonical XPath of every element, each step with its index
    (`/rsm:CrossIndustryInvoice[1]/.../ram:IncludedSupplyChainTradeLineItem[2]`), and of every
    attribute that is a term of its own, to the path of what it says in the Invoice (`lines[1]`,
    `lines[1].net_amount`, `""`). altered: paths of the texts in which characters that XML 1.0
    forbids were written as U+FFFD, because no XML can hold them: whoever judges the invoice has to
    make a finding of each.
    """

    xml: bytes
    paths: Mapping[str, str]
    altered: tuple[str, ...] = ()


def write(invoice: model.Invoice) -> CiiDocument:
    """Write an Invoice as factur-x.xml, profile EN 16931 (Factur-X 1.09 / ZUGFeRD 2.5)."""
    document = XmlDocument(
        required(
            "rsm:CrossIndustryInvoice",
            "",
            _context(invoice.process_control, "process_control"),
            _document(invoice),
            required(
                "rsm:SupplyChainTradeTransaction",
                "",
                *each(line, invoice.lines, "lines"),  # BG-25
                _agreement(invoice),
                _delivery(invoice, invoice.delivery or model.DeliveryInformation()),
                settlement(invoice),
            ),
        )
    )
    return CiiDocument(document.xml(), document.paths, tuple(dict.fromkeys(document.altered)))


def _context(control: model.ProcessControl, p: str) -> Maybe:
    process, specification = f"{p}.business_process", f"{p}.specification"
    return required(
        "rsm:ExchangedDocumentContext",
        p,
        group(
            "ram:BusinessProcessSpecifiedDocumentContextParameter",
            process,
            leaf("ram:ID", control.business_process, process),  # BT-23
        ),
        required(
            "ram:GuidelineSpecifiedDocumentContextParameter",
            specification,
            leaf("ram:ID", control.specification, specification),  # BT-24
        ),
    )


def _document(invoice: model.Invoice) -> Maybe:
    return required(
        "rsm:ExchangedDocument",
        "",
        leaf("ram:ID", invoice.number, "number"),  # BT-1
        leaf("ram:TypeCode", invoice.type_code, "type_code"),  # BT-3
        day("ram:IssueDateTime", invoice.issue_date, "issue_date"),  # BT-2
        *each(_note, invoice.notes, "notes"),  # BG-1
    )


def _note(note: model.Note, p: str) -> Maybe:
    return group(
        "ram:IncludedNote",
        p,
        leaf("ram:Content", note.text, f"{p}.text"),  # BT-22
        leaf("ram:SubjectCode", note.subject_code, f"{p}.subject_code"),  # BT-21
    )


def _agreement(invoice: model.Invoice) -> Maybe:
    return required(
        "ram:ApplicableHeaderTradeAgreement",
        "",
        leaf("ram:BuyerReference", invoice.buyer_reference, "buyer_reference"),  # BT-10
        seller(invoice.seller, "seller"),  # BG-4
        buyer(invoice.buyer, "buyer"),  # BG-7
        tax_representative(invoice.tax_representative, "tax_representative"),  # BG-11
        _reference("SellerOrder", invoice.sales_order_reference, "sales_order_reference"),  # BT-14
        _reference(
            "BuyerOrder", invoice.purchase_order_reference, "purchase_order_reference"
        ),  # BT-13
        _reference("Contract", invoice.contract_reference, "contract_reference"),  # BT-12
        _tender_or_lot(invoice.tender_or_lot_reference, "tender_or_lot_reference"),  # BT-17
        object_reference(invoice.object_identifier, "object_identifier"),  # BT-18
        *each(_supporting, invoice.supporting_documents, "supporting_documents"),  # BG-24
        _project(invoice.project_reference, "project_reference"),  # BT-11
    )


def _reference(kind: str, number: str | None, p: str) -> Maybe:
    return group(f"ram:{kind}ReferencedDocument", p, leaf("ram:IssuerAssignedID", number, p))


def _tender_or_lot(number: str | None, p: str) -> Maybe:
    stated = leaf("ram:IssuerAssignedID", number, p)
    if stated is None:
        return None
    return group(
        "ram:AdditionalReferencedDocument", p, stated, constant("ram:TypeCode", TENDER_OR_LOT, p)
    )


def _project(number: str | None, p: str) -> Maybe:
    stated = leaf("ram:ID", number, p)
    return stated and group(
        "ram:SpecifiedProcuringProject", p, stated, constant("ram:Name", PROJECT_NAME, p)
    )


def _supporting(document: model.SupportingDocument, p: str) -> Maybe:
    if document == model.SupportingDocument():
        return None
    return group(
        "ram:AdditionalReferencedDocument",
        p,
        leaf("ram:IssuerAssignedID", document.reference, f"{p}.reference"),  # BT-122
        leaf("ram:URIID", document.external_location, f"{p}.external_location"),  # BT-124
        constant("ram:TypeCode", SUPPORTING, p),
        leaf("ram:Name", document.description, f"{p}.description"),  # BT-123
        _attachment(document.attached, f"{p}.attached"),  # BT-125
    )


def _attachment(attached: model.Attachment | None, p: str) -> Maybe:
    if attached is None:
        return None
    attributes = (("mimeCode", attached.mime_code, p), ("filename", attached.filename, p))
    return leaf(
        "ram:AttachmentBinaryObject", b64encode(attached.content).decode("ascii"), p, attributes
    )


def _delivery(invoice: model.Invoice, delivery: model.DeliveryInformation) -> Maybe:
    p = "delivery"
    when = f"{p}.actual_date"
    return required(
        "ram:ApplicableHeaderTradeDelivery",
        p,
        group(
            "ram:ShipToTradeParty",
            p,
            party_identifier(delivery.location, f"{p}.location"),  # BT-71
            leaf("ram:Name", delivery.name, f"{p}.name"),  # BT-70
            address(delivery.address, f"{p}.address"),  # BG-15
        ),
        group(
            "ram:ActualDeliverySupplyChainEvent",
            when,
            day("ram:OccurrenceDateTime", delivery.actual_date, when),  # BT-72
        ),
        _reference(
            "DespatchAdvice", invoice.despatch_advice_reference, "despatch_advice_reference"
        ),  # BT-16
        _reference(
            "ReceivingAdvice", invoice.receiving_advice_reference, "receiving_advice_reference"
        ),  # BT-15
    )
