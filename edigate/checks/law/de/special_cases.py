"""Duties of single cases and of the EDI regime: § 14 Abs. 1, Abs. 4 Satz 1 Nr. 6a and 9, Abs. 5, §
27 Abs. 38 UStG, § 33 UStDV."""

from datetime import date

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import NR_2_ONLY, GermanContext
from edigate.checks.law.de.profile import Profile

_CASH_ACCOUNTING_DUTY = date(
    2028, 1, 1
)  # § 14 Abs. 4 Satz 1 Nr. 6a UStG, JStG 2024; by date of issue, § 27 Abs. 41
_EDI_YEAR = date(2027, 1, 1)
_EDI_REGIMES = ((NR_2_ONLY, "2028"), (_EDI_YEAR, "2027"), (date.min, "2025–2026"))


def ust_18_cash_accounting(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 6a UStG (from 1.1.2028): `Versteuerung nach vereinnahmten Entgelten`
    if the supplier taxes under § 20. Where the words stand, the recipient's input tax waits for the
    payment."""
    issued = context.invoice.issue_date
    if issued is None or issued < _CASH_ACCOUNTING_DUTY:
        return
    if context.wording.says("cash-accounting"):
        yield context.hit("UST-18", "number", case="said")
    elif context.terms.cash_accounting:
        yield context.hit("UST-18", "number", case="not-said", missing="")


def ust_27_retention_hint(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 9 UStG: the hint to a private recipient's duty to keep the invoice (§
    14b Abs. 1 Satz 5); no message shows the case, so only partners marked for it are checked."""
    if context.terms.private_property_service and not context.wording.says("retention-hint"):
        yield context.hit("UST-27", "number", missing="")


def ust_37_small_amount(context: GermanContext) -> Rows:
    """§ 33 UStDV: says that the shorter list of items for invoices up to 250 EUR was applied."""
    if context.has(Profile.SMALL_AMOUNT):
        yield context.hit(
            "UST-37", "totals.tax_inclusive", "totals", gross=context.invoice.totals.tax_inclusive
        )


def ust_39_edi_agreement(context: GermanContext) -> Rows:
    """§ 14 Abs. 1 Satz 5 and 6 Nr. 2, § 27 Abs. 38 UStG: EDI needs the recipient's consent, from
    2028 an agreed format. Reported only where a record is kept and says that there is none; until
    2026 consent may be tacit."""
    if context.terms.edi_agreement is not False:
        return
    tacit = context.rule_date < _EDI_YEAR
    regime = next(years for first, years in _EDI_REGIMES if context.rule_date >= first)
    yield context.hit("UST-39", "number", case=("tacit",) if tacit else (), regime=regime)


def ust_40_not_extracted(context: GermanContext) -> Rows:
    """§ 14 Abs. 1 Satz 6 Nr. 2 UStG, BMF 15.10.2025 Rn 6a: every item the law needs can be
    extracted; an error where the duty exists, a warning before."""
    for place, element, component, value in context.lost:
        yield context.hit(
            "UST-40",
            place=place,
            case=() if context.strict else ("no-duty-yet",),
            tag=place.tag,
            element=element,
            component=component,
            value=value,
        )


def ust_43_prepayment_words(context: GermanContext) -> Rows:
    """§ 14 Abs. 5 Satz 1 UStG, UStAE 14.8: a prepayment invoice shows that the supply has not been
    made yet; code 386 says so itself, hence only an information."""
    if context.has(Profile.PREPAYMENT) and not context.wording.says("not-yet-supplied"):
        yield context.hit(
            "UST-43",
            "type_code",
            "number",
            missing="",
        )
