"""Strings become measured lines of a style: the type scale, wrapping, alignment.

Lengths are points (1/72 inch). This module must not know what the text means.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from edigate.pdf.typesetting.fonts import END, ENGLISH, Face, Runs, regular, semibold

INK = "0.09 0.11 0.15 rg"
QUIET = "0.34 0.38 0.44 rg"
ACCENT = "0.10 0.27 0.42 rg"
ALERT = "0.60 0.24 0.05 rg"


@dataclass(frozen=True)
class Style:
    """A step of the type scale. size and leading in points; colour is the PDF operator that sets
    it."""

    bold: bool
    size: float
    leading: float
    colour: str = INK

    @cached_property
    def face(self) -> Face:
        """The face the style is set in."""
        return semibold() if self.bold else regular()

    def line(self, text: str, mark: str = "") -> "MeasuredLine":
        """One line, however long; `mark` is the raised letter of a footnote behind it, which
        hangs."""
        runs, width = self.face.set(text)
        if mark:
            runs += self.face.set(mark)[0]
        return MeasuredLine(self, runs, width * self.size / 1000)

    def width(self, text: str) -> float:
        """Width of `text` in points."""
        return self.face.width(text) * self.size / 1000

    def lines(self, text: str, width: float, mark: str = "") -> "list[MeasuredLine]":
        """`text` wrapped to `width` points; line ends in it are kept, words that are too long are
        divided."""
        if "\n" not in text:
            whole = self.line(text, mark)
            if whole.width <= width:
                return [whole]
        found: list[str] = []
        for paragraph in re.split(r"\r\n|\r|\n", text.rstrip()):
            found.extend(self._wrap(paragraph, width))
        if ENGLISH in text:
            found = _in_their_language(found)
        return [self.line(t, mark if t is found[-1] else "") for t in found]

    def clipped(self, text: str, width: float) -> str:
        """`text`, or as much of it as fits into `width` points with an ellipsis."""
        if self.width(text) <= width:
            return text
        return self._divide(text, (width - self.width("…")) * 1000 / self.size)[0] + "…"

    def _wrap(self, text: str, width: float) -> list[str]:
        limit = width * 1000 / self.size
        measure = self.face.width
        space = measure(" ")
        found: list[str] = []
        current, used = "", 0
        for word in text.split(" "):
            size = measure(word)
            if current and used + space + size <= limit:
                current, used = f"{current} {word}", used + space + size
                continue
            if current:
                found.append(current)
            if size > limit:
                pieces = self._divide(word, limit)
                found.extend(pieces[:-1])
                current, used = pieces[-1], measure(pieces[-1])
            else:
                current, used = word, size
        found.append(current)
        return found

    def _divide(self, word: str, limit: float) -> list[str]:
        """A word wider than the column in pieces that fit (at least one character each)."""
        pieces: list[str] = []
        start, used = 0, 0
        for index, character in enumerate(word):
            size = self.face.width(character)
            if used + size > limit and index > start:
                pieces.append(word[start:index])
                start, used = index, 0
            used += size
        pieces.append(word[start:])
        return pieces


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A measured line: width in points, without the footnote letter behind it."""

    style: Style
    runs: Runs
    width: float


def _in_their_language(lines: list[str]) -> list[str]:
    """Lines of wrapped text, each with its own marks around what is English in it."""
    found: list[str] = []
    english = False
    for line in lines:
        before = ENGLISH if english else ""
        english = line.rfind(ENGLISH) > line.rfind(END) or (english and END not in line)
        found.append(f"{before}{line}{END if english else ''}")
    return found


TITLE = Style(True, 16, 20, ACCENT)
NAME = Style(True, 12.5, 15, ACCENT)
HEADING = Style(True, 10.5, 14, ACCENT)
BODY = Style(False, 9, 12)
STRONG = Style(True, 9, 12)
SUM = Style(True, 10.5, 14)
ADDRESS = Style(False, 10, 12.4)
SMALL = Style(False, 7.8, 10)
SMALL_STRONG = Style(True, 7.8, 10)
LABEL = Style(False, 7.8, 10, QUIET)
COLUMN = Style(True, 7.8, 9.6, QUIET)
TINY = Style(False, 6.8, 8.6, QUIET)
WARNING = Style(True, 7.8, 10, ALERT)
