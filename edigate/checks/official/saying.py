"""What a hit of an official rule says about a value -> how people write it, and the words for a
value that is missing.

This module must not know XML.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from edigate.findings import Finding, Rule, Texts, word
from edigate.invoice import terms

_OWN_ID = re.compile(r"^\[[^\]]*\]\s*-?\s*")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_AMOUNTS = frozenset(("stated", "computed", "base", "amount", "price", "rate"))
"""Values that are numbers; the others are references, which may look like numbers."""
_DATES = frozenset(("start", "end"))
_DAY = re.compile(r"[0-9]{8}")
_TIMES = re.compile(r"(must|may) occur (exactly|at maximum|at least) ([0-9]+)")


def _lacks(texts: Texts | None, values: Mapping[str, object]) -> bool:
    """Whether a text names a value the invoice does not have."""
    asked = {name for _, name, _, _ in string.Formatter().parse(texts.de if texts else "") if name}
    return any(values.get(name) in (None, "") for name in asked)


def in_other_words(made: Finding, rule: Rule, values: Mapping[str, object]) -> Finding:
    """The finding with the words for a value that is not there in place of texts that would name
    it."""

    def say(name: str) -> Texts:
        said = word(name)
        return Texts(said.de.format(name=values["at_de"]), said.en.format(name=values["at_en"]))

    none = rule.id == "FX-SCH-COUNT" and values["occurs"] == 0
    expected = None if none or _lacks(rule.expected, values) else made.expected
    if not none and not _lacks(rule.message, values):
        partner = say("to-add") if _lacks(rule.partner, values) else made.partner
        return replace(made, expected=expected, partner=partner)
    # What is stated may be there, and only something it would follow from is missing.
    message, wish = (
        ("unproven", "to-prove") if values.get("stated") is not None else ("lacking", "to-add")
    )
    partner = say(wish) if made.partner else None
    return replace(made, message=say(message), expected=expected, partner=partner)


def typed(name: str, value: str) -> str | Decimal | date:
    """A value as what it is, so that it can be written as its readers write it."""
    if name in _AMOUNTS and _NUMBER.fullmatch(value):
        return Decimal(value)
    if name in _DATES and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def without_id(official: str) -> str:
    """An official text without the id it begins with."""
    return _OWN_ID.sub("", official)


def times(official: str, language: str) -> str:
    """How often a rule of the profile asks for something: `genau 1-mal`, `at most 1 times`."""
    found = _TIMES.search(official)
    if found is None:
        return without_id(official)
    how = found[2].replace(" ", "-")
    said = word(f"{how}-1" if found[3] == "1" else how)
    return said.in_language(language).format(times=found[3])


def quoted(term: str, language: str) -> str:
    """A term by name and id: `„Steuerbetrag“ (BT-117)`."""
    said = word("term").in_language(language)
    return said.format(name=terms.name(term, language), term=term)
