"""One NAD group -> a party, whatever its role: identifiers, name, address; what a GLN leaves out
from master data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stdnum.eu import vat

from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import code_tables, notations, phrases
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import Identifier
from edigate.masterdata import csv_line, is_gln

_NORWEGIAN = re.compile(r"[0-9]{9}MVA")
_GERMAN_POSTCODE = re.compile(r"[0-9]{5}")
_POSTCODE_CITY = re.compile(r"((?:[A-Z]{1,3}[ -])?[0-9]{4,5}) +(\D.*)")
# Distinguishing signs of vehicles before the postcode, as long usual in addresses.
_COUNTRY_OF = {"D": "DE", "A": "AT", "CH": "CH"}
_COUNTRY_MARK = re.compile(r"(D|A|CH)[ -]?[0-9]{4,5}$")


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


def gln_of(node: Node | None) -> str:
    """The GLN of a NAD (C082, 3055 = 9, or a scheme that says 0088), or empty."""
    if node is None:
        return ""
    value = node.peek(2, 1)
    gs1 = node.peek(2, 3) in ("9", "14") or node.peek(2, 2) == "0088"
    return value if gs1 and len(value) == 13 and value.isdigit() else ""


def identifier_of(node: Node) -> Identifier | None:
    """C082: 3039 with the ICD that 1131 names or that stands for the agency 3055; other agencies
    give no scheme."""
    value = node.take(2, 1)
    if not value:
        return None
    scheme, agency = node.peek(2, 2), node.peek(2, 3)
    if re.fullmatch(r"[0-9]{4}", scheme):
        node.take(2, 2)
        return Identifier(value, scheme)
    icd = code_tables.identifier_schemes().get(agency, "")
    if icd == "0088" and not is_gln(value):
        icd = ""
    if agency in code_tables.identifier_schemes():
        node.take(2, 3)
    return Identifier(value, icd or None)


def party_of(draft: Draft, node: Node, path: str, names: "tuple[str, ...]") -> Party:
    """C080 name, C059 street, 3164 city, C819 region, 3251 postcode, 3207 country; old free form in
    C058.

    names: field names for street 1..3, city, post code, region, country, in this order, below
    `path`.
    """
    node.take(1, 1)
    found = Party(node, gln=gln_of(node), identifier=identifier_of(node))
    node.use(4, 5, 6, 8, 9)
    free = [p.strip() for p in node.segment.components(3)]
    _name(draft, found, free, path)
    _street(draft, found, free)
    found.city = node.peek(6) or found.city
    found.region = _region(node)
    found.post_code = node.peek(8) or found.post_code
    found.country = node.peek(9) or _country(draft, found, f"{path}.address.{names[6]}")
    stated = (*found.lines, found.city, found.post_code, found.region, node.peek(9))
    for name, value in zip(names, stated, strict=True):
        if value:
            draft.read(f"{path}.address.{name}", node)
    address = (*stated[:-1], found.country)
    found.has_address = any(address)
    _fill(draft, found, path, names)
    return found


def _name(draft: Draft, found: Party, free: list[str], path: str) -> None:
    """The name (C080), with what C058 adds to it; or all of a party in the free form of C058."""
    node = found.node
    parts = [p.strip() for p in node.segment.components(4)[:5]]
    described = "" if draft.energy else " ".join(p for p in free if p)
    if not any(parts):
        if described:
            _free_form(draft, found, [p for p in free if p], path)
        return
    if draft.binding:
        _name_and_trading_name(found, parts, path)
    else:
        found.name = notations.joined(dict.fromkeys(node.segment.components(4)[:5]))
    draft.read(f"{path}.name", node)
    found.legal_text = described or found.legal_text


def _name_and_trading_name(found: Party, parts: list[str], path: str) -> None:
    """C080 of the official binding: the name, then the trading name; only seller and buyer have
    one."""
    found.name, found.trading_name = parts[0] or None, (parts[1] if len(parts) > 1 else "") or None
    unread = (403, 404, 405) if path in ("seller", "buyer") else (402, 403, 404, 405)
    found.node.used.difference_update(unread)


def _street(draft: Draft, found: Party, free: list[str]) -> None:
    """The lines of the street (C059), as the kind of message writes them."""
    street = [p.strip() for p in found.node.segment.components(5)]
    if draft.energy:
        found.lines = _three([_numbered(street), *free])
        found.node.use(3)
    elif any(street):
        found.lines = _in_place(street) if draft.binding else _three(street)


def _country(draft: Draft, found: Party, path: str) -> str | None:
    """A country the message does not name but proves: by the mark before the postcode, or by a
    German tax id."""
    mark = _COUNTRY_MARK.match(found.post_code or "")
    if mark is not None:
        draft.derived(path, (found.node,), "country-mark", mark=mark[1])
        return _COUNTRY_OF[mark[1]]
    if _german(found.node, found):
        proof = (found.node, *found.node.serving("RFF", "contradictable-tax-id"))
        draft.derived(path, proof, "german-tax-id")
        return "DE"
    return None


def _in_place(street: Sequence[str]) -> tuple[str | None, str | None, str | None]:
    """Street lines as the official binding numbers them: the second stays the second where the
    first is empty."""
    padded = [*street, "", ""]
    return padded[0] or None, padded[1] or None, ", ".join(p for p in padded[2:] if p) or None


def _numbered(street: Sequence[str]) -> str:
    """Street with its number: C059 of energy messages is street, street, number, supplement (BDEW
    INVOIC 2.8e); what C058 adds to the address (c/o) goes behind it."""
    return " ".join(filter(None, (notations.joined(street[:2]), *street[2:])))


def _german(node: Node, found: Party) -> bool:
    """Whether an address without country is proven to be German: its own postcode and its own tax
    id are."""
    if not found.city or not _GERMAN_POSTCODE.fullmatch(found.post_code or ""):
        return False
    ids = [rff.peek(1, 2).replace(" ", "").upper() for rff in node.serving("RFF", "vat-id")]
    return (
        all(i.startswith("DE") for i in ids)
        if ids
        else bool(node.all("RFF", coded("RFF", "tax-number")[0]))
    )


def _three(street: Sequence[str]) -> tuple[str | None, str | None, str | None]:
    """Street lines 1, 2 and 3; a fourth one goes behind the third."""
    kept = [s for s in street if s]
    third = ", ".join(kept[2:])
    return (kept[0] if kept else None, kept[1] if len(kept) > 1 else None, third or None)


def _region(node: Node) -> str | None:
    """C819: 3228 in words, else 3229, which D.96A has alone."""
    return node.take(7, 4) or node.take(7) or None


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
        found.city, found.post_code, found.country = (
            partner.city or None,
            partner.postcode or None,
            partner.country,
        )
        found.has_address = True
        for name, value in (
            (names[0], partner.street),
            (names[3], partner.city),
            (names[4], partner.postcode),
        ):
            if value:
                draft.master_data(f"{path}.address.{name}", found.node, found.gln)
        draft.master_data(f"{path}.address.{names[6]}", found.node, found.gln)
    elif not found.country:
        found.country = partner.country
        draft.master_data(f"{path}.address.{names[6]}", found.node, found.gln)


NAMES = ("line_1", "line_2", "line_3", "city", "post_code", "subdivision", "country_code")


_LACKING = {
    (False, False): "name-and-address",
    (False, True): "name",
    (True, False): "address",
}
"""What a party lacks, by whether it has a name and an address."""


def report_unknown(draft: Draft, found: Party, term: str, basis: str | None = None) -> None:
    """One finding for a GLN whose name and address neither the message nor the master data give.

    A GLN with a wrong check digit cannot stand in the master data: its sender has to correct it
    (MAP-47).
    """
    if not found.gln or (found.name and found.has_address):
        return
    if not is_gln(found.gln):
        draft.report(
            "MAP-47", found.node, gln=found.gln, role=found.node.qualifier, term=term, basis=basis
        )
        return
    draft.record.unknown_partner(found.gln, found.node.qualifier)
    lacking = phrases.how(_LACKING[bool(found.name), found.has_address], "finding")
    draft.report(
        "MAP-04", found.node, gln=found.gln, role=found.node.qualifier, csv=csv_line(found.gln),
        term=term, basis=basis, once=found.gln,
        what_de=lacking.de, what_en=lacking.en,
    )  # fmt: skip


def reference_of(draft: Draft, node: Node, path: str, *qualifiers: str) -> str | None:
    rff = node.first("RFF", *qualifiers)
    value = draft.text(path, rff, 1, 2)
    if value and rff is not None:
        rff.take(1, 1)
    return value


def vat_identifier_of(
    draft: Draft, found: Party, path: str, *, from_master_data: bool
) -> str | None:
    """BT-31 / BT-48 / BT-63 <- RFF+VA 1154, blanks taken out, letters large; a bare number gets the
    prefix the master data prove."""
    value = reference_of(draft, found.node, path, *coded("RFF", "vat-id"))
    partner = draft.partners.get(found.gln) if found.gln else None
    known_id = partner.vat_id if partner else ""
    if value is None:
        if known_id and from_master_data:
            draft.master_data(path, found.node, found.gln)
            return known_id
        return None
    value = "".join(value.split())
    value = value.upper() if value[:2].isalpha() else value
    if found.country == "NO" and _NORWEGIAN.fullmatch(value):
        draft.derived(path, (found.node, *found.node.serving("RFF", "vat-id")), "norwegian")
        return f"NO{value}"
    if known_id and known_id[2:] == value:
        draft.master_data(path, found.node, found.gln)
        return known_id
    return value


def with_prefix(draft: Draft, found: Party, path: str, identifier: str | None) -> str | None:
    """A VAT id without prefix gets that of the party's own address, where its check digit proves
    it."""
    if identifier is None or not identifier[:1].isdigit() or not found.country:
        return identifier
    whole = f"{found.country}{identifier}"
    if not vat.is_valid(whole):
        return identifier
    proof = (*found.node.serving("RFF", "vat-id"), found.node)
    draft.derived(path, proof, "country-prefix", country=found.country)
    return whole


def address_of(found: Party) -> dict[str, str | None]:
    address = (*found.lines, found.city, found.post_code, found.region, found.country)
    return dict(zip(NAMES, address, strict=True))


def forget_address(draft: Draft, found: Party, path: str) -> None:
    """The role has no address in EN 16931: what the message gives goes to the annex."""
    for name in NAMES:
        draft.record.no_origin(f"{path}.address.{name}")
    found.node.used = {u for u in found.node.used if u // 100 < 5 and u not in (302, 303, 304, 305)}
