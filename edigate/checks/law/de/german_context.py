"""What a rule of German law may ask besides: the time of supply, the day whose law applies, and
whether the e-invoice is a duty."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from edigate.checks.law.context import Context
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.time_of_supply import SupplyTime, supply_time

NR_2_ONLY = date(2028, 1, 1)
"""Supplies from this day need an e-invoice after § 14 Abs. 1 Satz 6 UStG (§ 27 Abs. 38 UStG)."""


_HOME = ("DE", None)


@dataclass(frozen=True)
class GermanContext(Context):
    """One invoice under German law; what several rules ask is worked out once."""

    @cached_property
    def supply(self) -> SupplyTime:
        """When the supply was made, and how we know."""
        return supply_time(self)

    @cached_property
    def rule_date(self) -> date:
        """The day whose law applies: of supply, else of issue, else today."""
        return self.supply.last or self.invoice.issue_date or self.circumstances.today

    @cached_property
    def strict(self) -> bool:
        """Whether § 14 Abs. 1 Satz 6 Nr. 2 UStG applies to the message itself: supplies from 2028
        between parties in Germany, unless small amount, Kleinunternehmer or exempt without input
        tax (§§ 33, 34a UStDV, § 14 Abs. 2)."""
        exempt = self.categories == frozenset("E")
        relieved = exempt or self.has(Profile.SMALL_AMOUNT, Profile.SMALL_BUSINESS)
        return self.rule_date >= NR_2_ONLY and self.german and self.german_buyer and not relieved

    @property
    def german(self) -> bool:
        """Whether the seller is at home in Germany, as far as the message says."""
        return self.seller_country in _HOME

    @property
    def german_buyer(self) -> bool:
        """Whether the buyer is at home in Germany, as far as the message says."""
        return self.buyer_country in _HOME
