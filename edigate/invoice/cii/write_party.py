"""Parties and addresses of an Invoice -> elements of a factur-x.xml."""

from typing import TypeAlias

from edigate.invoice import model
from edigate.invoice.cii.tree import Maybe, group, identifier, leaf, required

_Address: TypeAlias = (
    model.SellerAddress
    | model.BuyerAddress
    | model.TaxRepresentativeAddress
    | model.DeliveryAddress
)


def seller(party: model.Seller, p: str) -> Maybe:
    """BG-4."""
    # The XSD wants the identifiers without scheme first.
    numbered = sorted(enumerate(party.identifiers), key=lambda entry: bool(entry[1].scheme))
    return required(
        "ram:SellerTradeParty",
        p,
        *(party_identifier(value, f"{p}.identifiers[{n}]") for n, value in numbered),  # BT-29
        leaf("ram:Name", party.name, f"{p}.name"),  # BT-27
        leaf("ram:Description", party.legal_information, f"{p}.legal_information"),  # BT-33
        organisation(party.legal_registration, party.trading_name, p),  # BT-30, BT-28
        _contact(party.contact, f"{p}.contact"),  # BG-6
        address(party.address, f"{p}.address"),  # BG-5
        _electronic_address(party.electronic_address, f"{p}.electronic_address"),  # BT-34
        _registration("VA", party.vat_identifier, f"{p}.vat_identifier"),  # BT-31
        _registration("FC", party.tax_registration, f"{p}.tax_registration"),  # BT-32
    )


def buyer(party: model.Buyer, p: str) -> Maybe:
    """BG-7."""
    return required(
        "ram:BuyerTradeParty",
        p,
        party_identifier(party.identifier, f"{p}.identifier"),  # BT-46
        leaf("ram:Name", party.name, f"{p}.name"),  # BT-44
        organisation(party.legal_registration, party.trading_name, p),  # BT-47, BT-45
        _contact(party.contact, f"{p}.contact"),  # BG-9
        address(party.address, f"{p}.address"),  # BG-8
        _electronic_address(party.electronic_address, f"{p}.electronic_address"),  # BT-49
        _registration("VA", party.vat_identifier, f"{p}.vat_identifier"),  # BT-48
    )


def tax_representative(party: model.TaxRepresentative | None, p: str) -> Maybe:
    """BG-11."""
    if party is None:
        return None
    return group(
        "ram:SellerTaxRepresentativeTradeParty",
        p,
        leaf("ram:Name", party.name, f"{p}.name"),  # BT-62
        address(party.address, f"{p}.address"),  # BG-12
        _registration("VA", party.vat_identifier, f"{p}.vat_identifier"),  # BT-63
    )


def payee(party: model.Payee | None, p: str) -> Maybe:
    """BG-10."""
    if party is None:
        return None
    return group(
        "ram:PayeeTradeParty",
        p,
        party_identifier(party.identifier, f"{p}.identifier"),  # BT-60
        leaf("ram:Name", party.name, f"{p}.name"),  # BT-59
        organisation(party.legal_registration, None, p),  # BT-61
    )


def party_identifier(value: model.Identifier | None, p: str) -> Maybe:
    """A party's identifier: ram:GlobalID is the one with a scheme, ram:ID the one without."""
    return identifier("ram:GlobalID" if value and value.scheme else "ram:ID", value, p)


def organisation(registration: model.Identifier | None, trading_name: str | None, p: str) -> Maybe:
    """Legal registration identifier and trading name of a party."""
    return group(
        "ram:SpecifiedLegalOrganization",
        f"{p}.legal_registration",
        identifier("ram:ID", registration, f"{p}.legal_registration"),
        leaf("ram:TradingBusinessName", trading_name, f"{p}.trading_name"),
    )


def address(stated: _Address | None, p: str) -> Maybe:
    """BG-5, BG-8, BG-12, BG-15."""
    if stated is None:
        return None
    return group(
        "ram:PostalTradeAddress",
        p,
        leaf("ram:PostcodeCode", stated.post_code, f"{p}.post_code"),
        leaf("ram:LineOne", stated.line_1, f"{p}.line_1"),
        leaf("ram:LineTwo", stated.line_2, f"{p}.line_2"),
        leaf("ram:LineThree", stated.line_3, f"{p}.line_3"),
        leaf("ram:CityName", stated.city, f"{p}.city"),
        leaf("ram:CountryID", stated.country_code, f"{p}.country_code"),
        leaf("ram:CountrySubDivisionName", stated.subdivision, f"{p}.subdivision"),
    )


def _contact(contact: model.SellerContact | model.BuyerContact | None, p: str) -> Maybe:
    if contact is None:
        return None
    telephone, email = f"{p}.telephone", f"{p}.email"
    return group(
        "ram:DefinedTradeContact",
        p,
        leaf("ram:PersonName", contact.contact_point, f"{p}.contact_point"),
        group(
            "ram:TelephoneUniversalCommunication",
            telephone,
            leaf("ram:CompleteNumber", contact.telephone, telephone),
        ),
        group("ram:EmailURIUniversalCommunication", email, leaf("ram:URIID", contact.email, email)),
    )


def _electronic_address(stated: model.Identifier | None, p: str) -> Maybe:
    return group("ram:URIUniversalCommunication", p, identifier("ram:URIID", stated, p))


def _registration(scheme: str, number: str | None, p: str) -> Maybe:
    return group(
        "ram:SpecifiedTaxRegistration", p, leaf("ram:ID", number, p, (("schemeID", scheme, p),))
    )
