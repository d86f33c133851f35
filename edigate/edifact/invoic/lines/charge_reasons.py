"""ALC -> why there is an allowance or charge: BT-97, 98, 104, 105 and 139, 140, 144, 145."""

from dataclasses import dataclass

from edigate.edifact.invoic.record import code_tables
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes


@dataclass(frozen=True, slots=True)
class ChargeReason:
    """Why there is an allowance or charge. derived: the message has no words of its own for it."""

    words: str | None
    code: str | None
    derived: bool


def reason_of(
    draft: NumberedDraft, alc: Node, *, charge: bool, own: bool, known: code_tables.Reason | None
) -> ChargeReason:
    """Reason text (7160, 1230, text of the code) and reason code (5189 or its equivalent; 7161 or
    its equivalent)."""
    stated = _stated_words(alc)
    code = "" if own else alc.peek(5, 1)
    if charge:
        reason_code = _charge_reason_code(draft, code, known)
    else:
        reason_code = _allowance_reason_code(draft, alc, known)
    meaning = _meaning(draft, code, known)
    words = stated or _words_of_code(draft, alc, meaning, reason_code, own=own)
    if code and (reason_code or (meaning and words == meaning)):
        alc.used.update((501, 502, 503))
    if not words and not reason_code:
        words = draft.words("charge" if charge else "allowance")
    return ChargeReason(words or None, reason_code, derived=not stated)


def _stated_words(alc: Node) -> str:
    """The sender's own words: 7160, else the identifier 1230."""
    text = " ".join(p.strip() for p in alc.segment.components(5)[3:5] if p.strip())
    identifier = alc.peek(2, 1)
    words = text or identifier
    if text:
        alc.used.update((504, 505))
    if identifier and identifier == words:
        alc.take(2, 1)
    return words


def _charge_reason_code(
    draft: NumberedDraft, code: str, known: code_tables.Reason | None
) -> str | None:
    """BT-105 / BT-145 <- C214 7161, or its equivalent."""
    if code and codes.accepts("charge", code):
        return code
    if known is not None and _usable(draft, known.charge_quality):
        return known.charge or None
    return None


def _allowance_reason_code(
    draft: NumberedDraft, alc: Node, known: code_tables.Reason | None
) -> str | None:
    """BT-98 / BT-140 <- C552 5189, or the equivalent of C214 7161."""
    if codes.accepts("allowance", alc.peek(2, 2)):
        return alc.take(2, 2)
    if known is not None and _usable(draft, known.allowance_quality):
        return known.allowance or None
    return None


def _words_of_code(
    draft: NumberedDraft, alc: Node, meaning: str, reason_code: str | None, *, own: bool
) -> str:
    """What stands in for words the sender does not give: the meaning of the code, or the sender's
    own code."""
    if meaning and not (draft.binding and reason_code):
        return meaning
    return alc.take(5, 1) if own else ""


def _meaning(draft: NumberedDraft, code: str, known: code_tables.Reason | None) -> str:
    """The words of a 7161 code, ours or those of the EN 16931 list."""
    if not code:
        return ""
    ours = known.de if known is not None and draft.language == "de" else ""
    return ours or codes.name("charge", code, draft.language) or (known.de if known else "") or ""


def _usable(draft: NumberedDraft, quality: str) -> bool:
    return quality == "exact" or (quality == "near" and draft.deviations.near_reason_codes)
