"""The countries whose law edigate knows: the one list that finds them.

A new one is a folder beside `de` that makes a `Country`, its namesake in `schemas/law` (law.toml,
rules.toml, tax-rates.toml, wordings.toml), and its name here.
"""

from edigate.checks.law.context import Country
from edigate.checks.law.de.germany import GERMANY

COUNTRIES: tuple[Country, ...] = (GERMANY,)
"""Each asks its law of the invoices it is for, in this order."""
