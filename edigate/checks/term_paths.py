"""Business terms <-> paths of the Invoice, read off the model's own annotations, and the segment a
finding points to.

This module must not know rules or XML.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, get_args, get_origin, get_type_hints

from edigate.findings import Place
from edigate.invoice.model import Invoice, Term
from edigate.invoice.origin import Origins, parent

_NUMBER = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a finding points: the term, its path in this Invoice, its segment or the nearest one
    around it.

    given: the Invoice says something there; if not, the segment is the one after which it would
    stand.
    """

    term: str | None
    path: str
    place: Place | None
    given: bool


@cache
def term_of(path: str) -> str | None:
    """The term or group at a path, `seller.vat_identifier` -> `BT-31`; parts of a value belong to
    its term."""
    while path:
        term = _terms().get(_NUMBER.sub("[]", path))
        if term is not None:
            return term
        path = parent(path)
    return None


def path_of(term: str, near: str) -> str | None:
    """The path of a term, with the numbers of `near` where it stands in a list; the list, if `near`
    does not say which.

    `path_of("BT-131", "lines[2].vat")` is `lines[2].net_amount`, `path_of("BT-131", "totals")` is
    `lines`; None for a term the model does not know.
    """
    template = _paths().get(term)
    if template is None:
        return None
    path = ""
    for part in re.split(r"(?<=\])", template):
        head = path + part.removesuffix("[]")
        found = re.match(re.escape(head) + r"\[[0-9]+\]", near) if part.endswith("[]") else None
        if part.endswith("[]") and found is None:
            return head
        path = found[0] if found else head
    return path


def target(
    terms: Sequence[str],
    near: str,
    said: Collection[str],
    origins: Origins,
    *,
    absent: bool = False,
) -> Target:
    """Point to the first of `terms` that stands near the path `near`; with `absent`, to the first
    that does not.

    said: paths of everything the Invoice says. What is not said points to the nearest segment
    around its place.
    """
    candidates = [(term, path) for term in terms if (path := path_of(term, near)) is not None]
    if not candidates:
        term = terms[0] if terms else term_of(near)
        return Target(term, near, nearest(near, origins), given=near in said)
    if not absent:
        candidates.sort(key=lambda candidate: candidate[1] != near)  # what the hit itself is about
    for term, path in candidates:
        own = _said_at(path, said)
        if absent is (own is None):
            at = own or path
            return Target(term, at, nearest(at, origins), given=own is not None)
    term, path = candidates[0]
    return Target(term, path, nearest(path, origins), given=absent)


def _said_at(path: str, said: Collection[str]) -> str | None:
    """The path where the Invoice says something of it: its own, or that of a list's first."""
    return next((own for own in (path, f"{path}[0]") if own in said), None)


def nearest(path: str, origins: Origins) -> Place | None:
    """The segment of a path, or of the group around it, or the first of what that group says.

    The VAT breakdown stands with the totals; what stands nowhere else belongs to the first segment
    that says a term.
    """
    found, around = origins.place(path), path
    while found is None:
        around = parent(around)
        prefix = f"{around}." if around else "totals." if path.startswith("vat_breakdown") else ""
        inside = [o.places[0] for own, o in origins.items() if o.places and own.startswith(prefix)]
        found = min(inside, key=lambda place: place.index, default=None)
        if not around:
            break
    return found


@cache
def _terms() -> dict[str, str]:
    return dict(_annotated(Invoice, ""))


@cache
def _paths() -> dict[str, str]:
    """Term -> path, `[]` for each list on the way; a list of values itself is named without its
    last `[]`."""
    return {
        term: path
        for path, term in reversed(list(_annotated(Invoice, "")))
        if not path.endswith("[]")
    }


def _annotated(model: type, prefix: str) -> Iterator[tuple[str, str]]:
    hints = get_type_hints(model, include_extras=True)
    for field in fields(model):
        hint = hints[field.name]
        if get_origin(hint) is not Annotated:
            continue
        kind, *notes = get_args(hint)
        path = f"{prefix}{field.name}"
        many = get_origin(kind) is tuple
        for note in (n for n in notes if isinstance(n, Term)):
            yield from ((at, note.id) for at in ((path, f"{path}[]") if many else (path,)))
        for part in _groups_in(kind):
            yield from _annotated(part, f"{path}[]." if many else f"{path}.")


def _groups_in(kind: object) -> Iterator[type]:
    """The classes with terms of their own among the parts of an annotation."""
    for part in get_args(kind) or (kind,):
        if isinstance(part, type) and is_dataclass(part) and any(_has_terms(part)):
            yield part


def _has_terms(model: type) -> Iterator[bool]:
    return (
        get_origin(hint) is Annotated
        for hint in get_type_hints(model, include_extras=True).values()
    )
