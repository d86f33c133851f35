"""What a country registers, and what its rules may ask: the basis in the light of its law.

A country is a folder below this one and its namesake below `schemas/law` (rules.toml with words and
weights, tax-rates.toml, wordings.toml, law.toml).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Protocol, TypeVar

from edigate.checks.law.basis import Basis, Rows
from edigate.checks.law.rates import RateTable, rates_of
from edigate.findings import Finding, Place

Asking = TypeVar("Asking", bound="Context")


class RepeatedNumber(Protocol):
    """Makes the finding of an invoice number that its supplier used before, on the day first_seen
    (ISO 8601), for the same content or another."""

    def __call__(
        self,
        *,
        number: str,
        seller: str,
        first_seen: str,
        same_content: bool,
        place: Place | None = None,
    ) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Country:
    """One country's law of invoices.

    folder: of its code and data, e.g. `de`. rules: by id, each asked with a `context`. profiles:
    the kinds of invoice its law knows, each with what tells it. repeated_number: the rule on
    numbers that were used before, with what makes its finding. asked: whether its law is asked at
    all of an invoice. judged: the finding of one of its rules as its law weighs it in this invoice;
    None drops it.
    """

    folder: str
    rules: Mapping[str, Callable[[Any], Rows]]
    profiles: Mapping[str, Callable[[Basis], bool]]
    context: "type[Context]"
    repeated_number: Mapping[str, RepeatedNumber]
    asked: Callable[[Basis], bool]
    judged: Callable[[Any, Finding], Finding | None]

    def found(self, basis: Basis) -> list[Finding]:
        """What the rules find in an invoice, in their order."""
        if not self.asked(basis):
            return []
        context = self.context.of(basis, self)
        said = (f for rule in self.rules.values() for f in rule(context))
        weighed = (self.judged(context, f) for f in said)
        return [f for f in weighed if f is not None]


@dataclass(frozen=True)
class Context(Basis):
    """The basis in the light of one country's law."""

    country: Country

    @classmethod
    def of(cls: type[Asking], basis: Basis, country: Country) -> Asking:
        """The same invoice for the rules of a country."""
        given = {field.name: getattr(basis, field.name) for field in fields(Basis)}
        return cls(**given, country=country)

    @cached_property
    def profiles(self) -> frozenset[str]:
        """The kinds of invoice this one is, for the law; several may hold at once."""
        return frozenset(p for p, holds in self.country.profiles.items() if holds(self))

    def has(self, *any_of: str) -> bool:
        """Whether the invoice has one of the profiles."""
        return not self.profiles.isdisjoint(any_of)

    @property
    def rates(self) -> RateTable:
        """The country's rates of tax."""
        return rates_of(self.country.folder)
