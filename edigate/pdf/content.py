"""What a package is made of: everything the page shows and everything the file carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from edigate.findings import Finding
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origins


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """One line of the annex "Weitere Angaben aus der EDIFACT-Nachricht". value: as received;
    segment: `42 MOA`; line: BT-126 or None; label_en: the English label beside the German one on a
    page in both languages; days: the first and the last day that the value says, where it says
    days."""

    label: str
    value: str
    segment: str
    line: str | None = None
    label_en: str = ""
    days: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """The provenance box of the page. Digests are SHA-256 in lower-case hex; received_at is aware
    UTC.

    excerpt: True when the embedded original is one message cut out of a larger interchange and
    enveloped anew."""

    document_id: str
    interchange_reference: str
    message_reference: str
    message_version: str
    sender: str
    recipient: str
    received_at: datetime | None
    received_from: str | None
    original_sha256: str
    xml_sha256: str
    interchange_sha256: str
    excerpt: bool
    edigate_version: str
    artefacts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of one package. language: `de`, `en` or `de+en`. created_at (aware UTC) is the
    only date the file knows: the same content gives the same bytes. logo: PNG or JPEG bytes, only
    when the tenant is the seller."""

    invoice: Invoice
    origins: Origins
    annex: tuple[AnnexRow, ...]
    findings: tuple[Finding, ...]
    provenance: Provenance
    xml: bytes
    original: bytes
    report_json: bytes
    created_at: datetime
    language: str = "de"
    logo: bytes | None = None
    original_name: str = field(default="original.edi")
