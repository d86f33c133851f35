"""The time of supply: § 14 Abs. 4 Satz 1 Nr. 6 UStG, § 31 Abs. 1 and 4 UStDV, UStAE 14.5 Abs.
16."""

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import NR_2_ONLY, GermanContext
from edigate.checks.law.de.profile import FINANCIAL_NOTES, Profile
from edigate.checks.law.de.time_of_supply import Shown
from edigate.findings import Severity, Texts

_ENOUGH = frozenset({Shown.DATE, Shown.PERIOD, Shown.PHRASE})
_NO_DATE = Texts("–", "–")
_MISSING = "DTM+35:20261012:102'"

_WHY = {
    Shown.DELIVERY_NOTE: Texts(
        "Es gibt nur einen Lieferschein mit Datum, aber keinen Hinweis, dass das "
        "Lieferscheindatum dem Leistungsdatum "
        "entspricht.",
        (
            "There is only a delivery note with its date, and no statement that this date is the "
            "date "
            "of supply."
        ),
    ),
    Shown.TEXT: Texts(
        "Der Zeitpunkt steht nur in einem freien Text.", "The time is given in a free text only."
    ),
    Shown.ISSUE_MONTH: Texts(
        "Nach der Vereinbarung mit dem Partner gilt der Monat der Rechnung.",
        "By agreement with the partner the month of the invoice counts.",
    ),
    Shown.TAX_POINT: Texts(
        "Angegeben ist nur ein Datum der Steuerentstehung (DTM+131), nicht der Leistung.",
        "Only a tax point date (DTM+131) is given, not the date of supply.",
    ),
    Shown.NONE: Texts(
        "Weder ein Liefer- oder Leistungsdatum noch ein Zeitraum ist angegeben.",
        "Neither a date of delivery or service nor a period is given.",
    ),
}


def ust_16_time_of_supply(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 6 UStG: the time of supply; not for small amounts (§ 33 UStDV),
    Kleinunternehmer (§ 34a UStDV), prepayments, value-only notes, and credit notes that name the
    invoice they change."""
    if context.has(Profile.SMALL_AMOUNT, Profile.SMALL_BUSINESS, Profile.PREPAYMENT):
        return
    kind = context.invoice.type_code or context.facts.document_code
    changes_another = context.has(Profile.CREDIT_NOTE, Profile.CORRECTION)
    if kind in FINANCIAL_NOTES or context.facts.document_code in FINANCIAL_NOTES:
        return
    evidence = context.supply.evidence
    if evidence in _ENOUGH:
        yield from _undated_lines(context)
        return
    if changes_another and context.referenced:
        return
    if evidence is Shown.TEXT and context.rule_date < NR_2_ONLY:
        return
    weak = evidence is not Shown.NONE and not (evidence is Shown.DELIVERY_NOTE and context.strict)
    yield context.hit(
        "UST-16",
        "issue_date",
        "number",
        missing=_MISSING,
        severity=Severity.WARNING if weak or changes_another else None,
        why=_WHY[evidence],
        issue_date=context.invoice.issue_date or _NO_DATE,
    )


def _undated_lines(context: GermanContext) -> Rows:
    undated = context.supply.undated_lines
    if not undated or context.has(Profile.CREDIT_NOTE, Profile.CORRECTION):
        return
    shown = ", ".join(undated[:5]) + (" …" if len(undated) > 5 else "")
    index = next(
        i for i, line in enumerate(context.invoice.lines) if (line.identifier or "") == undated[0]
    )
    yield context.hit(
        "UST-16",
        f"lines[{index}]",
        missing=_MISSING,
        line=undated[0],
        severity=Severity.WARNING,
        why=Texts(
            f"Andere Positionen haben ein Datum, diese nicht: {shown}.",
            f"Other lines have a date, these have none: {shown}.",
        ),
        issue_date=context.invoice.issue_date or _NO_DATE,
    )
