"""The official Schematron: the fast engine says what the official one says, and never more than it
knows."""

import re
import threading
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from edigate.checks.official.artefacts import load
from edigate.checks.official.hits import Hit, explain, rule_for
from edigate.checks.official.schematron import NotChecked, Schematron, SchematronResult
from edigate.findings import Finding, FindingClass, Place, Severity, Source, catalogue
from edigate.invoice.cii import CiiDocument, write
from edigate.invoice.model import Invoice
from edigate.invoice.origin import Origin, OriginKind, Origins
from edigate.resources import schema
from tests.checks.invoices import invoices
from tests.checks.mutations import mutations
from tests.conformance.schematron_equality import bases, compare

# Empty elements are officially a warning; this invoice has one, because the XSD asks for the
# delivery group.
WITH_EMPTY_ELEMENT = "period"


@pytest.fixture(scope="module")
def fast() -> Schematron:
    return Schematron(load())


@pytest.fixture(scope="module")
def official() -> Schematron:
    return Schematron(load(), "official")


def origins(document: CiiDocument) -> Origins:
    """A segment of its own for everything the invoice says, named after the path."""
    paths = sorted(p for p in set(document.paths.values()) if p)
    return Origins(
        {
            p: Origin(OriginKind.SEGMENT, (Place(n, "XXX", p, 0, 1),))
            for n, p in enumerate(paths, start=1)
        }
    )


def check(engine: Schematron, invoice: Invoice) -> SchematronResult:
    document = write(invoice)
    return engine.check(document.xml, document.paths, origins(document))


def by_rule(findings: Sequence[Finding]) -> dict[str, Finding]:
    assert len({f.rule for f in findings}) == len(findings)
    return {f.rule: f for f in findings}


def test_the_installed_stylesheet_can_be_rewritten(fast: Schematron, official: Schematron) -> None:
    assert (fast.engine, official.engine) == ("fast", "official")


@pytest.mark.parametrize("name", invoices())
def test_lawful_invoices_have_no_hits(fast: Schematron, name: str) -> None:
    expected = ["PEPPOL-EN16931-R008"] if name == WITH_EMPTY_ELEMENT else []
    assert [h.rule for h in check(fast, invoices()[name]).hits] == expected


def test_both_engines_say_the_same_of_mutated_invoices(
    fast: Schematron, official: Schematron
) -> None:
    used = bases()
    assert len(used) >= 25
    result = compare(fast, official, mutations(used, 500))
    assert result.different == []
    assert result.compared == 500
    # Proof that the mutations are worth something: many rules fire, and few documents are refused
    # by both.
    assert len(result.rules) > 120
    assert result.refused < 125


MEANS = b"<ram:SpecifiedTradeSettlementPaymentMeans>"
CONTACT = b"<ram:DefinedTradeContact>"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        # A context whose predicate errs: no match in a pattern, the end of the transformation in a
        # selection.
        ("transfer", b"<ram:TypeCode>58<", b"<ram:TypeCode>58</ram:TypeCode><ram:TypeCode>58<"),
        # Contexts inside contexts, matched and unmatched: each fires once, however deep it stands.
        (
            "card",
            MEANS,
            MEANS
            + MEANS
            + b"<ram:TypeCode>58</ram:TypeCode></ram:SpecifiedTradeSettlementPaymentMeans>",
        ),
        ("nested contacts", CONTACT, CONTACT + CONTACT + b"</ram:DefinedTradeContact>"),
        ("plain", b"<ram:SellerTradeParty>", b"<ram:SellerTradeParty><ram:SellerTradeParty/>"),
        (
            "plain",
            b"<ram:CategoryCode>S<",
            b"<ram:CategoryCode><ram:CategoryCode>S</ram:CategoryCode>S<",
        ),
        # An empty element inside one that another rule of the same document matches.
        ("plain", b"<ram:CityName>Musterstadt</ram:CityName>", b"<ram:CityName> </ram:CityName>"),
    ],
)
def test_what_is_hard_to_rewrite(
    fast: Schematron, official: Schematron, name: str, good: bytes, bad: bytes
) -> None:
    xml = write(invoices()[name]).xml
    assert good in xml
    hits = official.hits(xml.replace(good, bad, 1))
    assert hits
    assert fast.hits(xml.replace(good, bad, 1)) == hits


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"<a/>", "no official rule"),
        (b"<a", "ended with an error"),
        (b"", "ended with an error"),
        (b"\xff\xfe", "ended with an error"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE"),
        (write(invoices()["plain"]).xml.replace(b">56.49<", b">abc<"), "ended with an error"),
    ],
)
def test_what_cannot_be_judged_is_not_checked(
    fast: Schematron, official: Schematron, xml: bytes, reason: str
) -> None:
    for engine in (fast, official):
        with pytest.raises(NotChecked, match=reason) as caught:
            engine.check(xml)
        assert caught.value.code == "NOT-CHECKED"


def test_an_engine_that_refused_goes_on_working(fast: Schematron) -> None:
    with pytest.raises(NotChecked):
        fast.hits(b"<a")
    assert fast.hits(write(invoices()["plain"]).xml) == ()


def test_the_engine_is_not_used_from_another_thread(fast: Schematron) -> None:
    caught: list[NotChecked] = []

    def elsewhere() -> None:
        try:
            fast.hits(write(invoices()["plain"]).xml)
        except NotChecked as error:
            caught.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "process and thread" in caught[0].message


def test_a_wrong_sum_names_both_amounts_and_its_segment(fast: Schematron) -> None:
    plain = invoices()["plain"]
    broken = replace(plain, totals=replace(plain.totals, line_total=Decimal("1.00")))
    found = by_rule(check(fast, broken).findings)["BR-CO-10"]
    assert found.severity is Severity.ERROR
    assert found.source is Source.SCHEMATRON
    assert found.category is FindingClass.BUSINESS_RULE
    assert found.basis == "EN 16931 BR-CO-10"
    assert found.term == "BT-106"
    assert found.place is not None
    assert found.place.text == "totals.line_total"
    assert "1,00" in found.message.de
    assert "1.00" in found.message.en
    assert "56.49" in found.message.en
    assert found.expected is not None
    assert found.expected.de == "MOA+79:56.49'"
    assert found.official is not None
    assert found.official.startswith("[BR-CO-10]-Sum of Invoice line net amount")


def test_one_missing_identifier_is_one_finding_however_many_lines_ask_for_it(
    fast: Schematron,
) -> None:
    plain = invoices()["plain"]
    result = check(
        fast,
        replace(plain, seller=replace(plain.seller, vat_identifier=None, tax_registration=None)),
    )
    found = by_rule(result.findings)["BR-S-02"]
    assert found.count == sum(h.rule == "BR-S-02" for h in result.hits) == 3
    assert found.missing == "RFF+VA:DE123456788'"
    assert found.place is not None
    assert found.place.text == "seller"
    assert found.line is None


def test_what_is_absent_leads_to_the_party_that_lacks_it(fast: Schematron) -> None:
    reverse = invoices()["reverse charge"]
    found = check(
        fast, replace(reverse, buyer=replace(reverse.buyer, vat_identifier=None))
    ).findings
    assert [(f.term, f.place and f.place.text) for f in found] == [("BT-48", "buyer")]
    assert found[0].also  # line and allowance ask for the same identifier


def test_the_profile_does_not_repeat_what_the_standard_misses(fast: Schematron) -> None:
    found = check(fast, replace(invoices()["plain"], number=None)).findings
    assert [f.rule for f in found] == ["BR-02"]
    assert found[0].also[0].startswith("FX-SCH-A-")
    assert found[0].missing is not None


@pytest.mark.parametrize(("tag", "missing"), [("NAD", False), ("BGM", True)])
def test_a_segment_that_is_there_is_not_called_missing(
    fast: Schematron, tag: str, missing: bool
) -> None:
    plain = invoices()["plain"]
    assert plain.seller.address is not None
    address = replace(plain.seller.address, country_code=None)
    document = write(replace(plain, seller=replace(plain.seller, address=address)))
    where = Origins({"seller": Origin(OriginKind.SEGMENT, (Place(3, tag, f"{tag}+SU'", 0, 1),))})
    found = by_rule(fast.check(document.xml, document.paths, where).findings)["BR-09"]
    assert (found.missing is not None) is missing


def test_a_wrong_code_is_named_with_its_line(fast: Schematron) -> None:
    plain = invoices()["plain"]
    lines = (plain.lines[0], replace(plain.lines[1], unit_code="???"), *plain.lines[2:])
    (found,) = check(fast, replace(plain, lines=lines)).findings
    assert found.rule.startswith("FX-SCH-A-")
    assert found.term == "BT-130"
    assert found.line == "2"
    assert "„???“" in found.message.de
    assert found.place is not None
    assert found.place.text == "lines[1].unit_code"


def test_an_empty_element_the_schema_asks_for_is_no_warning(fast: Schematron) -> None:
    assert check(fast, invoices()[WITH_EMPTY_ELEMENT]).findings == ()


def test_only_what_is_flagged_as_warning_is_one() -> None:
    xml = write(invoices()["plain"]).xml
    texts = {"BR-99": None, "CII-SR-475": "warning", "BR-98": "information", None: None}
    hits = [Hit(rule, True, flag, "/*:x", f"[{rule}]-Text (BT-1)") for rule, flag in texts.items()]
    severities = [f.severity for f in explain(hits, xml, {}, Origins({}))]
    assert severities == [Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.ERROR]


def test_a_rule_without_words_of_ours_says_the_official_ones() -> None:
    hit = Hit(
        "BR-XY-1", True, None, "/*:x", "\n\t[BR-XY-1]-The Seller name (BT-27) shall be {loud}."
    )
    (found,) = explain([hit], write(invoices()["plain"]).xml, {}, Origins({}))
    assert found.rule == "BR-XY-1"
    assert found.basis == "EN 16931 BR-XY-1"
    assert found.term == "BT-27"
    assert "The Seller name (BT-27) shall be {loud}." in found.message.de
    assert found.official == "[BR-XY-1]-The Seller name (BT-27) shall be {loud}."


@pytest.mark.parametrize(
    ("element", "rule", "said", "wish"),
    [
        (
            "ChargeAmount",
            "BR-27",
            "„Nettopreis“ (BT-146) fehlt oder",
            "ergänzen Sie in der Rechnung: „Nettopreis“",
        ),
        (
            "GrandTotalAmount",
            "BR-CO-15",
            "„Gesamtbetrag mit Umsatzsteuer“ (BT-112) fehlt oder",
            "ergänzen",
        ),
        (
            "GrandTotalAmount",
            "BR-CO-16",
            "„Zahlbetrag“ (BT-115) lässt sich nicht nachrechnen",
            "woraus sich die Angabe",
        ),
        (
            "GrandTotalAmount",
            "FX-SCH-A-000043",
            "„Gesamtbetrag mit Umsatzsteuer“ (BT-112) fehlt",
            "ergänzen",
        ),
        ("DuePayableAmount", "BR-CO-16", "„Zahlbetrag“ (BT-115) fehlt oder", "ergänzen"),
        (
            "RateApplicablePercent",
            "BR-CO-17",
            "„Steuerbetrag“ (BT-117) lässt sich nicht nachrechnen",
            "woraus sich",
        ),
    ],
)
def test_what_is_missing_is_called_missing_and_not_wrong(
    fast: Schematron, element: str, rule: str, said: str, wish: str
) -> None:
    document = write(invoices()["plain"])
    without = re.sub(rf"<ram:{element}[^>]*>[^<]*</ram:{element}>".encode(), b"", document.xml)
    found = next(
        f for f in fast.check(without, document.paths, Origins({})).findings if f.rule == rule
    )
    assert said in found.message.de
    assert found.partner is not None
    assert wish in found.partner.de
    assert found.expected is None or "…" not in found.expected.de


def test_every_finding_says_what_it_found(fast: Schematron) -> None:
    """No text with a field that nothing fills, whatever is broken; and everything has a segment."""
    gaps: set[str] = set()
    placed = total = 0
    for name, invoice in invoices().items():
        document = write(invoice)
        for mutation in mutations([(name, document.xml)], 12, seed=5):
            try:
                findings = fast.check(mutation.xml, document.paths, origins(document)).findings
            except NotChecked:
                continue
            total += len(findings)
            placed += sum(f.place is not None for f in findings)
            for found in findings:
                texts = [t for t in (found.message, found.expected, found.partner) if t]
                gaps |= {found.rule for t in texts if re.search("…|None|NaN|  ", t.de + t.en)}
    assert gaps == set()
    assert total > 300
    assert placed == total


def test_every_explanation_is_complete_in_both_languages() -> None:
    own = tomllib.loads(schema("rules/schematron.toml").read_text("utf-8"))
    rules = [catalogue()[name] for name in own]
    assert len(rules) >= 60
    for rule in rules:
        assert rule.meaning, rule.id
        assert rule.expected, rule.id
        assert rule.partner or rule.id in {"BR-01", "PEPPOL-EN16931-R008", "FX-SCH-NOT-USED"}, (
            rule.id
        )
        for texts in (rule.title, rule.message, rule.meaning, rule.expected, rule.partner):
            assert texts is None or (texts.de and texts.en and texts.de != "x"), rule.id


def test_families_of_the_profile() -> None:
    texts = {
        "FX-SCH-COUNT": "Element 'ram:ID' must occur exactly 1 times.",
        "FX-SCH-CODE": "Value of 'ram:TypeCode' is not allowed.",
        "FX-SCH-ATTRIBUTE": "Attribute '@schemeID' is required in this context.",
        "FX-SCH-NOT-USED": "Element 'ram:LineID' is marked as not used in the given context.",
        "EN16931": "Something new.",
    }
    for family, text in texts.items():
        assert rule_for("FX-SCH-A-000001", text).id == family
        assert rule_for("", text).id == family
    assert rule_for("BR-02").id == "BR-02"
