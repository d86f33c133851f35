"""The business terms of EN 16931: their names in words, and every term an Invoice fills.

Paths are those of `edigate.invoice.origin`. Which attribute is which term stands in
`edigate.invoice.model` alone; this module reads it there. It must not know where values come from
or what they should be.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, TypeAlias, Union, get_args, get_origin, get_type_hints

from edigate.findings import Texts
from edigate.invoice import model
from edigate.resources import schema, table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value: TypeAlias = str | Decimal | date | model.Identifier | model.Attachment

_STEP = re.compile(r"([a-z_0-9]+)((?:\[\d+\])?)")


@cache
def names() -> Mapping[str, Texts]:
    """Every term and group by id (`BT-31`, `BG-4`), in German and English."""
    return {
        row["id"]: Texts(row["de"], row["en"])
        for row in table(schema("terms.tsv"), ("id", "de", "en"))
    }


def name(term: str, language: str) -> str:
    """The name of a term in `de` or `en`; the id itself where the term is none of the
    standard's."""
    found = names().get(term)
    return found.in_language(language) if found else term


def walk(invoice: model.Invoice) -> Iterator[tuple[str, str, Value]]:
    """Every filled term in the order of the model: its path, its id (`BT-...`) and its value.

    A repeated term (BT-29, BT-158) comes once for each value, with its index in the path.
    """
    yield from _walk(invoice, "")


def _walk(group: "DataclassInstance", prefix: str) -> Iterator[tuple[str, str, Value]]:
    for attribute, (term, _) in _attributes(type(group)).items():
        value = getattr(group, attribute)
        if value is None or value == "":
            continue
        path = f"{prefix}{attribute}"
        entries = [(path, value)]
        if isinstance(value, tuple):
            entries = [(f"{path}[{n}]", entry) for n, entry in enumerate(value)]
        for place, entry in entries:
            if term.startswith("BG-"):
                yield from _walk(entry, f"{place}.")
            else:
                yield place, term, entry


def term_of(path: str) -> str | None:
    """The id of the term or group at a path, e.g. `BT-31` for `seller.vat_identifier`; None for
    what is no path.

    The invoice as a whole (`""`) and a list without index (`lines`) are no term: None and the id of
    the list's group.
    """
    kind: type = model.Invoice
    term: str | None = None
    for step in path.split(".") if path else ():
        match = _STEP.fullmatch(step)
        found = _attributes(kind).get(match[1]) if match and is_dataclass(kind) else None
        if found is None:
            return None
        term, kind = found
    return term


@cache
def _attributes(group: type) -> Mapping[str, tuple[str, type]]:
    """The terms of a group's class: attribute -> (id of the term, class of its value)."""
    hints = get_type_hints(group, include_extras=True)
    found: dict[str, tuple[str, type]] = {}
    for field in fields(group):
        hint = hints[field.name]
        if get_origin(hint) is not Annotated:
            continue
        value, term = get_args(hint)
        assert isinstance(term, model.Term)
        found[field.name] = (term.id, _value_class(value))
    return found


def _value_class(hint: object) -> type:
    """The class inside `X | None` or `tuple[X, ...]`."""
    if get_origin(hint) in (Union, UnionType, tuple):
        hint = get_args(hint)[0]
    assert isinstance(hint, type)
    return hint
