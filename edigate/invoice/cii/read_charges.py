"""Allowances and charges of factur-x.xml -> BG-20, BG-21, BG-27, BG-28."""

from collections.abc import Callable

from edigate.invoice.cii import read_values as xml


def charges(settlement: xml.Element | None, indicator: str) -> list[xml.Element]:
    """The allowances (`false`) or charges (`true`) of the document or a line."""
    return [
        element
        for element in xml.every(settlement, "ram:SpecifiedTradeAllowanceCharge")
        if (xml.text(element, "ram:ChargeIndicator/udt:Indicator") or "").strip() == indicator
    ]


def document_level(kind: Callable[..., xml.Group], element: xml.Element) -> xml.Group:
    """One of BG-20 or BG-21: as at a line, with its VAT."""

    def with_vat(**stated: object) -> xml.Group:
        return kind(
            vat_category=xml.text(element, "ram:CategoryTradeTax/ram:CategoryCode"),
            vat_rate=xml.decimal(element, "ram:CategoryTradeTax/ram:RateApplicablePercent"),
            **stated,
        )

    return line_level(with_vat, element)


def line_level(kind: Callable[..., xml.Group], element: xml.Element) -> xml.Group:
    """One of BG-27 or BG-28."""
    return kind(
        amount=xml.decimal(element, "ram:ActualAmount"),
        base_amount=xml.decimal(element, "ram:BasisAmount"),
        percentage=xml.decimal(element, "ram:CalculationPercent"),
        reason=xml.text(element, "ram:Reason"),
        reason_code=xml.text(element, "ram:ReasonCode"),
    )
