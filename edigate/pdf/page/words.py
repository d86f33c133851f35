"""Values become the words of a language: labels, numbers, dates, codes with their names.

Languages: `de`, `en`, and `de+en` (German figures, both texts). This module must not know where
they are shown.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from edigate.findings import Texts
from edigate.invoice import codes
from edigate.invoice.model import Identifier
from edigate.pdf.typesetting.fonts import END, ENGLISH
from edigate.resources import template, texts_of, toml

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GERMAN = str.maketrans(",.", ".,")


@cache
def _labels() -> Mapping[str, Mapping[str, Texts]]:
    tables = toml(template("labels.toml"))
    return {
        section: {
            key: Texts(*texts_of(texts, f"labels.toml, {section}.{key}"))
            for key, texts in entries.items()
        }
        for section, entries in tables.items()
    }


def _english(text: str) -> str:
    return f"{ENGLISH}{text}{END}"


def unmarked(text: str) -> str:
    """`text` for places other than the page, where English is not marked as such."""
    return text.replace(ENGLISH, "").replace(END, "")


class Words:
    """One language of the page."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.bilingual = language == "de+en"
        self._german_figures = language != "en"
        self._known: dict[tuple[str, str], str] = {}

    def join(self, texts: Texts) -> str:
        """The text in this language; both with a stroke between them where both are asked for."""
        if not self.bilingual:
            return texts.in_language(self.language)
        return texts.de if texts.de == texts.en else f"{texts.de} / {_english(texts.en)}"

    def both(self, texts: Texts) -> list[str]:
        """The text as one paragraph per language."""
        if self.bilingual:
            return [texts.de, _english(texts.en)]
        return [texts.in_language(self.language)]

    def _label(self, section: str, key: str) -> str:
        known = self._known.get((section, key))
        if known is None:
            known = self._known[section, key] = self.join(_labels()[section][key])
        return known

    def term(self, term: str) -> str:
        """Label of a business term."""
        return self._label("term", term)

    def group(self, group: str) -> str:
        """Heading of a business group."""
        return self._label("group", group)

    def text(self, key: str) -> str:
        """A text of the page."""
        return self._label("text", key)

    def texts(self, key: str) -> Texts:
        """A text of the page in both languages."""
        return _labels()["text"][key]

    def title(self, type_code: str | None) -> str:
        """What a document of this type is called."""
        code = type_code or ""
        return self.join(Texts(codes.title(code, "de"), codes.title(code, "en")))

    def type_name(self, type_code: str) -> str:
        """The document type with its code: `Rechnungskorrektur (381)`."""
        return (
            f"{self.title(type_code)} ({type_code})"
            if type_code in codes.names("document")
            else type_code
        )

    def name(self, listing: str, code: str) -> str:
        """The name of a code, or the code itself when the list does not know it."""
        known = self._known.get((listing, code))
        if known is None:
            known = self._known[listing, code] = self._name(listing, code)
        return known

    def _name(self, listing: str, code: str) -> str:
        if not self.bilingual:
            return codes.name(listing, code, self.language) or code
        german, english = (
            codes.name(listing, code, "de") or code,
            codes.name(listing, code, "en") or code,
        )
        return german if german == english else f"{german} / {_english(english)}"

    def code(self, listing: str, code: str) -> str:
        """The name of a code with the code in brackets: `Stück (H87)`."""
        found = self.name(listing, code)
        return code if found == code else f"{found} ({code})"

    def scheme(self, listing: str, code: str) -> str:
        """The name of an identifier's scheme with its code: `GLN, 0088`."""
        found = self.name(listing, code)
        return code if found == code else f"{found}, {code}"

    def figure(self, value: Decimal, least: int = 0) -> str:
        """A number with all its digits, at least `least` of them after the point."""
        exponent = value.as_tuple().exponent
        digits = max(least, -exponent) if isinstance(exponent, int) else least
        text = f"{value:,.{digits}f}"
        return text.translate(_GERMAN) if self._german_figures else text

    def amount(self, value: Decimal) -> str:
        """An amount or price: at least two digits after the point."""
        return self.figure(value, 2)

    def quantity(self, value: Decimal) -> str:
        """A quantity or rate without closing zeros."""
        plain = value.normalize()
        return self.figure(plain)

    def percent(self, value: Decimal) -> str:
        """A rate in percent."""
        number = self.quantity(value)
        return f"{number} %" if self._german_figures else f"{number}%"

    def date(self, value: date) -> str:
        """A day: 15.10.2026, or 15 Oct 2026."""
        if self._german_figures:
            return f"{value.day:02d}.{value.month:02d}.{value.year:04d}"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year:04d}"

    def moment(self, value: datetime) -> str:
        """A moment, in UTC, to the second."""
        return f"{self.date(value.date())} {value:%H:%M:%S} UTC"

    def identifier(self, value: Identifier, listing: str) -> str:
        """An identifier with the name of its scheme."""
        if value.scheme is None and value.version is None:
            return value.value
        notes = [self.scheme(listing, value.scheme)] if value.scheme else []
        if value.version:
            notes.append(f"{self.text('version')} {value.version}")
        return f"{value.value} ({', '.join(notes)})"


@cache
def words(language: str) -> Words:
    """The words of `de`, `en` or `de+en`, made once per process."""
    return Words(language)
