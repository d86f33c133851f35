"""What edigate says of a country's law of invoices as a whole: `schemas/law/<country>/law.toml`."""

import re
from dataclasses import dataclass
from functools import cache

from edigate.resources import closed, schemas, toml


@dataclass(frozen=True, slots=True)
class InvoiceLaw:
    """One country's law. prefix: of its rules' ids. reason: the legal bases whose rules can be
    weakened only with a reason."""

    name: str
    prefix: str
    reason: re.Pattern[str]


@cache
def invoice_laws() -> tuple[InvoiceLaw, ...]:
    """Of every country, by the name of its folder.

    Raises: Misconfigured (SHIPPED-FILE) for a key that is missing or not known.
    """
    return tuple(_law(file.parent.name, toml(file)) for file in schemas("law/*/law.toml"))


def _law(country: str, entry: dict[str, str]) -> InvoiceLaw:
    closed(entry, ("name", "prefix", "reason"), f"law/{country}/law.toml", optional=())
    return InvoiceLaw(entry["name"], entry["prefix"], re.compile(entry["reason"]))
