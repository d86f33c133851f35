"""Which supplier a document is of, which it takes the place of, and whether somebody has to look at
it."""

from datetime import date

import pytest

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.config import Tenant
from edigate.masterdata import PartnerDirectory
from edigate.pipeline import JudgedMessage
from edigate.service.conversion import lineage
from edigate.store import Standing
from tests.fixtures.cases import engines
from tests.generate import SELLER, interchange, invoice


def judged(old: bytes = b"", new: bytes = b"", *, tax_id: bool = True) -> JudgedMessage:
    """A generated invoice with something else in it."""
    edi = interchange([invoice(2, "RE-9", tax_id=tax_id)])
    assert old in edi
    conditions = pipeline.Conditions(
        Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {}
    )
    (document,) = pipeline.examine(
        edi.replace(old, new) if old else edi, engines(), conditions
    ).documents
    return document


def test_every_id_of_the_supplier_is_named_by_kind() -> None:
    ids = lineage.supplier_ids(judged())
    assert f"id:{SELLER}" in ids
    assert f"unb:{SELLER}" in ids
    assert any(one.startswith("vat:DE") for one in ids)
    assert not any(one.startswith("vat:") for one in lineage.supplier_ids(judged(tax_id=False)))
    assert all(" " not in one for one in ids)


REFERENCE = b"RFF+OI:RE-1'"


@pytest.mark.parametrize(
    ("bgm", "more", "replaced"),
    [
        (b"BGM+384+RE-9+9'", REFERENCE, ("RE-1",)),
        (b"BGM+380+RE-9+5'", REFERENCE, ("RE-1",)),
        (b"BGM+380+RE-9+9'", REFERENCE, ()),
        (b"BGM+381+RE-9+9'", REFERENCE, ()),
        (b"BGM+384+RE-9+9'", b"", ()),
    ],
)
def test_a_correction_takes_the_place_of_what_it_names(
    bgm: bytes, more: bytes, replaced: tuple[str, ...]
) -> None:
    edi = interchange([invoice(2, "RE-9")])
    start = edi.index(b"BGM+")
    head = edi[start : edi.index(b"NAD+", start)]
    dates = head[head.index(b"'") + 1 :]
    assert lineage.replaces(judged(head, bgm + dates + more)) == replaced


@pytest.mark.parametrize("watched", [False, True])
def test_what_is_no_invoice_is_open_where_the_tenant_wants_it(watched: bool) -> None:
    tenant = Tenant(account="1", name="Baumarkt Süd AG", watch_other_documents=watched)
    assert lineage.standing(State.NOT_AN_INVOICE, tenant) is (Standing.OPEN if watched else None)
    assert {
        lineage.standing(state, tenant) for state in State if state is not State.NOT_AN_INVOICE
    } == {None}
