"""Elements of a factur-x.xml -> the part of an Invoice they would say, also where this invoice has
none of them.

Learnt by writing one Invoice that says everything the model knows. This module must not know rules.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from edigate.invoice.cii import write
from edigate.invoice.model import Invoice

_INDEX = re.compile(r"\[[0-9]+\]")
_FIRST: Mapping[Any, object] = {str: "1", bytes: b"1", Decimal: Decimal(1), date: date(2026, 1, 1)}


def path_of_element(xpath: str) -> str | None:
    """The path, its list numbers left out (`lines[].net_amount`), that elements at a location say.

    xpath: canonical steps; their numbers do not matter.
    """
    return _known().get(_INDEX.sub("", xpath))


@cache
def _known() -> Mapping[str, str]:
    paths: dict[str, str] = {}
    for xpath, path in write(_everything(Invoice)).paths.items():
        paths.setdefault(_INDEX.sub("", xpath), _INDEX.sub("[]", path))
    return paths


def _everything(model: type[Any]) -> Any:
    """A value of a model class with every field filled."""
    hints = get_type_hints(model, include_extras=True)
    return model(**{field.name: _some(hints[field.name]) for field in fields(model)})


def _some(hint: Any) -> object:
    if get_origin(hint) is Annotated:
        return _some(get_args(hint)[0])
    if get_origin(hint) is tuple:
        return (_some(get_args(hint)[0]),)
    for kind in get_args(hint) or (hint,):
        if is_dataclass(kind):
            return _everything(kind)  # type: ignore[arg-type]
        if kind is not NoneType:
            return _FIRST[kind]
    raise AssertionError(hint)
