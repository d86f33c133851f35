"""A line of factur-x.xml -> BG-25 to BG-32."""

from collections.abc import Sequence

from edigate.invoice import model
from edigate.invoice.cii import read_values as xml
from edigate.invoice.cii.names import OBJECT
from edigate.invoice.cii.read_charges import charges, line_level


def object_identifier(references: Sequence[xml.Element]) -> model.Identifier | None:
    """BT-18 or BT-128 among the documents referred to."""
    for reference in references:
        number = xml.text(reference, "ram:IssuerAssignedID")
        if number and xml.text(reference, "ram:TypeCode") == OBJECT:
            return model.Identifier(number, xml.text(reference, "ram:ReferenceTypeCode"))
    return None


def line(element: xml.Element) -> model.Line:
    """BG-25."""
    settlement = xml.first(element, "ram:SpecifiedLineTradeSettlement")
    quantity = xml.first(element, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    period = xml.first(settlement, "ram:BillingSpecifiedPeriod")
    return model.Line(
        identifier=xml.text(element, "ram:AssociatedDocumentLineDocument/ram:LineID"),
        note=xml.text(element, "ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content"),
        object_identifier=object_identifier(
            xml.every(settlement, "ram:AdditionalReferencedDocument")
        ),
        quantity=xml.decimal(quantity, "."),
        unit_code=None if quantity is None else quantity.get("unitCode") or None,
        net_amount=xml.decimal(
            settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
        ),
        order_line_reference=xml.text(
            element, "ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument/ram:LineID"
        ),
        buyer_accounting_reference=xml.text(
            settlement, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"
        ),
        period=None
        if period is None
        else model.LinePeriod(
            start_date=xml.day(period, "ram:StartDateTime/udt:DateTimeString"),
            end_date=xml.day(period, "ram:EndDateTime/udt:DateTimeString"),
        ),
        allowances=tuple(line_level(model.LineAllowance, a) for a in charges(settlement, "false")),
        charges=tuple(line_level(model.LineCharge, c) for c in charges(settlement, "true")),
        price=_price(xml.first(element, "ram:SpecifiedLineTradeAgreement")),
        vat=xml.filled(
            model.LineVat(
                category=xml.text(settlement, "ram:ApplicableTradeTax/ram:CategoryCode"),
                rate=xml.decimal(settlement, "ram:ApplicableTradeTax/ram:RateApplicablePercent"),
            ),
            model.LineVat(),
        ),
        item=_item(xml.first(element, "ram:SpecifiedTradeProduct")),
    )


def _price(agreement: xml.Element | None) -> model.Price | None:
    net = xml.first(agreement, "ram:NetPriceProductTradePrice")
    gross = xml.first(agreement, "ram:GrossPriceProductTradePrice")
    quantity = xml.first(net, "ram:BasisQuantity")
    if quantity is None:
        quantity = xml.first(gross, "ram:BasisQuantity")
    return xml.filled(
        model.Price(
            net_price=xml.decimal(net, "ram:ChargeAmount"),
            discount=xml.decimal(gross, "ram:AppliedTradeAllowanceCharge/ram:ActualAmount"),
            gross_price=xml.decimal(gross, "ram:ChargeAmount"),
            base_quantity=xml.decimal(quantity, "."),
            base_quantity_unit=None if quantity is None else quantity.get("unitCode") or None,
        ),
        model.Price(),
    )


def _item(product: xml.Element | None) -> model.Item | None:
    codes = xml.every(product, "ram:DesignatedProductClassification/ram:ClassCode")
    return xml.filled(
        model.Item(
            name=xml.text(product, "ram:Name"),
            description=xml.text(product, "ram:Description"),
            seller_identifier=xml.text(product, "ram:SellerAssignedID"),
            buyer_identifier=xml.text(product, "ram:BuyerAssignedID"),
            standard_identifier=xml.identifier(xml.first(product, "ram:GlobalID")),
            classifications=tuple(
                code for c in codes if (code := xml.identifier(c, "listID")) is not None
            ),
            country_of_origin=xml.text(product, "ram:OriginTradeCountry/ram:ID"),
            attributes=tuple(
                model.ItemAttribute(
                    name=xml.text(a, "ram:Description"), value=xml.text(a, "ram:Value")
                )
                for a in xml.every(product, "ram:ApplicableProductCharacteristic")
            ),
        ),
        model.Item(),
    )
