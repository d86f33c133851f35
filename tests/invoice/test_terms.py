"""Business terms: every one has names, every filled one is found, every path has its term."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from edigate.invoice import model, terms
from edigate.invoice.model import Identifier
from tests.invoice.full import full_invoice
from tests.invoice.strategies import invoices


def test_every_term_of_the_standard_has_names() -> None:
    wanted = {f"BT-{n}" for n in range(1, 166) if n != 4} | {
        f"BG-{n}" for n in range(1, 33)
    }  # there is no BT-4
    assert set(terms.names()) == wanted
    for texts in terms.names().values():
        assert texts.de
        assert texts.en


def test_names_tell_the_terms_apart() -> None:
    for language in ("de", "en"):
        names = [texts.in_language(language) for texts in terms.names().values()]
        assert len(set(names)) == len(names), {name for name in names if names.count(name) > 1}


def test_name_in_both_languages() -> None:
    assert terms.name("BT-31", "de") == "USt-IdNr. des Verkäufers"
    assert terms.name("BT-31", "en") == "Seller VAT identifier"
    assert terms.name("BT-999", "de") == "BT-999"


def test_walk_goes_through_groups_and_lists() -> None:
    found = {path: (term, value) for path, term, value in terms.walk(full_invoice())}
    assert found["number"] == ("BT-1", "RE-2026/0815")
    assert found["seller.identifiers[1]"] == ("BT-29", Identifier("4012345000009", "0088"))
    assert found["lines[0].item.attributes[0].value"] == ("BT-161", "silber")
    assert found["supporting_documents[0].attached"][0] == "BT-125"
    assert "seller" not in found
    assert "lines[1].note" not in found


def test_walk_leaves_out_what_is_missing() -> None:
    empty = model.Invoice(process_control=model.ProcessControl(specification=None))
    assert list(terms.walk(empty)) == []
    assert list(terms.walk(replace(empty, number=""))) == []


@given(invoices())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_paths_have_the_term_they_were_walked_with(invoice: model.Invoice) -> None:
    for path, term, _ in terms.walk(invoice):
        assert terms.term_of(path) == term


@pytest.mark.parametrize(
    ("path", "term"),
    [
        ("", None),
        ("lines[3]", "BG-25"),
        ("lines", "BG-25"),
        ("seller", "BG-4"),
        ("lines[0].price.net_price", "BT-146"),
        ("seller.identifiers[1]", "BT-29"),
        ("nothing", None),
        ("number.more", None),
        ("seller.identifiers[1].value", None),
        ("lines[x]", None),
    ],
)
def test_term_of_a_path(path: str, term: str | None) -> None:
    assert terms.term_of(path) == term
