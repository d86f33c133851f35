"""Which statements a text makes, and which it only mentions."""

import pytest

from edigate.invoice.clauses import affirms


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            "reverse-charge",
            "Kein Steuerausweis, Steuerschuldnerschaft des Leistungs\nempfaengers nach § 13b UStG",
        ),
        ("reverse-charge", "No VAT - reverse charge"),
        ("reverse-charge", "Nicht steuerbar Reverse Charge, MwSt. nicht berechnet"),
        ("reverse-charge", "обратно начисляване"),
        ("reverse-charge", "Omvänd skattskyldighet"),
        ("intra-community", "STEUERFREIE INNERGEMEINSCHAFTLICHE LIEFERUNG"),
        ("intra-community", "Umsatzsteuerfreie EU-Lieferung"),
        ("intra-community", "Art. 138 MwStSystRL"),
        ("export", "Steuerfreie Ausfuhrlieferung nach § 4 Nr. 1a UStG"),
        ("small-business", "Kein Ausweis von Umsatzsteuer gemäß § 19 UStG"),
    ],
)
def test_a_statement_is_affirmed(statement: str, text: str) -> None:
    assert affirms(text, statement)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("reverse-charge", "Es liegt keine Steuerschuldnerschaft des Leistungsempfängers vor"),
        ("reverse-charge", "Steuerschuldnerschaft des Leistungsempfängers nicht anwendbar"),
        ("reverse-charge", "Reverse charge does not apply"),
        ("reverse-charge", "not subject to reverse charge"),
        ("intra-community", "Neulieferung nach Bruch"),
        ("intra-community", "Art. 13845 fehlt"),
        (
            "intra-community",
            "Bei innergemeinschaftlichen Lieferungen benötigen wir eine Gelangensbestätigung",
        ),
        ("export", "Im Falle einer Ausfuhrlieferung bitte Zollbeleg zurück"),
        ("export", "Fragen an export@firma.example"),
        ("small-business", "Wir sind kein Kleinunternehmer"),
    ],
)
def test_what_is_denied_conditional_or_only_alike_is_not_affirmed(
    statement: str, text: str
) -> None:
    assert not affirms(text, statement)
