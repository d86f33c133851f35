"""NAD groups in their roles -> Seller, Buyer, Payee, tax representative, deliver-to information."""

from dataclasses import dataclass
from typing import TypeVar

from edigate.edifact.invoic.header.texts import free_text, is_seller_text
from edigate.edifact.invoic.parties.party import (
    NAMES,
    Party,
    address_of,
    forget_address,
    gln_of,
    identifier_of,
    party_of,
    reference_of,
    report_unknown,
    vat_identifier_of,
    with_prefix,
)
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.model import (
    Buyer,
    BuyerAddress,
    BuyerContact,
    DeliveryAddress,
    Identifier,
    Payee,
    Seller,
    SellerAddress,
    SellerContact,
    TaxRepresentative,
    TaxRepresentativeAddress,
)

_ContactGroup = TypeVar("_ContactGroup", SellerContact, BuyerContact)
_CONTACTS = ("SU", "IC", "PD", "OC", "AD", "AR", "DI", "GR")


@dataclass(frozen=True, slots=True)
class _Contact:
    """BG-6 or BG-9."""

    contact_point: str | None = None
    telephone: str | None = None
    email: str | None = None

    def as_group(self, kind: type[_ContactGroup]) -> _ContactGroup | None:
        """The group of the model; None when nothing is said."""
        if not (self.contact_point or self.telephone or self.email):
            return None
        return kind(contact_point=self.contact_point, telephone=self.telephone, email=self.email)


def _contact(draft: Draft, node: Node, path: str) -> _Contact:
    """BG-6 / BG-9 <- CTA C056 3412, COM TE, COM EM; the first contact that says something."""
    order = {q: i for i, q in enumerate(_CONTACTS)}
    offered = sorted(node.all("CTA"), key=lambda c: order.get(c.qualifier, 99))
    cta = offered[0] if offered else None
    if cta is not None and draft.binding and cta.qualifier != "SU":
        return _Contact()
    # BT-41 / BT-56 <- CTA C056 3412
    name = draft.text(f"{path}.contact_point", cta, 2, 2)
    if cta is not None:
        cta.take(1, 1)
    channels = [*(cta.all("COM") if cta is not None else ()), *node.all("COM")]
    # BT-42 / BT-57 <- COM ..:TE; BT-43 / BT-58 <- COM ..:EM
    telephone = _channel(draft, channels, "TE", f"{path}.telephone")
    return _Contact(name, telephone, _channel(draft, channels, "EM", f"{path}.email"))


def _channel(draft: Draft, channels: list[Node], code: str, path: str) -> str | None:
    """The first number or address of a kind (3155)."""
    for com in channels:
        for element in range(1, len(com.segment.elements) + 1):
            if com.peek(element, 2) == code:
                found = draft.text(path, com, element, 1)
                com.use(element)
                if found is not None:
                    return found
    return None


def _electronic_address(draft: Draft, node: Node, path: str) -> Identifier | None:
    """BT-34 / BT-49 <- CTA+IC / COM 3148, with 3155 as scheme where the EAS list has it (official
    binding only)."""
    for cta in node.all("CTA", "IC") if draft.binding else []:
        for com in cta.all("COM"):
            value, channel = com.peek(1, 1), com.peek(1, 2)
            if not value or channel in ("TE", "FX", "AL"):
                continue
            com.take(1, 1)
            cta.take(1, 1)
            draft.read(path, com)
            if not codes.accepts("eas", channel):
                return Identifier(value)
            com.take(1, 2)
            return Identifier(value, channel)
    return None


def _registration(draft: Draft, node: Node, path: str) -> Identifier | None:
    """BT-30 / 47 / 61 <- RFF+XA; RFF+GN, which EANCOM uses for texts of company law."""
    qualifiers = [q for q in coded("RFF", "registration") if q not in _company_law(draft)]
    number = reference_of(draft, node, f"{path}.legal_registration", *qualifiers)
    return Identifier(number) if number else None


def _company_law(draft: Draft) -> tuple[str, ...]:
    """References that EANCOM uses for texts of company law."""
    return coded("RFF", "company-law") if draft.eancom else ()


def _legal_information(draft: Draft, found: Party) -> str | None:
    """BT-33 <- C058, RFF+TRB, ALV, AQQ; EANCOM: RFF+GN; official binding: FTX+REG C108 4440.

    § 35a GmbHG and its like; the seller's only.
    """
    node = found.node
    said: list[tuple[str, Node]] = []
    if found.legal_text:
        said.append((found.legal_text, node))
        node.use(3)
    for rff in node.all("RFF", *coded("RFF", "legal-text"), *_company_law(draft)):
        if rff.peek(1, 2):
            said.append((rff.peek(1, 2), rff))
            rff.used.update((101, 102))
    for ftx in draft.tree.header.all("FTX", "REG"):
        if is_seller_text(draft, ftx):
            said.append((free_text(ftx), ftx))
            ftx.use(1, 2, 4, 5)
    if said:
        draft.read("seller.legal_information", *(source for _, source in said))
    return "\n".join(text for text, _ in said) or None


def seller(draft: Draft, node: Node | None) -> Seller:
    """BG-4 <- NAD+SE / SU."""
    if node is None:
        return Seller()
    draft.read("seller", node)
    found = party_of(draft, node, "seller", NAMES)
    report_unknown(draft, found, "BT-27")
    registration = _registration(draft, node, "seller")
    identifiers = _seller_identifiers(draft, found)
    contact = _contact(draft, node, "seller.contact")
    # BT-31 <- NAD+SU / RFF+VA 1154
    vat_identifier = vat_identifier_of(
        draft, found, "seller.vat_identifier", from_master_data=False
    )
    # BT-32 <- NAD+SU / RFF+FC, AHP 1154
    tax_registration = reference_of(
        draft, node, "seller.tax_registration", *coded("RFF", "tax-number")
    )
    if tax_registration and not (identifiers or registration or vat_identifier):
        # BT-29 <- the tax number, where nothing else identifies the seller (BR-CO-26)
        identifiers = (Identifier(tax_registration),)
        sources = (node, *node.serving("RFF", "tax-number"))
        draft.derived("seller.identifiers[0]", sources, "tax-number")
    return Seller(
        # BT-27 <- NAD+SU C080 3036
        name=found.name,
        # BT-28 <- NAD+SE C080 second 3036 (official binding)
        trading_name=found.trading_name,
        identifiers=identifiers,
        # BT-30 <- NAD+SU / RFF+XA, GN
        legal_registration=registration,
        vat_identifier=vat_identifier,
        tax_registration=tax_registration,
        # BT-33 <- C058, RFF+GN, TRB, ALV, AQQ; official binding: FTX+REG
        legal_information=_legal_information(draft, found),
        electronic_address=_electronic_address(draft, node, "seller.electronic_address"),
        address=SellerAddress(**address_of(found)) if found.has_address else None,
        contact=contact.as_group(SellerContact),
    )


def _seller_identifiers(draft: Draft, found: Party) -> tuple[Identifier, ...]:
    """BT-29 <- C082 3039, RFF+API / YC1 (number of the supplier at the buyer), further NAD of the
    same role."""
    stated = [(found.identifier, found.node)] if found.identifier else []
    for rff in found.node.serving("RFF", "partner-number"):
        if rff.peek(1, 2):
            stated.append((Identifier(rff.peek(1, 2)), rff))
            rff.used.update((101, 102))
    for again in draft.tree.header.all("NAD", found.node.qualifier):
        other = _repeated_identifier(again) if again is not found.node else None
        if other is not None and all(other != known for known, _ in stated):
            stated.append((other, again))
    _identifier_origins(draft, [source for _, source in stated])
    return tuple(identifier for identifier, _ in stated)


def _identifier_origins(draft: Draft, sources: list[Node]) -> None:
    if sources:
        draft.read("seller.identifiers", *sources)
    for number, source in enumerate(sources):
        draft.read(f"seller.identifiers[{number}]", source)


def _repeated_identifier(again: Node) -> Identifier | None:
    """The identifier of a further NAD that states nothing else."""
    if not again.peek(2, 1) or again.peek(4, 1):
        return None
    again.take(1, 1)
    return identifier_of(again)


def buyer(draft: Draft, node: Node | None) -> Buyer:
    """BG-7 <- NAD+IV / BY."""
    if node is None:
        return Buyer()
    draft.read("buyer", node)
    found = party_of(draft, node, "buyer", NAMES)
    report_unknown(draft, found, "BT-44")
    identifier = found.identifier
    if identifier:
        draft.read("buyer.identifier", node)
    else:
        # BT-46 <- RFF+API / YC1 / IT (number of the customer at the supplier)
        value = reference_of(draft, node, "buyer.identifier", *coded("RFF", "customer-number"))
        identifier = Identifier(value) if value else None
    contact = _contact(draft, node, "buyer.contact")
    # BT-48 <- NAD+IV / BY / RFF+VA 1154
    vat_identifier = vat_identifier_of(draft, found, "buyer.vat_identifier", from_master_data=True)
    return Buyer(
        # BT-44 <- NAD+IV / BY C080 3036
        name=found.name,
        trading_name=found.trading_name,
        # BT-46 <- NAD+IV / BY C082 3039
        identifier=identifier,
        # BT-47 <- RFF+XA, GN
        legal_registration=_registration(draft, node, "buyer"),
        vat_identifier=with_prefix(draft, found, "buyer.vat_identifier", vat_identifier),
        electronic_address=_electronic_address(draft, node, "buyer.electronic_address"),
        address=BuyerAddress(**address_of(found)) if found.has_address else None,
        contact=contact.as_group(BuyerContact),
    )


def payee(draft: Draft, node: Node | None, seller_node: Node | None) -> Payee | None:
    """BG-10 <- NAD+PE (RE, DL): name and identifiers, no address; none when it is the seller
    (BR-17)."""
    if node is None:
        return None
    if gln_of(node) and gln_of(node) == gln_of(seller_node):
        node.use(1, 2)
        return None
    draft.read("payee", node)
    found = party_of(draft, node, "payee", NAMES)
    forget_address(draft, found, "payee")
    registration = _registration(draft, node, "payee")
    if not found.name:
        report_unknown(draft, found, "BT-59", "EN 16931 BR-17")
    if found.identifier:
        draft.read("payee.identifier", node)
    # BT-59 <- C080 3036, BT-60 <- C082 3039, BT-61 <- RFF+XA, GN
    return Payee(name=found.name, identifier=found.identifier, legal_registration=registration)


def tax_representative(draft: Draft, node: Node | None) -> TaxRepresentative | None:
    """BG-11 <- NAD+LC, RFF+VA."""
    if node is None:
        return None
    draft.read("tax_representative", node)
    found = party_of(draft, node, "tax_representative", NAMES)
    node.used.difference_update((201, 202, 203))
    return TaxRepresentative(
        # BT-62 <- NAD+LC C080 3036
        name=found.name,
        # BT-63 <- NAD+LC / RFF+VA 1154
        vat_identifier=vat_identifier_of(
            draft, found, "tax_representative.vat_identifier", from_master_data=True
        ),
        address=TaxRepresentativeAddress(**address_of(found)) if found.has_address else None,
    )


@dataclass(frozen=True, slots=True)
class DeliverTo:
    """BT-70, BT-71, BG-15."""

    name: str | None
    location: Identifier | None
    address: DeliveryAddress | None


def delivery(draft: Draft, node: Node | None) -> DeliverTo:
    """BT-70, BT-71, BG-15 <- NAD+DP / ST / CN / UC; without a country no address (BR-57)."""
    if node is None:
        return DeliverTo(None, None, None)
    draft.read("delivery", node)
    found = party_of(draft, node, "delivery", NAMES)
    if found.identifier:
        # BT-71 <- NAD+DP C082 3039
        draft.read("delivery.location", node)
    if not found.country:
        forget_address(draft, found, "delivery")
        return DeliverTo(found.name, found.identifier, None)
    return DeliverTo(found.name, found.identifier, DeliveryAddress(**address_of(found)))


def destination(
    draft: Draft, node: Node | None, buyer: Buyer, seller: Seller
) -> DeliveryAddress | None:
    """BT-80 of an intra-community supply without NAD+DP, which stands only where it differs from
    the buyer: the country of the buyer's address, where his VAT id is of the same state and the
    seller's address is not."""
    country = buyer.address.country_code if buyer.address else None
    home = seller.address.country_code if seller.address else None
    prefix = (buyer.vat_identifier or "")[:2].upper()
    of_vat_id = {"EL": "GR"}.get(prefix, prefix)
    if node is None or country is None or home == country or of_vat_id != country:
        return None
    draft.derived("delivery.address.country_code", (node,), "country-of-buyer")
    return DeliveryAddress(country_code=country)
