"""What edigate says of a country's law of invoices as a whole: `schemas/law/<country>/law.toml`."""

import re
from dataclasses import dataclass
from functools import cache

from edigate.resources import closed, schemas, toml


@dataclass(frozen=True, slots=True)
class InvoiceLaw:
    """One country's law. country: the name of its folder. prefix: of its rules' ids. reason: the
    legal bases whose rules can be weakened only with a reason. abroad: the basis of what is asked
    of suppliers of another state all the same."""

    country: str
    name: str
    prefix: str
    reason: re.Pattern[str]
    abroad: str


@cache
def invoice_laws() -> tuple[InvoiceLaw, ...]:
    """Of every country, by the name of its folder.

    Raises: Misconfigured (SHIPPED-FILE) for a key that is missing or not known.
    """
    return tuple(_law(file.parent.name, toml(file)) for file in schemas("law/*/law.toml"))


def law_of(country: str) -> InvoiceLaw:
    """The law of one country, by the name of its folder. Raises: as `invoice_laws`."""
    return next(law for law in invoice_laws() if law.country == country)


def _law(country: str, entry: dict[str, str]) -> InvoiceLaw:
    keys = ("name", "prefix", "reason", "abroad")
    closed(entry, keys, f"law/{country}/law.toml", optional=("abroad",))
    reason = re.compile(entry["reason"])
    return InvoiceLaw(country, entry["name"], entry["prefix"], reason, entry.get("abroad", ""))
