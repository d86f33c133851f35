"""The sentences around the findings (`templates/letters.toml`), and how amounts, dates and counts are written."""

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache

from edigate.findings import Finding, Severity, printable
from edigate.resources import template


@cache
def _letters() -> Mapping[str, Mapping[str, str | list[str]]]:
    return tomllib.loads(template("letters.toml").read_text("utf-8"))


class Words:
    """The words of one language; values put into them are made fit for a single line."""

    def __init__(self, language: str) -> None:
        self.language = "de" if language == "de" else "en"
        self._entries = _letters()[self.language]

    def say(self, key: str, /, **values: object) -> str:
        """The sentence `key` with its fields filled."""
        entry = self._entries[key]
        assert isinstance(entry, str)
        return entry.format_map({k: printable(str(v)) for k, v in values.items()})

    def steps(self, key: str) -> tuple[str, ...]:
        """The sentences of a list."""
        entry = self._entries[key]
        assert isinstance(entry, list)
        return tuple(entry)

    def date(self, iso: str) -> str:
        """`2026-11-20` as German readers write it, or unchanged."""
        if self.language == "de" and re.fullmatch(r"\d{4}-\d\d-\d\d", iso):
            return f"{iso[8:]}.{iso[5:7]}.{iso[:4]}"
        return iso

    def moment(self, when: datetime) -> str:
        """A point in time, UTC, to the minute."""
        utc = when.astimezone(UTC)
        return f"{self.date(utc.date().isoformat())} {utc:%H:%M} UTC"

    def amount(self, value: str, currency: str) -> str:
        """`1190.00` as `1.190,00 EUR` (de) or `1,190.00 EUR` (en); "" stays ""."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        shown = f"{number:,f}"
        if self.language == "de":
            shown = shown.translate(str.maketrans(",.", ".,"))
        return f"{shown} {currency}".strip()

    def counts(self, findings: tuple[Finding, ...]) -> str:
        """`2 Fehler, 1 Warnung`; information is not counted."""
        out = []
        for severity, key in ((Severity.ERROR, "errors"), (Severity.WARNING, "warnings")):
            n = sum(1 for f in findings if f.severity is severity)
            if n:
                out.append(self.say(f"{key}_one") if n == 1 else self.say(f"{key}_many", n=n))
        return ", ".join(out)
