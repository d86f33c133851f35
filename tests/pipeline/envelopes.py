"""Odd envelopes: an interchange with one thing wrong around its messages, and what must become of
each message.

Each is made of a sound INVOIC (RE-1), a sound ORDERS and one unit that is hurt. `Odd.held` counts
the outcomes of state invalid, `Odd.valid` the invoices that go their way; `whole`: nothing of the
input can be used (exit 3).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.generate import BUYER, SELLER, invoice

UNB = f"UNB+UNOC:3+{SELLER}:14+{BUYER}:14+261015:0930+IC1'"


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd input. told: a rule that must be among the findings; names: a segment that one of its
    texts names."""

    name: str
    data: bytes
    held: int = 0
    valid: int = 0
    whole: bool = False
    told: str = ""
    names: str = ""

    @property
    def status(self) -> int:
        """What `check` must answer."""
        return 3 if self.whole else 1 if self.held else 0


def body(number: str) -> str:
    """An INVOIC without UNH and UNT, and how many segments those two make it."""
    text = invoice(2, number).decode("latin-1").replace("\n", "")
    return text[text.index("BGM") : text.rindex("UNT")]


def count(text: str) -> int:
    """Segments of a body, with UNH and UNT."""
    return text.replace("?'", "").count("'") + 2


def sound(number: str = "RE-1", reference: str = "A") -> str:
    """An INVOIC without fault."""
    inner = body(number)
    return f"UNH+{reference}+INVOIC:D:96A:UN:EAN008'{inner}UNT+{count(inner)}+{reference}'"


def hurt(unh: str, unt: str | None = None, number: str = "RE-2") -> str:
    """An INVOIC with another UNH, or another UNT."""
    inner = body(number)
    return unh + inner + (f"UNT+{count(inner)}+B'" if unt is None else unt)


def other(kind: str = "ORDERS", reference: str = "C", segments: int = 4) -> str:
    """A small message of another type."""
    return (
        f"UNH+{reference}+{kind}:D:96A:UN:EAN008'BGM+220+4711+9'DTM+137:20261015:102'"
        f"UNT+{segments}+{reference}'"
    )


def envelope(*units: str, unb: str = UNB, unz: str | None = None, reference: str = "IC1") -> bytes:
    """An interchange of units, counted rightly unless said otherwise."""
    return (
        unb + "".join(units) + (f"UNZ+{len(units)}+{reference}'" if unz is None else unz)
    ).encode("latin-1")


UNHS = {
    "no reference": "UNH++INVOIC:D:96A:UN:EAN008'",
    "type in place of the reference": "UNH+INVOIC:D:96A:UN:EAN008'",
    "type behind the reference with a colon": "UNH+B:INVOIC:D:96A:UN:EAN008'",
    "bare": "UNH'",
    "bare with separator": "UNH+'",
    "blank reference": "UNH+ +INVOIC:D:96A:UN:EAN008'",
    "reference alone": "UNH+B'",
    "small letters": "UNH+B+invoic:D:96A:UN:EAN008'",
    "one letter too many": "UNH+B+INVOICE:D:96A:UN:EAN008'",
    "one letter too few": "UNH+B+INVOI:D:96A:UN:EAN008'",
    "a zero for an O": "UNH+B+INV0IC:D:96A:UN:EAN008'",
    "letters changed places": "UNH+B+INVIOC:D:96A:UN:EAN008'",
    "cut to two letters": "UNH+B+IN:D:96A:UN:EAN008'",
    "version in place of the type": "UNH+B+D:96A:UN:EAN008'",
    "agency in place of the type": "UNH+B+UN:EAN008'",
    "a type of nobody": "UNH+B+XXXXXX:D:96A:UN'",
    "element between": "UNH+B++INVOIC:D:96A:UN:EAN008'",
    "missing": "",
    "tag in small letters": "unh+B+INVOIC:D:96A:UN:EAN008'",
    "tag damaged": "UNX+B+INVOIC:D:96A:UN:EAN008'",
    "tag with a blank": "UN H+B+INVOIC:D:96A:UN:EAN008'",
    "other separator": "UNH*B*INVOIC*D*96A'",
    "semicolon ends it": "UNH+B+INVOIC:D:96A:UN:EAN008;",
    "garbage": "\x01\x02??@@'",
}
_OTHERWISE_NAMED = ("garbage", "semicolon ends it")


def unhs() -> Iterator[Odd]:
    """Every damaged UNH alone, and between an ORDERS and a sound INVOIC."""
    for name, unh in UNHS.items():
        named = "" if name in _OTHERWISE_NAMED else "UNH"
        yield Odd(f"UNH {name}, alone", envelope(hurt(unh)), held=1, names=named)
        mixed = envelope(other(), hurt(unh), sound())
        yield Odd(f"UNH {name}, mixed", mixed, held=1, valid=1, names=named)


def units() -> Iterator[Odd]:
    """Ends of messages, segments between them, groups, and interchanges with nothing in them."""
    inner = body("RE-2")
    unt = f"UNT+{count(inner)}+B'"
    unh = "UNH+B+INVOIC:D:96A:UN:EAN008'"
    first_half, second_half = inner[: inner.index("UNS")], inner[inner.index("UNS") :]
    group = f"UNG+INVOIC+{SELLER}+{BUYER}+261015:0930+G1+UN+D:96A'"
    yield Odd("two UNH without UNT", envelope(hurt(unh, ""), sound()), whole=True, told="EDI-03")
    yield Odd("UNT missing inside", envelope(sound(), hurt(unh, "")), whole=True, told="EDI-03")
    yield Odd(
        "UNT wrong reference",
        envelope(hurt(unh, unt.replace("+B'", "+X'")), sound()),
        held=1,
        valid=1,
    )
    yield Odd(
        "UNT wrong count", envelope(hurt(unh, "UNT+7+B'"), sound()), held=1, valid=1, told="SUM-07"
    )
    yield Odd("UNT bare", envelope(hurt(unh, "UNT'"), sound()), held=1, valid=1, told="SUM-07")
    early = f"{unh}{first_half}UNT+{count(first_half)}+B'{second_half}{unt}"
    yield Odd("UNT too early", envelope(early, sound()), held=2, valid=1, told="EDI-31")
    yield Odd("UNT alone", envelope(unt, sound()), held=1, valid=1, told="EDI-21")
    yield Odd("UNT alone, nothing else", envelope(unt), held=1, told="EDI-21")
    between = envelope(sound() + "FTX+AAI+++Hinweis'", sound("RE-3", "D"), unz="UNZ+2+IC1'")
    yield Odd("segments between messages", between, held=1, valid=2, told="EDI-06")
    yield Odd(
        "body without UNH and UNT",
        envelope(sound() + inner, unz="UNZ+2+IC1'"),
        held=1,
        valid=1,
        told="EDI-31",
    )
    yield Odd(
        "group without beginning",
        envelope(sound(), unz="UNE+1+G1'UNZ+1+IC1'"),
        valid=1,
        told="EDI-20",
    )
    yield Odd("group without end", envelope(group + sound()), valid=1, told="EDI-20")
    twice = envelope(group.replace("UNG", "UNX") + hurt("UNH'"), unz="UNE+1+G1'UNZ+1+IC1'")
    yield Odd("group damaged, UNH damaged", twice, held=2, told="EDI-15")
    yield Odd(
        "group says INVOIC, type gone",
        envelope(group + hurt("UNH+B'") + "UNE+1+G1'", unz="UNZ+1+IC1'"),
        held=1,
    )
    yield Odd("nothing but a count", envelope(unz="UNZ+1+IC1'"), held=1, told="EDI-35")
    yield Odd("nothing, counted rightly", envelope(unz="UNZ+0+IC1'"))
    yield Odd("garbage for a message", envelope("@@@@@@'", unz="UNZ+1+IC1'"), held=1)


def interchanges() -> Iterator[Odd]:
    """UNB, UNZ, and what stands around interchanges."""
    good = envelope(sound())
    open_end = UNB[:-1]
    later = envelope(sound("RE-3"), unb=UNB.replace("IC1", "IC2"), reference="IC2")
    yield Odd(
        "UNB without terminator",
        envelope(sound(), unb=open_end),
        held=1,
        told="EDI-33",
        names="UNB",
    )
    yield Odd(
        "UNB without terminator, line end",
        envelope(sound(), unb=open_end + "\r\n"),
        held=1,
        told="EDI-33",
    )
    yield Odd("UNB without terminator, second message", envelope(sound(), sound("RE-2", "B"),
        unb=open_end), held=1,
              valid=1, told="EDI-33")  # fmt: skip
    yield Odd("UNB bare", envelope(sound(), unb="UNB'"), whole=True, told="EDI-01")
    yield Odd(
        "UNB without date",
        envelope(sound(), unb=UNB.replace("261015:0930", "")),
        valid=1,
        told="EDI-17",
    )
    yield Odd("UNB without anything", envelope(sound(), unb="UNB+UNOC:3'"), valid=1, told="EDI-17")
    yield Odd(
        "UNB 0026 says INVOIC, UNH does not",
        envelope(hurt("UNH+B'"), unb=UNB[:-1] + "++INVOIC'"),
        held=1,
    )
    yield Odd(
        "UNB 0026 says ORDERS, UNH bare",
        envelope("UNH'DTM+137:20261015:102'UNT+3+B'", unb=UNB[:-1] + "++ORDERS'"),
    )
    yield Odd("wrong separators", good.replace(b"+", b"*"), whole=True, told="EDI-01")
    yield Odd("UNA and other separators", b"UNA:*.? '" + good, whole=True, told="EDI-11")
    yield Odd(
        "message cut by a second UNB",
        good[: good.index(b"LIN")] + b"'" + later,
        whole=True,
        told="EDI-02",
    )
    yield Odd("no UNZ", envelope(sound(), unz=""), whole=True, told="EDI-02")
    yield Odd("UNZ damaged", envelope(sound(), unz="UNX+1+IC1'"), whole=True, told="EDI-02")
    yield Odd("UNZ wrong reference", envelope(sound(), unz="UNZ+1+XX'"), valid=1, told="SUM-07")
    yield Odd(
        "text between interchanges",
        good + b"\r\nMit freundlichen Gruessen\r\n" + later,
        valid=2,
        told="EDI-04",
    )
    yield Odd(
        "prose about segments",
        good + b"\r\nUnser UNB+ und UNH+ stehen vor BGM+380.\r\n" + later,
        valid=2,
    )
    lost = envelope(sound("RE-9"), unb="UNB'")
    yield Odd("second UNB bare", good + lost + later, valid=2, held=1, told="EDI-34", names="UNB")
    yield Odd(
        "second UNB gone",
        good + envelope(sound("RE-9"), unb="") + later,
        valid=2,
        held=1,
        told="EDI-34",
    )
    yield Odd(
        "first UNB gone", envelope(sound("RE-9"), unb="") + later, valid=1, held=1, told="EDI-34"
    )
    yield Odd("last UNB small", good + lost.replace(b"UNB", b"unb"), valid=1, held=1, told="EDI-34")
    yield Odd(
        "separators lost in the second",
        good + later.replace(b"+", b"*"),
        valid=1,
        held=1,
        told="EDI-34",
    )
    orders = envelope(other(), unb="UNB'")
    yield Odd("second UNB bare, orders in it", good + orders, valid=1, told="EDI-34")
    interactive = b"UIB+UNOC:3+1'UIH+INVOIC:D:96A'BGM+380+1'UIT+1+3'UIZ++1'"
    yield Odd("interactive EDIFACT behind it", good + interactive, valid=1, held=1, told="EDI-34")
    yield Odd("terminators twice", good.replace(b"'", b"''"), valid=1, told="EDI-14")
    yield Odd("UNZ twice", good + b"UNZ+1+IC1'", valid=1, told="EDI-04")
    yield Odd(
        "UNZ in the middle",
        good + sound("RE-9", "B").encode("latin-1") + b"UNZ+2+IC1'",
        valid=1,
        held=1,
    )
    yield Odd(
        "UNT without terminator before UNH",
        envelope(other()[:-1] + hurt("UNH+B+INVOIC:D:96A:UN'")),
        held=1,
    )
    yield Odd(
        "UNT without terminator before UNZ",
        good.replace(b"+A'UNZ", b"+AUNZ"),
        whole=True,
        told="EDI-02",
    )
    yield Odd("UNH without terminator", envelope(hurt("UNH+B+INVOIC:D:96A:UN:EAN008")), held=1)
    yield Odd("no terminator at all", good.replace(b"'", b""), whole=True, told="EDI-02")
    yield Odd(
        "UNB tag with a blank, second",
        good + later.replace(b"UNB+", b"UNB +"),
        valid=1,
        held=1,
        told="EDI-34",
    )
    yield Odd(
        "byte order mark before UNH",
        envelope("\xef\xbb\xbf" + sound("RE-2", "B")),
        held=1,
        told="EDI-31",
    )
    yield Odd("signs without an interchange", b"UNB+\r\nUNH+\r\nBGM+380\r\n", whole=True)


def others() -> Iterator[Odd]:
    """Damaged messages of other types: named, and nothing more."""
    for kind in ("ORDERS", "DESADV", "PRICAT", "orders"):
        yield Odd(
            f"{kind} wrong count",
            envelope(other(kind, segments=9), sound()),
            valid=1,
            told="SUM-07",
        )
        yield Odd(f"{kind} wrong count, alone", envelope(other(kind, segments=9)), told="SUM-07")
    yield Odd(
        "ORDERS in place of the reference",
        envelope("UNH+ORDERS:D:96A:UN'BGM+220+1'UNT+3+C'"),
        told="EDI-15",
    )
    yield Odd("ORDERS without UNT", envelope(other()[: other().index("UNT")]), told="EDI-03")
    yield Odd("order without UNH", envelope("BGM+220+4711+9'UNT+3+C'"), told="EDI-31")
    yield Odd("a type of somebody's own", envelope("UNH+1+SLGA:15:0:0'FKT+01'UNT+3+1'"))


def every() -> tuple[Odd, ...]:
    """All of them."""
    return (*unhs(), *units(), *interchanges(), *others())
