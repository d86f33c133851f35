"""LIN, PIA, IMD, ALI, GIN and item texts -> BG-31 Item information and BG-32."""

from collections.abc import Iterator
from dataclasses import dataclass

from edigate.edifact.invoic.header.texts import free_text
from edigate.edifact.invoic.record import code_tables, notations
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.model import Identifier, Item, ItemAttribute

_GTIN_LENGTHS = (8, 12, 13, 14)
_GIN_NAMES = {"BX": "batch", "BN": "serial", "SN": "serial", "BJ": "sscc", "AW": "sscc"}
"""7405 -> the phrase its numbers go by."""
_SECOND = ("VP", "VN")


def _target(draft: NumberedDraft, node: Node, code: str) -> str:
    """What an item number of this type (7143) is."""
    known = code_tables.item_codes().get(code) if code else ""
    listed = codes.accepts("classification", code)
    if known is None:
        known = "class" if listed else "annex"
    # the binding has classifications in PIA+1, and only those; the official twins leave "mutually
    # defined" out
    only_classes = draft.binding and node.tag == "PIA" and node.qualifier == "1"
    if only_classes and listed and code != "ZZZ" and known not in ("seller", "buyer"):
        return "class"
    return known


@dataclass(frozen=True, slots=True)
class _Number:
    """An item number where it stands, and what it is."""

    node: Node
    element: int
    value: str
    code: str
    target: str


@dataclass(frozen=True, slots=True)
class _Codes:
    """Item numbers of a line, from LIN C212 and all PIA. first: of any type."""

    seller: str | None
    buyer: str | None
    standard: Identifier | None
    classes: tuple[Identifier, ...]
    first: str | None

    @property
    def is_identified(self) -> bool:
        """Whether an identifier of the item has a term of its own."""
        return bool(self.standard or self.seller or self.buyer)


def _codes(draft: NumberedDraft, line: Node, path: str) -> _Codes:
    """BT-155 (SA), BT-156 (IN, BP), BT-157 (SRV, EN, UP, EU), BT-158 <- LIN and PIA C212
    7140:7143."""
    numbers = _numbers(draft, line)
    of = {t: [n for n in numbers if n.target == t] for t in ("seller", "buyer", "class")}
    standard = _read_first(draft, _standards(draft, numbers), f"{path}.item.standard_identifier")
    seller = _read_first(draft, of["seller"], f"{path}.item.seller_identifier")
    buyer = _read_first(draft, of["buyer"], f"{path}.item.buyer_identifier")
    for count, one in enumerate(of["class"]):
        _read(draft, one, f"{path}.item.classifications[{count}]")
    for pia in line.all("PIA"):
        if pia.used:
            pia.take(1)
    return _Codes(
        seller=seller,
        buyer=buyer,
        standard=Identifier(standard, "0160") if standard else None,
        classes=tuple(Identifier(n.value, n.code) for n in of["class"]),
        first=numbers[0].value if numbers else None,
    )


def _read_first(draft: NumberedDraft, offered: list[_Number], path: str) -> str | None:
    """The first of these numbers, as a term."""
    if not offered:
        return None
    _read(draft, offered[0], path)
    return offered[0].value


def _numbers(draft: NumberedDraft, line: Node) -> list[_Number]:
    """All item numbers; the vendor's part number is the seller's where there is no SA."""
    places = [(line, 3)]
    for pia in line.all("PIA"):
        places += [(pia, element) for element in range(2, len(pia.segment.elements) + 1)]
    found = [
        _Number(node, element, value, code, _target(draft, node, code))
        for node, element in places
        if (value := node.peek(element, 1))
        for code in (node.peek(element, 2),)
    ]
    return sorted(found, key=lambda n: n.code in _SECOND)


def _read(draft: NumberedDraft, number: _Number, path: str) -> None:
    number.node.use(number.element)
    draft.read(path, number.node)


def _standards(draft: NumberedDraft, numbers: list[_Number]) -> list[_Number]:
    """The standard numbers that are one: a GTIN, or what the official binding calls so."""
    offered = [n for n in numbers if n.target == "standard"]
    return offered if draft.binding else [n for n in offered if _is_gtin(n.value)]


def _is_gtin(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) in _GTIN_LENGTHS


def _words(draft: NumberedDraft, imd: Node) -> str:
    """C273/7008, both components joined. Blanks that fill up a component go, but for the official
    binding, which has one component of 256 characters and no need to fill it."""
    text = notations.joined(imd.segment.components(3)[3:5])
    return text if draft.binding else " ".join(text.split())


def _descriptions(draft: NumberedDraft, line: Node, path: str) -> tuple[str | None, str | None]:
    """BT-153 and BT-154 <- IMD.

    Official binding: F is the name, A the description. Elsewhere every free-form IMD (F, A, E, B or
    no code) counts: those of the first characteristic (C272) are the name, continued where one
    segment was too short; others describe.
    """
    spoken = [i for i in line.all("IMD") if i.peek(1) != "C" and _words(draft, i)]
    if not spoken:
        return None, None
    named = _naming(spoken)
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
    return " ".join(_once(draft, named)), "\n".join(_once(draft, others)) or None


def _naming(spoken: list[Node]) -> list[Node]:
    """The IMD that name the item: those of the first characteristic, free form (F) and 050
    (description) before others."""
    preferred = [i for i in spoken if i.peek(1) == "F"] or spoken
    preferred = [i for i in preferred if i.peek(2, 1) == "050"] or preferred
    first = (preferred[0].peek(1), preferred[0].peek(2, 1))
    return [i for i in spoken if (i.peek(1), i.peek(2, 1)) == first]


def _once(draft: NumberedDraft, described: list[Node]) -> dict[str, None]:
    """The words of these IMD, each said once."""
    return dict.fromkeys(_words(draft, i) for i in described)


def _attributes(draft: NumberedDraft, line: Node, path: str) -> tuple[ItemAttribute, ...]:
    """BG-32 <- FTX+ACF name:value (official binding); GIN: batch and serial numbers, SSCC."""
    found: list[ItemAttribute] = []
    for node, name, value in (*_stated_attributes(line), *_goods_numbers(draft, line)):
        draft.read(f"{path}.item.attributes[{len(found)}]", node)
        found.append(ItemAttribute(name=name, value=value))
    return tuple(found)


def _stated_attributes(line: Node) -> Iterator[tuple[Node, str, str]]:
    for ftx in line.all("FTX", "ACF"):
        name, _, value = free_text(ftx).partition("\n")
        if not value:
            name, _, value = name.partition(":")
        if name and value:
            ftx.use(1, 2, 4, 5)
            yield ftx, name.strip(), value.strip()


def _goods_numbers(draft: NumberedDraft, line: Node) -> Iterator[tuple[Node, str, str]]:
    for gin in line.all("GIN"):
        kind = _GIN_NAMES.get(gin.qualifier, "")
        parts = (c.strip() for e in gin.segment.elements[1:] for c in e[:2])
        numbers = [number for number in parts if number]
        if kind and numbers:
            gin.use()
            yield gin, draft.words(kind), ", ".join(numbers)


def item(draft: NumberedDraft, line: Node, path: str) -> Item:
    """BG-31 of one line; without any IMD the article number serves as name and says so."""
    draft.read(f"{path}.item", line)
    numbers = _codes(draft, line, path)
    name, description = _descriptions(draft, line, path)
    if name is None:
        name = _number_as_name(draft, line, numbers, f"{path}.item.name")
    ali = line.first("ALI")
    if ali is not None and not codes.accepts("country", ali.peek(1)):
        ali = None
    return Item(
        name=name,
        description=description,
        seller_identifier=numbers.seller,
        buyer_identifier=numbers.buyer,
        standard_identifier=numbers.standard,
        classifications=numbers.classes,
        # BT-159 <- ALI 3239
        country_of_origin=draft.text(f"{path}.item.country_of_origin", ali, 1),
        attributes=_attributes(draft, line, path),
    )


def _number_as_name(draft: NumberedDraft, line: Node, numbers: _Codes, path: str) -> str | None:
    """The article number in place of a name; None where there is none."""
    if numbers.standard is not None:
        name = draft.words("gtin", number=numbers.standard.value)
    else:
        number = numbers.seller or numbers.buyer or numbers.first
        name = draft.words("article", number=number) if number else ""
    if not name:
        return None
    draft.derived(path, (line,), "article-number")
    if not numbers.is_identified:
        line.use(3)
    return name
