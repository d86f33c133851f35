"""Every business term that EANCOM D.96A and D.01B can say, in one message each; the others by name,
with the reason."""

import pytest

from edigate.invoice import terms
from tests.mapping.edi import BUYER_GLN, SELLER_GLN, SHOP_GLN, annex, mapped, rules

# What EANCOM has no place for.
_UNSAID = {
    "BT-8": "2005 without a date is the official binding's own",
    "BT-23": "no segment names the business process",
    "BT-28": "all of C080 is the name",
    "BT-45": "all of C080 is the name",
    "BT-34": "GLNs are identifiers of parties, not electronic addresses",
    "BT-49": "GLNs are identifiers of parties, not electronic addresses",
    "BT-82": "FTX+AAT is a note like any other",
    "BT-87": "no place for the number of a payment card",
    "BT-88": "no place for the number of a payment card",
    "BT-122": "EFI came with D.07A",
    "BT-123": "EFI came with D.07A",
    "BT-124": "EFI came with D.07A",
    "BT-125": "packages came with syntax 4",
}
_STREETS = "Weg 1:Haus 2:Tor 3"
_HEAD = (
    *(
        "DTM+137:20261015:102",
        "DTM+35:20261014:102",
        "DTM+131:20261015:102",
        "DTM+263:2026100120261031:718",
    ),
    *(
        "PAI+::30",
        "FTX+AAB+++30 Tage netto",
        "FTX+AAI+++Danke",
        "FTX+BAQ++VATEX-EU-132+Heilbehandlung",
    ),
    *(
        "RFF+ON:B-1",
        "RFF+DQ:L-1",
        "RFF+IV:R-0",
        "DTM+171:20260901:102",
        "RFF+CT:V-1",
        "RFF+VN:A-1",
        "RFF+ALO:W-1",
    ),
    *("RFF+AEP:P-1", "RFF+GC:L-5", "RFF+ATS:O-1", "RFF+PQ:Z-1"),
)
_SELLER = ("RFF+VA:DE136695976", "RFF+FC:1/2/3", "RFF+XA:HRB 1", "RFF+GN:Sitz Kiel")
_CONTACT = ("CTA+OC+:Anna", "COM+0431:TE", "COM+anna@nordlicht.example:EM")
_BUYER = (
    "RFF+VA:DE111111125",
    "RFF+XA:HRB 2",
    "RFF+CR:K-1",
    "RFF+AOU:KST",
    "RFF+AVS:M-1",
    "RFF+AII:DE98ZZZ09999999999",
)
_LINE = (
    *(
        "LIN+1++4000862141404:{gtin}",
        "PIA+1+S-1:SA+I-1:IN",
        "PIA+1+3209:HS",
        "IMD+F+ANM+:::Bohrer",
        "IMD+F+DSC+:::Stahl",
    ),
    *(
        "QTY+47:10:PCE",
        "ALI+DE",
        "DTM+263:2026100120261014:718",
        "GIN+BX+C-1",
        "FTX+LIN+++Karton beschädigt",
    ),
    *(
        "MOA+203:95",
        "PRI+AAA:10:::1:PCE",
        "PRI+AAB:12:::1:PCE",
        "RFF+ON:B-1:7",
        "RFF+AVE:Z-1",
        "RFF+AWQ:K-2",
    ),
    *("TAX+7+VAT+++:::19+S", "ALC+A++++DI", "PCD+1:10", "MOA+8:10", "MOA+25:100"),
    *("ALC+C++++FC", "PCD+2:5", "MOA+8:5", "MOA+25:100"),
    *(
        "LIN+2++4000862141411:{gtin}",
        "IMD+F++:::Massage",
        "QTY+47:1:PCE",
        "MOA+203:50",
        "PRI+AAA:50",
    ),
    "TAX+7+VAT+++:::0+E",
)
_SUMMARY = (
    *(
        "UNS+S",
        "MOA+79:145",
        "MOA+125:145",
        "MOA+124:18.05",
        "MOA+124:19.10:EUR",
        "MOA+77:163.05",
        "MOA+113:100",
    ),
    *("MOA+366:-0.05", "MOA+9:63", "TAX+7+VAT+++:::19+S", "MOA+125:95", "MOA+124:18.05"),
    *("TAX+7+VAT+++:::0+E", "MOA+125:50", "MOA+124:0"),
)


def _message(region: str, terms_segments: tuple[str, ...], gtin: str) -> tuple[str, ...]:
    def party(role: str, gln: str, name: str) -> str:
        number = f"{gln}::9" if gln else ""
        return f"NAD+{role}+{number}++{name}+{_STREETS}+Kiel+{region}+24103+DE"

    allowances = ("ALC+A++++DI", "PCD+1:10", "MOA+8:10", "MOA+25:100", "TAX+7+VAT+++:::19+S")
    charges = ("ALC+C++++FC", "PCD+2:10", "MOA+8:10", "MOA+25:100", "TAX+7+VAT+++:::19+S")
    parties = (
        *(
            party("SU", SELLER_GLN, "Nordlicht GmbH"),
            "FII+RB+DE02120300000000202051:Nordlicht+BYLADEM1001:25:5",
        ),
        *(
            *_SELLER,
            *_CONTACT,
            party("BY", BUYER_GLN, "Heimbau AG"),
            "FII+PB+DE02500105170137075030",
        ),
        *(*_BUYER, *_CONTACT, party("DP", SHOP_GLN, "Lager Ost")),
        *("NAD+PE+4000001000036::9++Zahlstelle AG", "RFF+XA:HRB 3"),
        *(party("LC", "", "Vertretung AG"), "RFF+VA:DE222222220"),
    )
    currency = "CUX+2:CHF:4+3:EUR:11"
    line = tuple(s.format(gtin=gtin) for s in _LINE)
    return (
        "BGM+381+GU-1+9",
        *_HEAD,
        *parties,
        currency,
        *terms_segments,
        *allowances,
        *charges,
        *line,
        *_SUMMARY,
    )


@pytest.mark.parametrize(
    ("version", "region", "payment", "gtin"),
    [
        ("D:96A:UN:EAN008", "SH", ("PAT+3", "DTM+13:20261114:102"), "EN"),
        ("D:01B:UN:EAN010", ":::SH", ("PAT+3", "DTM+13:20261114:102"), "SRV"),
    ],
)
def test_every_term_that_eancom_can_say(
    version: str, region: str, payment: tuple[str, ...], gtin: str
) -> None:
    result = mapped(*_message(region, payment, gtin), version=version)
    filled = {term for _, term, _ in terms.walk(result.invoice)}
    assert {t for t in terms.names() if t.startswith("BT-")} - filled == _UNSAID.keys()
    assert rules(result) == []
    assert annex(result) == []
