"""Small INVOIC messages for the tests of the mapping: segments in, Mapped out, through the real
reader."""

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.masterdata import Partner, PartnerDirectory
from edigate.source import Deviations, Mapped

SELLER_GLN, BUYER_GLN, SHOP_GLN = "4000001000005", "4000001000012", "4000001000029"
PARTNERS = PartnerDirectory(
    {
        SELLER_GLN: Partner(
            SELLER_GLN, "Nordlicht Werkzeug GmbH", "Hafenweg 3", "24103", "Kiel", "DE"
        ),
        BUYER_GLN: Partner(
            BUYER_GLN, "Heimbau Süd AG", "Marktplatz 1", "86150", "Augsburg", "DE", "DE111111125"
        ),
    }
)
HEAD = ("BGM+380+RE-4711+9", "DTM+137:20261015:102", "DTM+35:20261014:102")
PARTIES = (
    f"NAD+SU+{SELLER_GLN}::9",
    "RFF+VA:DE136695976",
    f"NAD+BY+{BUYER_GLN}::9",
    "CUX+2:EUR:4",
)
LINE = (
    "LIN+1++4000862141404:EN",
    "IMD+F++:::Bohrer",
    "QTY+47:10:PCE",
    "MOA+203:100.00",
    "PRI+AAA:10.00",
)
VAT19 = "TAX+7+VAT+++:::19+S"
SUMMARY = (
    "UNS+S",
    "MOA+77:119.00",
    "MOA+79:100.00",
    "MOA+124:19.00",
    "MOA+125:100.00",
    VAT19,
    "MOA+124:19.00",
    "MOA+125:100.00",
)


def interchange(
    *segments: str,
    version: str = "D:96A:UN:EAN008",
    sender: str = SELLER_GLN,
    recipient: str = BUYER_GLN,
) -> bytes:
    """One interchange with one INVOIC of these segments (without terminators), counted rightly, in
    UNOC, or in UNOW where that lacks a letter."""
    lines = [
        f"UNB+UNOC:3+{sender}:14+{recipient}:14+261015:1200+IC1",
        f"UNH+M1+INVOIC:{version}",
        *segments,
        f"UNT+{len(segments) + 2}+M1",
        "UNZ+1+IC1",
    ]
    text = "UNA:+.? '" + "'".join(lines) + "'"
    try:
        return text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return text.replace("+UNOC:3+", "+UNOW:4+", 1).encode("utf-8")


def mapped(
    *segments: str,
    version: str = "D:96A:UN:EAN008",
    sender: str = SELLER_GLN,
    partners: PartnerDirectory = PARTNERS,
    deviations: Deviations | None = None,
) -> Mapped:
    """The mapping of one message of these segments. Its account must be complete, whatever the
    message says."""
    data = interchange(*segments, version=version, sender=sender)
    found, message = next(read(data).messages())
    result = map_message(found, message, partners, deviations or Deviations(), data=data)
    assert result.coverage.lost == ()
    return result


def rules(result: Mapped) -> list[str]:
    """Ids of the findings, in order."""
    return [f.rule for f in result.findings]


def annex(result: Mapped) -> list[str]:
    """The annex as `label = value` lines."""
    return [f"{entry.label_de} = {entry.value}" for entry in result.annex]
