"""The conversion: bytes -> messages -> Invoice -> factur-x.xml -> verdict -> sealed PDF/A-3.

Pure: no files, no network, no clock; the same bytes, conditions and engines give the same outcome.
What a mail is, whom a document concerns and where it is kept is the worker's business.
"""

from edigate.pipeline.document import (
    Conditions,
    Engines,
    Examination,
    JudgedMessage,
    Package,
    Presentation,
    Sealer,
    content_hash,
    original_of,
    sha256,
)
from edigate.pipeline.judging import (
    Found,
    concerns_invoices,
    document_of,
    examine,
    invoices,
    judge,
    judged,
    mapped_of,
    opened,
    surveyed,
    unjudged,
    whole,
    why_unreadable,
)
from edigate.pipeline.packaging import annex_row, draw
from edigate.pipeline.presenting import (
    detailed,
    identity,
    input_verdict,
    report,
    supplier_key,
    verdict_of,
)
from edigate.source import Survey

__all__ = [
    "Conditions",
    "Engines",
    "Examination",
    "Found",
    "JudgedMessage",
    "Package",
    "Presentation",
    "Sealer",
    "Survey",
    "annex_row",
    "concerns_invoices",
    "content_hash",
    "detailed",
    "document_of",
    "draw",
    "examine",
    "identity",
    "input_verdict",
    "invoices",
    "judge",
    "judged",
    "mapped_of",
    "opened",
    "original_of",
    "report",
    "sha256",
    "supplier_key",
    "surveyed",
    "unjudged",
    "verdict_of",
    "whole",
    "why_unreadable",
]
