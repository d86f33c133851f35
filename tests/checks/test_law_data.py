"""Rates, wordings and severities: the data behind the rules."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.checks.law.basis import Basis, Circumstances
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.germany import GERMANY
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.tax_ids import vat_id_defect
from edigate.checks.law.rates import rates_of
from edigate.checks.law.rules import check
from edigate.checks.severity import SeverityChange, accepted
from edigate.errors import Misconfigured
from edigate.findings import Rule, Severity, Source, catalogue
from edigate.invoice.facts import Facts
from edigate.invoice.model import Invoice
from edigate.invoice.wording import Wording, statements
from tests.checks.law import CIRCUMSTANCES, FACTS, LAWFUL, ORIGINS, TODAY, but, judged, says, taxed

RATES = rates_of("de")


@pytest.mark.parametrize(
    ("day", "percent", "lawful"),
    [
        ("2020-06-30", "19", True),
        ("2020-07-01", "19", False),
        ("2020-07-01", "16", True),
        ("2020-12-31", "5", True),
        ("2021-01-01", "16", False),
        ("2021-01-01", "19", True),
        ("2022-12-31", "9.5", True),
        ("2023-01-01", "9.0", True),
        ("2024-12-05", "9.0", True),
        ("2024-12-06", "9.0", False),
        ("2024-12-06", "8.4", True),
        ("2025-01-01", "8.4", False),
        ("2025-01-01", "7.8", True),
        ("2021-12-31", "10.7", True),
        ("2022-01-01", "10.7", False),
        ("2022-12-31", "0", False),
        ("2023-01-01", "0", True),
        ("2026-10-12", "18", False),
        ("2026-10-12", "19.00", True),
    ],
)
def test_rates_by_day(day: str, percent: str, lawful: bool) -> None:
    assert (RATES.valid(Decimal(percent), date.fromisoformat(day)) is not None) is lawful


def test_rates_of_today() -> None:
    assert RATES.in_force(TODAY) == (Decimal(19), Decimal(7))
    assert RATES.in_force(date(2020, 10, 1)) == (Decimal(16), Decimal(5))


@given(st.dates(date(2007, 1, 1), date(2030, 12, 31)))
def test_every_day_has_exactly_one_standard_and_one_reduced_rate(day: date) -> None:
    assert len([r for r in RATES.rates if r.kind == "standard" and r.valid_on(day)]) == 1
    assert len([r for r in RATES.rates if r.kind == "reduced" and r.valid_on(day)]) == 1


@given(st.sampled_from(["margin-scheme", "reverse-charge", "self-billing"]), st.data())
def test_words_are_found_however_they_are_cut(statement: str, data: st.DataObject) -> None:
    words = {"margin-scheme": "Gebrauchtgegenstände/Sonderregelung",
             "reverse-charge": "Steuerschuldnerschaft des Leistungsempfängers",
             "self-billing": "Self-billing"}[statement]  # fmt: skip
    at = data.draw(st.integers(0, len(words)))
    cut = words[:at] + data.draw(st.sampled_from(["\n", " ", "\r\n", ""])) + words[at:]
    spelled = data.draw(
        st.sampled_from([cut, cut.upper(), cut.replace("ä", "ae"), cut.replace("ä", "a")])
    )
    assert Wording([spelled]).says(statement)


def test_two_texts_do_not_form_one_phrase() -> None:
    assert not Wording(["Reverse", "charge"]).says("reverse-charge")


@pytest.mark.parametrize("statement", [s for s in statements() if not s.endswith("-description")])
def test_no_statement_is_made_by_ordinary_texts(statement: str) -> None:
    ordinary = [
        "Vielen Dank für Ihren Auftrag. Zahlbar sofort ohne Abzug.",
        "Die Ware bleibt bis zur vollständigen Bezahlung unser Eigentum.",
        "Ausführung: verzinkt, Versand ab Werk, wichtige Lieferhinweise siehe Verpackung",
        "Amtsgericht Musterstadt HRB 1234, Geschäftsführer: Max Muster",
    ]
    assert not Wording(ordinary).says(statement)


@pytest.mark.parametrize(
    ("invoice", "facts", "profile"),
    [
        (but(LAWFUL, type_code="389"), FACTS, Profile.SELF_BILLING),
        (but(LAWFUL, type_code="386"), FACTS, Profile.PREPAYMENT),
        (but(LAWFUL, type_code="384"), FACTS, Profile.CORRECTION),
        (but(LAWFUL, type_code="381"), FACTS, Profile.CREDIT_NOTE),
        (taxed(LAWFUL, "K", "0", "0.00"), FACTS, Profile.INTRA_COMMUNITY),
        (taxed(LAWFUL, "AE", "0", "0.00"), FACTS, Profile.REVERSE_CHARGE),
        (taxed(LAWFUL, "G", "0", "0.00"), FACTS, Profile.EXPORT),
        (taxed(LAWFUL, "S", "7.8", "78.00"), FACTS, Profile.FLAT_RATE),
        (taxed(LAWFUL, "E", "0", "0.00", code="VATEX-EU-I"), FACTS, Profile.MARGIN_SCHEME),
        (
            taxed(LAWFUL, "E", "0", "0.00"),
            says("Kleinunternehmer, Par. 19 UStG"),
            Profile.SMALL_BUSINESS,
        ),
    ],
)
def test_profiles(invoice: Invoice, facts: Facts, profile: Profile) -> None:
    assert profile in _profiles(invoice, facts)


def test_an_ordinary_invoice_has_no_profile() -> None:
    assert not _profiles(LAWFUL)


def _profiles(invoice: Invoice, facts: Facts = FACTS) -> frozenset[str]:
    basis = Basis(invoice, ORIGINS, facts, CIRCUMSTANCES, ())
    return GermanContext.of(basis, GERMANY).profiles


def test_supplier_with_german_tax_number_is_not_foreign() -> None:
    invoice = but(
        taxed(LAWFUL, "AE", "0", "0.00"),
        seller__address__country_code="AT",
        seller__vat_identifier=None,
    )
    assert Profile.FOREIGN_SUPPLIER in _profiles(invoice)
    german = but(invoice, seller__tax_registration="216/5875/1486")
    assert Profile.FOREIGN_SUPPLIER not in _profiles(german)


@pytest.mark.parametrize(
    ("identifier", "defective"),
    [("DE123456788", False), ("DE123456789", True), ("EL094259216", False), ("GR094259216", False),
     ("NL123", True), ("US12345", False), ("12345", True), ("de 123 456 788", False)],
)  # fmt: skip
def test_vat_ids(identifier: str, defective: bool) -> None:
    assert (vat_id_defect(identifier) is not None) is defective


UNDATED = but(LAWFUL, delivery__actual_date=None)


def test_a_weakened_rule_is_recorded_with_its_reason() -> None:
    changes = accepted(
        [SeverityChange("UST-16", Severity.WARNING, "Leistungsdatum steht im Lieferavis")]
    )
    found = judged(UNDATED, circumstances=Circumstances(today=TODAY, severities=changes))
    assert [(f.rule, f.severity) for f in found] == [
        ("UST-16", Severity.WARNING),
        ("SEV-01", Severity.INFORMATION),
    ]
    assert "Leistungsdatum steht im Lieferavis" in found[1].message.de


def test_a_weakened_warning_of_invoice_law_is_recorded_too() -> None:
    changes = accepted([SeverityChange("UST-15", Severity.INFORMATION, "Sammelartikel")])
    invoice = but(LAWFUL, lines=tuple(but(x, item__name="Diverses") for x in LAWFUL.lines))
    found = judged(invoice, circumstances=Circumstances(today=TODAY, severities=changes))
    assert {(f.rule, f.severity) for f in found} == {
        ("UST-15", Severity.INFORMATION),
        ("SEV-01", Severity.INFORMATION),
    }


@pytest.mark.parametrize(
    "rule",
    [r for r in catalogue().values() if r.downgrade],
    ids=lambda r: f"{r.id}-{r.severity.value}",
)
def test_what_stands_in_the_law_of_invoices_needs_a_reason(rule: Rule) -> None:
    in_law = bool(re.search(r"§ 14[ac]? ", rule.basis)) and "UStG" in rule.basis
    change = SeverityChange(rule.id, rule.downgrade or rule.severity)
    if in_law or (rule.source is Source.USTG and rule.severity is Severity.ERROR):
        with pytest.raises(Misconfigured, match="only with a reason"):
            accepted([change])
    else:
        assert accepted([change]) == (change,)


def test_a_setting_without_effect_leaves_no_trace() -> None:
    changes = accepted([SeverityChange("UST-16", Severity.WARNING, "Grund")])
    assert judged(circumstances=Circumstances(today=TODAY, severities=changes)) == ()


def test_a_rule_can_be_strengthened() -> None:
    changes = accepted([SeverityChange("UST-15", Severity.ERROR)])
    invoice = but(LAWFUL, lines=tuple(but(x, item__name="Diverses") for x in LAWFUL.lines))
    found = judged(invoice, circumstances=Circumstances(today=TODAY, severities=changes))
    assert {f.severity for f in found} == {Severity.ERROR}


def test_strengthening_leaves_what_circumstances_made_milder() -> None:
    invoice = but(LAWFUL, issue_date=TODAY + timedelta(days=3))
    changes = accepted([SeverityChange("UST-09", Severity.INFORMATION, "Grund")])
    found = check(invoice, ORIGINS, FACTS, Circumstances(today=TODAY, severities=changes))
    assert [(f.rule, f.severity) for f in found] == [
        ("UST-09", Severity.INFORMATION),
        ("SEV-01", Severity.INFORMATION),
    ]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (SeverityChange("UST-16", Severity.WARNING), "only with a reason"),
        (SeverityChange("UST-10", Severity.INFORMATION), "only with a reason"),
        (SeverityChange("FRM-12", Severity.INFORMATION, " "), "only with a reason"),
        (SeverityChange("UST-16", Severity.INFORMATION, "Grund"), "warning is the least"),
        (SeverityChange("SUM-01", Severity.WARNING), "cannot be weakened"),
        (SeverityChange("UST-166", Severity.WARNING), "did you mean UST-16"),
    ],
)
def test_changes_beyond_the_limits_are_refused(change: SeverityChange, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        accepted([change])


def test_a_rule_cannot_be_set_twice() -> None:
    change = SeverityChange("UST-15", Severity.INFORMATION, "Grund")
    with pytest.raises(Misconfigured, match="twice"):
        accepted([change, change])
