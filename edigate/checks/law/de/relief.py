"""What German law does not ask for but EN 16931 does: lawful invoices that cannot be written as EN
16931 ones.

They are held with one finding that says just that, in the place of the official rules that fail
(`schemas/causes.toml`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.description import described_elsewhere, has_code, name_of
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.findings import Texts, joined, part, word


@dataclass(frozen=True, slots=True)
class _Item:
    """What may be absent. case: what it is called; law: the paragraph that lets it be (both cases
    of FRM-13); path: near which it would stand; absent: whether it is, and may be."""

    case: str
    law: str
    path: str
    term: str
    absent: Callable[[GermanContext], bool]


def frm_13_cannot_be_said(context: GermanContext) -> Rows:
    """EN 16931 BR-02, BR-07, BR-09 to BR-11, BR-25, BR-S-02, BR-AE-02, BR-IC-12: mandatory there,
    but not under §§ 31, 33 and 34a UStDV (codes, other documents, short invoices) and § 14a Abs. 3
    and 5 UStG."""
    items = [item for item in _items(context) if item.absent(context)]
    if not items:
        return
    laws = dict.fromkeys(part("FRM-13", item.law, "law") for item in items)
    both = word("and")
    yield context.hit(
        "FRM-13",
        items[0].path,
        "number",
        term=items[0].term,
        missing=items[0].term,
        what=joined([_name(context, item) for item in items]),
        law=Texts(
            f" {both.de} ".join(law.de for law in laws), f" {both.en} ".join(law.en for law in laws)
        ),
    )


def _items(context: GermanContext) -> Iterator[_Item]:
    """Everything that may be absent, in the order it is named."""
    law = "small-amount" if context.has(Profile.SMALL_AMOUNT) else "small-business"
    buyer = "buyer-address" if context.invoice.buyer.name else "buyer"
    yield _Item(buyer, law, "buyer", "BT-44", _buyer_may_be_absent)
    yield _Item("number", law, "number", "BT-1", _number_may_be_absent)
    yield _Item("tax-id", law, "seller", "BT-31", _tax_id_may_be_absent)
    yield from _OF_ADDRESSES
    index = _undescribed(context)
    if index is not None:
        yield _Item("description", "documents", f"lines[{index}]", "BT-153", lambda _: True)
    yield from _OF_TAX


def _name(context: GermanContext, item: _Item) -> Texts:
    """What is absent, in words; of a description, in which line."""
    said = part("FRM-13", item.case)
    index = _undescribed(context) if item.case == "description" else None
    if index is None:
        return said
    position = context.invoice.lines[index].identifier or str(index + 1)
    return Texts(said.de.format(position=position), said.en.format(position=position))


def _buyer_may_be_absent(context: GermanContext) -> bool:
    """Small amounts need no recipient (§ 33 UStDV)."""
    if not context.has(Profile.SMALL_AMOUNT) or context.facts.buyer_gln:
        return False
    buyer = context.invoice.buyer
    return not (buyer.name and buyer.address and buyer.address.country_code)


def _number_may_be_absent(context: GermanContext) -> bool:
    """Small amounts and Kleinunternehmer need no number (§§ 33, 34a UStDV)."""
    relieved = context.has(Profile.SMALL_AMOUNT, Profile.SMALL_BUSINESS)
    return relieved and not context.invoice.number and bool(context.facts.document_code)


def _tax_id_may_be_absent(context: GermanContext) -> bool:
    """Small amounts need no tax id of the supplier (§ 33 UStDV)."""
    seller = context.invoice.seller
    if not context.has(Profile.SMALL_AMOUNT) or not context.stands("seller"):
        return False
    by_another = context.invoice.tax_representative
    return not (seller.vat_identifier or seller.tax_registration or by_another)


def _seller_at_home(context: GermanContext) -> bool:
    """An address at home is complete without the country (§ 31 Abs. 2 UStDV)."""
    seller = context.invoice.seller.address
    return seller is not None and bool(seller.city) and not seller.country_code


def _buyer_at_home(context: GermanContext) -> bool:
    """The same for the buyer, who is not asked for at all on small amounts."""
    buyer = context.invoice.buyer.address
    if buyer is None or context.has(Profile.SMALL_AMOUNT):
        return False
    return bool(buyer.city) and not buyer.country_code


def _undescribed(context: GermanContext) -> int | None:
    """The first line whose description the delivery note or order may hold (§ 31 Abs. 1 UStDV)."""
    if not described_elsewhere(context):
        return None
    lines = enumerate(context.invoice.lines)
    return next((i for i, x in lines if not name_of(x) and not has_code(x.item)), None)


def _buyer_id_may_be_absent(context: GermanContext) -> bool:
    """Where the recipient owes the tax at home, his VAT id is not asked for."""
    if not context.has(Profile.REVERSE_CHARGE) or not (context.german and context.german_buyer):
        return False
    buyer = context.invoice.buyer
    return context.stands("buyer") and not (buyer.vat_identifier or buyer.legal_registration)


def _destination_may_be_absent(context: GermanContext) -> bool:
    return context.has(Profile.INTRA_COMMUNITY) and context.delivery_country is None


_OF_ADDRESSES = (
    _Item("seller-country", "codes", "seller.address", "BT-40", _seller_at_home),
    _Item("buyer-country", "codes", "buyer.address", "BT-55", _buyer_at_home),
)
_OF_TAX = (
    _Item("buyer-id", "reverse-charge", "buyer", "BT-48", _buyer_id_may_be_absent),
    _Item("destination", "intra-community", "delivery", "BT-80", _destination_may_be_absent),
)
