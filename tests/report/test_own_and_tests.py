"""What is asked of whom: own master data of the tenant, no correction of what is no invoice; tests
by their name."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.cli import main
from edigate.masterdata import PartnerDirectory, csv_header, read_csv
from edigate.report.as_text import text
from edigate.report.digest import DigestEntry, digest
from edigate.report.letter import Circumstance, held
from edigate.report.presentation import Identity
from tests.fixtures.cases import engines
from tests.fixtures.messages import TODAY, Case, bgm
from tests.mapping.edi import BUYER_GLN, HEAD, PARTNERS, SELLER_GLN

LINES = (
    f"{SELLER_GLN},Nordlicht Werkzeug GmbH,Hafenweg 3,24103,Kiel,DE,,",
    f"{BUYER_GLN},Heimbau AG,Marktplatz 1,86150,Augsburg,DE,,",
)
WAY = Circumstance(document_id="X-1", direction="in", tenant="T")


def _letter(
    data: bytes, partners: PartnerDirectory, way: Circumstance = WAY, language: str = "de"
) -> str:
    conditions = pipeline.Conditions(Circumstances(today=TODAY), partners, {}, {})
    (document,) = pipeline.examine(data, engines(), conditions).documents
    facts = document.mapped.facts if document.mapped else None
    missing = tuple(f"{gln},,,,,," for gln, _ in facts.unknown_partners) if facts else ()
    verdict = pipeline.verdict_of(document, b"", "")
    letter = held(verdict, replace(way, missing_partners=missing), language)
    return f"{letter.subject}\n{text(letter)}"


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_the_own_gln_lacks_is_asked_of_the_tenant_alone(language: str) -> None:
    data = Case("").data
    theirs = _letter(data, PartnerDirectory(), replace(WAY, own_ids=()), language)
    assert theirs.count(f"NAD+BY+{BUYER_GLN}") > 1
    own = _letter(data, PartnerDirectory(), replace(WAY, own_ids=(BUYER_GLN,)), language)
    asked = own[own.index({"de": "TEXT FÜR", "en": "TEXT FOR"}[language]) :]
    asked = asked[: asked.index({"de": "WAS IST ZU TUN", "en": "WHAT TO DO"}[language])]
    assert SELLER_GLN in asked
    assert BUYER_GLN not in asked
    assert {"de": "eigenen Unternehmen", "en": "your own company"}[language] in " ".join(
        own.split()
    )


@pytest.mark.parametrize(("language", "said"), [("de", "Ihres eigenen"), ("en", "your own")])
@pytest.mark.parametrize("full", [True, False])
def test_the_letter_says_whose_data_are_missing(language: str, said: str, *, full: bool) -> None:
    data = Case("").data
    supplier = PartnerDirectory(read_csv("\n".join((csv_header(), LINES[0]))))
    way = replace(WAY, full=full)
    own = _letter(data, supplier, replace(way, own_ids=(BUYER_GLN,)), language)
    other = _letter(data, supplier, way, language)
    assert said in " ".join(own.split())
    assert {"de": "eines Geschäftspartners", "en": "a business partner"}[language] in " ".join(
        other.split()
    )


@pytest.mark.parametrize(
    "data",
    [
        Case("", head=bgm("325")).data,
        Case("", head=bgm("380", "000")).data.replace(b"+IC1'", b"+IC1++++++1'"),
        Case("", head=bgm("380", "000")).data,
    ],
    ids=["pro forma", "test", "held"],
)
@pytest.mark.parametrize(("language", "said"), [("de", "Text oben"), ("en", "text above")])
def test_no_letter_without_a_text_speaks_of_one(data: bytes, language: str, said: str) -> None:
    full, minimal = (
        " ".join(_letter(data, PARTNERS, replace(WAY, full=f), language).split())
        for f in (True, False)
    )
    assert said in full
    assert said not in minimal


def test_a_pro_forma_is_not_to_be_sent_again_as_an_invoice() -> None:
    letter = " ".join(_letter(Case("", head=bgm("325")).data, PARTNERS).split())
    assert "berichtigte Nachricht" not in letter
    assert "keine zweite Rechnung" in letter


@pytest.mark.parametrize(
    ("language", "held_word", "passed"),
    [("de", "angehalten", "archiviert"), ("en", "be held", "be archived")],
)
def test_a_test_is_called_one(language: str, held_word: str, passed: str) -> None:
    good = Case("").data.replace(b"+IC1'", b"+IC1++++++1'")
    wrong = Case("", head=bgm("380", "000")).data.replace(b"+IC1'", b"+IC1++++++1'")
    right, faulty = (_letter(d, PARTNERS, language=language) for d in (good, wrong))
    assert right.startswith("TEST")
    assert faulty.startswith("TEST")
    assert held_word in " ".join(faulty.split())
    assert passed in " ".join(right.split())
    assert "0035" in right


def _entry(
    number: str,
    *,
    invoice: bool = True,
    own_only: bool = False,
    rules: tuple[str, ...] = ("UST-16",),
) -> DigestEntry:
    who = Identity(
        number=number,
        issue_date=date(2026, 11, 1).isoformat(),
        seller="Muster GmbH",
        type_code="380",
    )
    return DigestEntry(
        f"D-{number or 'none'}",
        "in",
        who,
        rules,
        "edi@partner.example",
        "IC4711",
        invoice,
        own_only,
    )


def test_the_digest_counts_and_names_what_has_no_number() -> None:
    letter = digest([_entry("RE-1"), _entry("")], WAY, "de", "held")
    said = " ".join(text(letter).split())
    assert "2 Belege" in letter.subject
    assert "die folgenden 2 Belege" in said
    assert "IC4711" in said
    assert (
        said.index("WAS IST ZU TUN")
        < said.index("WAS WURDE GEFUNDEN")
        < said.index("WELCHE BELEGE")
    )


def test_the_digest_asks_nobody_for_what_is_no_invoice_or_is_the_tenants_own() -> None:
    entries = [
        _entry("PF-1", invoice=False, rules=("MAP-07",)),
        _entry("RE-2", own_only=True, rules=("MAP-04",)),
    ]
    said = text(digest(entries, WAY, "de", "held"))
    assert "TEXT FÜR IHREN HANDELSPARTNER" not in said
    assert "keine Rechnungen sind" in " ".join(said.split())


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_digest_tells_the_tenant_of_its_own_missing_data(language: str) -> None:
    entries = [_entry("RE-1"), _entry("RE-2", own_only=True, rules=("MAP-04",))]
    said = " ".join(text(digest(entries, WAY, language, "held")).split())
    assert "partners missing" in said
    asked = said[said.index("Dear Sir or Madam") :]
    assert "RE-1" in asked
    assert "RE-2" not in asked
    alone = " ".join(text(digest(entries[:1], WAY, language, "held")).split())
    assert "partners missing" not in alone


def test_check_ends_with_1_for_a_test_with_errors_alone(tmp_path: Path) -> None:
    for name, head, status in (("good", HEAD, 0), ("wrong", bgm("380", "000"), 1)):
        data = Case("", head=head).data.replace(b"+IC1'", b"+IC1++++++1'")
        file, partners = tmp_path / f"{name}.edi", tmp_path / "partners.csv"
        file.write_bytes(data)
        partners.write_text("\n".join((csv_header(), *LINES)) + "\n", "utf-8")
        assert (
            main(["check", str(file), "--today", TODAY.isoformat(), "--partners", str(partners)])
            == status
        )
