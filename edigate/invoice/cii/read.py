"""factur-x.xml -> Invoice: the way back, for everything the EN 16931 profile can say.

Reading what `write` wrote gives an equal Invoice, provided it holds no empty groups, no blank texts and no character
XML forbids, and lists a seller's identifiers without scheme first. In documents of others, what the profile does not
know is passed over. Nothing is judged here: a value that is no number or no date is refused, any other is taken.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from edigate.errors import Rejected
from edigate.invoice import model
from edigate.invoice.cii.names import DATE_FORMAT, NAMESPACES, OBJECT, TAX_POINT_CODES, TENDER_OR_LOT

# A factur-x.xml of 1,000 lines has 2 MB; a hundred times that is no invoice.
MAX_BYTES = 200_000_000

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_NS = dict(NAMESPACES)
_CODES = {syntax: standard for standard, syntax in TAX_POINT_CODES.items()}
_Group = TypeVar("_Group")
_Element = etree._Element


def read(xml: bytes) -> model.Invoice:
    """Read a factur-x.xml; no entity is resolved, nothing is fetched.

    Raises: Rejected when it is too large, not well-formed, has a DOCTYPE, is not a CrossIndustryInvoice, or holds
    something else where a number, a date or Base64 must stand.
    """
    root = _parse(xml)
    document = _sub(root, "rsm:ExchangedDocument")
    trade = _sub(root, "rsm:SupplyChainTradeTransaction")
    agreement = _sub(trade, "ram:ApplicableHeaderTradeAgreement")
    delivery = _sub(trade, "ram:ApplicableHeaderTradeDelivery")
    settlement = _sub(trade, "ram:ApplicableHeaderTradeSettlement")
    taxes = _all(settlement, "ram:ApplicableTradeTax")
    code = next((c for t in taxes if (c := _text(t, "ram:DueDateTypeCode"))), None)
    references = _all(agreement, "ram:AdditionalReferencedDocument")
    return model.Invoice(
        number=_text(document, "ram:ID"),
        issue_date=_date(document, "ram:IssueDateTime/udt:DateTimeString"),
        type_code=_text(document, "ram:TypeCode"),
        currency_code=_text(settlement, "ram:InvoiceCurrencyCode"),
        accounting_currency_code=_text(settlement, "ram:TaxCurrencyCode"),
        tax_point_date=next((d for t in taxes if (d := _date(t, "ram:TaxPointDate/udt:DateString"))), None),
        tax_point_date_code=_CODES.get(code, code) if code else None,
        due_date=_date(settlement, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString"),
        buyer_reference=_text(agreement, "ram:BuyerReference"),
        project_reference=_text(agreement, "ram:SpecifiedProcuringProject/ram:ID"),
        contract_reference=_text(agreement, "ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        purchase_order_reference=_text(agreement, "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        sales_order_reference=_text(agreement, "ram:SellerOrderReferencedDocument/ram:IssuerAssignedID"),
        receiving_advice_reference=_text(delivery, "ram:ReceivingAdviceReferencedDocument/ram:IssuerAssignedID"),
        despatch_advice_reference=_text(delivery, "ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID"),
        tender_or_lot_reference=next(
            (_text(r, "ram:IssuerAssignedID") for r in references if _text(r, "ram:TypeCode") == TENDER_OR_LOT), None
        ),
        object_identifier=_object(references),
        buyer_accounting_reference=_text(settlement, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        payment_terms=_text(settlement, "ram:SpecifiedTradePaymentTerms/ram:Description"),
        notes=tuple(
            model.Note(subject_code=_text(n, "ram:SubjectCode"), text=_text(n, "ram:Content"))
            for n in _all(document, "ram:IncludedNote")
        ),
        process_control=_process_control(root),
        preceding_invoices=tuple(
            model.PrecedingInvoice(
                reference=_text(r, "ram:IssuerAssignedID"),
                issue_date=_date(r, "ram:FormattedIssueDateTime/qdt:DateTimeString"),
            )
            for r in _all(settlement, "ram:InvoiceReferencedDocument")
        ),
        seller=_seller(_sub(agreement, "ram:SellerTradeParty")),
        buyer=_buyer(_sub(agreement, "ram:BuyerTradeParty")),
        payee=_payee(_sub(settlement, "ram:PayeeTradeParty")),
        tax_representative=_tax_representative(_sub(agreement, "ram:SellerTaxRepresentativeTradeParty")),
        delivery=_delivery(delivery),
        period=_filled(
            model.InvoicingPeriod(
                start_date=_date(settlement, "ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString"),
                end_date=_date(settlement, "ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString"),
            ),
            model.InvoicingPeriod(),
        ),
        payment=_payment(settlement),
        allowances=tuple(_document_level(model.DocumentAllowance, a) for a in _charges(settlement, "false")),
        charges=tuple(_document_level(model.DocumentCharge, c) for c in _charges(settlement, "true")),
        totals=_totals(settlement),
        vat_breakdown=tuple(entry for t in taxes if (entry := _vat(t)) is not None),
        supporting_documents=tuple(
            _supporting(r) for r in references if _text(r, "ram:TypeCode") not in {TENDER_OR_LOT, OBJECT}
        ),
        lines=tuple(_line(item) for item in _all(trade, "ram:IncludedSupplyChainTradeLineItem")),
    )


def _parse(xml: bytes) -> _Element:
    if len(xml) > MAX_BYTES:
        raise Rejected("CII-SIZE", f"the XML has {len(xml)} bytes; at most {MAX_BYTES} are read")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise Rejected("CII-XML", f"the XML is not well-formed: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Rejected("CII-DOCTYPE", "the XML has a DOCTYPE; remove it, an invoice needs none")
    if root.tag != f"{{{NAMESPACES['rsm']}}}CrossIndustryInvoice":
        raise Rejected("CII-ROOT", f"the XML is no CrossIndustryInvoice but a {root.tag}")
    return root


def _sub(element: _Element | None, path: str) -> _Element | None:
    return None if element is None else element.find(path, _NS)


def _all(element: _Element | None, path: str) -> Sequence[_Element]:
    return [] if element is None else element.findall(path, _NS)


def _content(element: _Element | None) -> str | None:
    text = None if element is None else element.text
    return text if text and not text.isspace() else None


def _text(element: _Element | None, path: str) -> str | None:
    return _content(_sub(element, path))


def _decimal(element: _Element | None, path: str) -> Decimal | None:
    text = _text(element, path)
    if text is None:
        return None
    if _NUMBER.fullmatch(text.strip()) is None:
        raise Rejected("CII-VALUE", f"{path} is no number: {text[:40]!r}")
    return Decimal(text.strip())


def _date(element: _Element | None, path: str) -> date | None:
    found = _sub(element, path)
    text = _content(found)
    if found is None or text is None:
        return None
    digits = _DATE.fullmatch(text.strip())
    if digits is None or found.get("format") != DATE_FORMAT:
        raise Rejected("CII-VALUE", f"{path} is no date of format {DATE_FORMAT}: {text[:40]!r}")
    try:
        return date(int(digits[1]), int(digits[2]), int(digits[3]))
    except ValueError as error:
        raise Rejected("CII-VALUE", f"{path} is no day of the calendar: {text[:40]!r}") from error


def _identifier(element: _Element | None, attribute: str = "schemeID") -> model.Identifier | None:
    text = _content(element)
    if element is None or text is None:
        return None
    return model.Identifier(text, element.get(attribute) or None, element.get("listVersionID") or None)


def _filled(group: _Group, empty: _Group) -> _Group | None:
    """The group, or None when it says nothing."""
    return None if group == empty else group


def _process_control(root: _Element) -> model.ProcessControl:
    context = _sub(root, "rsm:ExchangedDocumentContext")
    return model.ProcessControl(
        business_process=_text(context, "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        specification=_text(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
    )


def _object(references: Sequence[_Element]) -> model.Identifier | None:
    for reference in references:
        number = _text(reference, "ram:IssuerAssignedID")
        if number and _text(reference, "ram:TypeCode") == OBJECT:
            return model.Identifier(number, _text(reference, "ram:ReferenceTypeCode"))
    return None


def _supporting(reference: _Element) -> model.SupportingDocument:
    return model.SupportingDocument(
        reference=_text(reference, "ram:IssuerAssignedID"),
        description=_text(reference, "ram:Name"),
        external_location=_text(reference, "ram:URIID"),
        attached=_attachment(_sub(reference, "ram:AttachmentBinaryObject")),
    )


def _attachment(element: _Element | None) -> model.Attachment | None:
    text = _content(element)
    if element is None or text is None:
        return None
    try:
        content = b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise Rejected("CII-VALUE", "ram:AttachmentBinaryObject is no Base64") from error
    return model.Attachment(
        content=content, mime_code=element.get("mimeCode") or "", filename=element.get("filename") or ""
    )


def _party_identifiers(party: _Element | None) -> tuple[model.Identifier, ...]:
    found = [*_all(party, "ram:ID"), *_all(party, "ram:GlobalID")]
    return tuple(identifier for element in found if (identifier := _identifier(element)) is not None)


def _registration(party: _Element | None, scheme: str) -> str | None:
    for element in _all(party, "ram:SpecifiedTaxRegistration/ram:ID"):
        if element.get("schemeID") == scheme:
            return _content(element)
    return None


def _contact(kind: Callable[..., _Group], contact: _Element | None) -> _Group | None:
    """BG-6, BG-9; the contact point is the person, the department, or both."""
    if contact is None:
        return None
    point = (_text(contact, "ram:PersonName"), _text(contact, "ram:DepartmentName"))
    return kind(
        contact_point=", ".join(part for part in point if part) or None,
        telephone=_text(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
        email=_text(contact, "ram:EmailURIUniversalCommunication/ram:URIID"),
    )


def _address(kind: Callable[..., _Group], address: _Element | None) -> _Group | None:
    """BG-5, BG-8, BG-12, BG-15."""
    if address is None:
        return None
    return kind(
        line_1=_text(address, "ram:LineOne"),
        line_2=_text(address, "ram:LineTwo"),
        line_3=_text(address, "ram:LineThree"),
        city=_text(address, "ram:CityName"),
        post_code=_text(address, "ram:PostcodeCode"),
        subdivision=_text(address, "ram:CountrySubDivisionName"),
        country_code=_text(address, "ram:CountryID"),
    )


def _seller(party: _Element | None) -> model.Seller:
    contact = _sub(party, "ram:DefinedTradeContact")
    address = _sub(party, "ram:PostalTradeAddress")
    return model.Seller(
        name=_text(party, "ram:Name"),
        trading_name=_text(party, "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        identifiers=_party_identifiers(party),
        legal_registration=_identifier(_sub(party, "ram:SpecifiedLegalOrganization/ram:ID")),
        vat_identifier=_registration(party, "VA"),
        tax_registration=_registration(party, "FC"),
        legal_information=_text(party, "ram:Description"),
        electronic_address=_identifier(_sub(party, "ram:URIUniversalCommunication/ram:URIID")),
        address=_address(model.SellerAddress, address),
        contact=_contact(model.SellerContact, contact),
    )


def _buyer(party: _Element | None) -> model.Buyer:
    contact = _sub(party, "ram:DefinedTradeContact")
    address = _sub(party, "ram:PostalTradeAddress")
    return model.Buyer(
        name=_text(party, "ram:Name"),
        trading_name=_text(party, "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        identifier=next(iter(_party_identifiers(party)), None),
        legal_registration=_identifier(_sub(party, "ram:SpecifiedLegalOrganization/ram:ID")),
        vat_identifier=_registration(party, "VA"),
        electronic_address=_identifier(_sub(party, "ram:URIUniversalCommunication/ram:URIID")),
        address=_address(model.BuyerAddress, address),
        contact=_contact(model.BuyerContact, contact),
    )


def _payee(party: _Element | None) -> model.Payee | None:
    if party is None:
        return None
    return model.Payee(
        name=_text(party, "ram:Name"),
        identifier=next(iter(_party_identifiers(party)), None),
        legal_registration=_identifier(_sub(party, "ram:SpecifiedLegalOrganization/ram:ID")),
    )


def _tax_representative(party: _Element | None) -> model.TaxRepresentative | None:
    if party is None:
        return None
    address = _sub(party, "ram:PostalTradeAddress")
    return model.TaxRepresentative(
        name=_text(party, "ram:Name"),
        vat_identifier=_registration(party, "VA"),
        address=_address(model.TaxRepresentativeAddress, address),
    )


def _delivery(delivery: _Element | None) -> model.Delivery | None:
    party = _sub(delivery, "ram:ShipToTradeParty")
    address = _sub(party, "ram:PostalTradeAddress")
    return _filled(
        model.Delivery(
            name=_text(party, "ram:Name"),
            location=next(iter(_party_identifiers(party)), None),
            actual_date=_date(delivery, "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString"),
            address=_address(model.DeliveryAddress, address),
        ),
        model.Delivery(),
    )


def _payment(settlement: _Element | None) -> model.PaymentInstructions | None:
    """BG-16 has one code and one text: those of the first element count where a document repeats it."""
    means = _all(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    transfers = (
        model.CreditTransfer(
            account=_text(m, "ram:PayeePartyCreditorFinancialAccount/ram:IBANID")
            or _text(m, "ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID"),
            account_name=_text(m, "ram:PayeePartyCreditorFinancialAccount/ram:AccountName"),
            service_provider=_text(m, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
        )
        for m in means
    )
    cards = (_sub(m, "ram:ApplicableTradeSettlementFinancialCard") for m in means)
    debited = (_text(m, "ram:PayerPartyDebtorFinancialAccount/ram:IBANID") for m in means)
    return _filled(
        model.PaymentInstructions(
            means_code=next((code for m in means if (code := _text(m, "ram:TypeCode"))), None),
            means_text=next((text for m in means if (text := _text(m, "ram:Information"))), None),
            remittance_information=_text(settlement, "ram:PaymentReference"),
            credit_transfers=tuple(t for t in transfers if t != model.CreditTransfer()),
            card=next(
                (
                    model.PaymentCard(
                        primary_account_number=_text(card, "ram:ID"), holder=_text(card, "ram:CardholderName")
                    )
                    for card in cards
                    if card is not None
                ),
                None,
            ),
            direct_debit=_filled(
                model.DirectDebit(
                    mandate_reference=_text(settlement, "ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"),
                    creditor_identifier=_text(settlement, "ram:CreditorReferenceID"),
                    debited_account=next((account for account in debited if account), None),
                ),
                model.DirectDebit(),
            ),
        ),
        model.PaymentInstructions(),
    )


def _charges(settlement: _Element | None, indicator: str) -> list[_Element]:
    return [
        element
        for element in _all(settlement, "ram:SpecifiedTradeAllowanceCharge")
        if (_text(element, "ram:ChargeIndicator/udt:Indicator") or "").strip() == indicator
    ]


def _document_level(kind: Callable[..., _Group], element: _Element) -> _Group:
    """BG-20, BG-21: what a line's has, and its VAT."""

    def with_vat(**stated: object) -> _Group:
        return kind(
            vat_category=_text(element, "ram:CategoryTradeTax/ram:CategoryCode"),
            vat_rate=_decimal(element, "ram:CategoryTradeTax/ram:RateApplicablePercent"),
            **stated,
        )

    return _line_level(with_vat, element)


def _line_level(kind: Callable[..., _Group], element: _Element) -> _Group:
    """BG-27, BG-28."""
    return kind(
        amount=_decimal(element, "ram:ActualAmount"),
        base_amount=_decimal(element, "ram:BasisAmount"),
        percentage=_decimal(element, "ram:CalculationPercent"),
        reason=_text(element, "ram:Reason"),
        reason_code=_text(element, "ram:ReasonCode"),
    )


def _totals(settlement: _Element | None) -> model.Totals:
    summation = _sub(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    tax, accounting = _tax_totals(settlement, summation)
    return model.Totals(
        line_total=_decimal(summation, "ram:LineTotalAmount"),
        allowance_total=_decimal(summation, "ram:AllowanceTotalAmount"),
        charge_total=_decimal(summation, "ram:ChargeTotalAmount"),
        tax_exclusive=_decimal(summation, "ram:TaxBasisTotalAmount"),
        tax_total=tax,
        tax_total_accounting=accounting,
        tax_inclusive=_decimal(summation, "ram:GrandTotalAmount"),
        prepaid=_decimal(summation, "ram:TotalPrepaidAmount"),
        rounding=_decimal(summation, "ram:RoundingAmount"),
        amount_due=_decimal(summation, "ram:DuePayableAmount"),
    )


def _tax_totals(settlement: _Element | None, summation: _Element | None) -> tuple[Decimal | None, Decimal | None]:
    """BT-110 and BT-111 share an element name: the currency tells them apart, where it does not the order."""
    invoiced = _text(settlement, "ram:InvoiceCurrencyCode")
    accounted = _text(settlement, "ram:TaxCurrencyCode")
    tax: Decimal | None = None
    accounting: Decimal | None = None
    for element in _all(summation, "ram:TaxTotalAmount"):
        currency, amount = element.get("currencyID"), _decimal(element, ".")
        if tax is not None or (currency is not None and currency == accounted != invoiced):
            accounting = amount if accounting is None else accounting
        else:
            tax = amount
    return tax, accounting


def _vat(element: _Element) -> model.VatBreakdown | None:
    return _filled(
        model.VatBreakdown(
            taxable_amount=_decimal(element, "ram:BasisAmount"),
            tax_amount=_decimal(element, "ram:CalculatedAmount"),
            category=_text(element, "ram:CategoryCode"),
            rate=_decimal(element, "ram:RateApplicablePercent"),
            exemption_reason=_text(element, "ram:ExemptionReason"),
            exemption_code=_text(element, "ram:ExemptionReasonCode"),
        ),
        model.VatBreakdown(),
    )


def _line(element: _Element) -> model.Line:
    settlement = _sub(element, "ram:SpecifiedLineTradeSettlement")
    quantity = _sub(element, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    period = _sub(settlement, "ram:BillingSpecifiedPeriod")
    return model.Line(
        identifier=_text(element, "ram:AssociatedDocumentLineDocument/ram:LineID"),
        note=_text(element, "ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content"),
        object_identifier=_object(_all(settlement, "ram:AdditionalReferencedDocument")),
        quantity=_decimal(quantity, "."),
        unit_code=None if quantity is None else quantity.get("unitCode") or None,
        net_amount=_decimal(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"),
        order_line_reference=_text(
            element, "ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument/ram:LineID"
        ),
        buyer_accounting_reference=_text(settlement, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        period=None
        if period is None
        else model.LinePeriod(
            start_date=_date(period, "ram:StartDateTime/udt:DateTimeString"),
            end_date=_date(period, "ram:EndDateTime/udt:DateTimeString"),
        ),
        allowances=tuple(_line_level(model.LineAllowance, a) for a in _charges(settlement, "false")),
        charges=tuple(_line_level(model.LineCharge, c) for c in _charges(settlement, "true")),
        price=_price(_sub(element, "ram:SpecifiedLineTradeAgreement")),
        vat=_filled(
            model.LineVat(
                category=_text(settlement, "ram:ApplicableTradeTax/ram:CategoryCode"),
                rate=_decimal(settlement, "ram:ApplicableTradeTax/ram:RateApplicablePercent"),
            ),
            model.LineVat(),
        ),
        item=_item(_sub(element, "ram:SpecifiedTradeProduct")),
    )


def _price(agreement: _Element | None) -> model.Price | None:
    net = _sub(agreement, "ram:NetPriceProductTradePrice")
    gross = _sub(agreement, "ram:GrossPriceProductTradePrice")
    quantity = _sub(net, "ram:BasisQuantity")
    if quantity is None:
        quantity = _sub(gross, "ram:BasisQuantity")
    return _filled(
        model.Price(
            net_price=_decimal(net, "ram:ChargeAmount"),
            discount=_decimal(gross, "ram:AppliedTradeAllowanceCharge/ram:ActualAmount"),
            gross_price=_decimal(gross, "ram:ChargeAmount"),
            base_quantity=_decimal(quantity, "."),
            base_quantity_unit=None if quantity is None else quantity.get("unitCode") or None,
        ),
        model.Price(),
    )


def _item(product: _Element | None) -> model.Item | None:
    codes = _all(product, "ram:DesignatedProductClassification/ram:ClassCode")
    return _filled(
        model.Item(
            name=_text(product, "ram:Name"),
            description=_text(product, "ram:Description"),
            seller_identifier=_text(product, "ram:SellerAssignedID"),
            buyer_identifier=_text(product, "ram:BuyerAssignedID"),
            standard_identifier=_identifier(_sub(product, "ram:GlobalID")),
            classifications=tuple(code for c in codes if (code := _identifier(c, "listID")) is not None),
            country_of_origin=_text(product, "ram:OriginTradeCountry/ram:ID"),
            attributes=tuple(
                model.ItemAttribute(name=_text(a, "ram:Description"), value=_text(a, "ram:Value"))
                for a in _all(product, "ram:ApplicableProductCharacteristic")
            ),
        ),
        model.Item(),
    )
