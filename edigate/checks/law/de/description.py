"""What was supplied, and how much: § 14 Abs. 4 Satz 1 Nr. 5 UStG, § 31 Abs. 1 and 3 UStDV."""

import re

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import NR_2_ONLY, GermanContext
from edigate.checks.law.de.profile import FINANCIAL_NOTES, Profile
from edigate.invoice.model import Item, Line
from edigate.invoice.origin import OriginKind
from edigate.invoice.wording import is_exactly

_RATE_AT_END = re.compile(r"\d{1,2}([.,]\d)? ?(%|Prozent|v\.? ?H\.?)\)? ?$", re.I)
_LONGEST_RATE = len("19,5 Prozent) ")
_COUNT_BEFORE = re.compile(r"\d{1,3} ")
_WORD = re.compile(r"\w")
_LINK = re.compile(r"(https?://|www\.)\S+", re.I)
_LETTERS_THAT_SAY_SOMETHING = 3


def name_of(line: Line) -> str:
    """The line's description: name, else free description, else note."""
    item = line.item
    return ((item and (item.name or item.description)) or line.note or "").strip()


def has_code(item: Item | None) -> bool:
    return bool(
        item and (item.standard_identifier or item.seller_identifier or item.buyer_identifier)
    )


def is_group(text: str) -> bool:
    """Whether a description only names a group of goods with its tax rate, e.g. `Lebensmittel 7
    %`."""
    plain = " ".join(text.split())
    tail = max(0, len(plain) - _LONGEST_RATE)
    rate = _RATE_AT_END.search(
        plain, tail
    )  # the rate is sought where it can stand, or long names cost their square
    if rate is None:
        return False
    group = plain[: rate.start()]
    count = _COUNT_BEFORE.match(group)
    return is_exactly("group-description", group[count.end() :] if count else group)


def is_link(text: str) -> bool:
    """Whether a description is nothing but an address in the web."""
    spoken = [word for word in text.split() if _WORD.search(word)]
    first = _WORD.search(spoken[0]) if len(spoken) == 1 else None
    return first is not None and _LINK.match(spoken[0], first.start()) is not None


def described_elsewhere(context: GermanContext) -> bool:
    """Whether the message names a delivery note or order in which the description may stand (UStAE
    14.5 Abs. 1); no longer for supplies from 2028."""
    invoice = context.invoice
    named = invoice.despatch_advice_reference or invoice.purchase_order_reference
    return context.rule_date < NR_2_ONLY and (
        bool(named) or context.has_reference("DQ", "AAK", "ON", "AAU", "VN")
    )


def ust_13_description(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 5 UStG: the customary description of every line. An agreed article
    code is enough (§ 31 Abs. 3 UStDV); until 2027 also a delivery note or order that holds it (§ 31
    Abs. 1 UStDV)."""
    for index, line in enumerate(context.invoice.lines):
        name = name_of(line)
        code_only = _is_code_only(context, index, line, name)
        case = _undescribed(context, line, name, code_only=code_only)
        if not case:
            continue
        yield context.hit(
            "UST-13",
            f"lines[{index}].item.name",
            f"lines[{index}]",
            case=case,
            missing=None if name and not code_only else "",
            line=line.identifier,
            position=line.identifier or index + 1,
            text=name,
        )


def _undescribed(
    context: GermanContext, line: Line, name: str, *, code_only: bool
) -> tuple[str, ...]:
    """In what way a line lacks its customary description; empty when it has one."""
    group = is_group(name)
    if name and not code_only and not group:
        return ()
    if has_code(line.item) or code_only:
        if group:
            return ("group-and-code",)
        return ("code-only", *(() if context.rule_date < NR_2_ONLY else ("code-only-from-2028",)))
    if group:
        return ("group",)
    value_only = context.facts.document_code in FINANCIAL_NOTES
    return ("nothing", *(("elsewhere",) if value_only or described_elsewhere(context) else ()))


def _is_code_only(context: GermanContext, index: int, line: Line, name: str) -> bool:
    """Whether the mapping put an article number where the message had no description."""
    origin = context.origins.get(f"lines[{index}].item.name")
    item = line.item
    if not name or item is None or origin is None or origin.kind is not OriginKind.DERIVED:
        return False
    codes = [
        item.standard_identifier and item.standard_identifier.value,
        item.seller_identifier,
        item.buyer_identifier,
    ]
    return any(code and code in name for code in codes)


def ust_14_quantity(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 5 UStG: quantity of the goods, extent of the service."""
    value_only = context.facts.document_code in FINANCIAL_NOTES or context.has(Profile.CREDIT_NOTE)
    for index, line in enumerate(context.invoice.lines):
        if line.quantity is not None and line.unit_code:
            continue
        over_time = line.period is not None or context.invoice.period is not None
        lacks = "quantity" if line.quantity is None else "unit"
        yield context.hit(
            "UST-14",
            f"lines[{index}].quantity",
            f"lines[{index}]",
            case=(lacks, "value-or-time") if value_only or over_time else lacks,
            missing="",
            line=line.identifier,
            position=line.identifier or index + 1,
        )


def ust_15_says_nothing(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 5 UStG, BMF 15.10.2024: a description that does not identify the
    supply, or only points to an attachment or a link."""
    for index, line in enumerate(context.invoice.lines):
        name = name_of(line)
        if not name or is_group(name) or _is_code_only(context, index, line, name):
            continue
        if _says_nothing(name, line.item):
            yield context.hit(
                "UST-15",
                f"lines[{index}].item.name",
                f"lines[{index}]",
                line=line.identifier,
                position=line.identifier or index + 1,
                text=name,
            )


def _says_nothing(name: str, item: Item | None) -> bool:
    short = sum(c.isalpha() for c in name) < _LETTERS_THAT_SAY_SOMETHING and not has_code(item)
    return short or is_link(name) or is_exactly("generic-description", name)
