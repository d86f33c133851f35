"""Texts on tax -> BT-120 VAT exemption reason text and BT-121 VAT exemption reason code of a row of
the breakdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import EXEMPT, Rate, Reason, TaxEvidence

# VATEX codes that say no more than the category itself (EN 16931, code list of BT-121).
_VATEX = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}


@dataclass(frozen=True, slots=True)
class Reasons:
    """Everything the message says on why there is no tax. loose: words outside the header's
    texts."""

    evidence: TaxEvidence
    loose: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class ExemptionReason:
    """BT-120 and BT-121 of one row."""

    words: str | None = None
    code: str | None = None


def exemption(draft: Draft, found: Reasons, path: str, rate: Rate) -> ExemptionReason:
    """BT-120 <- FTX+AGM, BAQ, 2E, TXD, or the meaning of FTX+REG LES / IGL; BT-121 <- C107 4441, or
    by category."""
    if rate.category not in EXEMPT:
        return ExemptionReason()
    reason = _reason(draft, found, path, rate.category)
    by_category = _VATEX.get(rate.category or "")
    # where the message could have said the code and gives the reason in words, nothing is added
    if reason.code is None and by_category and not (draft.binding and reason.words is not None):
        draft.derived(
            f"{path}.exemption_code", (rate.node,), "code-of-category", category=rate.category
        )
        return ExemptionReason(reason.words, by_category)
    return reason


def _reason(draft: Draft, found: Reasons, path: str, category: str) -> ExemptionReason:
    """What the message itself says, the best kind first."""
    texts = found.evidence.texts.evidence
    spoken = texts.reasons(category, found.evidence.used)
    if spoken:
        return _spoken(draft, path, spoken)
    if category in texts.coded:
        words, node = texts.coded[category]
        draft.derived(f"{path}.exemption_reason", (node,), "meaning-of-code")
        return ExemptionReason(words)
    own = [(words, node) for words, node, of in found.loose if of == category]
    for _, node in own:
        node.use(*((1, 4) if node.tag == "FTX" else (5,)))
    if own:
        _worded(draft, path, [node for _, node in own])
    return ExemptionReason(_joined(own))


def _spoken(draft: Draft, path: str, spoken: Sequence[tuple[str, Node]]) -> ExemptionReason:
    """Texts on tax of the header; the last VATEX code among them is BT-121."""
    code: str | None = None
    for _, node in spoken:
        node.use(1, 4)
        if node.peek(3, 1).upper().startswith("VATEX-"):
            # BT-121 <- FTX+AGM C107 4441
            code = node.take(3, 1).upper()
            draft.read(f"{path}.exemption_code", node)
    words = _joined(spoken)
    if words is not None:
        _worded(draft, path, [node for _, node in spoken])
    return ExemptionReason(words, code)


def _joined(spoken: Sequence[tuple[str, Node]]) -> str | None:
    """Words one below the other, each once."""
    return "\n".join(dict.fromkeys(words for words, _ in spoken if words)) or None


def _worded(draft: Draft, path: str, nodes: list[Node]) -> None:
    """The origin of a reason in words: an FTX without any gives its code."""
    if any(node.tag == "FTX" and not any(node.segment.components(4)) for node in nodes):
        draft.derived(f"{path}.exemption_reason", nodes, "meaning-of-code")
    else:
        draft.read(f"{path}.exemption_reason", *nodes)
