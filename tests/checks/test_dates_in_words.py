"""Texts about the time of supply: what says something, and what does not (UStAE 14.5 Abs. 16).

More of those that do stand in `tests/fixtures/test_lawful.py`, as whole messages.
"""

import pytest

from edigate.checks.law.de.dates_in_words import gives_time, same_day


@pytest.mark.parametrize(
    "text",
    [
        "LIEFERDATUM ENTSPRICHT\nRECHNUNGSDATUM",
        (
            "Soweit nichts anderes angegeben ist, gilt der Zeitpunkt der Rechnungsausstellung als "
            "Zeitpunkt der Leistung."
        ),
        "Es gilt das Rechnungsdatum als Leistungsdatum",
        "Lieferdatum = Rechnungsdatum 15.10.2026",
        "Ausfuehrungsdatum ist gleich Belegdatum",
        "Lieferung erfolgte am Rechnungsdatum",
        "Supply date corresponds to invoice date",
    ],
)
def test_the_same_day(text: str) -> None:
    assert same_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "Lieferdatum ist nicht das Rechnungsdatum",
        "Das Lieferdatum entspricht nicht dem Rechnungsdatum",
        "Lieferdatum = Rechnungsdatum + 14 Tage",
        "Lieferdatum = Rechnungsdatum zuzüglich 3 Werktage",
        "Lieferdatum und Rechnungsdatum bitte angeben",
        "Lieferung siehe Lieferschein, Rechnungsdatum siehe oben",
        "Die Lieferung erfolgte nicht am Rechnungsdatum",
        "Zahlbar 14 Tage ab Rechnungsdatum, Lieferung frei Haus",
        "The delivery date is not the invoice date",
        "Delivery date is invoice date plus 3 days",
        "La data di consegna e la data della fattura non coincidono",
        "La date de livraison n'est pas la date de la facture",
    ],
)
def test_another_day_or_nothing(text: str) -> None:
    assert not same_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "Lieferdatum 12.10.2026",
        "Leistungszeitraum: Oktober 2026",
        "Delivered on October 12, 2026",
        "Lieferung vom 1.10.26",
    ],
)
def test_a_time_in_words(text: str) -> None:
    assert gives_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "Lieferdatum bitte erfragen, Tel. 0123 2026",
        "Bestellung vom 12.10.2026",
        "Zahlbar bis 31.10.2026",
        "Lieferbedingungen Stand Januar 2026",
        "Please pay by 31.10.2026",
    ],
)
def test_no_time(text: str) -> None:
    assert not gives_time(text)
