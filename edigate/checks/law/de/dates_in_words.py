"""Free texts -> whether they say that the date of supply is that of the invoice, or give a time of
supply in words.

UStAE 14.5 Abs. 16 asks for no fixed words and the law for no language: known are the usual nouns
and verbs of the languages partners write in. A denial (`ist nicht`) and an offset (`Rechnungsdatum
+ 14 Tage`) say neither. This module must not know an invoice.
"""

import re

from edigate.invoice.wording import written_out

# Letters as `written_out` leaves them: no blanks, no case, umlauts as two letters, other accents
# gone.
_SUPPLIED = (
    r"((liefer|leistungs|abhol|ausfuehrungs|versand)(und|oder|bzw)?(leistungs|liefer)?(datum|tag|termin|zeitpunkt)"
    r"|(datum|tag|zeitpunkt)der(lieferung|leistung|ausfuehrung)"
    r"|dateof(the)?(supply|delivery|service|performance|despatch)|(supply|delivery|service|despatch|performance)date"
    r"|datede(la)?(livraison|prestation)|datedexecution"
    r"|data(di|della)?(consegna|prestazione|fornitura)"
    r"|lever(ings)?datum|datumvan(de)?levering|leveransdatum|leveringsdato"
    r"|fechade(la)?(entrega|prestacion|operacion)|data(dostawy|sprzedazy|wykonaniaus.ugi)|datumdodani)"
)
_ISSUED = (
    r"((rechnungs|beleg|faktura|ausstellungs)(datum|tag)|(datum|tag|zeitpunkt)der(rechnung|rechnungsstellung|rechnungsausstellung|ausstellung)"
    r"|(invoice|issue)date|dateof(the)?(invoice|issue)"
    r"|date(de)?(la)?factur(e|ation)|datade?l?la?fattura|data(di)?(fattura|fatturazione|emissione)"
    r"|factuurdatum|datumvandefactuur|fakturadat(um|o)|fecha(de)?(la)?(factura|emision)"
    r"|datawystawienia(faktury)?|datafaktury|datumvystaveni)"
)
_EQUALS = (
    r"(entspricht|istgleich|gleich|=|istidentischmit|identischmit|ist|wie|laut|lt|siehe|gilt"
    r"|(is|are)?(equalto|equals|thesameas|sameas|identicalto|identicalwith)|corresponds(to|with)|is"
    r"|(est)?(egalea|identiquea)|correspond(a|au)|est|e?ugualea|corrisponde|coincidecon"
    r"|(is)?gelijkaan|komtovereenmet|(es)?iguala|correspondea|es|motsvarar|aer|er|svarertil|jest|odpowiada|rownasie)"
)
_FILLING = (
    r"(dem|das|der|als|auch|gleich|gleichzeitig|zugleich|immer|jeweils|stets|the|a|al|alla|la|le|el|il|de|det|den)"
    r"{0,3}"
)
_OFFSET = (
    r"(?!plus|zuzueglich|minus|abzueglich|\d{1,3}(tage|werktage|days|jours|giorni|dagen|dias))"
)
_SAME_DAY = re.compile(
    rf"{_SUPPLIED}{_EQUALS}{_FILLING}{_ISSUED}{_OFFSET}|{_ISSUED}{_EQUALS}{_FILLING}{_SUPPLIED}{_OFFSET}"
    rf"|gilt{_FILLING}{_ISSUED}als{_FILLING}{_SUPPLIED}{_OFFSET}"
    rf"|entspricht{_FILLING}{_SUPPLIED}{_FILLING}{_ISSUED}{_OFFSET}"
    rf"|(geliefert|erbracht|lieferung|leistung|abholung|versand)(erfolgte?|erbracht|ausgefuehrt)?am(selben)?{_ISSUED}"
)

_MONTHS = (
    "januar|jänner|februar|märz|maerz|april|mai|juni|juli|august|september|oktober|november|dezember"
    "|january|february|march|may|june|july|october|december"
)
_DATE = (
    r"(\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}|\d{4}-\d{2}-\d{2}|\d{8}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}[./]\s?\d{4}"
    rf"|(\d{{1,2}}\.?\s+)?({_MONTHS})\s+(\d{{1,2}},\s+)?\d{{4}})"
)
_NOUN = (
    r"(liefer|leistungs|ausführungs|abhol|versand|abrechnungs)-?/?(leistungs|liefer)?"
    r"(datum|tag|zeitpunkt|zeitraum|monat)"
    r"|date\s+of\s+(supply|delivery|service|performance)|(supply|delivery|service)\s+date"
    r"|(service|billing|delivery|performance)\s+period|period\s+of\s+(service|supply|performance)"
)
_VERB = (
    r"geliefert|abgeholt|ausgeführt|erbracht|lieferung|leistung|abholung|versand|delivered|supplied|performed"
    r"|shipped|rendered"
)
_IN_WORDS = re.compile(
    rf"({_NOUN})\W{{0,6}}(vom|am|ab|im|from|of)?\W{{0,2}}{_DATE}"
    rf"|({_VERB})\s+(erfolgte?\s+)?(vom|am|im|on|in)\W{{0,2}}{_DATE}",
    re.IGNORECASE,
)


def same_day(text: str) -> bool:
    """Whether the text says that the date of supply is the date of the invoice."""
    return _SAME_DAY.search(written_out(text)) is not None


def gives_time(text: str) -> bool:
    """Whether the text gives a date, month or period of supply."""
    return _IN_WORDS.search(text) is not None
