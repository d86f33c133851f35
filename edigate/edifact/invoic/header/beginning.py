"""BGM, CUX and the control counts -> BT-1, BT-3, BT-5, BT-6, BG-2."""

from dataclasses import dataclass

from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.record import code_tables
from edigate.edifact.invoic.record.draft import Draft
from edigate.findings import Texts as Words
from edigate.invoice import codes
from edigate.invoice.model import ProcessControl
from edigate.invoice.origin import Origin, OriginKind


@dataclass(slots=True)
class Beginning:
    """What BGM says. `type` is the table's entry, None for a code the table does not know."""

    code: str
    number: str | None
    name: str
    function: str
    type: code_tables.DocumentType | None
    type_code: str | None


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
        draft.derived(
            "type_code",
            (bgm,),
            f"{type_code} steht in EN 16931 für {code}",
            f"{type_code} stands for {code}",
        )
    return Beginning(code, number, bgm.peek(1, 4), function, kind, type_code)


def currencies(draft: Draft) -> tuple[str | None, str | None]:
    """BT-5 and a candidate for BT-6 <- CUX: 6347 2 (reference) or 1, 6343 4 (invoicing); 6 or 3
    (target)."""
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
                    # BT-6 <- CUX / C504 6347 = 6 or 3, 6345 (dropped again when no tax is stated in
                    # it)
                    draft.read("accounting_currency_code", cux)
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            if cux.peek(element, 2) in (invoice, accounting):
                cux.use(element)
    if invoice is None:
        invoice = _only_currency(draft)
    return invoice, accounting


def _only_currency(draft: Draft) -> str | None:
    """Without CUX: the one currency all amounts name. Where only some name one, it may be that of
    the tax (BT-6)."""
    nodes = [n for n in draft.tree.nodes if n.tag == "MOA" and n.peek(1, 2)]
    named = {n.peek(1, 3) for n in nodes}
    if len(named) != 1 or "" in named:
        return None
    draft.derived(
        "currency_code",
        nodes[:1],
        "einzige bei den Beträgen genannte Währung",
        "the only currency named",
    )
    return named.pop()


def process_control(draft: Draft, found: HeaderTexts) -> ProcessControl:
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
