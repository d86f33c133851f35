"""Date of issue and its distance to the supply: § 14 Abs. 2, Abs. 4 Satz 1 Nr. 3 and 6, § 14a Abs.
1 and 3 UStG."""

from datetime import date, timedelta

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.time_of_supply import Shown
from edigate.findings import Finding

FUTURE_LIMIT = 31
"""Days a date of issue may lie ahead before the invoice is held; month-end dates sent early are
usual in EDI."""

_EARLY_INVOICE = 3
"""Days a supply may follow its invoice without a remark: invoices are sent with the goods."""


def ust_08_issue_date(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 3 UStG: the date of issue."""
    if context.invoice.issue_date is None:
        yield context.hit("UST-08", "issue_date", "number", missing="")


def ust_09_future(context: GermanContext) -> Rows:
    """Plausibility: a date of issue after the receipt; no defect in law, so it holds only from 32
    days on."""
    issued, today = (
        context.invoice.issue_date,
        context.circumstances.received or context.circumstances.today,
    )
    if issued is None or issued <= today:
        return
    days = (issued - today).days
    case = ("one-day" if days == 1 else "days", *(("far",) if days > FUTURE_LIMIT else ()))
    yield context.hit(
        "UST-09", "issue_date", case=case, count=str(days), issue_date=issued, today=today
    )


def ust_46_old(context: GermanContext) -> Rows:
    """Plausibility: a date of issue more than a year before the receipt; where nothing was
    received, `check` has no such day and says nothing: a file from an archive is old by nature."""
    issued, received = context.invoice.issue_date, context.circumstances.received
    if issued is not None and received is not None and received > _months_after(issued, 12):
        yield context.hit("UST-46", "issue_date", issue_date=issued, received=received)


def ust_10_late(context: GermanContext) -> Rows:
    """§ 14 Abs. 2 Satz 2 Nr. 1 UStG: the invoice is due within six months after the supply."""
    issued, supplied = context.invoice.issue_date, context.supply.last
    if issued is None or supplied is None or issued <= _months_after(supplied, 6):
        return
    changes_another = context.has(Profile.CORRECTION, Profile.CREDIT_NOTE)
    harmless = changes_another or context.categories == frozenset("E")
    yield context.hit(
        "UST-10",
        "issue_date",
        case=("harmless",) if harmless else (),
        issue_date=issued,
        supply_date=supplied,
    )


def ust_17_supply_after_issue(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 6 UStG, plausibility: a supply after its invoice, a period that ends
    before it starts."""
    period = context.invoice.period
    if period and period.start_date and period.end_date and period.end_date < period.start_date:
        case = ("backwards", "span", *(() if context.invoice.issue_date else ("no-issue-date",)))
        yield _dated(context, case, ("period.end_date",), period.start_date, period.end_date)
        return
    first = _supplied_after_issue(context)
    if first is None:
        return
    supply = context.supply
    in_advance = context.has(Profile.PREPAYMENT) or supply.evidence is Shown.PERIOD or period
    case = (
        "after",
        "day" if supply.last in (None, first) else "span",
        *(("in-advance",) if in_advance else ()),
    )
    yield _dated(context, case, ("delivery.actual_date", "period"), first, supply.last)


def _supplied_after_issue(context: GermanContext) -> date | None:
    """The first day of a supply that certainly lies behind its invoice, beyond the days that are
    usual."""
    issued, supply = context.invoice.issue_date, context.supply
    if issued is None or supply.first is None or supply.evidence not in (Shown.DATE, Shown.PERIOD):
        return None
    return supply.first if supply.first > issued + timedelta(days=_EARLY_INVOICE) else None


def _dated(
    context: GermanContext,
    case: tuple[str, ...],
    paths: tuple[str, ...],
    first: date,
    last: date | None,
) -> Finding:
    issued = context.invoice.issue_date
    return context.hit("UST-17", *paths, case=case, first=first, last=last, issue_date=issued)


def ust_36_fifteenth(context: GermanContext) -> Rows:
    """§ 14a Abs. 1 Satz 2 and Abs. 3 Satz 1 UStG: invoice by the 15th of the following month
    (intra-community supplies, § 3a Abs. 2 services in another member state); being late is no
    offence (UStAE 14a.1 Abs. 3)."""
    abroad = context.has(Profile.REVERSE_CHARGE) and not context.german_buyer
    if not (context.has(Profile.INTRA_COMMUNITY) or abroad) or context.has(
        Profile.CORRECTION, Profile.CREDIT_NOTE
    ):
        return
    issued, supplied = context.invoice.issue_date, context.supply.last
    if issued is None or supplied is None:
        return
    deadline = _months_after(supplied.replace(day=1), 1).replace(day=15)
    if issued > deadline:
        yield context.hit(
            "UST-36", "issue_date", issue_date=issued, supply_date=supplied, deadline=deadline
        )


def _months_after(day: date, months: int) -> date:
    """The day `months` later, on the month's last day where the day does not exist."""
    month = day.month - 1 + months
    first = date(day.year + month // 12, month % 12 + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
