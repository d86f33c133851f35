"""The verdict on one INVOIC: its state and its findings, most severe first."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edigate.findings import Finding, Severity


class State(StrEnum):
    """What becomes of an INVOIC. Only VALID is packaged and archived."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not-checked"
    TEST = "test"
    NOT_AN_INVOICE = "not-an-invoice"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Report:
    """State, findings and the versions of what judged (artefact -> version, e.g. `schematron` ->
    `1.09.2`)."""

    state: State
    findings: tuple[Finding, ...]
    artefacts: Mapping[str, str]

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings of severity warning."""
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of severity error."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)
