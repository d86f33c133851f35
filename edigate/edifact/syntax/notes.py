"""Collects what is wrong while reading: one finding per rule, with the first place and the number
of hits."""

from dataclasses import dataclass, field, replace
from typing import Any

from edigate.findings import Finding, Place, finding, printable

_EXCERPT = 60  # bytes of something unreadable that a finding shows


@dataclass(slots=True)
class Notes:
    """Findings of one message, interchange or transmission under way."""

    _found: dict[tuple[str, str], Finding] = field(default_factory=dict)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        place: Place | None = None,
        /,
        *,
        kind: str = "",
        hits: int = 1,
        **values: Any,
    ) -> None:
        """Note a broken rule; a second note of the same rule and `kind` only counts."""
        key = (rule, kind)
        if key not in self._found:
            self._found[key] = finding(rule, place=place, **values)
        self._counts[key] = self._counts.get(key, 0) + hits

    def findings(self) -> tuple[Finding, ...]:
        """Everything noted, in the order it was found."""
        return tuple(
            found if self._counts[key] == 1 else replace(found, count=self._counts[key])
            for key, found in self._found.items()
        )


def excerpt(raw: bytes) -> str:
    """The beginning of bytes that belong nowhere, fit for a sentence."""
    text = " ".join(raw[:_EXCERPT].decode("ascii", "backslashreplace").split())
    return text + ("…" if len(raw) > _EXCERPT else "")


def outside(raw: bytes, start: int) -> Place:
    """A place for bytes that are no segment."""
    shown = raw[:_EXCERPT].decode("ascii", "backslashreplace")
    return Place(0, "", printable(" ".join(shown.split())), start, start + len(raw))
