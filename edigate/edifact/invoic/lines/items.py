"""LIN, PIA, IMD, ALI, GIN and item texts -> BG-31 Item information and BG-32."""

from edigate.edifact.invoic.header.texts import free_text
from edigate.edifact.invoic.record import code_tables, notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.model import Identifier, Item, ItemAttribute

_GTIN_LENGTHS = (8, 12, 13, 14)
_GIN_NAMES = {
    "BX": "Chargennummer",
    "BN": "Seriennummer",
    "SN": "Seriennummer",
    "BJ": "SSCC",
    "AW": "SSCC",
}


_SECOND = ("VP", "VN")


def _target(code: str) -> str:
    known = code_tables.item_codes().get(code)
    if known is not None:
        return known
    return "class" if codes.accepts("classification", code) else "annex"


class _Codes:
    """Item numbers of a line, from LIN C212 and all PIA."""

    def __init__(self, draft: Draft, line: Node, path: str) -> None:
        self.draft, self.path = draft, path
        self.seller: str | None = None
        self.buyer: str | None = None
        self.standard: Identifier | None = None
        self.classes: list[Identifier] = []
        self.first: tuple[str, str] | None = None
        stated = [(line, 3)]
        stated += [
            (pia, e) for pia in line.all("PIA") for e in range(2, len(pia.segment.elements) + 1)
        ]
        # the vendor's part number is the seller's where there is no SA
        for node, element in sorted(stated, key=lambda s: s[0].peek(s[1], 2) in _SECOND):
            self._add(node, element)
        for pia in line.all("PIA"):
            if pia.used:
                pia.take(1)

    def _add(self, node: Node, element: int) -> None:
        value, code = node.peek(element, 1), node.peek(element, 2)
        if not value:
            return
        self.first = self.first or (value, code)
        target = _target(code) if code else ""
        if self.draft.binding and node.qualifier == "1" and node.tag == "PIA":
            # the binding has classifications there, and only those; the official twins leave
            # "mutually defined" out
            other = (
                code == "ZZZ"
                or target in ("seller", "buyer")
                or not codes.accepts("classification", code)
            )
            target = target if other else "class"
        path = self.path
        if (
            target == "standard"
            and self.standard is None
            and (self.draft.binding or self._is_gtin(value))
        ):
            # BT-157 <- LIN C212 7140 (7143 SRV, EN, UP, EU), PIA
            self.standard = Identifier(value, "0160")
            self._read(node, element, f"{path}.item.standard_identifier")
        elif target == "seller" and self.seller is None:
            # BT-155 <- PIA+1 / PIA+5 C212 7140 (7143 SA)
            self.seller = value
            self._read(node, element, f"{path}.item.seller_identifier")
        elif target == "buyer" and self.buyer is None:
            # BT-156 <- PIA+1 / PIA+5 C212 7140 (7143 IN, BP)
            self.buyer = value
            self._read(node, element, f"{path}.item.buyer_identifier")
        elif target == "class":
            # BT-158 <- PIA+1 C212 7140 (7143 from the EN 16931 list)
            self._read(node, element, f"{path}.item.classifications[{len(self.classes)}]")
            self.classes.append(Identifier(value, code))

    def _read(self, node: Node, element: int, path: str) -> None:
        node.use(element)
        self.draft.read(path, node)

    @staticmethod
    def _is_gtin(value: str) -> bool:
        return value.isascii() and value.isdigit() and len(value) in _GTIN_LENGTHS


def _words(draft: Draft, imd: Node) -> str:
    """C273/7008, both components joined. Blanks that fill up a component go, but for the official
    binding, which has one component of 256 characters and no need to fill it."""
    text = notations.joined(imd.segment.components(3)[3:5])
    return text if draft.binding else " ".join(text.split())


def _descriptions(draft: Draft, line: Node, path: str) -> tuple[str | None, str | None]:
    """BT-153 and BT-154 <- IMD.

    Official binding: F is the name, A the description. Elsewhere every free-form IMD (F, A, E, B or
    no code) counts: those of the first characteristic (C272) are the name, continued where one
    segment was too short; others describe.
    """
    spoken = [i for i in line.all("IMD") if i.peek(1) != "C" and _words(draft, i)]
    if not spoken:
        return None, None
    preferred = [i for i in spoken if i.peek(1) == "F"] or spoken
    preferred = [i for i in preferred if i.peek(2, 1) == "050"] or preferred
    marker = (preferred[0].peek(1), preferred[0].peek(2, 1))
    named = [i for i in spoken if (i.peek(1), i.peek(2, 1)) == marker]
    others = [i for i in spoken if i not in named]
    for imd in spoken:
        imd.take(1)
        imd.take(2, 1)
        imd.used.update((304, 305))
    # BT-153 <- IMD+F C273 7008
    draft.read(f"{path}.item.name", *named)
    if others:
        # BT-154 <- IMD+A C273 7008
        draft.read(f"{path}.item.description", *others)
    names, more = (
        dict.fromkeys(_words(draft, i) for i in some) for some in (named, others)
    )  # each is said once
    return " ".join(names), "\n".join(more) or None


def _attributes(draft: Draft, line: Node, path: str) -> tuple[ItemAttribute, ...]:
    """BG-32 <- FTX+ACF name:value (official binding); GIN: batch and serial numbers, SSCC."""
    found: list[ItemAttribute] = []
    for ftx in line.all("FTX", "ACF"):
        name, _, value = free_text(ftx).partition("\n")
        if not value:
            name, _, value = name.partition(":")
        if name and value:
            ftx.use(1, 2, 4, 5)
            draft.read(f"{path}.item.attributes[{len(found)}]", ftx)
            found.append(ItemAttribute(name=name.strip(), value=value.strip()))
    for gin in line.all("GIN"):
        kind = _GIN_NAMES.get(gin.qualifier)
        if kind is None:
            continue
        numbers = [c.strip() for e in gin.segment.elements[1:] for c in e[:2] if c.strip()]
        if numbers:
            gin.use()
            draft.read(f"{path}.item.attributes[{len(found)}]", gin)
            found.append(ItemAttribute(name=kind, value=", ".join(numbers)))
    return tuple(found)


def item(draft: Draft, line: Node, path: str) -> Item:
    """BG-31 of one line; without any IMD the article number serves as name and says so."""
    draft.read(f"{path}.item", line)
    numbers = _Codes(draft, line, path)
    name, description = _descriptions(draft, line, path)
    if name is None:
        shown = (
            ("GTIN", numbers.standard.value)
            if numbers.standard
            else (
                "Artikel",
                numbers.seller or numbers.buyer or (numbers.first[0] if numbers.first else ""),
            )
        )
        if shown[1]:
            name = " ".join(shown)
            draft.derived(
                f"{path}.item.name",
                (line,),
                "Artikelnummer, weil keine Bezeichnung (IMD) angegeben ist",
                "article number, because no description (IMD) is given",
            )
            if not (numbers.standard or numbers.seller or numbers.buyer):
                line.use(3)
    ali = line.first("ALI")
    if ali is not None and not codes.accepts("country", ali.peek(1)):
        ali = None
    return Item(
        name=name,
        description=description,
        seller_identifier=numbers.seller,
        buyer_identifier=numbers.buyer,
        standard_identifier=numbers.standard,
        classifications=tuple(numbers.classes),
        # BT-159 <- ALI 3239
        country_of_origin=draft.text(f"{path}.item.country_of_origin", ali, 1),
        attributes=_attributes(draft, line, path),
    )
