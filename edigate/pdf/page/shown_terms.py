"""The Invoice becomes texts ready to be shown, each with its label and the mark of where it came
from.

Keeps account of what the letter has shown, so that the details can show the rest: that is what
makes the page complete by construction. Lines are shown by `line_table`, this module serves
everything above them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, get_type_hints

from edigate.invoice.model import Attachment, Identifier, Invoice, Term
from edigate.invoice.origin import OriginKind, Origins, parent
from edigate.pdf.page.words import Words

MARKS = {OriginKind.MASTER_DATA: "ᵃ", OriginKind.DERIVED: "ᵇ", OriginKind.CONSTANT: "ᶜ"}

CODES = {
    "BT-3": "document", "BT-5": "currency", "BT-6": "currency", "BT-8": "tax-point",
    "BT-21": "subject", "BT-81": "payment",
    "BT-40": "country", "BT-55": "country", "BT-69": "country", "BT-80": "country",
    "BT-159": "country",
    "BT-95": "vat", "BT-102": "vat", "BT-118": "vat", "BT-98": "allowance", "BT-105": "charge",
    "BT-121": "vatex",
    "BT-130": "unit", "BT-150": "unit", "BT-140": "allowance", "BT-145": "charge", "BT-151": "vat",
}  # fmt: skip
_SCHEMES = {
    "BT-34": "eas",
    "BT-49": "eas",
    "BT-18": "reference",
    "BT-128": "reference",
    "BT-158": "classification",
}
_RATES = {"BT-94", "BT-96", "BT-101", "BT-103", "BT-119", "BT-138", "BT-143", "BT-152"}
_QUANTITIES = {"BT-129", "BT-149"}


_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")


class Field(NamedTuple):
    """A field of a model class with its term or group id."""

    name: str
    term: str


class ShownValue(NamedTuple):
    """A value ready to be shown: label, text, mark of its origin (or empty)."""

    label: str
    text: str
    mark: str


_FIELDS: dict[type, tuple[Field, ...]] = {}


def fields_of(kind: type) -> tuple[Field, ...]:
    """The fields of a model class with their ids, in order."""
    known = _FIELDS.get(kind)
    if known is not None:
        return known
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        term = next((m.id for m in getattr(hint, "__metadata__", ()) if isinstance(m, Term)), "")
        if term:
            found.append(Field(name, term))
    _FIELDS[kind] = tuple(found)
    return _FIELDS[kind]


def as_text(words: Words, term: str, value: object) -> str:
    """The formatted form of one value of a term, in the words of the page's language."""
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(words, term, value)
    raise TypeError(f"{term}: {type(value).__name__} has no form on the page")


def _string(words: Words, term: str, value: str) -> str:
    if term == "BT-3":
        return words.type_name(value)
    if term in ("BT-84", "BT-91") and _IBAN.match(value):
        return " ".join(value[i : i + 4] for i in range(0, len(value), 4))
    return words.code(CODES[term], value) if term in CODES else value


def _number(words: Words, term: str, value: Decimal) -> str:
    if term in _QUANTITIES:
        return words.quantity(value)
    return words.percent(value) if term in _RATES else words.amount(value)


def _identifier(words: Words, term: str, value: Identifier) -> str:
    if term == "BT-157" and value.scheme == "0160":
        return f"GTIN {value.value}"
    return words.identifier(value, _SCHEMES.get(term, "icd"))


def _attachment(words: Words, _term: str, value: Attachment) -> str:
    size = words.figure(Decimal(len(value.content)))
    return f"{value.filename} ({value.mime_code}, {size} {words.text('bytes')})"


_FORMS: tuple[tuple[type, Callable[[Words, str, Any], str]], ...] = (
    (str, _string),
    (Decimal, _number),
    (date, lambda words, _term, value: words.date(value)),
    (Identifier, _identifier),
    (Attachment, _attachment),
)
"""How each kind of value is written."""


class ShownTerms:
    """The header terms of one invoice, with account of what was shown."""

    def __init__(self, invoice: Invoice, origins: Origins, words: Words) -> None:
        self.invoice = invoice
        self.words = words
        self._shown: set[str] = set()
        self._marks = {path: MARKS.get(origin.kind, "") for path, origin in origins.items()}
        self.marked = any(self._marks.values())
        self.marked_lines = any(
            mark and path.startswith("lines[") for path, mark in self._marks.items()
        )
        self.used_marks: set[str] = set()

    def mark(self, path: str) -> str:
        """The footnote letter of a value, from its own origin or that of the nearest group around
        it."""
        if not self.marked:
            return ""
        while path:
            mark = self._marks.get(path)
            if mark is not None:
                if mark:
                    self.used_marks.add(mark)
                return mark
            path = parent(path)
        return ""

    def get(self, path: str, most: int | None = None) -> ShownValue | None:
        """The value at a path like `seller.address.city`, counted as shown from now on; None when
        not filled.

        A value of more than `most` characters is None too and not counted: the details will show
        it.
        """
        value: object = self.invoice
        *groups, last = path.split(".")
        for group in groups:
            value = getattr(value, group)
            if value is None:
                return None
        content = getattr(value, last)
        if content is None or content == "":
            return None
        term = next(field.term for field in fields_of(type(value)) if field.name == last)
        text = as_text(self.words, term, content)
        if most is not None and len(text) > most:
            return None
        self._shown.add(path)
        return ShownValue(self.words.term(term), text, self.mark(path))

    def as_text(self, term: str, value: object) -> str:
        """The formatted form of a value of a term."""
        return as_text(self.words, term, value)

    def text(self, path: str, most: int | None = None) -> str:
        """The text of `get`, or an empty one."""
        found = self.get(path, most)
        return found.text if found else ""

    def take(self, path: str) -> None:
        """Count the path, and what is below it, as shown."""
        self._shown.add(path)

    def rest(self, path: str, group: object, *, deep: bool = True) -> Iterator[ShownValue]:
        """What is filled in a group and was not shown yet, with its labels, in the order of the
        model."""
        if path in self._shown:
            return
        for field in fields_of(type(group)):
            here = f"{path}.{field.name}" if path else field.name
            value = getattr(group, field.name)
            if value not in (None, "", ()) and here not in self._shown:
                yield from self._field(here, field.term, value, deep=deep)

    def _field(self, path: str, term: str, value: object, *, deep: bool) -> Iterator[ShownValue]:
        """One field: a value, a group, or several of either."""
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                if f"{path}[{index}]" not in self._shown:
                    yield from self._field(f"{path}[{index}]", term, item, deep=deep)
        elif not term.startswith("BG-") or isinstance(value, Identifier):
            yield ShownValue(
                self.words.term(term), as_text(self.words, term, value), self.mark(path)
            )
        elif deep and type(value).__name__.endswith("Address"):
            yield from self._address(path, value)
        elif deep:
            yield from self.rest(path, value)

    def _address(self, path: str, address: object) -> Iterator[ShownValue]:
        """An address in one line; where the letter has shown parts of it, what is left, part by
        part."""
        named = {field.name: field.term for field in fields_of(type(address))}
        if any(f"{path}.{name}" in self._shown for name in named):
            yield from self.rest(path, address)
            return
        filled = {name: text for name in named if (text := getattr(address, name))}
        marks = {name: self.mark(f"{path}.{name}") for name in filled}
        if "country_code" in filled:
            filled["country_code"] = self.words.code("country", filled["country_code"])
        alike = len(set(marks.values())) == 1
        if not alike:
            filled = {name: text + marks[name] for name, text in filled.items()}
        if text := _in_one_line(filled):
            yield ShownValue(
                self.words.term(named["line_1"]), text, marks.popitem()[1] if alike else ""
            )


_ADDRESS = (
    ("line_1",),
    ("line_2",),
    ("line_3",),
    ("post_code", "city"),
    ("subdivision",),
    ("country_code",),
)
"""What stands between the commas of an address in one line."""


def _in_one_line(filled: Mapping[str, str]) -> str:
    parts = (" ".join(filled[name] for name in names if name in filled) for names in _ADDRESS)
    return ", ".join(part for part in parts if part)
