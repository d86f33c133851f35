"""BGM, header DTM, CUX and FTX -> BT-1..BT-9, notes, and the evidence on tax and self-billing they give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal

from edigate.findings import Texts as Words
from edigate.invoice import codes
from edigate.invoice.facts import DatedFact, TextFact
from edigate.invoice.model import Note, ProcessControl
from edigate.invoice.origin import Origin, OriginKind
from edigate.mapping import tables, values
from edigate.mapping.draft import Draft
from edigate.mapping.evidence import Evidence, says
from edigate.mapping.tree import Node

SPECIFICATION = "urn:cen.eu:en16931:2017"


@dataclass(slots=True)
class Document:
    """What BGM says. `type` is the table's entry, None for a code the table does not know."""

    code: str
    number: str | None
    name: str
    function: str
    type: tables.DocumentType | None
    type_code: str | None


@dataclass(slots=True)
class Texts:
    """What the header's FTX segments say, sorted by what they are for.

    means_stated: a message of the official binding that states its means of payment, so that FTX+AAT is BT-82.
    """

    notes: list[tuple[Note, Node, bool]] = field(default_factory=list)
    terms: list[tuple[str, Node]] = field(default_factory=list)
    process: str | None = None
    evidence: Evidence = field(default_factory=Evidence)
    self_billing: Node | None = None
    means_stated: bool = False


def document(draft: Draft) -> Document:
    """BGM: document type, number, function.  C002/1001, C106/1004 (D.96A: 1004), 1225."""
    bgm = draft.tree.header.first("BGM")
    if bgm is None:
        draft.report("MAP-01", missing="BGM+380+RE-4711+9'")
        return Document("", None, "", "", None, None)
    draft.read("", bgm)
    code = bgm.take(1, 1)
    # BT-1 <- BGM / C106 1004
    number = draft.text("number", bgm, 2, 1)
    function = bgm.take(3, 1)
    if function not in ("", "9"):
        bgm.used.discard(301)
    kind = tables.document_types().get(code)
    # BT-3 <- BGM / C002 1001
    type_code = kind.type_code or None if kind else (code if codes.accepts("document", code) else None)
    draft.read("type_code", bgm)
    if type_code not in (None, code):
        draft.derived(
            "type_code", (bgm,), f"{type_code} steht in EN 16931 für {code}", f"{type_code} stands for {code}"
        )
    return Document(code, number, bgm.peek(1, 4), function, kind, type_code)


def issue_date(draft: Draft) -> date | None:
    """BT-2 <- DTM+137, or DTM+3 (date of invoice) where 137 is missing or empty."""
    for qualifier in ("137", "3"):
        for dtm in draft.tree.header.all("DTM", qualifier):
            day = draft.day("issue_date", dtm)
            if day is not None:
                return day
    return None


def tax_point(draft: Draft) -> tuple[date | None, str | None]:
    """BT-7 <- DTM+131; BT-8 <- DTM+3, 35 or 432 without value (official binding only)."""
    header = draft.tree.header
    day = draft.day("tax_point_date", header.first("DTM", "131"))
    if day is not None or not draft.binding:
        return day, None
    for dtm in header.all("DTM", "3", "35", "432"):
        if not dtm.peek(1, 2):
            dtm.use(1)
            draft.read("tax_point_date_code", dtm)
            return None, dtm.qualifier
    return None, None


# Meanings of header and line dates for the checks (DatedFact.kind), by 2005 qualifier, the best proof of the supply
# first (GS1 Germany: actual delivery, pick-up, then despatch as the supplier sees it; VDA 4938: end of the service).
FACT_KINDS = {
    "35": "delivery",
    "200": "pick-up",
    "1": "service-completion",
    "11": "despatch",
    "50": "goods-receipt",
}
PERIODS = (("167", "168"), ("155", "156"), ("158", "159"), ("194", "206"), ("51", "52"))
# Energy invoices (BDEW INVOIC 2.8e): day of the work done; provisional period of an advance invoice.
_ENERGY_FACT_KINDS = FACT_KINDS | {"203": "service-completion"}
_ENERGY_PERIODS = (*PERIODS, ("Z42", "Z43"))
_DAY_BEGINS = (time(0), time(6))  # of electricity and of gas


def fact_kinds(draft: Draft) -> Mapping[str, str]:
    """2005 qualifiers of dates of supply, the best first, with their kind as fact."""
    return _ENERGY_FACT_KINDS if draft.energy else FACT_KINDS


def note_date(draft: Draft, node: Node, line: str | None = None, reference: str | None = None) -> None:
    """Keep a date of supply for the checks, whether or not a term takes it."""
    kind = fact_kinds(draft).get(node.qualifier)
    found = values.days(node.peek(1, 2), node.peek(1, 3)) if kind else None
    if kind and found and found[0] == found[1]:
        draft.dates.append(DatedFact(kind, found[0], node.place, line, reference))


def period(draft: Draft, group: Node, path: str, line: str | None = None) -> tuple[date | None, date | None]:
    """BG-14 / BG-26 <- DTM+263 (a range or a month), or a pair 167/168, 155/156, 158/159, 194/206, 51/52."""
    whole = group.first("DTM", "263")
    found = draft.days(whole)
    if found and whole is not None:
        draft.read(f"{path}.start_date", whole)
        draft.read(f"{path}.end_date", whole)
        draft.dates.append(DatedFact("period-start", found[0], whole.place, line))
        draft.dates.append(DatedFact("period-end", found[1], whole.place, line))
        return found
    for first, last in _ENERGY_PERIODS if draft.energy else PERIODS:
        start, end = group.first("DTM", first), group.first("DTM", last)
        begins, ends = draft.days(start), draft.days(end)
        if begins and start is not None:
            draft.read(f"{path}.start_date", start)
            draft.dates.append(DatedFact("period-start", begins[0], start.place, line))
        if begins or ends:
            until = _last_day(draft, start, end, f"{path}.end_date") if ends else None
            if until is not None and end is not None:
                draft.dates.append(DatedFact("period-end", until, end.place, line))
            return (begins[0] if begins else None), until
    return None, None


def _last_day(draft: Draft, start: Node | None, end: Node | None, path: str) -> date | None:
    """The last day of a period. In energy messages its end is a moment: midnight of 1 September closes August.

    BDEW INVOIC 2.8e, DTM+156: a period from 1 August, 00:00 to 1 September, 00:00 legal time is one month. The day of
    gas begins at 6:00, so an end at 6:00 closes the day before where the start is at 6:00 as well.
    """
    found = draft.days(end)
    if found is None or end is None:
        return None
    draft.read(path, end)
    moment = values.german_time(end.peek(1, 2)) if draft.energy else None
    since = values.german_time(start.peek(1, 2)) if start is not None else None
    if moment is None or moment.time() not in _DAY_BEGINS or (since is not None and since >= moment):
        return found[1]
    if moment.time() != _DAY_BEGINS[0] and (since is None or since.time() != moment.time()):
        return found[1]
    note = f"{moment:%d.%m.%Y, %H:%M}"
    draft.derived(
        path, (end,), f"letzter Tag vor dem Ende am {note} Uhr", f"last day before the end, {note} legal time"
    )
    return found[1] - timedelta(1)


def currencies(draft: Draft) -> tuple[str | None, str | None]:
    """BT-5 and a candidate for BT-6 <- CUX: 6347 2 (reference) or 1, 6343 4 (invoicing); 6 or 3 (target)."""
    invoice: str | None = None
    accounting: str | None = None
    rank = 9
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            usage, code, purpose = cux.peek(element, 1), cux.peek(element, 2), cux.peek(element, 3)
            if not code:
                continue
            if usage in ("1", "2", ""):
                order = (0 if purpose in ("4", "") else 1) + (0 if usage == "2" else 2)
                if order < rank:
                    rank, invoice = order, code
                    # BT-5 <- CUX / C504 6347 = 2, 6345
                    draft.read("currency_code", cux)
            elif usage == "3" and purpose == "4" and rank == 9:
                # one currency only, called target currency but with the purpose of invoicing
                rank, invoice = 8, code
                draft.read("currency_code", cux)
            elif usage in ("6", "3"):
                accounting = accounting or code
                if code == accounting:
                    # BT-6 <- CUX / C504 6347 = 6 or 3, 6345 (dropped again when no tax is stated in it)
                    draft.read("accounting_currency_code", cux)
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            if cux.peek(element, 2) in (invoice, accounting):
                cux.use(element)
    if invoice is None:
        invoice = _only_currency(draft)
    return invoice, accounting


def _only_currency(draft: Draft) -> str | None:
    """Without CUX: the one currency all amounts name. Where only some name one, it may be that of the tax (BT-6)."""
    nodes = [n for n in draft.tree.nodes if n.tag == "MOA" and n.peek(1, 2)]
    named = {n.peek(1, 3) for n in nodes}
    if len(named) != 1 or "" in named:
        return None
    draft.derived("currency_code", nodes[:1], "einzige bei den Beträgen genannte Währung", "the only currency named")
    return named.pop()


def free_text(node: Node) -> str:
    """C108/4440 joined by line ends, empty ones at the end dropped."""
    return values.joined(node.segment.components(4), "\n")


def coded_text(draft: Draft, subject: str, code: str) -> tables.CodedText | None:
    """The meaning of FTX C107/4441: declared for the partner, or in the table."""
    for s, c, text in draft.deviations.texts:
        if (s, c) == (subject, code):
            return tables.CodedText("", text, text)
    known = tables.coded_texts()
    return known.get((subject, code)) or known.get(("*", code))


def subject_code(subject: str) -> str | None:
    """BT-21 for a 4451 code: None where the code is outside the EN 16931 list or says nothing."""
    if tables.note_subjects().get(subject) == "plain" or not codes.accepts("subject", subject):
        return None
    return subject


def note_text(draft: Draft, ftx: Node, line: str | None) -> tuple[str, bool]:
    """The words of an FTX (free, or of its code), kept as fact too; True when they come from the code table."""
    subject, code, text = ftx.qualifier, ftx.peek(3, 1), free_text(ftx)
    known = coded_text(draft, subject, code) if code else None
    if known is None and code and ftx.peek(2, 1) == "" and not text:
        known = None
    words = text or (known.de if known else "")
    draft.texts.append(TextFact(subject, text or words, ftx.place, code or None, line))
    return words, not text and known is not None


def texts(draft: Draft) -> Texts:
    """Header and summary FTX -> notes, payment terms, exemption reason, evidence of reverse charge or self-billing."""
    found = Texts(means_stated=draft.binding and any(n.tag == "PAI" and n.peek(1, 3) for n in draft.tree.nodes))
    everything = draft.tree.header.all("FTX") + draft.tree.summary.all("FTX")
    for adjustment in draft.tree.header.all("AJT") + draft.tree.header.all("INP"):
        everything += adjustment.all("FTX")
    for ftx in everything:
        _sort_text(draft, ftx, found)
    return found


def _sort_text(draft: Draft, ftx: Node, found: Texts) -> None:
    subject, code = ftx.qualifier, ftx.peek(3, 1)
    # energy messages carry the code in 4453 as well: FTX+REG+X+RCH
    treatment = tables.note_subjects().get(subject, "")
    if treatment == "process" and draft.binding:
        # BT-23 <- FTX+DOC / C107 4441; BT-24 is set by edigate
        found.process = found.process or draft.text("process_control.business_process", ftx, 3, 1)
        ftx.take(1)
        if ftx.peek(4, 1) == SPECIFICATION:
            ftx.take(4, 1)
        return
    if subject == "AAT" and found.means_stated:
        # BT-82: the payment instructions take it
        note_text(draft, ftx, None)
        return
    known = coded_text(draft, subject, code) if code else None
    words, from_code = note_text(draft, ftx, None)
    coded = known is not None and known.effect in ("AE", "K")
    if known is not None and coded:
        found.evidence.coded.setdefault(known.effect, (words, ftx))
    if known is not None and known.effect == "self-billing":
        found.self_billing = found.self_billing or ftx
    if known is not None and known.effect == "issuer":
        ftx.use()
        return
    if treatment == "exemption" and code.upper().startswith("VATEX-"):
        found.evidence.on_tax.append((words, ftx))
        return
    if not words or is_seller_text(draft, ftx):
        return
    if treatment == "terms":
        found.terms.append((words, ftx))
        ftx.use(1, 2, 4, 5, *((3,) if known is not None else ()))
    elif treatment == "exemption":
        found.evidence.on_tax.append((words, ftx))
    else:
        if not coded:
            on_tax = treatment == "tax-text" or subject == "REG"
            (found.evidence.on_tax if on_tax and _speaks(subject, words) else found.evidence.others).append(
                (words, ftx)
            )
        listed = subject_code(subject)
        found.notes.append((Note(subject_code=listed, text=words), ftx, from_code))
        # a subject or code nobody knows stays visible in the annex
        ftx.use(4, 5, *((1,) if listed or treatment == "plain" else ()), *((3,) if known is not None else ()))


# Statements (`schemas/wordings.toml`) about the supply or the document, not about the company of the seller.
_OF_THE_INVOICE_TEXT = """
reverse-charge self-billing credit-word margin-scheme margin-hint small-business intra-community exemption
named-exemption export zero-rate triangular cash-accounting prepayment not-yet-supplied farmer retention-hint
"""
_OF_THE_INVOICE = tuple(_OF_THE_INVOICE_TEXT.split())


def is_seller_text(draft: Draft, ftx: Node) -> bool:
    """FTX+REG of the official binding: legal information on the seller (BT-33), but for what an invoice has to say."""
    if not draft.binding or ftx.qualifier != "REG" or ftx.peek(3, 1):
        return False
    words = free_text(ftx)
    return bool(words) and not any(says(words, statement) for statement in _OF_THE_INVOICE)


def _speaks(subject: str, words: str) -> bool:
    """A text on tax speaks of it; FTX+REG also carries other rules (company law), so it counts only where it does."""
    kinds = ("reverse-charge", "intra-community", "export", "exemption", "small-business", "margin-scheme")
    return subject != "REG" or any(says(words, kind) for kind in kinds)


def notes(draft: Draft, found: list[tuple[Note, Node, bool]]) -> tuple[Note, ...]:
    """BG-1 <- FTX / 4451 (BT-21), C108 4440 (BT-22), with their origins."""
    for number, (note, node, from_code) in enumerate(found):
        path = f"notes[{number}]"
        draft.read(path, node)
        if note.subject_code:
            draft.read(f"{path}.subject_code", node)
        if from_code:
            draft.derived(f"{path}.text", (node,), "Bedeutung des Codes", "meaning of the code")
        else:
            draft.read(f"{path}.text", node)
    return tuple(note for note, _, _ in found)


def process_control(draft: Draft, found: Texts) -> ProcessControl:
    """BG-2; BT-24 is the profile edigate writes."""
    note = Words("Profil der erzeugten Rechnung", "profile of the invoice written")
    draft.origins["process_control.specification"] = Origin(OriginKind.CONSTANT, (), note)
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


ZERO = Decimal(0)
