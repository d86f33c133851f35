"""GLN master data from CSV -> PartnerDirectory. German retail sends GLNs without names (§ 31 Abs.
2, 3 UStDV)."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edigate.errors import Rejected

_COLUMNS = ("gln", "name", "street", "postcode", "city", "country", "vat_id", "tax_number")
_NEEDED = ("name", "city", "country")


@dataclass(frozen=True, slots=True)
class Partner:
    """One business partner. country: ISO 3166-1 alpha-2; empty text for what is not known."""

    gln: str
    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    vat_id: str = ""
    tax_number: str = ""


class PartnerDirectory(Mapping[str, Partner]):
    """Partners by GLN, never changed after it was made. `version` is the SHA-256 of what it holds,
    12 hex digits."""

    def __init__(self, partners: Mapping[str, Partner] | None = None) -> None:
        self._partners = dict(partners or {})
        lines = sorted(";".join(getattr(p, c) for c in _COLUMNS) for p in self._partners.values())
        self.version = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def __getitem__(self, gln: str) -> Partner:
        return self._partners[gln]

    def __iter__(self) -> Iterator[str]:
        return iter(self._partners)

    def __len__(self) -> int:
        return len(self._partners)

    def merged(self, other: "PartnerDirectory") -> "PartnerDirectory":
        """This directory with the partners of `other` added; `other` wins."""
        return PartnerDirectory({**self._partners, **other._partners})


def check_digit(digits: str) -> int:
    """The GS1 check digit of a number without it (mod 10, weights 3 and 1 from the right)."""
    return -sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits))) % 10


def is_gln(text: str) -> bool:
    """13 digits with a right check digit (GS1 General Specifications)."""
    return (
        len(text) == 13
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:-1]) == int(text[-1])
    )


def csv_line(gln: str) -> str:
    """The line to complete for a GLN, in the order of the file's header."""
    return f"{gln},NAME,STREET,POSTCODE,CITY,COUNTRY,VAT_ID,TAX_NUMBER"


def csv_header() -> str:
    """First line of the file."""
    return ",".join(_COLUMNS)


def read_csv(text: str) -> PartnerDirectory:
    """The directory a CSV text holds: header line, then one partner a line; comma or semicolon; a
    BOM is tolerated.

    Raises: Rejected, naming the line and the cure, when the header or a line is not as it must be.
    """
    text = text.removeprefix("\ufeff")
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    partners: dict[str, Partner] = {}
    columns: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _header(cells, reader.line_num)
                continue
            partner = _partner(columns, cells, reader.line_num)
            known = partners.get(partner.gln)
            if known is not None and known != partner:
                raise _wrong(
                    reader.line_num,
                    f"GLN {partner.gln} stands twice with different data; keep one line",
                )
            partners[partner.gln] = partner
    except csv.Error as error:
        raise _wrong(
            reader.line_num, f"not readable as CSV ({error}); close every quotation mark"
        ) from error
    if not columns:
        raise _wrong(1, f"the file is empty; the first line must read {csv_header()}")
    return PartnerDirectory(partners)


def _wrong(line: int, what: str) -> Rejected:
    return Rejected("PARTNERS", f"partners, line {line}: {what}")


def _header(cells: list[str], line: int) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    unknown = [c for c in columns if c not in _COLUMNS]
    if (
        unknown
        or "gln" not in columns
        or "name" not in columns
        or len(set(columns)) != len(columns)
    ):
        raise _wrong(
            line,
            f"the header must read {csv_header()}" + (f", not {unknown[0]!r}" if unknown else ""),
        )
    return columns


def _partner(columns: list[str], cells: list[str], line: int) -> Partner:
    if len(cells) != len(columns):
        raise _wrong(
            line,
            (
                f"{len(cells)} fields instead of {len(columns)}; put a field that holds a comma "
                "into "
                "quotes"
            ),
        )
    values = {c: " ".join(cell.split()) for c, cell in zip(columns, cells, strict=True)}
    gln = values["gln"].replace(" ", "")
    if not is_gln(gln):
        raise _wrong(line, f"{gln!r} is not a GLN: 13 digits with a right check digit are needed")
    missing = [c for c in _NEEDED if not values.get(c)]
    if missing:
        raise _wrong(line, f"GLN {gln} has no {missing[0]}; complete it")
    placeholders = {"NAME", "STREET", "POSTCODE", "CITY", "COUNTRY", "VAT_ID", "TAX_NUMBER"}
    if values["name"] in placeholders or values.get("city") in placeholders:
        raise _wrong(
            line, f"GLN {gln} still holds placeholders; replace them by the partner's data"
        )
    country = values.get("country", "").upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise _wrong(
            line, f"country {country!r} of GLN {gln} must be two letters (ISO 3166-1), e.g. DE"
        )
    vat = values.get("vat_id", "").replace(" ", "").upper()
    values |= {"gln": gln, "country": country, "vat_id": "" if vat in placeholders else vat}
    for column in ("street", "postcode", "tax_number"):
        if values.get(column) in placeholders:
            values[column] = ""
    return Partner(**values)
