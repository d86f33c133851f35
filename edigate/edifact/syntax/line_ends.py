"""Line ends inside data elements: where a text may have one, and what is read in its place
(UN/EDIFACT segments, EDSD).

A mail program or a form wrote them; ISO 9735-1 has none. In a number, code, date or amount nobody
can tell whether the parts belong together, so it is an error there. In a name or text the line end
is read as one blank and told; in free text (FTX) it stays.
"""

import re
from dataclasses import dataclass

from edigate.edifact.syntax.segments import Segment

_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t\r\n]*")

# Composites and elements that hold text, by segment: element -> first component that does (both
# from 1).
_TEXTS: dict[str, dict[int, int]] = {
    "FTX": {4: 1},
    "NAD": {3: 1, 4: 1, 5: 1, 6: 1},
    "IMD": {3: 4},
    "ALC": {5: 4},
    "CTA": {2: 2},
    "PAT": {2: 4},
    "PYT": {2: 4},
    "TOD": {3: 4},
    "LOC": {2: 4, 3: 4, 4: 4},
    "FII": {2: 2, 3: 7},
    "TDT": {3: 2, 4: 2, 5: 4, 8: 4},
    "PAC": {3: 4},
    "PCI": {2: 1},
    "INP": {5: 4},
    "BUS": {1: 5},
}
_KEEPS_LINES = "FTX"

Elements = tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class WithoutLineEnds:
    """The elements of a segment without line ends in them. broken: numbers of those that cannot
    have any."""

    tag: str
    broken: set[int]

    def joined(self, segment: Segment) -> Segment:
        """The segment with its line ends read as blanks."""
        repeats = tuple(
            (n, tuple(self._components(n, c) for c in found)) for n, found in segment.repeats
        )
        elements = tuple(self._components(n, c) for n, c in enumerate(segment.elements, 1))
        return segment._replace(elements=elements, repeats=repeats)

    def _components(self, element: int, components: tuple[str, ...]) -> tuple[str, ...]:
        if not any("\n" in c or "\r" in c for c in components):
            return components
        return tuple(self._value(element, n, c) for n, c in enumerate(components, 1))

    def _value(self, element: int, component: int, text: str) -> str:
        if "\n" not in text and "\r" not in text:
            return text
        text = text.strip()
        if "\n" not in text and "\r" not in text:
            return text
        first = _TEXTS.get(self.tag, {}).get(element)
        if first is None or component < first:
            self.broken.add(element)
        elif self.tag == _KEEPS_LINES:
            return text
        return _BREAK.sub(" ", text)
