"""Elements of a factur-x.xml before they are bytes, and how they become bytes and paths.

Knows XML and nothing of invoices. Nothing that would be empty becomes an element, unless it is
marked as required.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import TypeAlias, TypeVar

from edigate.invoice.cii.names import DATE_FORMAT, NAMESPACES
from edigate.invoice.model import Identifier

# (name, value, path in the Invoice) of each attribute.
Attributes: TypeAlias = tuple[tuple[str, str, str], ...]
# One element: tag, path in the Invoice, text (None for a group), attributes, children. Tuples,
# because some hundred of them are made for every invoice.
Node: TypeAlias = "tuple[str, str, str | None, Attributes, list[Node]]"
Maybe: TypeAlias = "Node | None"

_Entry = TypeVar("_Entry")
_FORBIDDEN = "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # by XML 1.0, section 2.2
_IN_TEXT = re.compile(f"[&<>\r]|{_FORBIDDEN}")
_IN_ATTRIBUTE = re.compile(f'[&<>"\r\n\t]|{_FORBIDDEN}')
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\r": "&#13;",
    "\n": "&#10;",
    "\t": "&#9;",
}
_REPLACEMENT = "\ufffd"


def leaf(tag: str, value: str | Decimal | None, path: str, attributes: Attributes = ()) -> Maybe:
    """An element with text; None where the value is missing or blank. Numbers are written without
    exponent."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return (tag, path, format(value, "f"), attributes, [])
    if not value or value.isspace():
        return None
    return (tag, path, value, attributes, [])


def group(tag: str, path: str, *children: Maybe) -> Maybe:
    """An element with children; None where it would be empty."""
    present = [child for child in children if child is not None]
    return (tag, path, None, (), present) if present else None


def required(tag: str, path: str, *children: Maybe) -> Node:
    """An element the XSD wants also where everything in it is missing."""
    return (tag, path, None, (), [child for child in children if child is not None])


def constant(tag: str, value: str, path: str) -> Node:
    """An element whose text the syntax prescribes."""
    return (tag, path, value, (), [])


def day(tag: str, value: date | None, path: str, inner: str = "udt:DateTimeString") -> Maybe:
    """A date as CCYYMMDD in its inner element."""
    if value is None:
        return None
    digits = f"{value.year:04d}{value.month:02d}{value.day:02d}"
    return (tag, path, None, (), [(inner, path, digits, (("format", DATE_FORMAT, path),), [])])


def identifier(tag: str, value: Identifier | None, path: str, scheme: str = "schemeID") -> Maybe:
    """An identifier with its scheme in the attribute named."""
    if value is None:
        return None
    attributes: Attributes = ((scheme, value.scheme, path),) if value.scheme else ()
    if value.version:
        attributes += (("listVersionID", value.version, path),)
    return leaf(tag, value.value, path, attributes)


def each(make: Callable[[_Entry, str], Maybe], entries: Iterable[_Entry], path: str) -> list[Maybe]:
    """`make(entry, path[n])` for every entry."""
    return [make(entry, f"{path}[{n}]") for n, entry in enumerate(entries)]


class XmlDocument:
    """A document while it is put together: its parts, the path of every element, and the texts XML
    cannot hold."""

    def __init__(self, root: Node) -> None:
        self.paths: dict[str, str] = {}
        self.altered: list[str] = []
        self._parts = ["<?xml version='1.0' encoding='UTF-8'?>\n"]
        self._declarations = "".join(
            f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items()
        )
        self._element(root, f"/{root[0]}[1]")

    def xml(self) -> bytes:
        """The document in UTF-8."""
        return "".join(self._parts).encode("utf-8")

    def _element(self, node: Node, xpath: str) -> None:
        tag, path, text, attributes, children = node
        parts, paths = self._parts, self.paths
        paths[xpath] = path
        opening = tag + self._declarations
        self._declarations = ""
        for name, value, attribute_path in attributes:
            opening += f' {name}="{self._escaped(_IN_ATTRIBUTE, value, attribute_path)}"'
            if attribute_path != path:
                paths[f"{xpath}/@{name}"] = attribute_path
        if text is not None:
            parts.append(f"<{opening}>{self._escaped(_IN_TEXT, text, path)}</{tag}>")
        elif not children:
            parts.append(f"<{opening}/>")
        else:
            parts.append(f"<{opening}>")
            seen: dict[str, int] = {}
            for child in children:
                name = child[0]
                seen[name] = number = seen.get(name, 0) + 1
                self._element(child, f"{xpath}/{name}[{number}]")
            parts.append(f"</{tag}>")

    def _escaped(self, special: re.Pattern[str], text: str, path: str) -> str:
        if special.search(text) is None:
            return text

        def escape(match: re.Match[str]) -> str:
            escaped = _ESCAPES.get(match[0])
            if escaped is None:
                self.altered.append(path)
                return _REPLACEMENT
            return escaped

        return special.sub(escape, text)
