"""The rules that hold for invoices of every country."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from edigate.checks.law.basis import Basis, Rows
from edigate.checks.law.everywhere import formal, plausibility, sums
from edigate.findings import Finding

EVERYWHERE: Mapping[str, Callable[[Basis], Rows]] = MappingProxyType(
    {
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
        "FRM-11": plausibility.frm_11_sign,
        "FRM-12": plausibility.frm_12_sender,
    }
)
"""Rule -> what decides it, in the order they are asked."""

WITH_THE_STORE: Mapping[str, Callable[..., Finding]] = MappingProxyType(
    {"FRM-10": formal.repeated_interchange_finding}
)
"""Rules that need to know what came before."""
