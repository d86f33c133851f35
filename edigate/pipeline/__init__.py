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
    Survey,
    concerns_invoices,
    document_of,
    examine,
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
from edigate.pipeline.recognition import may_be_invoice

__all__ = [
    "Conditions",
    "Engines",
    "Examination",
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
    "judge",
    "judged",
    "mapped_of",
    "may_be_invoice",
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
