"""Long texts that are made to cost time, for every field of a message that the checks look at."""

from collections.abc import Iterator

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.masterdata import PartnerDirectory
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.letter import Circumstance, held
from tests.fixtures.cases import engines
from tests.fuzz.growth import shortest
from tests.fuzz.mapping import TODAY
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, interchange

LENGTH = 15_000
"""Characters of a hostile text."""
ORDINARY = (
    "Bohrmaschine 850 W mit Koffer, frei Haus nach Köln. Zahlbar ohne Abzug; wir danken für "
    "den Auftrag. "
)

FIELDS = tuple(
    field.strip()
    for field in """
    name: IMD+F++:::@ | type: IMD+F++@ | line: FTX+LIN+++@ | line: FTX+AAI+++@ | line: PIA+1+@:SA | line: PIA+5+@:HS
    line: RFF+ON:@ | line: RFF+DQ:@ | line: ALC+C+++:::@ | line: QVR+@ | line: DTM+35:@:102 | line: MOA+8:@
    line: QTY+12:@ | line: LOC+7+@ | line: TAX+7+VAT+++:::@+S | line: IMD+A++:::@ | line: GIN+BN+@ | line: PAC+1++@
    head: FTX+AAI+++@ | head: FTX+TXD+++@ | head: FTX+REG+++@ | head: FTX+AAB+++@ | head: FTX+SUR+++@:@
    head: PAT+22++5:3:D:@ | head: ALC+C+@+++FC | head: ALC+A++++:::@ | head: RFF+ON:@ | head: RFF+CT:@ | head: RFF+IV:@
    head: DTM+263:@:718 | head: PAI+@ | head: TDT+20+@ | head: LOC+@ | head: TOD+3++@ | undated: FTX+AAI+++@
    corrected: FTX+AAI+++@ | own: FTX+AAI+++@ | exempt: FTX+AAI+++@ | exempt: FTX+TXD+++@ | bgm: BGM+380+@+9
    bgm: BGM+380:::@+R-1+9 | bgm: BGM+@+R-1+9 | seller: NAD+SU+++@+Weg 3+Kiel++24103+DE | seller: NAD+SU++@
    seller: NAD+SU+++Nord+@+Kiel++24103+DE | seller: NAD+SU+++Nord+Weg+@++24103+DE | seller: NAD+SU++Nord:Weg 3:@
    seller: NAD+SU+++Nord+Weg+Kiel++@+DE | seller: NAD+SU+++Nord+Weg+Kiel++24103+@ | seller: NAD+SU+@::9
    tax: RFF+VA:@ | tax: RFF+FC:@ | tax: RFF+XA:@ | buyer: NAD+BY+++@+Weg 3+Kiel++24103+DE | party: RFF+VA:@
    party: CTA+IC+:@ | party: COM+@:EM | party: FII+RB+@:X:EUR | party: FII+RB+DE02120300000000202051:@
    lin: LIN+1++@:EN
    """.replace("\n", "|").split("|")
    if field.strip()
)
"""Place and segment; `@` is the text."""

FILLERS = (
    "(", ",", ";", ".", "-", "/", "%", "=", "@", "§ ", " ", "  x", "a ", "a", "A", "7", "0", "7 ",
        "7.", "7 %", "1(",
    "ü", "ü ", "ß", "¼", "www.", "www. ", "http://", "?'", "?+", "?:", "??", "\n", "K", "kein ",
    "nicht ", "DE", "DE ",
    "Lieferdatum ", "Rechnung ", "Mai 2026 ", "vom ", "am ", "date ", "Lebensmittel ",
    "Kleinunternehme",
    "§ 19 UStG, nicht ", "reverse charg",
    "\u00a0", "a\u00a0", "7\u00a0", "\u00a0\u00a0x", "\u00ad", "a\u00ad", "\u1680", "\u2003", "a\u2003",
        "\u2007", "\u2028", "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", "\u202e", "\x85", "\x7f",
    "".join(map(chr, range(0x2000, 0x200B))), "".join(map(chr, range(0x80, 0xA0))),
)  # fmt: skip
FRAMED = (
    ("www.", ".", " x"), ("www.", " ", "x"), ("1 ", " ", "x"), ("DE", ".", "x"), ("geliefert", " ",
        "x"),
    ("Mai", " ", "x"), ("date ", " ", "x"), ("Ware", " (", "7 %"), ("x", "(", "19"), ("12345", " ",
        "\nx"),
)  # fmt: skip
"""What stands before, the filler, what stands behind."""


def texts(length: int = LENGTH) -> Iterator[str]:
    """Every hostile text, each of about `length` characters with release characters in pairs."""
    for before, filler, behind in (*(("", f, "") for f in FILLERS), *FRAMED):
        yield before + filler * (length // len(filler)) + behind


def message(field: str, text: str) -> bytes:
    """An interchange with the text in one field of its invoice."""
    place, _, segment = field.partition(": ")
    segment = segment.replace("@", text)
    head, parties, line, more = list(HEAD), list(PARTIES), list(LINE), [VAT19]
    match place:
        case "name" | "type":
            line[1] = segment
        case "lin":
            line[0] = segment
        case "line":
            line.append(segment)
        case "bgm":
            head[0] = segment
        case "seller" | "tax" | "buyer":
            parties[("seller", "tax", "buyer").index(place)] = segment
        case "party":
            parties.insert(3, segment)
        case "exempt":
            more = [segment, "TAX+7+VAT+++:::0+E"]
        case _:
            more.append(segment)
    if place == "undated":
        head = head[:2]
    elif place in ("corrected", "own"):
        head[0] = f"BGM+{'384' if place == 'corrected' else '389'}+R-1+9"
    return interchange(*head, *parties, *more, *line, *SUMMARY)


def seconds(field: str, text: str, times: int = 3) -> float:
    """Processor seconds of judging the message and writing its letter, the shortest of some
    runs."""
    data = message(field, text)
    return shortest(lambda: judged(data), times)


def judged(data: bytes) -> None:
    """Read, map, judge by all rules, and write the letter in both forms."""
    conditions = pipeline.Conditions(Circumstances(today=TODAY), PartnerDirectory(), {}, {})
    examination = pipeline.examine(data, engines(), conditions)
    for document in examination.documents:
        verdict = pipeline.verdict_of(document, examination.data, examination.sha256)
        letter = held(verdict, Circumstance(document_id="X-1", tenant="T"), "de")
        text(letter)
        html([letter])
