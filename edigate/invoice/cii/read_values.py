"""Elements of factur-x.xml -> values; absent or empty is None."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from edigate.errors import Rejected
from edigate.invoice import model
from edigate.invoice.cii.names import DATE_FORMAT, NAMESPACES

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_NS = dict(NAMESPACES)
Group = TypeVar("Group")
Element = etree._Element


def first(element: Element | None, path: str) -> Element | None:
    """The first element at a path."""
    return None if element is None else element.find(path, _NS)


def every(element: Element | None, path: str) -> Sequence[Element]:
    """Every element at a path."""
    return [] if element is None else element.findall(path, _NS)


def content(element: Element | None) -> str | None:
    """The text of an element, blanks as they are."""
    written = None if element is None else element.text
    return written if written and not written.isspace() else None


def text(element: Element | None, path: str) -> str | None:
    """The text of the first element at a path."""
    return content(first(element, path))


def decimal(element: Element | None, path: str) -> Decimal | None:
    """The number at a path. Raises: Rejected."""
    written = text(element, path)
    if written is None:
        return None
    if _NUMBER.fullmatch(written.strip()) is None:
        raise Rejected("CII-VALUE", f"{path} is no number: {written[:40]!r}")
    return Decimal(written.strip())


def day(element: Element | None, path: str) -> date | None:
    """The date at a path, written `YYYYMMDD`. Raises: Rejected."""
    found = first(element, path)
    written = content(found)
    if found is None or written is None:
        return None
    digits = _DATE.fullmatch(written.strip())
    if digits is None or found.get("format") != DATE_FORMAT:
        raise Rejected("CII-VALUE", f"{path} is no date of format {DATE_FORMAT}: {written[:40]!r}")
    try:
        return date(int(digits[1]), int(digits[2]), int(digits[3]))
    except ValueError as error:
        raise Rejected(
            "CII-VALUE", f"{path} is no day of the calendar: {written[:40]!r}"
        ) from error


def identifier(element: Element | None, attribute: str = "schemeID") -> model.Identifier | None:
    """An element's text with its scheme."""
    written = content(element)
    if element is None or written is None:
        return None
    return model.Identifier(
        written, element.get(attribute) or None, element.get("listVersionID") or None
    )


def filled(group: Group, empty: Group) -> Group | None:
    """The group, or None when it says nothing."""
    return None if group == empty else group
