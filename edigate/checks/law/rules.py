"""Invoice, origins, facts and circumstances -> findings of German law, sums and plausibility.

Every rule is one function in one of the rooms below; here stands only which ones there are, and
what holds for all: invoices of foreign suppliers follow their own state's rules (§ 14 Abs. 7 UStG),
and tenants may change severities.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import localcontext
from types import MappingProxyType

from edigate.checks import severity
from edigate.checks.law.context import Circumstances, Context, Lost, PartnerTerms, Role, Rows
from edigate.checks.law.de import (
    amounts,
    date_of_issue,
    description,
    exemptions,
    identification,
    names_and_addresses,
    relief,
    self_billing,
    special_cases,
    supply_date,
    tax_shown,
)
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.everywhere import formal, plausibility, sums
from edigate.checks.severity import SeverityChange
from edigate.findings import Finding, Severity, Source
from edigate.invoice.facts import Facts
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origins

__all__ = ["RULES", "Circumstances", "Context", "PartnerTerms", "Role", "SeverityChange", "check"]

RULES: Mapping[str, Callable[[Context], Rows]] = MappingProxyType(
    {
        "UST-01": names_and_addresses.ust_01_supplier,
        "UST-02": names_and_addresses.ust_02_recipient,
        "UST-03": names_and_addresses.ust_03_from_master_data,
        "UST-04": identification.ust_04_supplier_tax_id,
        "UST-05": identification.ust_05_vat_id_form,
        "UST-06": identification.ust_06_tax_number_form,
        "UST-07": identification.ust_07_other_kind_of_id,
        "UST-08": date_of_issue.ust_08_issue_date,
        "UST-09": date_of_issue.ust_09_future,
        "UST-10": date_of_issue.ust_10_late,
        "UST-11": identification.ust_11_number,
        "UST-13": description.ust_13_description,
        "UST-14": description.ust_14_quantity,
        "UST-15": description.ust_15_says_nothing,
        "UST-16": supply_date.ust_16_time_of_supply,
        "UST-17": date_of_issue.ust_17_supply_after_issue,
        "UST-18": special_cases.ust_18_cash_accounting,
        "UST-19": amounts.ust_19_split,
        "UST-20": amounts.ust_20_reductions,
        "UST-21": amounts.ust_21_rate,
        "UST-22": amounts.ust_22_tax_amount,
        "UST-23": exemptions.ust_23_exemption,
        "UST-24": tax_shown.ust_24_rate_in_force,
        "UST-25": amounts.ust_25_tax_fits,
        "UST-26": tax_shown.ust_26_unentitled_tax,
        "UST-27": special_cases.ust_27_retention_hint,
        "UST-28": self_billing.ust_28_gutschrift,
        "UST-29": self_billing.ust_29_commercial_credit_note,
        "UST-30": self_billing.ust_30_reference,
        "UST-31": amounts.ust_31_prepayments,
        "UST-32": exemptions.ust_32_intra_community,
        "UST-33": exemptions.ust_33_reverse_charge,
        "UST-34": exemptions.ust_34_triangular,
        "UST-35": exemptions.ust_35_margin_scheme,
        "UST-36": date_of_issue.ust_36_fifteenth,
        "UST-37": special_cases.ust_37_small_amount,
        "UST-38": exemptions.ust_38_small_business,
        "UST-39": special_cases.ust_39_edi_agreement,
        "UST-40": special_cases.ust_40_not_extracted,
        "UST-41": amounts.ust_41_currency,
        "UST-42": tax_shown.ust_42_reverse_charge_suspected,
        "UST-43": special_cases.ust_43_prepayment_words,
        "UST-44": tax_shown.ust_44_flat_rate_shown,
        "UST-45": exemptions.ust_45_contradiction,
        "UST-46": date_of_issue.ust_46_old,
        "SUM-01": sums.sum_01_lines,
        "SUM-02": sums.sum_02_net,
        "SUM-03": sums.sum_03_tax,
        "SUM-04": sums.sum_04_gross,
        "SUM-05": sums.sum_05_due,
        "SUM-06": sums.sum_06_line,
        "FRM-01": formal.frm_01_decimals,
        "FRM-02": formal.frm_02_dates,
        "FRM-03": formal.frm_03_gln,
        "FRM-04": formal.frm_04_account,
        "FRM-05": formal.frm_05_gtin,
        "FRM-06": formal.frm_06_codes,
        "FRM-07": formal.frm_07_postcode,
        "FRM-11": plausibility.frm_11_sign,
        "FRM-12": plausibility.frm_12_sender,
        "FRM-13": relief.frm_13_cannot_be_said,
    }
)
"""Every rule decided from the invoice alone, by id."""

WITH_THE_STORE: Mapping[str, Callable[..., Finding]] = MappingProxyType(
    {
        "UST-12": identification.duplicate_finding,
        "FRM-10": formal.repeated_interchange_finding,
    }
)
"""Rules that need to know what came before; whoever asks the store makes their findings."""

_GERMAN_ONLY = frozenset(
    {"UST-06", "UST-10", "UST-18", "UST-19", "UST-20", "UST-24", "UST-27", "UST-29", "UST-36",
    "UST-39", "UST-40",
     "UST-42", "UST-43", "UST-44"}
)  # fmt: skip
"""Rules without a counterpart in Art. 226 MwStSystRL: not asked of suppliers under another state's
law."""


# a number of a message may have 40 digits, a product of two 80: rounding must not stop a rule
_DIGITS = 100
_FEW_LINES = 5
_OF_THE_LINE = frozenset(
    {"position", "text", "gtin", "quantity", "price", "stated", "computed", "per_de", "per_en",
    "adjusted_de",
     "adjusted_en"}
)  # fmt: skip


def check(
    invoice: Invoice,
    origins: Origins,
    facts: Facts,
    circumstances: Circumstances,
    lost: Sequence[Lost] = (),
) -> tuple[Finding, ...]:
    """Every finding of the UST, SUM and FRM rules, in the order of the rules, with the tenant's
    severities.

    lost: data elements that reached neither the invoice nor the annex (`Coverage.lost` of the
    mapping).
    """
    found: list[Finding] = []
    with localcontext(prec=_DIGITS):
        context = Context(invoice, origins, facts, circumstances, tuple(lost))
        foreign = context.has(Profile.FOREIGN_SUPPLIER)
        for identifier, rule in RULES.items():
            if not foreign or identifier not in _GERMAN_ONLY:
                found.extend(rule(context))
    if foreign:
        found = [_under_foreign_law(f) for f in found]
    return severity.changed(_at_many_lines(found), circumstances.severities)


def _at_many_lines(found: Sequence[Finding]) -> list[Finding]:
    """One cause at more than a few lines becomes one finding, at the first of them, with the number
    as count."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for f in found:
        cause = tuple(v for v in f.values if v[0] not in _OF_THE_LINE) if f.line else id(f)
        groups.setdefault((f.rule, f.severity, f.term, f.missing, cause), []).append(f)
    result: list[Finding] = []
    for group in groups.values():
        result += [replace(group[0], count=len(group))] if len(group) > _FEW_LINES else group
    return result


def _under_foreign_law(found: Finding) -> Finding:
    """§ 14 Abs. 7 UStG: the supplier's own state decides; what Art. 226 MwStSystRL asks everywhere
    is a warning."""
    if found.source is Source.USTG and found.severity is Severity.ERROR and found.rule != "UST-41":
        return replace(
            found,
            severity=Severity.WARNING,
            basis=f"{found.basis}; § 14 Abs. 7 UStG, Art. 226 MwStSystRL",
        )
    return found
