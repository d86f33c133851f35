"""BGM, CUX and the control counts -> BT-1, BT-3, BT-5, BT-6, BG-2."""

from collections.abc import Iterator
from dataclasses import dataclass

from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.record import code_tables, phrases
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts
from edigate.invoice import codes
from edigate.invoice.model import ProcessControl
from edigate.invoice.origin import Origin, OriginKind


@dataclass(frozen=True, slots=True)
class Beginning:
    """What BGM says. `type` is the table's entry, None for a code the table does not know."""

    code: str
    number: str | None
    name: str
    function: str
    type: code_tables.DocumentType | None
    type_code: str | None

    @property
    def is_unknown(self) -> bool:
        """A code neither edigate's table nor the list of EN 16931 has."""
        return self.type is None and self.type_code is None and bool(self.code)

    @property
    def is_known_as_other(self) -> bool:
        """A code of something that is no invoice."""
        return self.type is not None and self.type.kind == "not-an-invoice"

    @property
    def meaning(self) -> Texts:
        """What the code means."""
        if self.type is None:
            return phrases.how("unknown", "finding")
        return Texts(self.type.de, self.type.en)

    @property
    def credit(self) -> bool:
        """Whether its amounts reduce a debt."""
        return self.type is not None and self.type.credit

    @property
    def value_only(self) -> bool:
        """A financial credit or debit note: its lines need no quantity, and its date of supply only
        repeats the document date."""
        return self.code in ("83", "84")

    @property
    def concerns_invoice(self) -> bool:
        """Whether it is a credit note or correction, so that RFF+IV names the invoice concerned."""
        return self.credit or self.code in ("80", "84", "383", "384", "457")


@dataclass(frozen=True, slots=True)
class Currencies:
    """BT-5, and a candidate for BT-6 with its CUX (none where no tax is stated in it)."""

    invoice: str | None
    accounting: str | None
    accounting_node: Node | None


_TARGET = ("3", "6")
"""6347: target currency, with 6 that of the tax."""
_AS_TARGET, _NONE = 8, 9
"""Ranks of `_StatedCurrency`."""


@dataclass(frozen=True, slots=True)
class _StatedCurrency:
    """C504 of CUX: usage 6347, currency 6345, purpose 6343."""

    usage: str
    code: str
    purpose: str
    node: Node

    @property
    def rank(self) -> int:
        """How well it states the invoice currency; `_NONE` for not at all."""
        if self.usage == "3" and self.purpose == "4":
            # one currency only, called target currency but with the purpose of invoicing
            return _AS_TARGET
        if self.usage not in ("1", "2", ""):
            return _NONE
        return (self.purpose not in ("4", "")) + (0 if self.usage == "2" else 2)


def document(draft: Draft) -> Beginning:
    """BGM: document type, number, function.  C002/1001, C106/1004 (D.96A: 1004), 1225."""
    bgm = draft.tree.header.first("BGM")
    if bgm is None:
        draft.report("MAP-01", missing="BGM+380+RE-4711+9'")
        return Beginning("", None, "", "", None, None)
    draft.read("", bgm)
    code = bgm.take(1, 1)
    # BT-1 <- BGM / C106 1004
    number = draft.text("number", bgm, 2, 1)
    function = bgm.take(3, 1)
    if function not in ("", "9"):
        bgm.used.discard(301)
    kind = code_tables.document_types().get(code)
    # BT-3 <- BGM / C002 1001
    type_code = (
        kind.type_code or None if kind else (code if codes.accepts("document", code) else None)
    )
    draft.read("type_code", bgm)
    if type_code not in (None, code):
        draft.derived("type_code", (bgm,), "type-for-code", code=type_code, said=code)
    return Beginning(code, number, bgm.peek(1, 4), function, kind, type_code)


def currencies(draft: Draft) -> Currencies:
    """BT-5 and a candidate for BT-6 <- CUX: 6347 2 (reference) or 1, 6343 4 (invoicing); 6 or 3
    (target)."""
    stated = list(_stated_currencies(draft))
    first = next((s for s in stated if s.rank < _NONE), None)
    # a target currency is the invoice's only where nothing states one before it
    offered = [s for s in stated if s.rank < _AS_TARGET or s is first]
    best = min(offered, key=lambda s: s.rank, default=None)
    accounting, node = _accounting_currency([s for s in stated if s is not first])
    _use_currencies(draft, {accounting, best.code if best is not None else None})
    if best is None:
        return Currencies(_only_currency(draft), accounting, node)
    # BT-5 <- CUX / C504 6347 = 2, 6345
    draft.read("currency_code", best.node)
    return Currencies(best.code, accounting, node)


def _accounting_currency(stated: list[_StatedCurrency]) -> tuple[str | None, Node | None]:
    """The first target currency, and the last CUX that names it."""
    targets = [s for s in stated if s.usage in _TARGET]
    if not targets:
        return None, None
    return targets[0].code, [s.node for s in targets if s.code == targets[0].code][-1]


def _use_currencies(draft: Draft, codes_: set[str | None]) -> None:
    """What CUX says of these currencies counts as mapped."""
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            if cux.peek(element, 2) in codes_:
                cux.use(element)


def _stated_currencies(draft: Draft) -> Iterator[_StatedCurrency]:
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            code = cux.peek(element, 2)
            if code:
                yield _StatedCurrency(cux.peek(element, 1), code, cux.peek(element, 3), cux)


def _only_currency(draft: Draft) -> str | None:
    """Without CUX: the one currency all amounts name. Where only some name one, it may be that of
    the tax (BT-6)."""
    nodes = [n for n in draft.tree.nodes if n.tag == "MOA" and n.peek(1, 2)]
    named = {n.peek(1, 3) for n in nodes}
    if len(named) != 1 or "" in named:
        return None
    draft.derived("currency_code", nodes[:1], "only-currency")
    return named.pop()


def process_control(draft: Draft, found: HeaderTexts) -> ProcessControl:
    """BG-2; BT-24 is the profile edigate writes."""
    constant = Origin(OriginKind.CONSTANT, (), phrases.how("profile"))
    draft.record.origin("process_control.specification", constant)
    return ProcessControl(business_process=found.process)


def counted_lines(draft: Draft) -> int | None:
    """CNT+2: number of lines the sender counted."""
    for cnt in draft.tree.summary.all("CNT", "2"):
        count = draft.number(cnt, 1, 2)
        cnt.use(1)
        if count is not None and count == int(count):
            return int(count)
    return None


def check_count(draft: Draft, lines: int) -> int | None:
    """CNT+2 against the lines that came: every LIN, or every line of the invoice (SUM-07)."""
    counted = counted_lines(draft)
    groups = len(draft.tree.lines)
    if counted is not None and counted not in (groups, lines):
        draft.report(
            "SUM-07",
            draft.tree.summary.first("CNT", "2"),
            segment="CNT",
            element="6066",
            actual=counted,
            expected=groups,
            correct=f"CNT+2:{groups}'",
        )
    return counted
