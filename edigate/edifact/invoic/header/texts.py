"""FTX -> notes (BG-1), and the statements on tax, self-billing, payment and the seller that the
texts make."""

from dataclasses import dataclass, field

from edigate.edifact.invoic.header.untaxed import TaxTexts, says
from edigate.edifact.invoic.record import code_tables, notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.facts import TextFact
from edigate.invoice.model import SPECIFICATION, Note

_TAX_EFFECTS = ("AE", "K")
"""Effects of a code that are tax categories."""


@dataclass(slots=True)
class HeaderTexts:
    """What the header's FTX segments say, sorted by what they are for.

    means_stated: a message of the official binding that states its means of payment, so that
    FTX+AAT is BT-82.
    """

    notes: list[tuple[Note, Node, bool]] = field(default_factory=list)
    terms: list[tuple[str, Node]] = field(default_factory=list)
    process: str | None = None
    evidence: TaxTexts = field(default_factory=TaxTexts)
    self_billing: Node | None = None
    means_stated: bool = False


def free_text(node: Node) -> str:
    """C108/4440 joined by line ends, empty ones at the end dropped."""
    return notations.joined(node.segment.components(4), "\n")


def coded_text(draft: Draft, subject: str, code: str) -> code_tables.CodedText | None:
    """The meaning of FTX C107/4441: declared for the partner, or in the table."""
    for s, c, text in draft.deviations.texts:
        if (s, c) == (subject, code):
            return code_tables.CodedText("", text, text)
    known = code_tables.coded_texts()
    return known.get((subject, code)) or known.get(("*", code))


def subject_code(subject: str) -> str | None:
    """BT-21 for a 4451 code: None where the code is outside the EN 16931 list or says nothing."""
    if code_tables.note_subjects().get(subject) == "plain" or not codes.accepts("subject", subject):
        return None
    return subject


def note_text(draft: Draft, ftx: Node, line: str | None) -> tuple[str, bool]:
    """The words of an FTX (free, or of its code), kept as fact too; True when they come from the
    code table."""
    subject, code, text = ftx.qualifier, ftx.peek(3, 1), free_text(ftx)
    known = coded_text(draft, subject, code) if code else None
    words = text or (known.de if known else "")
    draft.record.text(TextFact(subject, text or words, ftx.place, code or None, line))
    return words, not text and known is not None


def texts(draft: Draft) -> HeaderTexts:
    """Header and summary FTX -> notes, payment terms, exemption reason, evidence of reverse charge
    or self-billing."""
    found = HeaderTexts(
        means_stated=draft.binding
        and any(n.tag == "PAI" and n.peek(1, 3) for n in draft.tree.nodes)
    )
    everything = draft.tree.header.all("FTX") + draft.tree.summary.all("FTX")
    for adjustment in draft.tree.header.all("AJT") + draft.tree.header.all("INP"):
        everything += adjustment.all("FTX")
    for ftx in everything:
        _sort_text(draft, ftx, found)
    return found


def _sort_text(draft: Draft, ftx: Node, found: HeaderTexts) -> None:
    """Put one FTX where it belongs."""
    # energy messages carry the code in 4453 as well: FTX+REG+X+RCH
    subject, code = ftx.qualifier, ftx.peek(3, 1)
    treatment = code_tables.note_subjects().get(subject, "")
    if treatment == "process" and draft.binding:
        _process(draft, ftx, found)
        return
    if subject == "AAT" and found.means_stated:
        # BT-82: the payment instructions take it
        note_text(draft, ftx, None)
        return
    known = coded_text(draft, subject, code) if code else None
    words, from_code = note_text(draft, ftx, None)
    if known is not None:
        _keep_effect(found, known, words, ftx)
    if known is not None and known.effect == "issuer":
        ftx.use()
        return
    if treatment == "exemption" and code.upper().startswith("VATEX-"):
        found.evidence.on_tax.append((words, ftx))
    elif words and not is_seller_text(draft, ftx):
        _keep_words(found, _Said(ftx, treatment, words, known, from_code))


@dataclass(slots=True)
class _Said:
    """An FTX with words: how its subject is treated (`4451.tsv`), and what its code means."""

    ftx: Node
    treatment: str
    words: str
    known: code_tables.CodedText | None
    from_code: bool

    @property
    def elements_of_code(self) -> tuple[int, ...]:
        """The data element of the code, where somebody knows it."""
        return (3,) if self.known is not None else ()


def _process(draft: Draft, ftx: Node, found: HeaderTexts) -> None:
    """BT-23 <- FTX+DOC / C107 4441; BT-24 is set by edigate."""
    found.process = found.process or draft.text("process_control.business_process", ftx, 3, 1)
    ftx.take(1)
    if ftx.peek(4, 1) == SPECIFICATION:
        ftx.take(4, 1)


def _keep_effect(found: HeaderTexts, known: code_tables.CodedText, words: str, ftx: Node) -> None:
    """What a code states: reverse charge, intra-community supply, or that the buyer issues the
    document."""
    if known.effect in _TAX_EFFECTS:
        found.evidence.coded.setdefault(known.effect, (words, ftx))
    elif known.effect == "self-billing":
        found.self_billing = found.self_billing or ftx


def _keep_words(found: HeaderTexts, said: _Said) -> None:
    """Words become payment terms, a reason for no tax, or a note."""
    if said.treatment == "terms":
        found.terms.append((said.words, said.ftx))
        said.ftx.use(1, 2, 4, 5, *said.elements_of_code)
    elif said.treatment == "exemption":
        found.evidence.on_tax.append((said.words, said.ftx))
    else:
        _keep_note(found, said)


def _keep_note(found: HeaderTexts, said: _Said) -> None:
    """A note (BG-1), which may prove a tax category; what its code states already proves nothing
    again."""
    subject = said.ftx.qualifier
    if said.known is None or said.known.effect not in _TAX_EFFECTS:
        on_tax = (said.treatment == "tax-text" or subject == "REG") and _speaks(subject, said.words)
        (found.evidence.on_tax if on_tax else found.evidence.others).append((said.words, said.ftx))
    listed = subject_code(subject)
    found.notes.append((Note(subject_code=listed, text=said.words), said.ftx, said.from_code))
    # a subject or code nobody knows stays visible in the annex
    of_subject = (1,) if listed or said.treatment == "plain" else ()
    said.ftx.use(4, 5, *of_subject, *said.elements_of_code)


# Statements (`wordings.toml`) about the supply or the document, not about the company of
# the seller.
_OF_THE_INVOICE_TEXT = """
reverse-charge self-billing credit-word margin-scheme margin-hint small-business intra-community
exemption named-exemption export zero-rate triangular cash-accounting prepayment not-yet-supplied
farmer retention-hint
"""
_OF_THE_INVOICE = tuple(_OF_THE_INVOICE_TEXT.split())


def is_seller_text(draft: Draft, ftx: Node) -> bool:
    """FTX+REG of the official binding: legal information on the seller (BT-33), but for what an
    invoice has to say."""
    if not draft.binding or ftx.qualifier != "REG" or ftx.peek(3, 1):
        return False
    words = free_text(ftx)
    return bool(words) and not any(says(words, statement) for statement in _OF_THE_INVOICE)


def _speaks(subject: str, words: str) -> bool:
    """A text on tax speaks of it; FTX+REG also carries other rules (company law), so it counts only
    where it does."""
    kinds = (
        "reverse-charge",
        "intra-community",
        "export",
        "exemption",
        "small-business",
        "margin-scheme",
    )
    return subject != "REG" or any(says(words, kind) for kind in kinds)
