"""What findings are made of: severity, class, source, a text in each language, a place."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How a finding weighs: an error holds the invoice, a warning goes along, information is
    recorded."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"

    @property
    def rank(self) -> int:
        """0 for error, 1 for warning, 2 for information: sorts the most severe first."""
        return ("error", "warning", "information").index(self.value)


class FindingClass(StrEnum):
    """Kinds of errors after the BMF letter of 15.10.2025 (Rn 6a, 6b, 35a), and plausibility beside
    them."""

    FORMAT = "format"
    BUSINESS_RULE = "business-rule"
    CONTENT = "content"
    PLAUSIBILITY = "plausibility"


class Source(StrEnum):
    """Which stage found it."""

    EDIFACT = "edifact"
    XSD = "xsd"
    SCHEMATRON = "schematron"
    USTG = "ustg"
    PLAUSIBILITY = "plausibility"


@dataclass(frozen=True, slots=True)
class Texts:
    """One sentence in the two languages of edigate."""

    de: str
    en: str

    def in_language(self, language: str) -> str:
        """The text in `de` or `en` (anything else reads English)."""
        return self.de if language == "de" else self.en


@dataclass(frozen=True, slots=True)
class Place:
    """A segment as it was received.

    index: 1 is UNH; 0 means the interchange envelope (UNB, UNG, UNE, UNZ or bytes outside any
    message). text: the segment with its terminator, decoded, never with CR or LF inside. start,
    end: byte span [start, end) in the input.
    """

    index: int
    tag: str
    text: str
    start: int
    end: int
