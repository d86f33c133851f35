"""What the renderings show of one INVOIC, gathered by the pipeline: identification, verdict, and
the message's text.

Values only: no invoice model, no EDIFACT objects, so that a held document can be rendered again
from what is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edigate.checks.verdict import Report
from edigate.findings import Finding, Texts
from edigate.report.sources import Accounting, TermSource


@dataclass(frozen=True, slots=True)
class Identity:
    """How people recognise the invoice. Amounts as plain decimal text, dates as ISO 8601, "" where
    unknown."""

    number: str = ""
    type_code: str = ""
    issue_date: str = ""
    currency: str = ""
    net: str = ""
    tax: str = ""
    gross: str = ""
    seller: str = ""
    seller_id: str = ""
    seller_vat: str = ""
    buyer: str = ""
    buyer_id: str = ""
    buyer_vat: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One INVOIC as the renderings see it, or what may have been one.

    type: what UNH states (0065), "" where that cannot be read. segments: the message's segments as
    text, the first is UNH (index 1). pdf: where the package was written, if it was.
    original_sha256: of the embedded original; interchange_sha256: of the whole input it came from.
    account and sources are there only where somebody asked for them.
    """

    reference: str
    version: str
    identity: Identity
    report: Report
    segments: tuple[str, ...] = ()
    original_sha256: str = ""
    interchange_sha256: str = ""
    pdf: str | None = None
    xml: str | None = None
    account: Accounting | None = None
    sources: tuple[TermSource, ...] = ()
    type: str = "INVOIC"


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files that were written of one document, by name."""

    pdf: str | None = None
    xml: str | None = None


@dataclass(frozen=True, slots=True)
class OtherMessage:
    """A message that is not an INVOIC: listed, and passed on untouched."""

    reference: str
    type: str
    version: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class InterchangeVerdict:
    """One interchange: how it names itself, what is wrong with its envelope, and its messages in
    order.

    messages can be iterated again and again; of a large interchange they stand in a file (`spool`).
    """

    control_reference: str
    sender: str
    recipient: str
    test: bool
    messages: Iterable[Verdict | OtherMessage]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PartSeen:
    """A part of a file that was looked into. part: where it stands, `2.1:3`; became: `edifact`,
    `nothing` ..."""

    part: str
    name: str
    type: str
    became: str
    why: Texts


@dataclass(frozen=True, slots=True)
class InputVerdict:
    """One input (file, mail part). readable is False when nothing of it may be used; errors say
    why.

    parts: everything that was looked into in the file, told with its first input; None where nobody
    asked for it. concerns: whether an input of which nothing may be used may hold an INVOIC, as far
    as anyone can see.
    """

    file: str
    readable: bool
    interchanges: tuple[InterchangeVerdict, ...]
    errors: tuple[Finding, ...] = ()
    parts: tuple[PartSeen, ...] | None = None
    concerns: bool = True
