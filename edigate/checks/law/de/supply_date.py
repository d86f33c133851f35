"""The time of supply: § 14 Abs. 4 Satz 1 Nr. 6 UStG, § 31 Abs. 1 and 4 UStDV, UStAE 14.5 Abs.
16."""

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import NR_2_ONLY, GermanContext
from edigate.checks.law.de.profile import FINANCIAL_NOTES, Profile
from edigate.checks.law.de.time_of_supply import Shown
from edigate.findings import Finding

_ENOUGH = frozenset({Shown.DATE, Shown.PERIOD, Shown.PHRASE})


def ust_16_time_of_supply(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 6 UStG: the time of supply; not for small amounts (§ 33 UStDV),
    Kleinunternehmer (§ 34a UStDV), prepayments, value-only notes, and credit notes that name the
    invoice they change."""
    if not _needs_a_time(context):
        return
    evidence = context.supply.evidence
    if evidence in _ENOUGH:
        yield from _undated_lines(context)
        return
    changes_another = context.has(Profile.CREDIT_NOTE, Profile.CORRECTION)
    if (changes_another and context.referenced) or _text_is_enough(context):
        return
    missed = evidence is Shown.NONE or (evidence is Shown.DELIVERY_NOTE and context.strict)
    weak = changes_another or not missed
    yield _no_time(context, (evidence.value, *(("weak",) if weak else ())), "issue_date", "number")


def _needs_a_time(context: GermanContext) -> bool:
    codes = {context.kind, context.facts.document_code}
    relieved = (Profile.SMALL_AMOUNT, Profile.SMALL_BUSINESS, Profile.PREPAYMENT)
    return not context.has(*relieved) and codes.isdisjoint(FINANCIAL_NOTES)


def _text_is_enough(context: GermanContext) -> bool:
    return context.supply.evidence is Shown.TEXT and context.rule_date < NR_2_ONLY


def _no_time(
    context: GermanContext,
    case: tuple[str, ...],
    *paths: str,
    line: str | None = None,
    undated: str | None = None,
) -> Finding:
    issued = context.invoice.issue_date
    return context.hit(
        "UST-16",
        *paths,
        case=case if issued else (*case, "no-issue-date"),
        missing="",
        line=line,
        issue_date=issued,
        undated=undated,
    )


def _undated_lines(context: GermanContext) -> Rows:
    undated = context.supply.undated_lines
    if not undated or context.has(Profile.CREDIT_NOTE, Profile.CORRECTION):
        return
    shown = ", ".join(undated[:5]) + (" …" if len(undated) > 5 else "")
    lines = [line.identifier or "" for line in context.invoice.lines]
    path = f"lines[{lines.index(undated[0])}]"
    yield _no_time(context, ("undated-lines",), path, line=undated[0], undated=shown)
