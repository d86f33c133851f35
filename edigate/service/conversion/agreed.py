"""A tenant's settings -> the conditions its invoices are judged under: what it agreed with
partners, and its weights.

The gateway and `edigate check --config` ask the same function, so that a verdict tried out is the
one that will be.
"""

import difflib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

from edigate.checks.law.basis import Circumstances, PartnerTerms
from edigate.config import Deviation, Settings, Tenant
from edigate.invoice import codes
from edigate.masterdata import PartnerDirectory
from edigate.pipeline import Conditions
from edigate.service.conversion.weights import weights
from edigate.source import Deviations


def conditions(
    tenant: Tenant,
    partners: PartnerDirectory,
    *,
    today: date,
    role: Literal["recipient", "issuer"] | None = None,
    received: date | None = None,
) -> Conditions:
    """The conditions of this tenant's verdicts. today: the clock of the date rules; received: the
    day of receipt.

    Raises: Misconfigured for a rule's weight that may not be changed so.
    """
    return Conditions(
        circumstances=Circumstances(
            today=today,
            role=role,
            received=received,
            tenant_vat_ids=tenant.vat_ids,
            partners=tuple(_terms(d) for d in tenant.deviation),
            severities=weights(tenant),
        ),
        partners=partners,
        deviations={d.partner: _deviations(d) for d in tenant.deviation},
        charsets={d.partner: d.charset for d in tenant.deviation if d.charset},
    )


def partner_files(settings: Settings, tenant: Tenant) -> tuple[Path, ...]:
    """Where a tenant's master data stand: the file it names, then what was imported; later lines
    win."""
    imported = settings.data / "partners" / f"{tenant.account}.csv"
    return (tenant.partners, imported) if tenant.partners else (imported,)


def unknown_units(tenant: Tenant) -> Iterator[str]:
    """What is wrong with the units a tenant declared, and what would be right."""
    for deviation in tenant.deviation:
        for sent, unit in deviation.units.items():
            if not codes.accepts("unit", unit):
                near = difflib.get_close_matches(unit, sorted(codes.members("unit")), 1, 0.5)
                hint = (
                    f"; did you mean {near[0]!r}?"
                    if near
                    else "; e.g. H87 (piece), KGM, XPK (package)"
                )
                where = f"deviation of partner {deviation.partner!r}: units.{sent}"
                yield f"{where}: {unit!r} is no unit of UN/ECE Rec 20 or 21{hint}"


def _terms(deviation: Deviation) -> PartnerTerms:
    """What the tenant knows of a partner, for the law."""
    return PartnerTerms(
        id=deviation.partner,
        cash_accounting=deviation.cash_accounting,
        small_business=deviation.small_business,
        margin_scheme=deviation.margin_scheme,
        triangular=deviation.triangular,
        private_property_service=deviation.private_property_service,
        edi_agreement=deviation.edi_agreement,
        delivery_note_date_is_supply_date=deviation.delivery_note_date_is_supply_date,
        issue_month_is_supply_month=deviation.issue_month_is_supply_month,
    )


def _deviations(deviation: Deviation) -> Deviations:
    """What the partner's messages do differently, for the mapping."""
    return Deviations(
        decimal_mark=deviation.decimal_mark,
        seller=(deviation.seller_qualifier,) if deviation.seller_qualifier else (),
        buyer=(deviation.buyer_qualifier,) if deviation.buyer_qualifier else (),
        quantity=(deviation.quantity_qualifier,) if deviation.quantity_qualifier else (),
        units=tuple(deviation.units.items()),
        texts=tuple(_text(key, words) for key, words in deviation.texts.items()),
        delivery_note_date_is_supply_date=deviation.delivery_note_date_is_supply_date,
        near_reason_codes=deviation.near_reason_codes,
    )


def _text(key: str, words: str) -> tuple[str, str, str]:
    """`AAK:ST3` and its words as the mapping knows them: 4451, 4441, text."""
    subject, _, code = key.partition(":")
    return subject, code, words
