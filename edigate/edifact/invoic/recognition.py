"""Whether a message that is read, or what is left of one, may be an INVOIC: then somebody has to be
told of it.

Only what the bytes say for certain rules an invoice out: a type that can be read, the kind of
document in BGM, or the application reference. A type that is nearly INVOIC is a damaged INVOIC.
"""

import re
from functools import cache

from edigate.edifact.invoic.record.code_tables import document_types, rows
from edigate.edifact.syntax.segments import Interchange, Message, Segment

INVOIC = "INVOIC"
_FORM = re.compile(r"[A-Z]{4,6}")
_SLIPS = 2
"""Letters that may be wrong, missing or too many in a type that is still meant to be INVOIC."""
_LONGEST = 35
# UNTDID 1001 of documents that are certainly no invoice: catalogue, stock, orders and their kin,
# despatch, receipt.
_OTHER_DOCUMENTS = frozenset(
    {
        "9",
        "35",
        "220",
        "221",
        "224",
        "226",
        "227",
        "228",
        "230",
        "231",
        "241",
        "242",
        "310",
        "311",
        "351",
        "632",
    }
)
_APPLICATION = 6
"""UNB elements from here on may name what the interchange holds (0026 is the seventh; some senders
are one off)."""


class _Wanted:
    """The types whose messages are taken apart: INVOIC, and what may have been meant to be one."""

    def __contains__(self, kind: object) -> bool:
        return kind == INVOIC or not isinstance(kind, str) or kind.upper() not in _known()


WANTED = _Wanted()


def may_be_invoice(interchange: Interchange, message: Message) -> bool:
    """Whether the bytes of a message, a fragment or a whole broken interchange do not rule out an
    INVOIC."""
    stated = _stated(message)
    if any(_nearly(kind) for kind in stated):
        return True
    if stated and all(kind.upper() in _known() for kind in stated):
        return False
    code = next((s.value(1) for s in message.segments if s.tag == "BGM"), "")
    named = _named(interchange, message)
    if _is_invoice(code) or any(_nearly(kind) for kind in named):
        return True
    if message.number > 0 and _FORM.fullmatch(message.type):
        return False  # a type of somebody's own
    return not (code in _OTHER_DOCUMENTS or any(kind.upper() in _known() for kind in named))


def _stated(message: Message) -> list[str]:
    """Every type that the message, or what is left of it, states."""
    if message.number > 0 or message.type:
        return [message.type] if message.type else []
    if message.number == 0:
        headers = [s for s in message.segments if s.tag == "UNH"]
        stated = [s.value(2) for s in headers]
        return stated if all(stated) else [INVOIC]
    first = message.segments[:1]
    return [part for s in first for part in _parts(s) if part.upper() in _known() or _nearly(part)]


def _named(interchange: Interchange, message: Message) -> list[str]:
    """What UNG and UNB say is in the interchange."""
    groups = (
        [message.group.type]
        if message.group
        else [s.value(1) for s in interchange.envelope if s.tag == "UNG"]
    )
    parts = (
        part for elements in interchange.header.elements[_APPLICATION - 1 :] for part in elements
    )
    return [name for name in (*groups, *(part.strip() for part in parts)) if name]


def _parts(segment: Segment) -> list[str]:
    return [part.strip() for element in segment.elements for part in element if part.strip()]


def _is_invoice(code: str) -> bool:
    meaning = document_types().get(code)
    return meaning is not None and meaning.kind == "invoice"


@cache
def _known() -> frozenset[str]:
    """Types of other messages."""
    return frozenset(r["code"] for r in rows("0065")) - {INVOIC}


def _nearly(kind: str) -> bool:
    """Whether a type was meant to be INVOIC: written small, cut off, or with a slip or two."""
    said = "".join(kind.split()).upper()
    if not said or said in _known() or len(said) > _LONGEST:
        return False
    return INVOIC in said or INVOIC.startswith(said) or _distance(said, INVOIC) <= _SLIPS


def _distance(one: str, other: str) -> int:
    """Letters to change, insert or leave out to make one word the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for at, wanted in enumerate(other, 1):
            before, row[at] = (
                row[at],
                min(row[at] + 1, row[at - 1] + 1, before + (letter != wanted)),
            )
    return row[-1]
