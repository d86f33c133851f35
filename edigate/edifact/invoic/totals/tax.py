"""TAX at line, header and summary -> VAT category and rate of lines, allowances and the VAT
breakdown (BG-23).

A tax fact the message does not settle is a finding that holds the invoice, never a guess. Deriving
is not guessing where the message proves the result: category S for a positive rate; the one rate of
the invoice for what carries none; a breakdown computed from complete line rates that adds up to the
sender's own total tax (§ 32 UStDV).
"""

from dataclasses import dataclass, field
from decimal import Decimal

from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.record import code_tables, notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts as Words

ZERO = Decimal(0)
EXEMPT = frozenset({"AE", "K", "G", "E", "O"})


@dataclass(frozen=True, slots=True)
class Rate:
    """Category and rate with the TAX segment they come from; note says how a derived category came
    about."""

    category: str | None
    rate: Decimal | None
    node: Node
    note: Words | None = None

    @property
    def key(self) -> tuple[str | None, Decimal | None]:
        """Rows of the breakdown are one per category and rate."""
        return self.category, self.rate


@dataclass(slots=True)
class Taxes:
    """What the header and the summary say on VAT, before any line is mapped.

    used: the categories (5305) the message states anywhere.
    """

    texts: HeaderTexts
    header: Rate | None = None
    groups: list[tuple[Rate, Node]] = field(default_factory=list)
    unsettled: set[str] = field(default_factory=set)
    line_reasons: list[tuple[str, Node, str | None]] = field(default_factory=list)
    used: frozenset[str] = frozenset()

    @property
    def inherited(self) -> Rate | None:
        """The rate of what carries none: the header's (GS1: the dominant one), else the summary's
        only one."""
        if self.header is not None:
            return self.header
        distinct = {rate.key: rate for rate, _ in self.groups}
        return next(iter(distinct.values())) if len(distinct) == 1 else None


def is_vat(tax: Node) -> bool:
    """Whether a TAX segment speaks of VAT (C241/5153); customs and excise duties never enter the
    breakdown."""
    return tax.peek(2, 1) in ("VAT", "")


def rate_of(draft: Draft, tax: Node, taxes: Taxes, line: str | None = None) -> Rate | None:
    """TAX: C243/5278 rate, 5305 category; None for other taxes and for a segment that says
    neither."""
    if not is_vat(tax):
        return None
    text, code = tax.peek(5, 4), tax.peek(6, 1)
    number = _stated(draft, tax)
    category = code_tables.vat_categories().get(code)
    if text and number is None:
        if category in EXEMPT:
            # a reason in words where the rate belongs: `Non imponibile art. 8`
            taxes.line_reasons.append((text, tax, category))
        else:
            draft.report("MAP-02", tax, line=line, value=text)
    if number is None and category is None:
        return None
    tax.use(1, 2, 6)
    if number is not None:
        tax.used.add(504)
        number = number.normalize() if number == number.to_integral() and number else number
        number = Decimal(f"{number:f}")
    if number is None and category in EXEMPT | {"Z"}:
        number = ZERO
    return _settled(draft, tax, category, number, taxes, line=line)


def _stated(draft: Draft, tax: Node) -> Decimal | None:
    """The rate that stands in the segment."""
    text = tax.peek(5, 4)
    return notations.number(text.rstrip("% "), draft.deviations.decimal_mark) if text else None


def _settled(
    draft: Draft,
    tax: Node,
    category: str | None,
    rate: Decimal | None,
    taxes: Taxes,
    *,
    line: str | None,
) -> Rate:
    """The category that code, rate and evidence settle together."""
    code = tax.peek(6, 1)
    if rate is None:
        return Rate(category, None, tax)
    if rate > 0:
        if category in EXEMPT | {"Z"}:
            draft.report("MAP-23", tax, line=line, category=code, rate=rate)
        if category is None or code not in code_tables.vat_categories() or category != code:
            note = Words(
                f"S, weil der Steuersatz {rate:f} % beträgt", f"S, because the rate is {rate:f} %"
            )
            return Rate(category or "S", rate, tax, note)
        return Rate(category, rate, tax)
    # D.16B has a code for every category: there E means E; elsewhere E, Z and O stand for "no tax"
    # of any kind
    open_category = category in (None, "S") or (category in ("E", "O", "Z") and not draft.binding)
    proven = taxes.texts.evidence.proofs(category, taxes.used) if open_category else []
    if len(proven) == 1:
        proof = proven[0][1]
        note = Words(
            f"{proven[0][0]}, belegt durch {proof.segment.text}",
            f"{proven[0][0]}, shown by {proof.segment.text}",
        )
        return Rate(proven[0][0], rate, tax, note)
    if category in (None, "S"):
        marker = f"{category}{rate}"
        if marker not in taxes.unsettled and not _empty_group(draft, tax):
            taxes.unsettled.add(marker)
            draft.report("MAP-20", tax, line=line, category=code or "-", rate=rate)
        return Rate(None, rate, tax)
    return Rate(category, rate, tax)


def _empty_group(draft: Draft, tax: Node) -> bool:
    """A summary TAX 0/S without amounts (GS1: it may stand beside 0/AE) is no row and no
    question."""
    amounts = [
        notations.number(m.peek(1, 2), draft.deviations.decimal_mark) for m in tax.all("MOA")
    ]
    return tax in draft.tree.summary.children and all(not a for a in amounts)


def survey(draft: Draft, texts: HeaderTexts, currency: str | None) -> Taxes:
    """Header TAX (the dominant rate) and the summary TAX groups in the invoice currency."""
    stated = [t for t in draft.tree.nodes if t.tag == "TAX" and is_vat(t)]
    taxes = Taxes(texts, used=frozenset(t.peek(6, 1) for t in stated))
    found = [r for t in draft.tree.header.all("TAX") if (r := rate_of(draft, t, taxes)) is not None]
    if len({r.key for r in found}) == 1:
        taxes.header = found[0]
    else:
        for contradicted in found:
            contradicted.node.used.clear()
    for tax in draft.tree.summary.all("TAX"):
        if not is_vat(tax) or foreign(tax, currency):
            continue
        rate = rate_of(draft, tax, taxes)
        if rate is None or rate.rate is None:
            continue
        if rate.category is None and _empty_group(draft, tax):
            continue
        taxes.groups.append((rate, tax))
    if not stated:
        taxes.header = _without_segment(draft, texts)
    return taxes


def _without_segment(draft: Draft, texts: HeaderTexts) -> Rate | None:
    """The category of a message without any TAX segment and without tax, where its texts prove
    exactly one."""
    for moa in draft.tree.summary.serving("MOA", "tax"):
        if notations.number(moa.peek(1, 2), draft.deviations.decimal_mark) != 0:
            return None
    proven = texts.evidence.without_tax()
    if len(proven) != 1:
        return None
    category, proof = proven[0]
    note = Words(
        f"{category}, 0 %: keine Steuer ausgewiesen, belegt durch {proof.segment.text}",
        f"{category}, 0 %: no tax shown, proven by {proof.segment.text}",
    )
    return Rate(category, ZERO, proof, note)


def foreign(tax: Node, currency: str | None) -> bool:
    """A TAX group whose amounts are all in another currency states the same tax again (BT-111)."""
    named = [m.peek(1, 3) for m in tax.all("MOA")]
    return bool(named) and all(n and n != currency for n in named)


def line_rate(draft: Draft, line: Node, taxes: Taxes, name: str) -> tuple[Rate | None, bool]:
    """The rate of a line, and whether it is inherited.  BT-151 / BT-152 <- TAX 5305 / C243 5278."""
    for tax in line.all("TAX"):
        rate = rate_of(draft, tax, taxes, name)
        if rate is not None and rate.rate is not None:
            return rate, False
    return taxes.inherited, True


def record(draft: Draft, rate: Rate, paths: tuple[str, str], *, inherited: bool) -> None:
    """Origins of a category and a rate."""
    category, percent = paths
    if inherited:
        at_line = rate.node.root.tag == "LIN"
        note = (
            ("aus TAX der Positionen übernommen", "taken over from TAX of the lines")
            if at_line
            else (
                "aus TAX im Kopf oder Summenteil übernommen",
                "taken over from TAX in header or summary",
            )
        )
        known = (rate.note.de, rate.note.en) if rate.note is not None else note
        draft.derived(category, (rate.node,), *known)
        draft.derived(percent, (rate.node,), *(known if rate.node.tag != "TAX" else note))
        return
    if rate.note is not None:
        draft.derived(category, (rate.node,), rate.note.de, rate.note.en)
    elif rate.category:
        draft.read(category, rate.node)
    if rate.node.tag != "TAX" or _stated(draft, rate.node) is None:
        none = Words(f"kein Satz bei {rate.category}", f"no rate with {rate.category}")
        said = rate.note if rate.note is not None and rate.node.tag != "TAX" else none
        draft.derived(percent, (rate.node,), said.de, said.en)
    else:
        draft.read(percent, rate.node)
