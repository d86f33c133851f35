"""A country's VAT rates by the date of supply, from its `schemas/law/<country>/tax-rates.toml`.

This module must not know an invoice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

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


@dataclass(frozen=True, slots=True)
class RateTable:
    """Every rate of one country, in the order of its table."""

    rates: tuple[TaxRate, ...]
    tolerances: tuple[Tolerated, ...]

    def valid(self, rate: Decimal, day: date) -> TaxRate | None:
        """The entry that makes `rate` (percent) lawful for a supply on `day`, or None."""
        return next((r for r in self.rates if r.rate == rate and r.valid_on(day)), None)

    def ever_valid(self, rate: Decimal) -> bool:
        """Whether `rate` was lawful on any day of the table."""
        return any(r.rate == rate for r in self.rates)

    def first_known(self) -> date:
        """The first day whose ordinary rates the table knows; earlier supplies cannot be judged."""
        return min(r.first for r in self.rates if r.kind == "standard")

    def tolerated(self, rate: Decimal, day: date) -> bool:
        """Whether `rate` was tolerated on `day` between businesses."""
        return any(rate in t.rates and t.first <= day <= t.last for t in self.tolerances)

    def is_flat(self, rate: Decimal) -> bool:
        """Whether `rate` is a farmers' flat rate."""
        return any(r.rate == rate and r.kind == "flat" for r in self.rates)

    def in_force(self, day: date) -> tuple[Decimal, ...]:
        """The ordinary rates above zero in force on `day`, highest first."""
        ordinary = (r for r in self.rates if r.kind in ("standard", "reduced"))
        return tuple(sorted({r.rate for r in ordinary if r.valid_on(day)}, reverse=True))


@cache
def rates_of(country: str) -> RateTable:
    """The rates of a country by the name of its folder, e.g. `de`.

    Raises: Misconfigured (SHIPPED-FILE) where the file is missing or says what nobody knows.
    """
    file = f"law/{country}/tax-rates.toml"
    read = toml(schema(file))
    closed(read, ("rate", "tolerated"), file, optional=("tolerated",))
    return RateTable(
        tuple(_rate(entry, f"{file}, rate {entry.get('rate')}") for entry in read["rate"]),
        tuple(_tolerated(entry, f"{file}, tolerated") for entry in read.get("tolerated", ())),
    )


def _rate(entry: Mapping[str, Any], where: str) -> TaxRate:
    closed(entry, ("rate", "kind", "from", "to", "basis"), where, optional=("to",))
    kind = one_of(entry["kind"], _KINDS, where)
    return TaxRate(Decimal(entry["rate"]), kind, entry["from"], entry.get("to"), entry["basis"])


def _tolerated(entry: Mapping[str, Any], where: str) -> Tolerated:
    closed(entry, ("rates", "from", "to"), where, optional=())
    return Tolerated(tuple(Decimal(r) for r in entry["rates"]), entry["from"], entry["to"])
