"""A finding and its message's segments -> the segment meant between its neighbours, the wrong value
pointed at."""

import re

from rich.cells import cell_len

from edigate.findings import Finding, printable
from edigate.report.blocks import ExcerptLine

_WIDTH = 120
_POINTABLE = frozenset(
    ("value", "id", "code", "tax_number", "gln", "gtin", "stated", "amount", "given", "postcode")
)
"""Names of finding values that may be the wrong element itself; the others describe it."""
_SEPARATORS = "+:*'"
_STACKED = 4
"""Characters that may share one column: a letter with its marks."""


def excerpt(
    finding: Finding, segments: tuple[str, ...], width: int = _WIDTH
) -> tuple[ExcerptLine, ...]:
    """The segment meant between its neighbours, or the neighbour after which the missing one would
    stand.

    width: columns of a line's text, at least 20 (a wide character takes two); what is cut away
    shows as an ellipsis.
    """
    place = finding.place
    if place is None:
        return (
            (ExcerptLine(0, _cut(finding.missing, width)[0], missing=True),)
            if finding.missing
            else ()
        )
    out: list[ExcerptLine] = []
    inside = 0 < place.index <= len(segments)
    if inside and place.index > 1:
        out.append(ExcerptLine(place.index - 1, _cut(segments[place.index - 2], width)[0]))
    text, accent = _cut(
        place.text, width, None if finding.missing else _accent(finding, place.text)
    )
    out.append(ExcerptLine(place.index, text, marked=not finding.missing, accent=accent))
    if finding.missing:
        out.append(ExcerptLine(0, _cut(finding.missing, width)[0], missing=True))
    if 0 < place.index < len(segments):
        out.append(ExcerptLine(place.index + 1, _cut(segments[place.index], width)[0]))
    return tuple(out)


def _accent(finding: Finding, segment: str) -> tuple[int, int] | None:
    """Where the one value of the finding stands that is a whole component of the segment, and
    stands there once."""
    values = {value for name, value in finding.values if name in _POINTABLE and value}
    spans = {
        (m.start(), m.end())
        for value in values
        for m in re.finditer(
            rf"(?<=[{_SEPARATORS}]){re.escape(value)}(?=[{_SEPARATORS}]|$)", segment
        )
    }
    return spans.pop() if len(spans) == 1 else None


def _cut(
    text: str, width: int, accent: tuple[int, int] | None = None
) -> tuple[str, tuple[int, int] | None]:
    """`text` fit for one line, cut around the accent, and where the accent stands in it now."""
    if accent is None:
        return _start(printable(text), width), None
    before, value, after = (
        printable(p) for p in (text[: accent[0]], text[slice(*accent)], text[accent[1] :])
    )
    if not _fits(before + value + after, width):
        third = width // 3
        value = _start(value, third)
        before = before if _fits(before, third) else before[:4] + _end(before[4:], third - 4)
        after = _start(after, width - cell_len(before + value))
    return before + value + after, (len(before), len(before) + len(value))


def _fits(text: str, width: int) -> bool:
    """Whether it does; what has many more characters than columns is no word of any language."""
    return len(text) <= width * _STACKED and cell_len(text) <= width


def _start(text: str, width: int) -> str:
    """The beginning of a text that fits into so many columns."""
    if _fits(text, width):
        return text
    kept = text[: max(0, width - 1)]
    while cell_len(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


def _end(text: str, width: int) -> str:
    """The end of a text that fits into so many columns."""
    kept = text[-width + 1 :]
    while cell_len(kept) > width - 1:
        kept = kept[1:]
    return "…" + kept
