"""NAD groups -> Seller, Buyer, Payee, tax representative, delivery; GLNs without names filled from master data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
from edigate.mapping import tables, values
from edigate.mapping.draft import Draft
from edigate.mapping.partners import csv_line, is_gln
from edigate.mapping.tree import Node

_SELLER = ("SE", "SU", "II", "MS")
_BUYER = ("IV", "BY", "BT", "BS", "MR")
_SELF_BILLED = ("389", "261", "527")
_PAYEE = ("PE", "RE", "DL")
_TAX_REPRESENTATIVE = ("LC",)
_DELIVERY = ("DP", "ST", "BS", "CN", "UC", "SN")
_CONTACTS = ("SU", "IC", "PD", "OC", "AD", "AR", "DI", "GR")
_NORWEGIAN = re.compile(r"[0-9]{9}MVA")
_POSTCODE_CITY = re.compile(r"(?:[A-Z]{1,3}[ -])?([0-9]{4,5}) +(\D.*)")


@dataclass(slots=True)
class Party:
    """One party as the message and the master data say it, whatever its role."""

    node: Node
    gln: str = ""
    identifier: Identifier | None = None
    name: str | None = None
    trading_name: str | None = None
    lines: tuple[str | None, str | None, str | None] = (None, None, None)
    city: str | None = None
    post_code: str | None = None
    region: str | None = None
    country: str | None = None
    has_address: bool = False
    legal_text: str | None = None


@dataclass(slots=True)
class Parties:
    """The NAD groups that play a role, and those that only repeat or accompany it."""

    seller: Node | None
    buyer: Node | None
    payee: Node | None
    tax_representative: Node | None
    delivery: Node | None
    ordering: Node | None


def roles(draft: Draft) -> Parties:
    """Which NAD plays which role: SE before SU before II; IV (invoicee) before BY; DP before ST."""
    header = draft.tree.header
    sellers, buyers = _SELLER, _BUYER
    bgm = header.first("BGM")
    if bgm is not None and bgm.peek(1) in _SELF_BILLED:
        # energy: NAD+MS sends the message; under self-billing that is the buyer
        sellers, buyers = (*_SELLER[:-1], "MR"), (*_BUYER[:-1], "MS")
    by = header.first("NAD", *draft.deviations.buyer, *buyers)
    ordering = header.first("NAD", "BY")
    delivery = header.first("NAD", *_DELIVERY)
    return Parties(
        seller=header.first("NAD", *draft.deviations.seller, *sellers),
        buyer=by,
        payee=header.first("NAD", *_PAYEE),
        tax_representative=header.first("NAD", *_TAX_REPRESENTATIVE),
        delivery=delivery or _shared_delivery(draft),
        ordering=ordering if ordering is not None and ordering is not by else None,
    )


def _shared_delivery(draft: Draft) -> Node | None:
    """The delivery party every line names, when they all name the same."""
    first: Node | None = None
    for line in draft.tree.lines:
        nad = line.first("NAD", *_DELIVERY)
        if nad is None or (first is not None and first.segment.elements != nad.segment.elements):
            return None
        first = first or nad
    return first


def gln_of(node: Node | None) -> str:
    """The GLN of a NAD (C082, 3055 = 9, or a scheme that says 0088), or empty."""
    if node is None:
        return ""
    value = node.peek(2, 1)
    gs1 = node.peek(2, 3) in ("9", "14") or node.peek(2, 2) == "0088"
    return value if gs1 and len(value) == 13 and value.isdigit() else ""


def _identifier(node: Node) -> Identifier | None:
    """C082: 3039 with the ICD that 1131 names or that stands for the agency 3055; other agencies give no scheme."""
    value = node.take(2, 1)
    if not value:
        return None
    scheme, agency = node.peek(2, 2), node.peek(2, 3)
    if re.fullmatch(r"[0-9]{4}", scheme):
        node.take(2, 2)
        return Identifier(value, scheme)
    icd = tables.identifier_schemes().get(agency, "")
    if icd == "0088" and not is_gln(value):
        icd = ""
    if agency in tables.identifier_schemes():
        node.take(2, 3)
    return Identifier(value, icd or None)


def party(draft: Draft, node: Node, path: str, names: "tuple[str, ...]") -> Party:
    """C080 name, C059 street, 3164 city, C819 region, 3251 postcode, 3207 country; old free form in C058.

    names: field names for street 1..3, city, post code, region, country, in this order, below `path`.
    """
    node.take(1, 1)
    found = Party(node, gln=gln_of(node), identifier=_identifier(node))
    parts = [p.strip() for p in node.segment.components(4)[:5]]
    free = [p.strip() for p in node.segment.components(3)]
    node.use(4, 5, 6, 8, 9)
    if any(parts):
        if draft.binding:
            found.name, found.trading_name = parts[0] or None, (parts[1] if len(parts) > 1 else "") or None
        else:
            found.name = values.joined(dict.fromkeys(node.segment.components(4)[:5]))
        draft.read(f"{path}.name", node)
        if any(free):
            found.legal_text = " ".join(p for p in free if p)
    elif any(free):
        _free_form(draft, found, [p for p in free if p], path)
    street = [p.strip() for p in node.segment.components(5)]
    if any(street):
        found.lines = _three(street)
    found.city = node.peek(6) or found.city
    found.region = _region(node)
    found.post_code = node.peek(8) or found.post_code
    found.country = node.peek(9) or None
    address = (*found.lines, found.city, found.post_code, found.region, found.country)
    for name, value in zip(names, address, strict=True):
        if value and f"{path}.address.{name}" not in draft.origins:
            draft.read(f"{path}.address.{name}", node)
    found.has_address = any(address)
    _fill(draft, found, path, names)
    return found


def _three(street: Sequence[str]) -> tuple[str | None, str | None, str | None]:
    """Street lines 1, 2 and 3; a fourth one goes behind the third."""
    kept = [s for s in street if s]
    third = ", ".join(kept[2:])
    return (kept[0] if kept else None, kept[1] if len(kept) > 1 else None, third or None)


def _region(node: Node) -> str | None:
    components = node.segment.components(7)
    text = (components[3] if len(components) > 3 else "") or (components[0] if components else "")
    if text.strip():
        node.use(7)
    return text.strip() or None


def _free_form(draft: Draft, found: Party, lines: list[str], path: str) -> None:
    """C058 (D.93A and older): name, street, then `postcode city`."""
    found.node.use(3)
    found.name = lines[0]
    draft.read(f"{path}.name", found.node)
    rest = lines[1:]
    match = _POSTCODE_CITY.fullmatch(rest[-1]) if rest else None
    if match:
        found.post_code, found.city = match[1], match[2]
        rest = rest[:-1]
    found.lines = _three(rest)


def _fill(draft: Draft, found: Party, path: str, names: tuple[str, ...]) -> None:
    """What the message leaves out, from the partner directory (§ 31 Abs. 2, 3 UStDV)."""
    partner = draft.partners.get(found.gln) if found.gln else None
    if partner is None:
        return
    if not found.name:
        found.name = partner.name
        draft.master_data(f"{path}.name", found.node, found.gln)
    if not found.has_address:
        found.lines = (partner.street or None, None, None)
        found.city, found.post_code, found.country = partner.city or None, partner.postcode or None, partner.country
        found.has_address = True
        for name, value in ((names[0], partner.street), (names[3], partner.city), (names[4], partner.postcode)):
            if value:
                draft.master_data(f"{path}.address.{name}", found.node, found.gln)
        draft.master_data(f"{path}.address.{names[6]}", found.node, found.gln)
    elif not found.country:
        found.country = partner.country
        draft.master_data(f"{path}.address.{names[6]}", found.node, found.gln)


NAMES = ("line_1", "line_2", "line_3", "city", "post_code", "subdivision", "country_code")


def known(draft: Draft, found: Party, term: str, basis: str | None = None) -> None:
    """One finding for a GLN whose name and address neither the message nor the master data give."""
    if not found.gln or (found.name and found.has_address) or found.gln in draft.unknown_partners:
        return
    draft.unknown_partners[found.gln] = found.node.qualifier
    draft.report(
        "MAP-04", found.node, gln=found.gln, role=found.node.qualifier, csv=csv_line(found.gln), term=term, basis=basis
    )


def _rff(draft: Draft, node: Node, path: str, *qualifiers: str) -> str | None:
    rff = node.first("RFF", *qualifiers)
    value = draft.text(path, rff, 1, 2)
    if value and rff is not None:
        rff.take(1, 1)
    return value


def vat_identifier(draft: Draft, found: Party, path: str, *, from_master_data: bool) -> str | None:
    """BT-31 / BT-48 / BT-63 <- RFF+VA 1154, blanks taken out; a bare number gets the prefix the master data prove."""
    value = _rff(draft, found.node, path, "VA")
    partner = draft.partners.get(found.gln) if found.gln else None
    known_id = partner.vat_id if partner else ""
    if value is None:
        if known_id and from_master_data:
            draft.master_data(path, found.node, found.gln)
            return known_id
        return None
    value = "".join(value.split())
    if found.country == "NO" and _NORWEGIAN.fullmatch(value):
        note = ("NO vorangestellt: norwegische Nummer (… MVA)", "prefixed with NO: Norwegian number (… MVA)")
        draft.derived(path, (found.node, *found.node.all("RFF", "VA")), *note)
        return f"NO{value}"
    if known_id and known_id[2:] == value:
        draft.master_data(path, found.node, found.gln)
        return known_id
    return value


def _contact(draft: Draft, node: Node, path: str) -> tuple[str | None, str | None, str | None]:
    """BG-6 / BG-9 <- CTA C056 3412, COM TE, COM EM; the first contact that says something."""
    offered = node.all("CTA")
    if not offered:
        return None, None, None
    order = {q: i for i, q in enumerate(_CONTACTS)}
    cta = min(offered, key=lambda c: order.get(c.qualifier, 99))
    if draft.binding and cta.qualifier != "SU":
        return None, None, None
    cta.take(1, 1)
    # BT-41 / BT-56 <- CTA C056 3412
    name = draft.text(f"{path}.contact_point", cta, 2, 2)
    telephone = email = None
    for com in [*cta.all("COM"), *node.all("COM")]:
        for element in range(1, len(com.segment.elements) + 1):
            channel = com.peek(element, 2)
            if channel == "TE" and telephone is None:
                # BT-42 / BT-57 <- COM ..:TE
                telephone = draft.text(f"{path}.telephone", com, element, 1)
                com.use(element)
            elif channel == "EM" and email is None:
                # BT-43 / BT-58 <- COM ..:EM
                email = draft.text(f"{path}.email", com, element, 1)
                com.use(element)
    return name, telephone, email


def _electronic_address(draft: Draft, node: Node, path: str) -> Identifier | None:
    """BT-34 / BT-49 <- CTA+IC / COM ..:EM (official binding only)."""
    cta = node.first("CTA", "IC") if draft.binding else None
    for com in cta.all("COM") if cta is not None else []:
        value = draft.text(path, com, 1, 1)
        if value and cta is not None:
            com.use(1)
            cta.take(1, 1)
            return Identifier(value, "EM")
    return None


def _legal(draft: Draft, found: Party, path: str) -> tuple[Identifier | None, str | None]:
    """BT-30 / 47 / 61 <- RFF+XA, GN; BT-33 <- C058, RFF+GN (EANCOM: company law text), TRB, ALV, AQQ."""
    node = found.node
    registration = _rff(draft, node, f"{path}.legal_registration", "XA", *(() if draft.eancom else ("GN",)))
    texts: list[str] = []
    sources: list[Node] = []
    if found.legal_text:
        texts.append(found.legal_text)
        sources.append(node)
        node.use(3)
    for rff in node.all("RFF", "TRB", "ALV", "AQQ", *(("GN",) if draft.eancom else ())):
        if rff.peek(1, 2):
            texts.append(rff.peek(1, 2))
            sources.append(rff)
            rff.use(1)
    if texts:
        draft.read(f"{path}.legal_information", *sources)
    return (Identifier(registration) if registration else None), ("\n".join(texts) or None)


def seller(draft: Draft, node: Node | None) -> tuple[Seller, Party | None]:
    """BG-4 <- NAD+SE / SU."""
    if node is None:
        return Seller(), None
    draft.read("seller", node)
    found = party(draft, node, "seller", NAMES)
    known(draft, found, "BT-27")
    registration, information = _legal(draft, found, "seller")
    identifiers = [found.identifier] if found.identifier else []
    # BT-29 <- C082 3039, RFF+API / YC1 (number of the supplier at the buyer), further NAD of the same role
    for rff in node.all("RFF", "API", "YC1"):
        if rff.peek(1, 2):
            identifiers.append(Identifier(rff.peek(1, 2)))
            rff.use(1)
    for again in draft.tree.header.all("NAD", node.qualifier):
        if again is not node and again.peek(2, 1) and not again.peek(4, 1):
            again.take(1, 1)
            other = _identifier(again)
            if other is not None and other not in identifiers:
                identifiers.append(other)
    if identifiers:
        draft.read("seller.identifiers", node)
        for number in range(len(identifiers)):
            draft.read(f"seller.identifiers[{number}]", node)
    name, telephone, email = _contact(draft, node, "seller.contact")
    return Seller(
        # BT-27 <- NAD+SU C080 3036
        name=found.name,
        # BT-28 <- NAD+SE C080 second 3036 (official binding)
        trading_name=found.trading_name,
        identifiers=tuple(identifiers),
        # BT-30 <- NAD+SU / RFF+XA, GN
        legal_registration=registration,
        # BT-31 <- NAD+SU / RFF+VA 1154
        vat_identifier=vat_identifier(draft, found, "seller.vat_identifier", from_master_data=False),
        # BT-32 <- NAD+SU / RFF+FC, AHP 1154
        tax_registration=_rff(draft, node, "seller.tax_registration", "FC", "AHP"),
        legal_information=information,
        electronic_address=_electronic_address(draft, node, "seller.electronic_address"),
        address=SellerAddress(**_address(found)) if found.has_address else None,
        contact=SellerContact(contact_point=name, telephone=telephone, email=email)
        if name or telephone or email
        else None,
    ), found


def _address(found: Party) -> dict[str, str | None]:
    address = (*found.lines, found.city, found.post_code, found.region, found.country)
    return dict(zip(NAMES, address, strict=True))


def buyer(draft: Draft, node: Node | None) -> tuple[Buyer, Party | None]:
    """BG-7 <- NAD+IV / BY."""
    if node is None:
        return Buyer(), None
    draft.read("buyer", node)
    found = party(draft, node, "buyer", NAMES)
    known(draft, found, "BT-44")
    registration, _ = _legal(draft, found, "buyer")
    identifier = found.identifier
    if identifier:
        draft.read("buyer.identifier", node)
    else:
        # BT-46 <- RFF+API / YC1 / IT (number of the customer at the supplier)
        value = _rff(draft, node, "buyer.identifier", "API", "YC1", "IT")
        identifier = Identifier(value) if value else None
    name, telephone, email = _contact(draft, node, "buyer.contact")
    return Buyer(
        # BT-44 <- NAD+IV / BY C080 3036
        name=found.name,
        trading_name=found.trading_name,
        # BT-46 <- NAD+IV / BY C082 3039
        identifier=identifier,
        # BT-47 <- RFF+XA, GN
        legal_registration=registration,
        # BT-48 <- NAD+IV / BY / RFF+VA 1154
        vat_identifier=vat_identifier(draft, found, "buyer.vat_identifier", from_master_data=True),
        electronic_address=_electronic_address(draft, node, "buyer.electronic_address"),
        address=BuyerAddress(**_address(found)) if found.has_address else None,
        contact=BuyerContact(contact_point=name, telephone=telephone, email=email)
        if name or telephone or email
        else None,
    ), found


def payee(draft: Draft, node: Node | None, seller_node: Node | None) -> Payee | None:
    """BG-10 <- NAD+PE (RE, DL): name and identifiers, no address; none when it is the seller (BR-17)."""
    if node is None:
        return None
    if gln_of(node) and gln_of(node) == gln_of(seller_node):
        node.use(1, 2)
        return None
    draft.read("payee", node)
    found = party(draft, node, "payee", NAMES)
    _forget_address(draft, found, "payee")
    registration, _ = _legal(draft, found, "payee")
    if not found.name:
        known(draft, found, "BT-59", "EN 16931 BR-17")
    if found.identifier:
        draft.read("payee.identifier", node)
    # BT-59 <- C080 3036, BT-60 <- C082 3039, BT-61 <- RFF+XA, GN
    return Payee(name=found.name, identifier=found.identifier, legal_registration=registration)


def _forget_address(draft: Draft, found: Party, path: str) -> None:
    """The role has no address in EN 16931: what the message gives goes to the annex."""
    for name in NAMES:
        draft.origins.pop(f"{path}.address.{name}", None)
    found.node.used = {u for u in found.node.used if u // 100 < 5 and u not in (302, 303, 304, 305)}


def tax_representative(draft: Draft, node: Node | None) -> TaxRepresentative | None:
    """BG-11 <- NAD+LC, RFF+VA."""
    if node is None:
        return None
    draft.read("tax_representative", node)
    found = party(draft, node, "tax_representative", NAMES)
    node.used.difference_update((201, 202, 203))
    return TaxRepresentative(
        # BT-62 <- NAD+LC C080 3036
        name=found.name,
        # BT-63 <- NAD+LC / RFF+VA 1154
        vat_identifier=vat_identifier(draft, found, "tax_representative.vat_identifier", from_master_data=True),
        address=TaxRepresentativeAddress(**_address(found)) if found.has_address else None,
    )


@dataclass(slots=True)
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
    found = party(draft, node, "delivery", NAMES)
    if found.identifier:
        # BT-71 <- NAD+DP C082 3039
        draft.read("delivery.location", node)
    if not found.country:
        _forget_address(draft, found, "delivery")
        return DeliverTo(found.name, found.identifier, None)
    return DeliverTo(found.name, found.identifier, DeliveryAddress(**_address(found)))


def told(draft: Draft, roles: Parties) -> list[tuple[str, Node]]:
    """Parties EN 16931 has no place for, as text: the ordering branch beside an invoicee, the payer (settlement)."""
    found: list[tuple[str, Node]] = []
    for word, node in (("Besteller", roles.ordering), ("Zahlungspflichtiger", draft.tree.header.first("NAD", "PR"))):
        if node is None:
            continue
        gln = gln_of(node)
        partner = draft.partners.get(gln) if gln else None
        name = values.joined(dict.fromkeys(node.segment.components(4)[:5])) or (partner.name if partner else "")
        number = node.peek(2, 1)
        if not (name or number):
            continue
        node.take(1)
        node.use(2, 4)
        found.append((f"{word}: " + " ".join(filter(None, (name, f"({number})" if name and number else number))), node))
    return found
