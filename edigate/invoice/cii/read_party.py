"""Parties of factur-x.xml -> BG-4 to BG-12."""

from collections.abc import Callable

from edigate.invoice import model
from edigate.invoice.cii import read_values as xml


def party_identifiers(party: xml.Element | None) -> tuple[model.Identifier, ...]:
    """The identifiers of a party, those without scheme first."""
    found = [*xml.every(party, "ram:ID"), *xml.every(party, "ram:GlobalID")]
    return tuple(
        identifier for element in found if (identifier := xml.identifier(element)) is not None
    )


def _registration(party: xml.Element | None, scheme: str) -> str | None:
    for element in xml.every(party, "ram:SpecifiedTaxRegistration/ram:ID"):
        if element.get("schemeID") == scheme:
            return xml.content(element)
    return None


def _contact(kind: Callable[..., xml.Group], contact: xml.Element | None) -> xml.Group | None:
    """BG-6, BG-9; the contact point is the person, the department, or both."""
    if contact is None:
        return None
    point = (xml.text(contact, "ram:PersonName"), xml.text(contact, "ram:DepartmentName"))
    return kind(
        contact_point=", ".join(part for part in point if part) or None,
        telephone=xml.text(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
        email=xml.text(contact, "ram:EmailURIUniversalCommunication/ram:URIID"),
    )


def address_of(kind: Callable[..., xml.Group], address: xml.Element | None) -> xml.Group | None:
    """BG-5, BG-8, BG-12, BG-15."""
    if address is None:
        return None
    return kind(
        line_1=xml.text(address, "ram:LineOne"),
        line_2=xml.text(address, "ram:LineTwo"),
        line_3=xml.text(address, "ram:LineThree"),
        city=xml.text(address, "ram:CityName"),
        post_code=xml.text(address, "ram:PostcodeCode"),
        subdivision=xml.text(address, "ram:CountrySubDivisionName"),
        country_code=xml.text(address, "ram:CountryID"),
    )


def seller(party: xml.Element | None) -> model.Seller:
    """BG-4."""
    contact = xml.first(party, "ram:DefinedTradeContact")
    address = xml.first(party, "ram:PostalTradeAddress")
    return model.Seller(
        name=xml.text(party, "ram:Name"),
        trading_name=xml.text(party, "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        identifiers=party_identifiers(party),
        legal_registration=xml.identifier(
            xml.first(party, "ram:SpecifiedLegalOrganization/ram:ID")
        ),
        vat_identifier=_registration(party, "VA"),
        tax_registration=_registration(party, "FC"),
        legal_information=xml.text(party, "ram:Description"),
        electronic_address=xml.identifier(
            xml.first(party, "ram:URIUniversalCommunication/ram:URIID")
        ),
        address=address_of(model.SellerAddress, address),
        contact=_contact(model.SellerContact, contact),
    )


def buyer(party: xml.Element | None) -> model.Buyer:
    """BG-7."""
    contact = xml.first(party, "ram:DefinedTradeContact")
    address = xml.first(party, "ram:PostalTradeAddress")
    return model.Buyer(
        name=xml.text(party, "ram:Name"),
        trading_name=xml.text(party, "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        identifier=next(iter(party_identifiers(party)), None),
        legal_registration=xml.identifier(
            xml.first(party, "ram:SpecifiedLegalOrganization/ram:ID")
        ),
        vat_identifier=_registration(party, "VA"),
        electronic_address=xml.identifier(
            xml.first(party, "ram:URIUniversalCommunication/ram:URIID")
        ),
        address=address_of(model.BuyerAddress, address),
        contact=_contact(model.BuyerContact, contact),
    )


def payee(party: xml.Element | None) -> model.Payee | None:
    """BG-10."""
    if party is None:
        return None
    return model.Payee(
        name=xml.text(party, "ram:Name"),
        identifier=next(iter(party_identifiers(party)), None),
        legal_registration=xml.identifier(
            xml.first(party, "ram:SpecifiedLegalOrganization/ram:ID")
        ),
    )


def tax_representative(party: xml.Element | None) -> model.TaxRepresentative | None:
    """BG-11."""
    if party is None:
        return None
    address = xml.first(party, "ram:PostalTradeAddress")
    return model.TaxRepresentative(
        name=xml.text(party, "ram:Name"),
        vat_identifier=_registration(party, "VA"),
        address=address_of(model.TaxRepresentativeAddress, address),
    )
