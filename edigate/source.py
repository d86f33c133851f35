"""What an input syntax offers the conversion, whatever it is: EDIFACT is one, and others come as
further entries of one list (`pipeline/syntaxes.py`).

A syntax recognises its input by content, surveys and reads it, turns a message into an Invoice with
the place of every term, and cuts out a message's original. How a missing segment could read is said
by its table `schemas/<name>/examples.toml`. Must not know a syntax.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, BinaryIO, Protocol, TypeVar

from edigate.findings import Finding, Place
from edigate.invoice.facts import Facts
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origins
from edigate.masterdata import PartnerDirectory
from edigate.slices import Bytes


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


@dataclass(frozen=True, slots=True)
class Deviations:
    """Known deviations of a partner; every default means "as the directory says".

    decimal_mark: `,` or `.` when the other one groups thousands. seller, buyer: NAD qualifiers
    tried before the usual ones. quantity: QTY qualifiers tried before 47. units: (6411 as sent, Rec
    20/21 unit). texts: (4451, 4441, text) for codes agreed bilaterally.
    delivery_note_date_is_supply_date: agreed with the partner; the date under RFF+DQ (or AAK) is
    BT-72. near_reason_codes: also give allowances and charges the EN 16931 code that comes near
    their 7161 code.
    """

    decimal_mark: str = ""
    seller: tuple[str, ...] = ()
    buyer: tuple[str, ...] = ()
    quantity: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str, str], ...] = ()
    delivery_note_date_is_supply_date: bool = False
    near_reason_codes: bool = False


class SomeMessage(Protocol):
    """What every syntax's message, or what is left of one, has: its place in the interchange and
    the input, what it says it is, and what was found when it was read.

    readable: its content can be trusted. number: from 1; what is left of messages has numbers below
    1, so that no sound message moves. start, end: its byte span in the input.
    """

    @property
    def reference(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def readable(self) -> bool: ...
    @property
    def number(self) -> int: ...


class SomeInterchange(Protocol):
    """What every syntax's interchange has; a syntax without envelopes makes one of each file.

    number: from 1; what cannot be read as one counts from -1 downwards. closed: its end was seen.
    """

    @property
    def control_reference(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def test(self) -> bool: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def number(self) -> int: ...
    @property
    def closed(self) -> bool: ...
    @property
    def place(self) -> Place:
        """Where it says from whom to whom it goes."""

    def with_findings(self, findings: tuple[Finding, ...]) -> "SomeInterchange":
        """The same with these findings instead."""

    def units(self) -> tuple[SomeMessage, ...]:
        """Messages, and what is left of some, in the order they stand."""


class SomeTransmission(Protocol):
    """Everything one input holds. readable: its messages may be used."""

    @property
    def interchanges(self) -> tuple[SomeInterchange, ...]: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def readable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Survey:
    """The envelopes of an input of any size, known before any message is judged.

    interchanges: in order, without their messages. messages: how many each of them holds, with what
    is left of some. readable: its messages may be used.
    """

    syntax: "AnySyntax"
    interchanges: tuple[SomeInterchange, ...]
    messages: tuple[int, ...]
    findings: tuple[Finding, ...]
    readable: bool


DEFAULT_LANGUAGE = "de"
"""Of what edigate itself writes into an invoice, where nothing else is set."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What is known of a message's partners when it becomes an invoice. language: of what edigate
    itself writes into it."""

    partners: PartnerDirectory
    deviations: Deviations
    language: str


Wanted = Callable[[int, int], bool]
"""Asked with the number of the interchange and of the message in it when it is a message's turn."""

I = TypeVar("I", bound=SomeInterchange)  # noqa: E741
M = TypeVar("M", bound=SomeMessage)


class Syntax(Protocol[I, M]):
    """One input syntax. `charsets`: sender id -> Python codec, where a partner is known to send
    another charset than it declares. `data`: the whole input, at least by slices. Nothing here
    raises for what the bytes are; Misconfigured for a codec that does not exist."""

    @property
    def name(self) -> str:
        """As `Origins.syntax` says it; its examples stand in `schemas/<name>/examples.toml`."""

    def recognises(self, beginning: bytes) -> bool:
        """Whether an input that begins so is written in this syntax: by content alone."""

    def read(self, data: bytes, charsets: Mapping[str, str]) -> SomeTransmission:
        """Everything in an input."""

    def survey(self, source: BinaryIO, data: Bytes, charsets: Mapping[str, str]) -> Survey:
        """The envelopes of an input, in constant memory."""

    def messages(
        self, source: BinaryIO, survey: Survey, charsets: Mapping[str, str], wanted: Wanted
    ) -> Iterator[tuple[I, M, bool]]:
        """The messages of an input one after the other, in constant memory, each with the
        interchange as surveyed and whether it was wanted; what is not wanted has no content."""

    def remains(
        self, source: BinaryIO, survey: Survey, charsets: Mapping[str, str]
    ) -> SomeTransmission:
        """An input that cannot be used, with as much of its messages as people are told of."""

    def may_be_invoice(self, interchange: I, message: M) -> bool:
        """Whether the bytes do not rule out an invoice: then somebody has to be told of it."""

    def is_invoice(self, message: M) -> bool:
        """Whether the message says it is an invoice of this syntax."""

    def doubts(self, data: Bytes, interchange: I, message: M) -> tuple[Finding, ...]:
        """What else can be said of a message that may be an invoice and cannot be used."""

    def mapped(self, data: Bytes, interchange: I, message: M, agreed: Agreed) -> Mapped:
        """A readable invoice as an Invoice."""

    def placed(self, findings: tuple[Finding, ...], message: M) -> tuple[Finding, ...]:
        """The findings, those about something missing at the place where it would stand."""

    def parties(self, message: M) -> Iterator[str]:
        """Ids of the parties a message names, in order."""

    def lines(self, message: M) -> tuple[str, ...]:
        """The message as its places count it: the text of place 1 first."""

    def heading(self, message: M) -> tuple[str, str]:
        """Number and type code (UNTDID 1001) as far as they can be read without mapping."""

    def days(self, entry: AnnexEntry) -> tuple[date, date] | None:
        """The first and last day that an entry of the annex means, where it is a date."""

    def content_hash(self, message: M) -> str:
        """SHA-256 over what makes two invoices the same, sent again or not: all but their number
        and what is new in every sending."""

    def original(self, data: Bytes, interchange: I, message: M) -> bytes:
        """The message alone, of the bytes that were received."""


AnySyntax = Syntax[Any, Any]
"""A syntax of which only this is known: its messages go back to it alone."""
