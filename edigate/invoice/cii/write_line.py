"""Invoice lines, and what lines share with the header -> elements of a factur-x.xml."""

from decimal import Decimal
from typing import TypeAlias

from edigate.invoice import model
from edigate.invoice.cii.names import OBJECT
from edigate.invoice.cii.tree import (
    Attributes,
    Maybe,
    Node,
    constant,
    day,
    each,
    group,
    identifier,
    leaf,
    required,
)

_AllowanceCharge: TypeAlias = (
    model.DocumentAllowance | model.DocumentCharge | model.LineAllowance | model.LineCharge
)


def line(stated: model.Line, p: str) -> Maybe:
    """BG-25."""
    note = f"{p}.note"
    return required(
        "ram:IncludedSupplyChainTradeLineItem",
        p,
        required(
            "ram:AssociatedDocumentLineDocument",
            p,
            leaf("ram:LineID", stated.identifier, f"{p}.identifier"),  # BT-126
            group("ram:IncludedNote", note, leaf("ram:Content", stated.note, note)),  # BT-127
        ),
        _product(stated.item or model.Item(), f"{p}.item"),  # BG-31
        _agreement(stated, stated.price or model.Price(), p),
        required(
            "ram:SpecifiedLineTradeDelivery",
            p,
            leaf(
                "ram:BilledQuantity",
                stated.quantity,
                f"{p}.quantity",
                _unit(stated.unit_code, f"{p}.unit_code"),
            ),  # BT-129, BT-130
        ),
        _settlement(stated, stated.vat or model.LineVat(), p),
    )


def _unit(code: str | None, p: str) -> Attributes:
    return (("unitCode", code, p),) if code else ()


def _product(item: model.Item, p: str) -> Maybe:
    origin = f"{p}.country_of_origin"
    return required(
        "ram:SpecifiedTradeProduct",
        p,
        identifier("ram:GlobalID", item.standard_identifier, f"{p}.standard_identifier"),  # BT-157
        leaf("ram:SellerAssignedID", item.seller_identifier, f"{p}.seller_identifier"),  # BT-155
        leaf("ram:BuyerAssignedID", item.buyer_identifier, f"{p}.buyer_identifier"),  # BT-156
        leaf("ram:Name", item.name, f"{p}.name"),  # BT-153
        leaf("ram:Description", item.description, f"{p}.description"),  # BT-154
        *each(_attribute, item.attributes, f"{p}.attributes"),  # BG-32
        *each(_classification, item.classifications, f"{p}.classifications"),  # BT-158
        group(
            "ram:OriginTradeCountry", origin, leaf("ram:ID", item.country_of_origin, origin)
        ),  # BT-159
    )


def _attribute(attribute: model.ItemAttribute, p: str) -> Maybe:
    return group(
        "ram:ApplicableProductCharacteristic",
        p,
        leaf("ram:Description", attribute.name, f"{p}.name"),  # BT-160
        leaf("ram:Value", attribute.value, f"{p}.value"),  # BT-161
    )


def _classification(code: model.Identifier, p: str) -> Maybe:
    return group(
        "ram:DesignatedProductClassification", p, identifier("ram:ClassCode", code, p, "listID")
    )


def _agreement(stated: model.Line, price: model.Price, p: str) -> Maybe:
    order, net = f"{p}.order_line_reference", f"{p}.price.net_price"
    return required(
        "ram:SpecifiedLineTradeAgreement",
        f"{p}.price",
        group(
            "ram:BuyerOrderReferencedDocument",
            order,
            leaf("ram:LineID", stated.order_line_reference, order),
        ),
        _gross_price(price, f"{p}.price"),
        group(
            "ram:NetPriceProductTradePrice",
            net,
            leaf("ram:ChargeAmount", price.net_price, net),  # BT-146
            _base_quantity(price, f"{p}.price"),
        ),
    )


def _gross_price(price: model.Price, p: str) -> Maybe:
    gross, discount = f"{p}.gross_price", f"{p}.discount"
    stated = leaf("ram:ActualAmount", price.discount, discount)  # BT-147
    return group(
        "ram:GrossPriceProductTradePrice",
        gross,
        leaf("ram:ChargeAmount", price.gross_price, gross),  # BT-148
        # The gross price is per the same quantity as the net price, so it repeats the base
        # quantity.
        None if price.gross_price is None else _base_quantity(price, p),
        stated
        and group(
            "ram:AppliedTradeAllowanceCharge", discount, indicator("false", discount), stated
        ),
    )


def _base_quantity(price: model.Price, p: str) -> Maybe:
    unit = _unit(price.base_quantity_unit, f"{p}.base_quantity_unit")
    return leaf(
        "ram:BasisQuantity", price.base_quantity, f"{p}.base_quantity", unit
    )  # BT-149, BT-150


def _settlement(stated: model.Line, vat: model.LineVat, p: str) -> Maybe:
    net, account = f"{p}.net_amount", f"{p}.buyer_accounting_reference"
    return required(
        "ram:SpecifiedLineTradeSettlement",
        p,
        tax("ram:ApplicableTradeTax", f"{p}.vat", vat.category, vat.rate),  # BT-151, BT-152
        period(stated.period, f"{p}.period"),  # BG-26
        *each(allowance, stated.allowances, f"{p}.allowances"),  # BG-27
        *each(charge, stated.charges, f"{p}.charges"),  # BG-28
        group(
            "ram:SpecifiedTradeSettlementLineMonetarySummation",
            net,
            leaf("ram:LineTotalAmount", stated.net_amount, net),  # BT-131
        ),
        object_reference(stated.object_identifier, f"{p}.object_identifier"),  # BT-128
        group(
            "ram:ReceivableSpecifiedTradeAccountingAccount",
            account,
            leaf("ram:ID", stated.buyer_accounting_reference, account),  # BT-133
        ),
    )


def object_reference(stated: model.Identifier | None, p: str) -> Maybe:
    """BT-18, BT-128: the identifier of the object the invoice or the line is about."""
    number = leaf("ram:IssuerAssignedID", stated.value, p) if stated else None
    if stated is None or number is None:
        return None
    return group(
        "ram:AdditionalReferencedDocument",
        p,
        number,
        constant("ram:TypeCode", OBJECT, p),
        leaf("ram:ReferenceTypeCode", stated.scheme, p),
    )


def tax(tag: str, p: str, category: str | None, rate: Decimal | None, prefix: str = "") -> Maybe:
    """VAT category and rate of a line or of a document level allowance or charge."""
    category_code = leaf("ram:CategoryCode", category, f"{p}.{prefix}category")
    percent = leaf("ram:RateApplicablePercent", rate, f"{p}.{prefix}rate")
    if category_code is None and percent is None:
        return None
    return group(tag, p, constant("ram:TypeCode", "VAT", p), category_code, percent)


def indicator(value: str, p: str) -> Node:
    """`true` for a charge, `false` for an allowance."""
    return ("ram:ChargeIndicator", p, None, (), [constant("udt:Indicator", value, p)])


def allowance(stated: model.DocumentAllowance | model.LineAllowance, p: str) -> Maybe:
    """BG-20, BG-27."""
    return _allowance_charge("false", stated, p)


def charge(stated: model.DocumentCharge | model.LineCharge, p: str) -> Maybe:
    """BG-21, BG-28."""
    return _allowance_charge("true", stated, p)


def _allowance_charge(kind: str, stated: _AllowanceCharge, p: str) -> Maybe:
    category = None
    if isinstance(stated, model.DocumentAllowance | model.DocumentCharge):
        category = tax("ram:CategoryTradeTax", p, stated.vat_category, stated.vat_rate, "vat_")
    return group(
        "ram:SpecifiedTradeAllowanceCharge",
        p,
        indicator(kind, p),
        leaf("ram:CalculationPercent", stated.percentage, f"{p}.percentage"),
        leaf("ram:BasisAmount", stated.base_amount, f"{p}.base_amount"),
        leaf("ram:ActualAmount", stated.amount, f"{p}.amount"),
        leaf("ram:ReasonCode", stated.reason_code, f"{p}.reason_code"),
        leaf("ram:Reason", stated.reason, f"{p}.reason"),
        category,
    )


def period(stated: model.LinePeriod | model.InvoicingPeriod | None, p: str) -> Maybe:
    """BG-14, BG-26."""
    if stated is None:
        return None
    return group(
        "ram:BillingSpecifiedPeriod",
        p,
        day("ram:StartDateTime", stated.start_date, f"{p}.start_date"),
        day("ram:EndDateTime", stated.end_date, f"{p}.end_date"),
    )
