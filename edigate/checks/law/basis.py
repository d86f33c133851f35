"""What a rule of any country may ask: the invoice, its origins and facts, and the circumstances it
is judged under.

The circumstances are everything that does not stand in the message: the day, the tenant's role,
what the tenant knows of the partner. Their defaults keep every rule silent that cannot be decided
from the message.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Literal

from edigate.checks.severity import SeverityChange
from edigate.findings import (
    Finding,
    Place,
    Texts,
    as_missing,
    catalogue,
    finding,
    unnamed,
    written,
)
from edigate.invoice.clauses import affirms
from edigate.invoice.codes import CORRECTED, CREDIT_NOTES, SELF_BILLED
from edigate.invoice.facts import Facts
from edigate.invoice.model import Identifier, Invoice
from edigate.invoice.origin import OriginKind, Origins, parent
from edigate.invoice.wording import Wording

Lost = tuple[Place, int, int, str]
"""A data element that reached neither the invoice nor the annex: place, element and component from
1, value."""


class Role(StrEnum):
    """What the tenant is in this invoice."""

    RECIPIENT = "recipient"
    ISSUER = "issuer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTerms:
    """What a tenant knows of a partner. id: the partner's GLN or VAT id; every default means "not
    known".

    cash_accounting: taxes when paid. small_business: is exempt as a small business. margin_scheme:
    taxes margins. triangular: supplies are triangular. private_property_service: works on a private
    recipient's property. edi_agreement: an EDI agreement is on file (None: no record is kept).
    delivery_note_date_is_supply_date and issue_month_is_supply_month: agreed ways to read the time
    of supply.
    """

    id: str
    cash_accounting: bool = False
    small_business: bool = False
    margin_scheme: bool = False
    triangular: bool = False
    private_property_service: bool = False
    edi_agreement: bool | None = None
    delivery_note_date_is_supply_date: bool = False
    issue_month_is_supply_month: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a verdict depends on besides the message.

    today: the clock of every date rule. role: the tenant's, None when nobody's (command line).
    received: day of receipt, today when None. severities: the tenant's changes, already checked by
    `severity.accepted`.
    """

    today: date
    role: Literal["recipient", "issuer"] | None = None
    tenant_vat_ids: tuple[str, ...] = ()
    received: date | None = None
    partners: tuple[PartnerTerms, ...] = ()
    severities: tuple[SeverityChange, ...] = ()


@dataclass(frozen=True)
class Basis:
    """One invoice under judgement; what several rules ask is worked out once."""

    invoice: Invoice
    origins: Origins
    facts: Facts
    circumstances: Circumstances
    lost: tuple[Lost, ...]

    @cached_property
    def wording(self) -> Wording:
        """Every text of the invoice, wherever it stands."""
        return Wording(self._every_text)

    @cached_property
    def shows_tax(self) -> bool:
        """Whether the invoice shows tax: an amount of it, or category S with a rate."""
        rows = self.invoice.vat_breakdown
        rates = [(r.category, r.rate) for r in rows] + [
            (x.vat.category, x.vat.rate) for x in self.invoice.lines if x.vat
        ]
        shown = self.tax_total or any(row.tax_amount for row in rows)
        return bool(shown) or any(category == "S" and rate for category, rate in rates)

    def affirms(self, statement: str) -> bool:
        """Whether a text of the invoice, wherever it stands, makes the statement
        (`schemas/law/*/wordings.toml`) its own."""
        if statement not in self._affirmed:
            said = self.wording.says(statement) and any(
                affirms(t, statement) for t in self._every_text
            )
            self._affirmed[statement] = said
        return self._affirmed[statement]

    def untaxed_by_words(self, statement: str) -> bool:
        """Whether words may stand for a kind of invoice: they affirm it, and no tax is shown."""
        return not self.shows_tax and self.affirms(statement)

    @cached_property
    def _affirmed(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _every_text(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(t for t in _texts(self.invoice, self.facts) if t))

    @cached_property
    def terms(self) -> PartnerTerms:
        """What the tenant knows of the seller, else of the buyer."""
        known = {t.id: t for t in self.circumstances.partners}
        invoice, facts = self.invoice, self.facts
        for key in (
            facts.seller_gln,
            invoice.seller.vat_identifier,
            facts.buyer_gln,
            invoice.buyer.vat_identifier,
        ):
            if key and key in known:
                return known[key]
        return PartnerTerms(id="")

    @property
    def role(self) -> Role | None:
        """The tenant's role."""
        return Role(self.circumstances.role) if self.circumstances.role else None

    @cached_property
    def credits(self) -> bool:
        """Whether the document's code says that money flows back."""
        return self.kind in CREDIT_NOTES

    @cached_property
    def corrects(self) -> bool:
        """Whether the document's code says that it corrects another."""
        return self.kind in CORRECTED

    @cached_property
    def self_billed(self) -> bool:
        """Whether the recipient made the document, by its code or by what the message says."""
        return self.kind in SELF_BILLED or self.facts.self_billing is not None

    @property
    def kind(self) -> str | None:
        """UNTDID 1001 code of the document."""
        return self.invoice.type_code or self.facts.document_code

    @cached_property
    def categories(self) -> frozenset[str]:
        """VAT category codes of breakdown and lines."""
        rows = [row.category for row in self.invoice.vat_breakdown]
        lines = [line.vat.category for line in self.invoice.lines if line.vat]
        return frozenset(c for c in rows + lines if c)

    @cached_property
    def tax_total(self) -> Decimal | None:
        """BT-110, else the sum of the breakdown's tax amounts when all are given."""
        if self.invoice.totals.tax_total is not None:
            return self.invoice.totals.tax_total
        amounts = [row.tax_amount for row in self.invoice.vat_breakdown]
        given = [a for a in amounts if a is not None]
        return sum(given, Decimal(0)) if given and len(given) == len(amounts) else None

    @cached_property
    def seller_country(self) -> str | None:
        """ISO 3166 code of the seller's address, else of his VAT id."""
        address = self.invoice.seller.address
        return (address and address.country_code) or country_of(self.invoice.seller.vat_identifier)

    @cached_property
    def buyer_country(self) -> str | None:
        """ISO 3166 code of the buyer's address, else of his VAT id."""
        address = self.invoice.buyer.address
        return (address and address.country_code) or country_of(self.invoice.buyer.vat_identifier)

    @cached_property
    def delivery_country(self) -> str | None:
        """ISO 3166 code of the deliver-to address."""
        delivery = self.invoice.delivery
        return delivery.address.country_code if delivery and delivery.address else None

    @cached_property
    def referenced(self) -> bool:
        """Whether the invoice names an earlier one (BG-3, or a reference IV, OI, ABO anywhere)."""
        return bool(self.invoice.preceding_invoices) or self.has_reference("IV", "OI", "ABO")

    def has_reference(self, *qualifiers: str) -> bool:
        """Whether the message holds a reference with one of the UNTDID 1153 qualifiers."""
        return any(r.qualifier in qualifiers for r in self.facts.references)

    def from_master_data(self, path: str) -> bool:
        """Whether the value at `path` came from the partner master data."""
        origin = self.origins.get(path)
        return origin is not None and origin.kind is OriginKind.MASTER_DATA

    def stated(self, path: str) -> bool:
        """Whether the message itself says what stands at `path`; what edigate derived is not
        said."""
        origin = self.origins.get(path)
        return origin is None or origin.kind is not OriginKind.DERIVED

    def place(self, *paths: str) -> Place | None:
        """The first segment found for one of the paths or a group around it; the message's first
        segment at last."""
        for path in paths:
            while path:
                origin = self.origins.get(path)
                if origin is not None and origin.places:
                    return origin.places[0]
                path = parent(path)  # noqa: PLW2901
        return self.origins.place("")

    def stands(self, group: str) -> bool:
        """Whether the message has anything at all of a group."""
        return any(path == group or path.startswith(f"{group}.") for path in self.origins)

    def hit(
        self,
        rule: str,
        *paths: str,
        case: str | Sequence[str] = (),
        place: Place | None = None,
        missing: str | None = None,
        line: str | None = None,
        term: str | None = None,
        **values: object,
    ) -> Finding:
        """The finding of a rule at the first of `paths` that has a segment.

        case: the ways it is broken (`cases` of the catalogue: weight, basis, words); of two that
        speak of the same thing the last one counts. missing: the term that is not there, "" for
        whatever the rule asks for. `seller`, `buyer` and `number` are always among the values; a
        `Texts` or `date` value `x` fills `{x_de}` and `{x_en}`.
        """
        syntax = self.origins.syntax
        shown = self._parties(syntax)
        for name, value in values.items():
            shown |= _by_language(name, value)
        return finding(
            rule,
            cases=(case,) if isinstance(case, str) else case,
            place=place or self.place(*paths),
            term=term,
            missing=None
            if missing is None
            else as_missing(catalogue(syntax)[rule], missing, **values),
            line=line,
            severity=None,
            basis=None,
            official=None,
            location=None,
            in_syntax=syntax,
            **shown,
        )

    def _parties(self, syntax: str) -> dict[str, object]:
        """How the parties and the document are called in texts."""
        seller, buyer = self.invoice.seller, self.invoice.buyer
        return {
            "seller": seller.name
            or self.facts.seller_gln
            or _first(seller.identifiers)
            or unnamed("seller", syntax),
            "buyer": buyer.name
            or self.facts.buyer_gln
            or _first((buyer.identifier,))
            or unnamed("buyer", syntax),
            "number": self.invoice.number or "",
        }


def _by_language(name: str, value: object) -> dict[str, object]:
    """A value as the fields of the texts that show it."""
    if isinstance(value, Texts):
        return {f"{name}_de": value.de, f"{name}_en": value.en}
    if isinstance(value, date):
        return {f"{name}_de": written(value, "de"), f"{name}_en": value.isoformat()}
    return {name: value}


def country_of(vat_identifier: str | None) -> str | None:
    """ISO 3166 code of a VAT id's prefix (EL is Greece), or None."""
    prefix = (vat_identifier or "")[:2].upper()
    if not prefix.isalpha() or len(prefix) < 2:
        return None
    return {"EL": "GR", "XI": "GB"}.get(prefix, prefix)


def _first(identifiers: Iterable[Identifier | None]) -> str | None:
    return next((i.value for i in identifiers if i), None)


def _texts(invoice: Invoice, facts: Facts) -> Iterator[str]:
    yield facts.document_name
    yield from (t.text for t in facts.texts)
    yield from (n.text for n in invoice.notes if n.text)
    yield invoice.payment_terms or ""
    yield invoice.seller.legal_information or ""
    for row in invoice.vat_breakdown:
        yield row.exemption_reason or ""
    for line in invoice.lines:
        yield line.note or ""


Rows = Iterator[Finding]
"""What every rule returns."""
