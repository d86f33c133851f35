"""The countries whose law edigate knows: the one list that finds them."""

from edigate.checks.law.context import Country
from edigate.checks.law.de.germany import GERMANY

COUNTRIES: tuple[Country, ...] = (GERMANY,)
"""Each asks its law of the invoices it is for, in this order."""
