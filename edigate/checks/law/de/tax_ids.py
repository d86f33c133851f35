"""Form of tax ids: VAT ids of the member states, W-IdNr. (§ 139c AO) and KU-IdNr. (§ 19a UStG)."""

import re

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, ValidationError

GERMAN_VAT = re.compile(r"\s*DE[\s.\-]*\d", re.IGNORECASE)
KU_IDENTIFIER = re.compile(r"[A-Z]{2}[0-9A-Z]{1,20}-?EX")
"""Kleinunternehmer-Identifikationsnummer (§ 19a UStG): country, national number, `-EX`; no check
digit is known."""

W_IDENTIFIER = re.compile(r"DE\d{9}-?\d{5}")
"""Wirtschafts-Identifikationsnummer (§ 139c AO): DE, nine digits, a hyphen and five digits."""

_BLANKS = re.compile(r"[\s.\-/]")
_PREFIX = re.compile(r"[A-Z]{2}")
# Form of the ids behind the prefix, as the BZSt publishes it for the confirmation of VAT ids.
_FORMS = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}", "EE": r"\d{9}", "EL": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]", "FI": r"\d{8}",
    "FR": r"[A-Z0-9]{2}\d{9}", "HR": r"\d{11}", "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]|\d{7}[A-W][A-I]",
    "IT": r"\d{11}", "LT": r"\d{9}|\d{12}", "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}", "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{12}", "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}|\d{12}|(GD|HA)\d{3}",
}  # fmt: skip


def compact(identifier: str) -> str:
    """A tax id without blanks, dots, hyphens and strokes, in capitals."""
    return _BLANKS.sub("", identifier).upper()


def vat_id_defect(identifier: str, country: str | None = None) -> tuple[str, bool] | None:
    """What is wrong with a VAT id (a case of UST-05), and whether it is certainly wrong; None when
    nothing is.

    country: the party's, where the number itself names none. The German check digit and the form
    the states publish are certain; other check digits are not always public. Ids of states outside
    the EU cannot be judged.
    """
    number = compact(identifier)
    if not _PREFIX.match(number):
        return None if country and not in_eu(country) else ("no-prefix", country in ("DE", None))
    if not in_eu(number[:2]):
        return None
    form = _FORMS.get(number[:2])
    if form is not None and not re.fullmatch(form, number[2:]):
        return "pattern", True
    try:
        eu_vat.validate(number)
    except InvalidChecksum:
        return "check-digit", number.startswith("DE")
    except ValidationError:
        return "pattern", number.startswith("DE")
    return None


def in_eu(country: str) -> bool:
    """Whether a country or VAT id prefix (EL, XI) belongs to the VAT territory of the EU."""
    return country == "EL" or country.lower() in eu_vat.MEMBER_STATES


def is_w_identifier(identifier: str) -> bool:
    return bool(W_IDENTIFIER.fullmatch(re.sub(r"\s", "", identifier).upper()))


def is_ku_identifier(identifier: str) -> bool:
    return bool(KU_IDENTIFIER.fullmatch(re.sub(r"\s", "", identifier).upper()))


def is_german_vat_id(identifier: str | None) -> bool:
    """Whether it looks like a German USt-IdNr."""
    return bool(identifier and GERMAN_VAT.match(identifier))
