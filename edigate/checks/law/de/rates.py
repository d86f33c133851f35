"""German VAT rates by the date of supply, from `schemas/tax-rates.toml` (§ 12, § 24, § 28 UStG).

This module must not know an invoice.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from edigate.resources import closed, one_of, schema, toml

_KINDS = ("standard", "reduced", "zero", "flat")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate in percent, its kind (standard, reduced, zero, flat), its first and last day (None: in
    force), the law."""

    rate: Decimal
    kind: str
    first: date
    last: date | None
    basis: str

    def valid_on(self, day: date) -> bool:
        """Whether the rate was in force on `day`."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Tolerated:
    """Rates that were tolerated for some days although others were in force."""

    rates: tuple[Decimal, ...]
    first: date
    last: date


@cache
def _table() -> tuple[tuple[TaxRate, ...], tuple[Tolerated, ...]]:
    read = toml(schema("tax-rates.toml"))
    closed(read, ("rate", "tolerated"), "tax-rates.toml", optional=())
    for entry in read["rate"]:
        where = f"tax-rates.toml, rate {entry.get('rate')}"
        closed(entry, ("rate", "kind", "from", "to", "basis"), where, optional=("to",))
        one_of(entry["kind"], _KINDS, where)
    for entry in read["tolerated"]:
        closed(entry, ("rates", "from", "to"), "tax-rates.toml, tolerated", optional=())
    rates = tuple(
        TaxRate(Decimal(e["rate"]), e["kind"], e["from"], e.get("to"), e["basis"])
        for e in read["rate"]
    )
    tolerated = tuple(
        Tolerated(tuple(Decimal(r) for r in e["rates"]), e["from"], e["to"])
        for e in read["tolerated"]
    )
    return rates, tolerated


def all_rates() -> tuple[TaxRate, ...]:
    """Every rate the table knows, in its order."""
    return _table()[0]


def valid(rate: Decimal, day: date) -> TaxRate | None:
    """The entry that makes `rate` (percent) lawful for a supply on `day`, or None."""
    return next((r for r in all_rates() if r.rate == rate and r.valid_on(day)), None)


def ever_valid(rate: Decimal) -> bool:
    """Whether `rate` was lawful in Germany on any day of the table."""
    return any(r.rate == rate for r in all_rates())


def first_known() -> date:
    """The first day whose ordinary rates the table knows; earlier supplies cannot be judged."""
    return min(r.first for r in all_rates() if r.kind == "standard")


def tolerated(rate: Decimal, day: date) -> bool:
    """Whether `rate` was tolerated on `day` between businesses."""
    return any(rate in t.rates and t.first <= day <= t.last for t in _table()[1])


def is_flat(rate: Decimal) -> bool:
    """Whether `rate` is one of the flat rates of § 24 UStG and no ordinary one."""
    return any(r.rate == rate and r.kind == "flat" for r in all_rates())


def in_force(day: date) -> tuple[Decimal, ...]:
    """The ordinary rates above zero in force on `day`, highest first."""
    found = {r.rate for r in all_rates() if r.valid_on(day) and r.kind in ("standard", "reduced")}
    return tuple(sorted(found, reverse=True))
