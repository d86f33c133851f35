"""What an invoice message says beyond EN 16931, as far as German law or plausibility asks for it.

Filled by the mapping, read by the checks. Every field has a default that means "the message does
not say".
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from edigate.findings import Place


@dataclass(frozen=True, slots=True)
class DatedFact:
    """A date with its meaning. kind: delivery, despatch, pick-up, service-completion,
    goods-receipt, delivery-note (date of the note, not of the supply), order, period-start,
    period-end, discount-due, due. line: BT-126 of the line, None at header level. reference: number
    of the dated document, if any."""

    kind: str
    date: datetime.date
    place: Place
    line: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class TextFact:
    """A free or coded text. subject: UNTDID 4451; code: DE 4441 if the text is coded; line as in
    DatedFact."""

    subject: str
    text: str
    place: Place
    code: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceFact:
    """A reference. qualifier: UNTDID 1153; number and date as given; line as in DatedFact."""

    qualifier: str
    number: str
    place: Place
    date: datetime.date | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class AmountFact:
    """An amount as stated in the summary. qualifier: UNTDID 5025; rate in percent inside a TAX
    group, else None."""

    qualifier: str
    amount: Decimal
    place: Place
    currency: str | None = None
    rate: Decimal | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the checks ask beyond the Invoice itself.

    document_code: UNTDID 1001 as received. function_code: UNTDID 1225 (BGM), "" when absent.
    document_name: DE 1000 as received. self_billing: place of the evidence that the buyer issued
    the document. issuer_is: GLN or name of NAD+II when it differs from the seller. seller_gln,
    buyer_gln: as identified in NAD. unknown_partners: GLNs without name or address in message and
    master data, each once, with the qualifier they were first seen under. sender_id, recipient_id:
    UNB 0004 / 0010.
    """

    document_code: str = ""
    document_name: str = ""
    function_code: str = ""
    self_billing: Place | None = None
    issuer_is: str | None = None
    seller_gln: str | None = None
    buyer_gln: str | None = None
    unknown_partners: tuple[tuple[str, str], ...] = ()
    sender_id: str = ""
    recipient_id: str = ""
    dates: tuple[DatedFact, ...] = ()
    texts: tuple[TextFact, ...] = ()
    references: tuple[ReferenceFact, ...] = ()
    stated_totals: tuple[AmountFact, ...] = ()
    counted_lines: int | None = None
