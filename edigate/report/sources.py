"""Where everything in a message went, and where every term of the invoice came from: for `check
--coverage` and `check --json --provenance`.

Values only, as in `verdicts`; the pipeline fills them. This module must not know how the mapping
works.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edigate.findings import Place, Texts


@dataclass(frozen=True, slots=True)
class OtherElement:
    """One data element that is no term of EN 16931. label: what it is, where it is shown; line:
    BT-126."""

    place: Place
    value: str
    label: Texts | None = None
    line: str | None = None
    element: int | None = None
    component: int | None = None


@dataclass(frozen=True, slots=True)
class Accounting:
    """The account of a message's data elements. annex: those shown as further details; lost: must
    be empty."""

    mapped: int
    annexed: int
    envelope: int
    annex: tuple[OtherElement, ...] = ()
    lost: tuple[OtherElement, ...] = ()

    @property
    def share(self) -> str:
        """Share of the data elements that is accounted for, in percent."""
        whole = self.mapped + self.annexed + self.envelope + len(self.lost)
        return f"{100 * (whole - len(self.lost)) / whole:.1f}" if whole else "100.0"


@dataclass(frozen=True, slots=True)
class TermSource:
    """One term of the invoice. origin: segment, master-data, derived or constant; note: how it came
    about."""

    path: str
    term: str
    value: str
    origin: str | None
    places: tuple[Place, ...] = ()
    note: Texts | None = None


def account_json(account: Accounting) -> dict[str, Any]:
    """The account as JSON."""
    return {
        "mapped": account.mapped,
        "annexed": account.annexed,
        "envelope": account.envelope,
        "annex": [_element(e) for e in account.annex],
        "lost": [_element(e) for e in account.lost],
    }


def _element(element: OtherElement) -> dict[str, Any]:
    out: dict[str, Any] = {
        "segment": _place(element.place),
        "value": element.value,
        "line": element.line,
    }
    if element.label is not None:
        out["label"] = {"de": element.label.de, "en": element.label.en}
    if element.element is not None:
        out |= {"element": element.element, "component": element.component}
    return out


def _place(place: Place) -> dict[str, Any]:
    return {
        "index": place.index,
        "tag": place.tag,
        "text": place.text,
        "start": place.start,
        "end": place.end,
    }


def source_json(source: TermSource) -> dict[str, Any]:
    """One term's origin as JSON; start and end are byte offsets in the input."""
    return {
        "path": source.path,
        "term": source.term,
        "value": source.value,
        "origin": source.origin,
        "segments": [_place(p) for p in source.places],
        "note": None if source.note is None else {"de": source.note.de, "en": source.note.en},
    }


def account_lines(account: Accounting, language: str) -> Iterator[str]:
    """The account for people: the counts, then every data element that is no term, with its
    segment."""
    german = language == "de"
    yield (
        f"Datenelemente: {account.mapped} in der Rechnung, {account.annexed} in den weiteren "
        "Angaben, "
        f"{account.envelope} Umschlag, {len(account.lost)} verloren "
        f"({account.share.replace('.', ',')} % belegt)"
        if german
        else f"data elements: {account.mapped} in the invoice, {account.annexed} in the "
        "further details, "
        f"{account.envelope} envelope, {len(account.lost)} lost ({account.share} % accounted for)"
    )
    for element in account.annex:
        label = (
            element.label.in_language(language) if element.label is not None else element.place.tag
        )
        yield f"{element.place.index:>4}  {label} = {element.value}"
    for element in account.lost:
        word = "verloren" if german else "lost"
        yield (
            f"{element.place.index:>4}  {word}: {element.place.text} "
            f"({element.element}.{element.component})"
        )
