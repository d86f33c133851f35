"""What a letter is made of: the blocks that its text part, its HTML part and the terminal show.

Values only; how they look is the renderings' business.
"""

from dataclasses import dataclass

from edigate.findings import Severity


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Label and value pairs. minor: for those who look closer, shown small."""

    rows: tuple[tuple[str, str], ...]
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a heading per column; the columns named in `right` (from 0) hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Steps:
    """A numbered list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remarks:
    """A list of short remarks."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Text to be copied as it is; lines are kept. label: what it is, shown above it and not part of
    it."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """One segment of an excerpt. marked: the segment meant; missing: not in the message, this is
    what would stand.

    accent: span [start, end) of the wrong value within `text`, where it is known.
    """

    index: int
    text: str
    marked: bool = False
    missing: bool = False
    accent: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FindingBlock:
    """One finding. tag is its severity in words, labels pair a label with its text; minor ones are
    shown small."""

    number: int
    severity: Severity
    tag: str
    title: str
    rule_line: str
    message: str
    excerpt: tuple[ExcerptLine, ...]
    missing_label: str
    labels: tuple[tuple[str, str], ...]
    minor: tuple[tuple[str, str], ...] = ()


Block = Heading | Paragraph | Pairs | Grid | Steps | Remarks | Quote | FindingBlock


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole letter: subject, blocks in order, closing line."""

    language: str
    subject: str
    blocks: tuple[Block, ...]
    footer: str
