"""What German law does not ask for but EN 16931 does: lawful invoices that cannot be written as EN
16931 ones.

They are held with one finding that says just that, in the place of the official rules that fail
(`schemas/causes.toml`).
"""

from collections.abc import Iterator

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.description import described_elsewhere, has_code, name_of
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.names_and_addresses import joined
from edigate.checks.law.de.profile import Profile
from edigate.findings import Texts

_Item = tuple[Texts, str, str, str, str]
"""What is absent, the path near which it would stand, the term, the paragraph that lets it be, a
segment with it."""

_BUYER = Texts("Name und Anschrift des Käufers", "the buyer's name and address")
_ADDRESS = Texts("die Anschrift des Käufers", "the buyer's address")
_NUMBER = Texts("die Rechnungsnummer", "the invoice number")
_TAX_ID = Texts(
    "USt-IdNr. oder Steuernummer des Lieferanten", "the supplier's VAT id or tax number"
)
_BUYER_ID = Texts("die USt-IdNr. des Käufers", "the buyer's VAT id")
_HOME = Texts("das Land des Lieferanten", "the supplier's country")
_BUYERS_COUNTRY = Texts("das Land des Käufers", "the buyer's country")
_DESTINATION = Texts("das Bestimmungsland der Lieferung", "the country the goods go to")


def frm_13_cannot_be_said(context: GermanContext) -> Rows:
    """EN 16931 BR-02, BR-07, BR-09 to BR-11, BR-25, BR-S-02, BR-AE-02, BR-IC-12: mandatory there,
    but not under §§ 31, 33 and 34a UStDV (codes, other documents, short invoices) and § 14a Abs. 3
    and 5 UStG."""
    items = tuple(_absent(context))
    if not items:
        return
    laws = tuple(dict.fromkeys(law for _, _, _, law, _ in items))
    _, path, term, _, segment = items[0]
    yield context.hit(
        "FRM-13",
        path,
        "number",
        term=term,
        missing=segment,
        what=joined(tuple(what for what, *_ in items)),
        law=Texts(" und ".join(laws), " and ".join(laws)),
    )


def _absent(context: GermanContext) -> Iterator[_Item]:
    invoice, buyer = context.invoice, context.invoice.buyer
    small, business = context.has(Profile.SMALL_AMOUNT), context.has(Profile.SMALL_BUSINESS)
    law = "§ 33 UStDV" if small else "§ 34a UStDV"
    if (
        small
        and not context.facts.buyer_gln
        and not (buyer.name and buyer.address and buyer.address.country_code)
    ):
        what = _ADDRESS if buyer.name else _BUYER
        yield what, "buyer", "BT-44", law, "NAD+BY+++Kunde AG+Marktplatz 2+Beispielstadt++54321+DE'"
    if (small or business) and not invoice.number and context.facts.document_code:
        yield _NUMBER, "number", "BT-1", law, "BGM+380+RE-4711+9'"
    seller = invoice.seller
    representative = invoice.tax_representative
    if (
        small
        and context.stands("seller")
        and not (seller.vat_identifier or seller.tax_registration or representative)
    ):
        yield _TAX_ID, "seller", "BT-31", law, "RFF+VA:DE123456788'"
    yield from _countries(context)
    yield from _descriptions(context)
    home = context.seller_country in ("DE", None) and context.buyer_country in ("DE", None)
    known = buyer.vat_identifier or buyer.legal_registration
    if context.has(Profile.REVERSE_CHARGE) and home and not known and context.stands("buyer"):
        yield _BUYER_ID, "buyer", "BT-48", "§ 14a Abs. 5 UStG", "RFF+VA:DE987654328'"
    if context.has(Profile.INTRA_COMMUNITY) and context.delivery_country is None:
        yield (
            _DESTINATION,
            "delivery",
            "BT-80",
            "§ 14a Abs. 3 UStG",
            "NAD+DP+++Lager+Kai 1+Linz++4020+AT'",
        )


def _countries(context: GermanContext) -> Iterator[_Item]:
    """An address at home is complete without the country (§ 31 Abs. 2 UStDV)."""
    seller, buyer = context.invoice.seller.address, context.invoice.buyer.address
    if seller and seller.city and not seller.country_code:
        yield (
            _HOME,
            "seller.address",
            "BT-40",
            "§ 31 Abs. 2 UStDV",
            "NAD+SU+++Lieferant GmbH+Weg 1+Ort++12345+DE'",
        )
    if buyer and buyer.city and not buyer.country_code and not context.has(Profile.SMALL_AMOUNT):
        yield (
            _BUYERS_COUNTRY,
            "buyer.address",
            "BT-55",
            "§ 31 Abs. 2 UStDV",
            "NAD+BY+++Kunde AG+Weg 2+Ort++54321+DE'",
        )


def _descriptions(context: GermanContext) -> Iterator[_Item]:
    """The delivery note or order may hold the description (§ 31 Abs. 1 UStDV)."""
    if not described_elsewhere(context):
        return
    for index, line in enumerate(context.invoice.lines):
        if not name_of(line) and not has_code(line.item):
            number = line.identifier or str(index + 1)
            what = Texts(
                f"die Bezeichnung in Position {number}", f"the description in line {number}"
            )
            yield (
                what,
                f"lines[{index}]",
                "BT-153",
                "§ 31 Abs. 1 UStDV",
                "IMD+F++:::Bohrmaschine 850 W'",
            )
            return
