"""The official XML schema: every lawful invoice passes, every fault is named with its place."""

import re

import pytest

from edigate.checks.official.artefacts import load
from edigate.checks.official.xsd import XsdValidator
from edigate.findings import FindingClass, Severity, Source, catalogue
from edigate.invoice.cii import write
from tests.checks.invoices import invoices
from tests.checks.mutations import mutations
from tests.checks.test_schematron import origins
from tests.conformance.schematron_equality import bases

DOCUMENT = write(invoices()["two rates"])


@pytest.fixture(scope="module")
def xsd() -> XsdValidator:
    return XsdValidator(load())


@pytest.mark.parametrize("name", invoices())
def test_lawful_invoices_pass(xsd: XsdValidator, name: str) -> None:
    assert xsd.check(write(invoices()[name]).xml) == ()


@pytest.mark.parametrize(
    ("good", "bad", "rule", "term", "line", "named"),
    [
        (
            ">20.00</ram:LineTotalAmount",
            ">zwanzig</ram:LineTotalAmount",
            "XSD-VALUE",
            "BT-131",
            "1",
            "zwanzig",
        ),
        ("<ram:LineID>2</ram:LineID>", "", "XSD-MISSING", "BT-126", None, "ram:LineID"),
        (
            "<ram:CategoryCode>S</ram:CategoryCode>",
            "",
            "XSD-ORDER",
            "BT-152",
            "1",
            "ram:CategoryCode",
        ),
        (' format="102"', "", "XSD-ATTRIBUTE-MISSING", "BT-2", None, "format"),
        (
            '<ram:BilledQuantity unitCode="H87"',
            '<ram:BilledQuantity unit="H87"',
            "XSD-ATTRIBUTE",
            "BT-129",
            "1",
            "unit",
        ),
        ("<ram:LineID>2<", "<ram:LineID>2<ram:ID/><", "XSD-CONTENT", "BT-126", "2", "ram:LineID"),
        (
            "rsm:CrossIndustryInvoice",
            "rsm:CrossIndustryDocument",
            "XSD-ROOT",
            None,
            None,
            "CrossIndustryDocument",
        ),
        ("<ram:LineID>", "<ram:LineID", "XSD-SYNTAX", None, None, "XML"),
        (
            "<rsm:CrossIndustryInvoice ",
            "<!DOCTYPE x><rsm:CrossIndustryInvoice ",
            "XSD-SYNTAX",
            None,
            None,
            "DOCTYPE",
        ),
    ],
)
def test_a_fault_is_named(
    xsd: XsdValidator,
    *,
    good: str,
    bad: str,
    rule: str,
    term: str | None,
    line: str | None,
    named: str,
) -> None:
    count = -1 if rule == "XSD-ROOT" else 1
    assert good in DOCUMENT.xml.decode()
    broken = DOCUMENT.xml.decode().replace(good, bad, count).encode()
    found = xsd.check(broken, DOCUMENT.paths, origins(DOCUMENT))[0]
    assert (found.rule, found.term, found.line) == (rule, term, line)
    assert (found.severity, found.category, found.source) == (
        Severity.ERROR,
        FindingClass.FORMAT,
        Source.XSD,
    )
    assert named in found.message.de
    assert named in found.message.en
    assert found.official
    if term:
        assert found.place is not None
        assert found.location


def test_faults_the_schema_knows_are_all_put_into_words(xsd: XsdValidator) -> None:
    """Nothing falls through to XSD-OTHER, and no text has a field that nothing fills."""
    seen = set()
    for mutation in mutations(bases(), 1500, seed=3):
        for found in xsd.check(mutation.xml):
            seen.add(found.rule)
            assert found.rule != "XSD-OTHER", found.official
            if found.rule != "XSD-ORDER":
                assert not re.search(r"(?<![\w.:])…", found.message.de), found
    assert seen >= {
        "XSD-VALUE",
        "XSD-ORDER",
        "XSD-MISSING",
        "XSD-ATTRIBUTE",
        "XSD-CONTENT",
        "XSD-ATTRIBUTE-MISSING",
    }


def test_an_element_nothing_more_is_expected_after(xsd: XsdValidator) -> None:
    broken = DOCUMENT.xml.replace(
        b"</rsm:CrossIndustryInvoice>", b"<ram:ID/></rsm:CrossIndustryInvoice>"
    )
    (found,) = xsd.check(broken)
    assert found.rule == "XSD-ORDER"


def test_the_validator_forgets_the_document_before(xsd: XsdValidator) -> None:
    assert xsd.check(DOCUMENT.xml.replace(b">20.00<", b">x<"))
    assert xsd.check(DOCUMENT.xml) == ()


def test_explanations_are_complete() -> None:
    for rule in (r for r in catalogue().values() if r.source is Source.XSD):
        assert rule.meaning, rule.id
        assert rule.expected, rule.id
        assert rule.title.de != rule.title.en
