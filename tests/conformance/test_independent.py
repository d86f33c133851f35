"""The independent look at a package sees what is wrong, and the last word says so."""

from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from edigate.invoice.cii import write
from edigate.pdf.package import package
from tests.checks.invoices import of_size
from tests.conformance import __main__ as conformance
from tests.conformance import independent
from tests.conformance.__main__ import Check, Opinion
from tests.conformance.documents import Specimen
from tests.conformance.maven import Unavailable
from tests.invoice.full import full_invoice
from tests.pdf import samples


@pytest.fixture
def specimen(tmp_path: Path) -> Specimen:
    content = samples.content(full_invoice())
    path = tmp_path / "full.pdf"
    path.write_bytes(package(content))
    return Specimen("full", path, content.xml, content.original)


def test_a_package_holds_what_went_into_it(specimen: Specimen) -> None:
    assert independent.embedded(specimen) == []
    assert independent.schema(specimen.xml) == []


def test_other_embedded_bytes_are_seen(specimen: Specimen) -> None:
    assert independent.embedded(replace(specimen, xml=specimen.xml + b" ")) != []
    assert independent.embedded(replace(specimen, original=b"UNB")) != []


def test_another_relationship_is_seen(specimen: Specimen) -> None:
    with pikepdf.open(specimen.path, allow_overwriting_input=True) as pdf:
        for spec in pdf.Root.AF:
            spec.AFRelationship = pikepdf.Name.Data
        pdf.save(specimen.path)
    assert len(independent.embedded(specimen)) == 2


def test_the_schema_and_the_rules_as_shipped_see_what_is_wrong(tmp_path: Path) -> None:
    good = write(of_size(3)).xml
    wrong = good.replace(b"<ram:LineTotalAmount>", b"<ram:LineTotalAmount>1")
    files = [tmp_path / "good.xml", tmp_path / "wrong.xml"]
    for path, xml in zip(files, (good, wrong), strict=True):
        path.write_bytes(xml)
    found = independent.rules(independent.official_sheet(), files)
    assert found[files[0]] == []
    assert any("BR-CO-10" in said for said in found[files[1]])
    assert independent.schema(good.replace(b"ram:TypeCode>", b"ram:Kind>")) != []


def test_a_document_no_rule_looks_at_is_no_silence(tmp_path: Path) -> None:
    path = tmp_path / "other.xml"
    path.write_bytes(b"<other/>")
    with pytest.raises(RuntimeError, match="looked at"):
        independent.rules(independent.official_sheet(), [path])


def test_only_the_empty_delivery_is_unavoidable() -> None:
    said = ["PEPPOL-EN16931-R008 empty", "BR-01 no"]
    ram = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
    alone = f'<a xmlns:ram="{ram}"><b>1</b><ram:ApplicableHeaderTradeDelivery/></a>'.encode()
    more = alone.replace(b"<b>1</b>", b"<b> </b>")
    assert independent.nothing_to_say(alone, said) == said[1:]
    assert independent.nothing_to_say(more, said) == said


def test_silence_is_no_approval() -> None:
    def missing() -> tuple[int, list[str], str]:
        raise Unavailable("no java")

    assert Check("x", lambda: (0, [], "")).opinion().word == "FAILED"
    assert Check("x", lambda: (1, ["no"], "")).opinion().word == "FAILED"
    assert Check("x", lambda: (1, [], "")).opinion().word == "passed"
    assert Check("x", missing).opinion().skipped == "no java"
    assert Check("x", missing).opinion().word == "SKIPPED"
    assert conformance.table([Opinion("x", 1)]).row_count == 1
