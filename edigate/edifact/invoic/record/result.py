"""What the mapping makes of one INVOIC message."""

from dataclasses import dataclass
from enum import StrEnum

from edigate.findings import Finding, Place
from edigate.invoice.facts import Facts
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origins


class MessageKind(StrEnum):
    """What the message is, after UNTDID 1001 and 1225."""

    INVOICE = "invoice"
    NOT_AN_INVOICE = "not-an-invoice"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class AnnexEntry:
    """A data element EN 16931 has no place for, as the page's annex shows it.

    label: what the element is, in words (German and English as `de` / `en` of the qualifier tables,
    or the tag and element number); value: as received. line: BT-126 when it stands at a line.
    """

    label_de: str
    label_en: str
    value: str
    place: Place
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The account of a message's data elements: mapped to a term, shown in the annex, envelope;
    lost must be empty.

    lost holds (place, element from 1, component from 1, value)."""

    mapped: int
    annexed: int
    envelope: int
    lost: tuple[tuple[Place, int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """The invoice, where its terms came from, what found no place in it, and what is wrong with the
    message."""

    kind: MessageKind
    invoice: Invoice
    origins: Origins
    facts: Facts
    annex: tuple[AnnexEntry, ...]
    coverage: Coverage
    findings: tuple[Finding, ...]
