"""TAX at line, header and summary -> VAT category and rate of lines, allowances and the VAT
breakdown (BG-23).

A tax fact the message does not settle is a finding that holds the invoice, never a guess. Deriving
is not guessing where the message proves the result: category S for a positive rate; the one rate of
the invoice for what carries none; a breakdown computed from complete line rates that adds up to the
sender's own total tax (§ 32 UStDV).
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.record import code_tables, notations, phrases
from edigate.edifact.invoic.record.draft import Draft, SettledDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts as Words

ZERO = Decimal(0)
EXEMPT = frozenset({"AE", "K", "G", "E", "O"})


Reason = tuple[str, Node, str | None]
"""Words that say why there is no tax, their segment, and the category they stand for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Category and rate with the TAX segment they come from.

    note says how a derived category came about; reason: words that stand where the rate belongs.
    """

    category: str | None
    rate: Decimal | None
    node: Node
    note: Words | None = None
    reason: Reason | None = None

    @property
    def key(self) -> tuple[str | None, Decimal | None]:
        """Rows of the breakdown are one per category and rate."""
        return self.category, self.rate


@dataclass(frozen=True, slots=True)
class TaxEvidence:
    """What decides a rate of 0: the texts of the header, and the categories (5305) the message
    states anywhere."""

    texts: HeaderTexts
    used: frozenset[str]


@dataclass(frozen=True, slots=True)
class Taxes:
    """What the header and the summary say on VAT, before any line is mapped."""

    evidence: TaxEvidence
    header: Rate | None
    groups: tuple[tuple[Rate, Node], ...]
    reasons: tuple[Reason, ...]

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


def rate_of(draft: Draft, tax: Node, evidence: TaxEvidence, line: str | None = None) -> Rate | None:
    """TAX: C243/5278 rate, 5305 category; None for other taxes and for a segment that says
    neither."""
    if not is_vat(tax):
        return None
    category = code_tables.vat_categories().get(tax.peek(6, 1))
    number = _stated(draft, tax)
    reason = _reason(draft, tax, category, line) if number is None else None
    if number is None and category is None:
        return None
    tax.use(1, 2, 6)
    if number is not None:
        tax.used.add(504)
        number = _plain(number)
    elif category in EXEMPT | {"Z"}:
        number = ZERO
    settled = _settled(draft, tax, category, number, evidence, line=line)
    return settled if reason is None else replace(settled, reason=reason)


def _reason(draft: Draft, tax: Node, category: str | None, line: str | None) -> Reason | None:
    """A reason in words where the rate belongs: `Non imponibile art. 8`; elsewhere words are
    none."""
    text = tax.peek(5, 4)
    if not text:
        return None
    if category in EXEMPT:
        return text, tax, category
    draft.report("MAP-02", tax, line=line, value=text)
    return None


def _plain(number: Decimal) -> Decimal:
    """A rate without zeros behind: 19.00 -> 19."""
    if number == number.to_integral() and number:
        number = number.normalize()
    return Decimal(f"{number:f}")


def _stated(draft: Draft, tax: Node) -> Decimal | None:
    """The rate that stands in the segment."""
    text = tax.peek(5, 4)
    return notations.number(text.rstrip("% "), draft.deviations.decimal_mark) if text else None


def _settled(
    draft: Draft,
    tax: Node,
    category: str | None,
    rate: Decimal | None,
    evidence: TaxEvidence,
    *,
    line: str | None,
) -> Rate:
    """The category that code, rate and evidence settle together."""
    if rate is None:
        return Rate(category, None, tax)
    if rate > 0:
        return _taxed(draft, tax, category, rate, line)
    proof = _proof(draft, category, evidence)
    if proof is not None:
        shown = phrases.how_with("shown-by", category=proof[0], segment=proof[1].segment.text)
        return Rate(proof[0], rate, tax, shown)
    if category not in (None, "S"):
        return Rate(category, rate, tax)
    if not _empty_group(draft, tax):
        said, mark = tax.peek(6, 1) or "-", f"{category}{rate}"
        draft.report("MAP-20", tax, line=line, category=said, rate=rate, once=mark)
    return Rate(None, rate, tax)


def _taxed(draft: Draft, tax: Node, category: str | None, rate: Decimal, line: str | None) -> Rate:
    """A positive rate: category S, unless the message says another one."""
    code = tax.peek(6, 1)
    if category in EXEMPT | {"Z"}:
        draft.report("MAP-23", tax, line=line, category=code, rate=rate)
    if category is not None and category == code:
        return Rate(category, rate, tax)
    return Rate(category or "S", rate, tax, phrases.how_with("taxed", rate=f"{rate:f}"))


def _proof(draft: Draft, category: str | None, evidence: TaxEvidence) -> tuple[str, Node] | None:
    """The one category the texts prove for a rate of 0, where its code leaves that open.

    D.16B has a code for every category: there E means E; elsewhere E, Z and O stand for "no tax" of
    any kind.
    """
    if category in (None, "S") or (category in ("E", "O", "Z") and not draft.binding):
        proven = evidence.texts.evidence.proofs(category, evidence.used)
        return proven[0] if len(proven) == 1 else None
    return None


def _empty_group(draft: Draft, tax: Node) -> bool:
    """A summary TAX 0/S without amounts (GS1: it may stand beside 0/AE) is no row and no
    question."""
    amounts = [
        notations.number(m.peek(1, 2), draft.deviations.decimal_mark) for m in tax.all("MOA")
    ]
    return tax in draft.tree.summary.children and all(not a for a in amounts)


def survey(draft: SettledDraft, texts: HeaderTexts) -> Taxes:
    """Header TAX (the dominant rate) and the summary TAX groups in the invoice currency."""
    stated = [t for t in draft.tree.nodes if t.tag == "TAX" and is_vat(t)]
    evidence = TaxEvidence(texts, frozenset(t.peek(6, 1) for t in stated))
    header = _rated(draft, draft.tree.header.all("TAX"), evidence)
    dominant = _dominant([rate for rate, _ in header])
    own = [t for t in draft.tree.summary.all("TAX") if not foreign(t, draft.currency)]
    groups = _rated(draft, own, evidence)
    reasons = [rate.reason for rate, _ in (*header, *groups)]
    return Taxes(
        evidence,
        dominant if stated else _without_segment(draft, texts),
        tuple(g for g in groups if _counts(draft, *g)),
        tuple(reason for reason in reasons if reason is not None),
    )


def _rated(
    draft: SettledDraft, nodes: list[Node], evidence: TaxEvidence
) -> list[tuple[Rate, Node]]:
    """The TAX segments that say something on VAT, with what they say."""
    return [(r, t) for t in nodes if (r := rate_of(draft, t, evidence)) is not None]


def _dominant(found: list[Rate]) -> Rate | None:
    """The one rate the header states; several ones contradict each other, and none of them
    counts."""
    if len({r.key for r in found}) == 1:
        return found[0]
    for contradicted in found:
        contradicted.node.used.clear()
    return None


def _counts(draft: SettledDraft, rate: Rate, tax: Node) -> bool:
    """Whether a summary group is a row of the breakdown."""
    return rate.rate is not None and not (rate.category is None and _empty_group(draft, tax))


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
    note = phrases.how_with("no-tax-shown", category=category, segment=proof.segment.text)
    return Rate(category, ZERO, proof, note)


def foreign(tax: Node, currency: str | None) -> bool:
    """A TAX group whose amounts are all in another currency states the same tax again (BT-111)."""
    named = [m.peek(1, 3) for m in tax.all("MOA")]
    return bool(named) and all(n and n != currency for n in named)


def line_rate(draft: Draft, line: Node, taxes: Taxes, name: str) -> tuple[Rate | None, bool]:
    """The rate of a line, and whether it is inherited.  BT-151 / BT-152 <- TAX 5305 / C243 5278."""
    for tax in line.all("TAX"):
        rate = rate_of(draft, tax, taxes.evidence, name)
        if rate is not None and rate.rate is not None:
            return rate, False
    return taxes.inherited, True


def record(draft: Draft, rate: Rate, paths: tuple[str, str], *, inherited: bool) -> None:
    """Origins of a category and a rate."""
    if inherited:
        _record_inherited(draft, rate, paths)
        return
    category, percent = paths
    if rate.note is not None:
        draft.noted(category, (rate.node,), rate.note)
    elif rate.category:
        draft.read(category, rate.node)
    of_text = rate.node.tag != "TAX"
    if of_text and rate.note is not None:
        draft.noted(percent, (rate.node,), rate.note)
    elif of_text or _stated(draft, rate.node) is None:
        draft.derived(percent, (rate.node,), "no-rate", category=rate.category)
    else:
        draft.read(percent, rate.node)


def _record_inherited(draft: Draft, rate: Rate, paths: tuple[str, str]) -> None:
    """Origins of what was taken over from another segment."""
    category, percent = paths
    note = phrases.how("rate-of-lines" if rate.node.root.tag == "LIN" else "rate-of-message")
    known = rate.note or note
    draft.noted(category, (rate.node,), known)
    draft.noted(percent, (rate.node,), known if rate.node.tag != "TAX" else note)
