"""Random Invoices for property tests: every term of the model, filled or not, in every number the
profile allows.

The invoices are what the XML can say exactly (see `edigate.invoice.cii.read`): no empty groups, no
blank texts, no characters XML forbids, identifiers without scheme first, schemes and versions only
where the profile has them. They are not lawful and their sums are not right.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from typing import Any, TypeVar

from hypothesis import strategies as st

from edigate.invoice import model

T = TypeVar("T")

_FORBIDDEN = [chr(c) for c in (*range(0x20), 0xFFFE, 0xFFFF) if c not in (0x09, 0x0A, 0x0D)]

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=_FORBIDDEN), min_size=1, max_size=20
).filter(lambda text: not text.isspace())
codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=8)
amounts = st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False)
numbers = st.integers(0, 12).flatmap(
    lambda places: st.decimals(
        -(10**12), 10**12, places=places, allow_nan=False, allow_infinity=False
    )
)
dates = st.dates(date(1900, 1, 1), date(2199, 12, 31))
plain = st.builds(model.Identifier, texts)
identifiers = st.builds(model.Identifier, texts, st.none() | codes)
classifications = st.builds(model.Identifier, texts, st.none() | codes, st.none() | codes)
attachments = st.builds(
    model.Attachment, content=st.binary(min_size=1, max_size=64), mime_code=codes, filename=texts
)


def group(kind: Callable[..., T], **terms: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    """A group with any of its terms, but never without all."""
    optional = {name: st.none() | strategy for name, strategy in terms.items()}
    return st.builds(kind, **optional).filter(lambda value: value != kind())


def several(strategy: st.SearchStrategy[T], most: int = 3) -> st.SearchStrategy[tuple[T, ...]]:
    """A tuple of up to `most` values."""
    return st.lists(strategy, max_size=most).map(tuple)


def _all_texts(kind: type[T]) -> st.SearchStrategy[T]:
    return group(kind, **{field.name: texts for field in fields(kind)})  # type: ignore[arg-type]


def _with_lists(
    base: st.SearchStrategy[T], **lists: st.SearchStrategy[Any]
) -> st.SearchStrategy[T]:
    names = list(lists)
    return st.tuples(base, *lists.values()).map(
        lambda drawn: _replaced(drawn[0], dict(zip(names, drawn[1:], strict=True)))
    )


def _replaced(value: T, terms: dict[str, Any]) -> T:
    return replace(value, **terms)  # type: ignore[type-var]


allowance_terms = {
    "amount": amounts,
    "base_amount": amounts,
    "percentage": numbers,
    "reason": texts,
    "reason_code": codes,
}
document_level = allowance_terms | {"vat_category": codes, "vat_rate": numbers}

sellers = _with_lists(
    st.builds(
        model.Seller,
        name=st.none() | texts,
        trading_name=st.none() | texts,
        legal_registration=st.none() | identifiers,
        vat_identifier=st.none() | texts,
        tax_registration=st.none() | texts,
        legal_information=st.none() | texts,
        electronic_address=st.none() | identifiers,
        address=st.none() | _all_texts(model.SellerAddress),
        contact=st.none() | _all_texts(model.SellerContact),
    ),
    identifiers=several(identifiers).map(
        lambda found: tuple(sorted(found, key=lambda one: bool(one.scheme)))
    ),
)
buyers = st.builds(
    model.Buyer,
    name=st.none() | texts,
    trading_name=st.none() | texts,
    identifier=st.none() | identifiers,
    legal_registration=st.none() | identifiers,
    vat_identifier=st.none() | texts,
    electronic_address=st.none() | identifiers,
    address=st.none() | _all_texts(model.BuyerAddress),
    contact=st.none() | _all_texts(model.BuyerContact),
)
payments = _with_lists(
    st.builds(
        model.PaymentInstructions,
        means_code=st.none() | codes,
        means_text=st.none() | texts,
        remittance_information=st.none() | texts,
        card=st.none() | _all_texts(model.PaymentCard),
        direct_debit=st.none() | _all_texts(model.DirectDebit),
    ),
    credit_transfers=several(_all_texts(model.CreditTransfer)),
).filter(lambda payment: payment != model.PaymentInstructions())
items = _with_lists(
    st.builds(
        model.Item,
        name=st.none() | texts,
        description=st.none() | texts,
        seller_identifier=st.none() | texts,
        buyer_identifier=st.none() | texts,
        standard_identifier=st.none() | identifiers,
        country_of_origin=st.none() | codes,
    ),
    classifications=several(classifications),
    attributes=several(_all_texts(model.ItemAttribute)),
).filter(lambda item: item != model.Item())


@st.composite
def lines(draw: st.DrawFn) -> model.Line:
    """One invoice line."""
    quantity = draw(st.none() | numbers)
    price = draw(
        st.none()
        | group(
            model.Price,
            net_price=numbers,
            discount=numbers,
            gross_price=numbers,
            base_quantity=numbers,
        )
    )
    if price is not None and price.base_quantity is not None:
        # Without a price there is no element to hold the base quantity but the net price's.
        price = _replaced(price, {"base_quantity_unit": draw(st.none() | codes)})
    return model.Line(
        identifier=draw(st.none() | texts),
        note=draw(st.none() | texts),
        object_identifier=draw(st.none() | identifiers),
        quantity=quantity,
        unit_code=None if quantity is None else draw(st.none() | codes),
        net_amount=draw(st.none() | amounts),
        order_line_reference=draw(st.none() | texts),
        buyer_accounting_reference=draw(st.none() | texts),
        period=draw(st.none() | group(model.LinePeriod, start_date=dates, end_date=dates)),
        allowances=draw(several(group(model.LineAllowance, **allowance_terms))),
        charges=draw(several(group(model.LineCharge, **allowance_terms))),
        price=price,
        vat=draw(st.none() | group(model.LineVat, category=codes, rate=numbers)),
        item=draw(st.none() | items),
    )


@st.composite
def invoices(draw: st.DrawFn, most_lines: int = 3) -> model.Invoice:
    """One invoice with up to `most_lines` lines."""
    currency = draw(st.none() | codes)
    accounting = draw(st.none() | codes)
    totals = draw(
        st.builds(
            model.Totals,
            **{field.name: st.none() | amounts for field in fields(model.Totals)},
        )
    )
    if accounting is None or accounting == currency:
        # Two tax totals are told apart by their currencies.
        totals = _replaced(totals, {"tax_total_accounting": None})
    return model.Invoice(
        number=draw(st.none() | texts),
        issue_date=draw(st.none() | dates),
        type_code=draw(st.none() | codes),
        currency_code=currency,
        accounting_currency_code=accounting,
        tax_point_date=draw(st.none() | dates),
        tax_point_date_code=draw(st.none() | st.sampled_from(["3", "35", "432", "X"])),
        due_date=draw(st.none() | dates),
        buyer_reference=draw(st.none() | texts),
        project_reference=draw(st.none() | texts),
        contract_reference=draw(st.none() | texts),
        purchase_order_reference=draw(st.none() | texts),
        sales_order_reference=draw(st.none() | texts),
        receiving_advice_reference=draw(st.none() | texts),
        despatch_advice_reference=draw(st.none() | texts),
        tender_or_lot_reference=draw(st.none() | texts),
        object_identifier=draw(st.none() | identifiers),
        buyer_accounting_reference=draw(st.none() | texts),
        payment_terms=draw(st.none() | texts),
        notes=draw(several(group(model.Note, subject_code=codes, text=texts))),
        process_control=model.ProcessControl(
            business_process=draw(st.none() | texts), specification=draw(st.none() | texts)
        ),
        preceding_invoices=draw(
            several(group(model.PrecedingInvoice, reference=texts, issue_date=dates))
        ),
        seller=draw(sellers),
        buyer=draw(buyers),
        payee=draw(
            st.none()
            | group(model.Payee, name=texts, identifier=identifiers, legal_registration=identifiers)
        ),
        tax_representative=draw(
            st.none()
            | group(
                model.TaxRepresentative,
                name=texts,
                vat_identifier=texts,
                address=_all_texts(model.TaxRepresentativeAddress),
            )
        ),
        delivery=draw(
            st.none()
            | group(
                model.DeliveryInformation,
                name=texts,
                location=identifiers,
                actual_date=dates,
                address=_all_texts(model.DeliveryAddress),
            )
        ),
        period=draw(st.none() | group(model.InvoicingPeriod, start_date=dates, end_date=dates)),
        payment=draw(st.none() | payments),
        allowances=draw(several(group(model.DocumentAllowance, **document_level))),
        charges=draw(several(group(model.DocumentCharge, **document_level))),
        totals=totals,
        vat_breakdown=draw(
            several(
                group(
                    model.VatBreakdown,
                    taxable_amount=amounts,
                    tax_amount=amounts,
                    category=codes,
                    rate=numbers,
                    exemption_reason=texts,
                    exemption_code=codes,
                )
            )
        ),
        supporting_documents=draw(
            several(
                group(
                    model.SupportingDocument,
                    reference=texts,
                    description=texts,
                    external_location=texts,
                    attached=attachments,
                )
            )
        ),
        lines=draw(several(lines(), most_lines)),
    )
