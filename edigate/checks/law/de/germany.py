"""German law registered: its rules, profiles, and what holds for invoices of foreign suppliers.

Those follow their own state's rules (§ 14 Abs. 7 UStG).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from edigate.checks.invoice_laws import law_of
from edigate.checks.law.basis import Rows
from edigate.checks.law.context import Country
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
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import PROFILES, Profile
from edigate.findings import Finding, Severity, Source

RULES: Mapping[str, Callable[[GermanContext], Rows]] = MappingProxyType(
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
        "FRM-07": names_and_addresses.frm_07_postcode,
        "FRM-13": relief.frm_13_cannot_be_said,
    }
)
"""Rule -> what decides it, in the order they are asked."""

_GERMAN_ONLY = frozenset(
    {"UST-06", "UST-10", "UST-18", "UST-19", "UST-20", "UST-24", "UST-27", "UST-29", "UST-36",
    "UST-39", "UST-40",
     "UST-42", "UST-43", "UST-44"}
)  # fmt: skip
"""Rules without a counterpart in Art. 226 MwStSystRL: not asked of suppliers under another state's
law."""


def _judged(context: GermanContext, found: Finding) -> Finding | None:
    """§ 14 Abs. 7 UStG: the supplier's own state decides; what Art. 226 MwStSystRL asks everywhere
    is a warning."""
    if not context.has(Profile.FOREIGN_SUPPLIER):
        return found
    if found.rule in _GERMAN_ONLY:
        return None
    if found.source is Source.USTG and found.severity is Severity.ERROR and found.rule != "UST-41":
        basis = f"{found.basis}; {law_of('de').abroad}"
        return replace(found, severity=Severity.WARNING, basis=basis)
    return found


GERMANY = Country(
    folder="de",
    rules=RULES,
    profiles=PROFILES,
    context=GermanContext,
    repeated_number=MappingProxyType({"UST-12": identification.ust_12_repeated_number}),
    asked=lambda _: True,  # tenants are taxed in Germany
    judged=_judged,
)
