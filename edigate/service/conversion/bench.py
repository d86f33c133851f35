"""What a tenant's jobs are converted with, and one INVOIC of a job on its way."""

from dataclasses import dataclass

from edigate.config import Settings, Tenant
from edigate.mail.message import EdiPart
from edigate.masterdata import PartnerDirectory
from edigate.pipeline import Engines, JudgedMessage, Sealer
from edigate.store import Job, Mail


@dataclass(frozen=True, slots=True)
class Bench:
    """What one tenant's jobs are converted with; made anew when its settings or master data
    change."""

    settings: Settings
    tenant: Tenant
    partners: PartnerDirectory
    engines: Engines
    sealer: Sealer | None
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One INVOIC of one job: where it stands in the mail and what it is called. sha256: of the
    part's content."""

    bench: Bench
    job: Job
    mail: Mail
    part: EdiPart
    sha256: str
    document: JudgedMessage
    document_id: str
    version: int
