"""Code tables of `schemas/mapping/` -> look-ups, each read once per process.

Every table is tab-separated with a header line; its last column names the source of the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from edigate.invoice import codes
from edigate.resources import schema, table

_COLUMNS: Mapping[str, str] = {
    "0065": "code source",
    "1001": "code kind bt3 credit debit_note source",
    "2379": "code layout source",
    "3055": "code icd agency source",
    "4451": "code treatment source",
    "5305": "code category source",
    "6411": "code unit source",
    "7143": "code target source",
    "7161": "code bt98 bt98_quality bt105 bt105_quality reason_de quality source",
    "elements": "tag element de en source",
    "ftx": "subject code effect de en source",
    "labels": "tag qualifier de en source",
    "qualifiers": "tag qualifier de en term unique uses kind hangs source",
}
"""Every table and its columns."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of `schemas/mapping/NAME.tsv` by column.

    Raises: KeyError for a table there is not, Misconfigured where its columns are not those of the
    list.
    """
    return table(schema("mapping") / f"{name}.tsv", _COLUMNS[name].split())


@dataclass(frozen=True, slots=True)
class DocumentType:
    """What a 1001 code means here. kind: invoice or not-an-invoice. credit: amounts reduce a
    debt."""

    code: str
    kind: str
    type_code: str
    credit: bool
    debit_note: bool
    de: str
    en: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A 7161 code as EN 16931 says it. quality: exact, near or text."""

    allowance: str
    allowance_quality: str
    charge: str
    charge_quality: str
    de: str
    tax: bool


@dataclass(frozen=True, slots=True)
class CodedText:
    """What a coded FTX means. effect: AE, K, self-billing, issuer, or empty; text: its words for
    BT-22 / BT-120."""

    effect: str
    de: str
    en: str


@cache
def date_layouts() -> dict[str, str]:
    """2379 code -> layout such as CCYYMMDD; empty for times and durations."""
    return {r["code"]: r["layout"] for r in rows("2379")}


@cache
def document_types() -> dict[str, DocumentType]:
    """1001 code -> meaning; its words are those of `schemas/titles.tsv`."""
    titles = codes.names("document")
    return {
        r["code"]: DocumentType(
            r["code"],
            r["kind"],
            r["bt3"],
            r["credit"] == "yes",
            r["debit_note"] == "yes",
            titles[r["code"]].de,
            titles[r["code"]].en,
        )
        for r in rows("1001")
    }


@cache
def units() -> dict[str, str]:
    """6411 codes that Rec 20/21 does not know -> the code it has."""
    return {r["code"]: r["unit"] for r in rows("6411")}


@cache
def vat_categories() -> dict[str, str]:
    """5305 code -> UNTDID 5305 code of the EN 16931 list."""
    return {r["code"]: r["category"] for r in rows("5305")}


@cache
def identifier_schemes() -> dict[str, str]:
    """3055 code -> ISO 6523 ICD; empty where the agency has none."""
    return {r["code"]: r["icd"] for r in rows("3055")}


@cache
def reasons() -> dict[str, Reason]:
    """7161 code -> reason."""
    return {
        r["code"]: Reason(
            r["bt98"],
            r["bt98_quality"],
            r["bt105"],
            r["bt105_quality"],
            r["reason_de"],
            r["quality"] == "tax",
        )
        for r in rows("7161")
    }


@cache
def note_subjects() -> dict[str, str]:
    """4451 codes with another treatment than "note with this subject code": bt22-plain, exemption,
    terms, ..."""
    return {r["code"]: r["treatment"] for r in rows("4451")}


@cache
def coded_texts() -> dict[tuple[str, str], CodedText]:
    """(4451, 4441) -> meaning; 4451 `*` stands for any."""
    return {
        (r["subject"], r["code"]): CodedText(r["effect"], r["de"], r["en"]) for r in rows("ftx")
    }


@cache
def item_codes() -> dict[str, str]:
    """7143 code -> target: seller, buyer, standard, class, annex."""
    return {r["code"]: r["target"] for r in rows("7143")}


@cache
def labels() -> dict[tuple[str, str], tuple[str, str]]:
    """(tag, qualifier) -> what the element is, German and English; qualifier empty for the tag
    itself."""
    found = [*rows("labels"), *rows("qualifiers")]
    return {(r["tag"], r["qualifier"]): (r["de"], r["en"]) for r in found}


@cache
def element_labels() -> dict[tuple[str, int], tuple[str, str]]:
    """(tag, data element) -> its name, German and English."""
    return {(r["tag"], int(r["element"])): (r["de"], r["en"]) for r in rows("elements")}
