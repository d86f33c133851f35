"""The sentences around the findings (`templates/letters.toml`), and how amounts, dates and counts
are written."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache

from edigate.findings import Finding, Severity, printable
from edigate.invoice import codes
from edigate.resources import closed, template, toml

NO_BREAK = "\u00a0"
_TOGETHER = re.compile(
    r"(?:§§?|\b(?:Abs\.|Satz|Nr\.|Art\.|Rn|no\.|sentence|para\.)) (?=[0-9(])|(?<=[0-9]) "
    r"(?=%|[A-Z]{3}\b(?!\+))"
)
"""What is read as one: a paragraph with its number, an amount with its currency."""
_ZONES = {"CET": "MEZ", "CEST": "MESZ"}


def short(text: str, most: int) -> str:
    """`text` fit for one line and at most so many characters long; what is left out shows as an
    ellipsis."""
    shown = printable(text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def glued(text: str) -> str:
    """`text` with no line break inside `§ 14 Abs. 4` and `841,81 EUR`."""
    return _TOGETHER.sub(lambda found: found[0].replace(" ", NO_BREAK), text)


@cache
def _letters() -> Mapping[str, Mapping[str, str | list[str]]]:
    letters = toml(template("letters.toml"))
    closed(
        letters["de"], letters["en"], "letters.toml, de"
    )  # alarms to the admins are English only
    return letters


class Sentences:
    """The words of one language; values put into them are made fit for a single line."""

    def __init__(self, language: str) -> None:
        self.language = "de" if language == "de" else "en"
        self._entries = _letters()[self.language]

    def say(self, key: str, /, **values: object) -> str:
        """The sentence `key` with its fields filled."""
        entry = self._entries[key]
        assert isinstance(entry, str)
        return entry.format_map({k: printable(str(v)) for k, v in values.items()})

    def counted(self, counted: str, n: int, /, **values: object) -> str:
        """The sentence `counted` about n things, in the singular where it is one."""
        return self.say(f"{counted}_one" if n == 1 else counted, n=n, count=n, **values)

    def numbers(self, given: Sequence[int]) -> str:
        """`1, 3 und 4`."""
        first, last = ", ".join(map(str, given[:-1])), str(given[-1])
        return f"{first} {self.say('and')} {last}" if first else last

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
        """A point in time in its own zone, to the minute."""
        zone = when.tzname() or ""
        zone = _ZONES.get(zone, zone) if self.language == "de" else zone
        return f"{self.date(when.date().isoformat())} {when:%H:%M} {zone}".rstrip()

    def document_word(self, code: str) -> str:
        """What a document type (UNTDID 1001) is called; "document" when it has no name."""
        return codes.name("document", code, self.language) or self.say("a_document")

    def document_type(self, code: str) -> str:
        """`Rechnung (380)`; the code alone when it has no name, "" without one."""
        name = codes.name("document", code, self.language)
        if name is None:
            return self.say("document_type_unknown", code=code) if code else ""
        return self.say("document_type", name=name, code=code)

    def size(self, octets: int) -> str:
        """`12,3 MB` (de) or `12.3 MB`."""
        shown = f"{octets / 1_000_000:.1f} MB"
        return shown.replace(".", ",") if self.language == "de" else shown

    def amount(self, value: str, currency: str) -> str:
        """`1190` as `1.190,00 EUR` (de) or `1,190.00 EUR` (en), more decimals as given; "" stays
        ""."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        decimals = max(2, len(value.partition(".")[2]))
        shown = f"{number:,.{decimals}f}"
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
