"""What a tenant says of its partners and rules reaches the verdict, all of it."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from edigate.checks.law.basis import PartnerTerms
from edigate.config import Deviation, OwnWeight, Settings, Tenant
from edigate.errors import Misconfigured
from edigate.masterdata import PartnerDirectory
from edigate.service.conversion.agreed import conditions
from edigate.service.conversion.weights import check

_FLAGS = [f.name for f in fields(PartnerTerms) if f.name != "id"]


@pytest.mark.parametrize("flag", _FLAGS)
def test_everything_the_rules_ask_of_a_partner_can_be_said(flag: str) -> None:
    said = Deviation.model_validate({"partner": "4000001000005", flag: True})
    tenant = Tenant(account="1000000001", name="Tenant", deviation=(said,))
    (terms,) = conditions(
        tenant, PartnerDirectory(), today=date(2026, 11, 20)
    ).circumstances.partners
    assert (terms.id, getattr(terms, flag)) == ("4000001000005", True)
    assert [f for f in _FLAGS if f != flag and getattr(terms, f)] == []


@pytest.mark.parametrize(
    ("rule", "severity", "reason", "said"),
    [
        (
            "UST-16",
            "warning",
            "",
            r"tenant 1000000001: UST-16 \(§ 14 Abs. 4 Satz 1 Nr. 6 UStG\) can be weakened only",
        ),
        ("UST-16", "information", "agreed", "cannot be set to information: warning is the least"),
        ("UST-99", "warning", "agreed", "unknown rule UST-99; did you mean"),
        ("SUM-04", "warning", "agreed", "cannot be weakened"),
    ],
)
def test_a_weight_beyond_the_limits_is_refused_and_the_tenant_named(
    tmp_path: Path, rule: str, severity: str, reason: str, said: str
) -> None:
    change = OwnWeight.model_validate({"rule": rule, "severity": severity, "reason": reason})
    tenant = Tenant(account="1000000001", name="Tenant", severity=(change,))
    with pytest.raises(Misconfigured, match=said):
        check(
            Settings(hostname="gw.example", domain="edi.example", data=tmp_path, tenant=(tenant,))
        )


def test_a_weight_with_a_reason_is_taken(tmp_path: Path) -> None:
    change = OwnWeight(rule="UST-16", severity="warning", reason="agreed with the partner")
    tenant = Tenant(account="1000000001", name="Tenant", severity=(change,))
    check(Settings(hostname="gw.example", domain="edi.example", data=tmp_path, tenant=(tenant,)))
    (taken,) = conditions(
        tenant, PartnerDirectory(), today=date(2026, 11, 20)
    ).circumstances.severities
    assert (taken.rule, taken.reason) == ("UST-16", "agreed with the partner")
