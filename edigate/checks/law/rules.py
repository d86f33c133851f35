"""Invoice, origins, facts and circumstances -> findings of law, sums, forms and plausibility.

Every rule is one function, registered by its country (`countries`) or for everywhere. Here stands
what holds for all: exact numbers, one finding for many lines, and that tenants may change
severities.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import localcontext
from types import MappingProxyType
from typing import Any

from edigate.checks import severity
from edigate.checks.law.basis import Basis, Circumstances, Lost, Rows
from edigate.checks.law.countries import COUNTRIES
from edigate.checks.law.everywhere import universal
from edigate.checks.law.everywhere.universal import EVERYWHERE
from edigate.findings import Finding, Place
from edigate.invoice.facts import Facts
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origins

RULES: Mapping[str, Callable[[Any], Rows]] = MappingProxyType(
    {name: rule for country in COUNTRIES for name, rule in country.rules.items()} | dict(EVERYWHERE)
)
"""Every rule decided from the invoice alone, by id."""

WITH_THE_STORE: Mapping[str, Callable[..., Finding]] = MappingProxyType(
    {name: made for country in COUNTRIES for name, made in country.repeated_number.items()}
    | dict(universal.WITH_THE_STORE)
)
"""Rules that need to know what came before; whoever asks the store makes their findings."""

# a number of a message may have 40 digits, a product of two 80: rounding must not stop a rule
_DIGITS = 100
_FEW_LINES = 5
_OF_THE_LINE = frozenset(
    {"position", "text", "gtin", "quantity", "price", "stated", "computed", "per_de", "per_en",
    "adjusted_de",
     "adjusted_en"}
)  # fmt: skip


def repeated_number(
    *, number: str, seller: str, first_seen: str, same_content: bool, place: Place | None = None
) -> Finding:
    """The finding of a number its supplier used before, by the first country that has a rule on it;
    called by whoever asks the store.

    first_seen: the day the earlier one came, ISO 8601. same_content: it is a copy of that one.
    """
    made = next(made for country in COUNTRIES for made in country.repeated_number.values())
    return made(
        number=number,
        seller=seller,
        first_seen=first_seen,
        same_content=same_content,
        place=place,
    )


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
    with localcontext(prec=_DIGITS):
        basis = Basis(invoice, origins, facts, circumstances, tuple(lost))
        found = [f for country in COUNTRIES for f in country.found(basis)]
        found += (f for rule in EVERYWHERE.values() for f in rule(basis))
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
