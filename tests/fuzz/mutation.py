"""Random changes of an input: of its bytes, or of its segments, data elements, numbers and dates.

A change of grammar keeps an interchange mostly readable, so that it comes as far as the mapping:
counts are put right afterwards, values and qualifiers are taken from other seeds of the same tag.
Must not know the reader under test.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Element = list[str]
Segment = list[Element]  # [[tag], [component, ...], ...], still released, in latin-1

_TEXTS = [
    "", " ", "-", "?'", "??", "?+", "\x00", "\x7f", "\xdf", "\xff", "\xc3\xbc", "<&>\"", "]]>",
    "x" * 71, "X" * 513,
    "{0}", "{rule}", "%s", "\u00a0", "\x85", "=1", "NaN", "DE123456789", "4000001000005", "#REV#",
    "EUR", "S",
]  # fmt: skip
_NUMBERS = [
    "0", "-0", "0.00", "-1", "1-", "+1", "1,5", "1.234,56", "1,234.56", ".", ",", "-", "1E9",
    "1e999999", "Infinity",
    "0.005", "0.0000000001", "9" * 15, "9" * 39, "9" * 60, "1" + "0" * 30, "-99999999999.99", "²",
    "1 000",
    "100", "19", "7", "16", "00019", "19.000000",
]  # fmt: skip
_DATES = [
    "20261015", "20260229", "00000000", "99991231", "00010101", "20261315", "2026101", "261015",
    "202610151200",
    "20261015120060", "99991231230000", "999912312300?+00", "20261015xx00?+00", "2026W1", "202653",
    "2026366", "9999Q4",
    "9999999999", "2026101520261014", "2026101420261015", "20261015-20261014", "1", "x",
    "\xb2\xb3\xb9\xb2\xb2\xb3",
]  # fmt: skip
_FORMATS = [
    "102",
    "101",
    "203",
    "204",
    "718",
    "719",
    "609",
    "610",
    "616",
    "602",
    "713",
    "303",
    "801",
    "802",
    "2",
    "0",
]
_EXTRA_TEXT = """
ALC+A++++TD  ALC+C++++FC  PCD+3:10  MOA+8:1  MOA+204:1  MOA+23:1  RTE+1:2:3  TAX+7+VAT+++:::19+S  TAX+7+VAT+++:::0+E
TAX+7+VAT+++:::0+AE  TAX+7+VAT+++:::0+K  TAX+7+VAT+++::::+S  TAX+7+GST+++:::5  PAT+1++5:3:D:30  PAT+22++5:3:D:10
PAT+7++66:3:Y:999999999  PYT+3+5:3:M:99999  DTM+265:20261115:102  DTM+13:99991231:102  CUX+2:EUR:4+3:USD:4+1.5
CUX+2:CHF:4  CUX+2:XXX:4  FII+RB+DE02120300000000202051:X+BYLADEM1001:25:5  FII+BF+X+:::Y  PAI+::42  PAI+::ZZZ
GIN+BJ+1:2+3:4  GIR+3+1:SE+2:SE  MEA+PD+AAA+KGM:1.5  MEA+AAE++:  PAC+2++PK  PCI+33E  TDT+20++30  TOD+3++CIF  LOC+7+X::9
RFF+VA:DE136695976  RFF+FC:1  RFF+IV:RE-1  RFF+ON:1:2  RFF+DQ:1  RFF+CT:1  RFF+ACE:1  RFF+AOU:1  RFF+CR:1
FTX+AAI+++a:b:c:d:e+DE  FTX+ZZZ+1+001::28  FTX+TXD+++x  FTX+REG++x  NAD+SU+++Name  NAD+BY+1::9  NAD+II+++X  NAD+IV+2::9
NAD+DP+3::9  NAD+PE+++P  NAD+LC+++T  NAD+MS+4::9  CTA+IC+:N  COM+a@b.example:EM  COM+:  UNS+D  UNS+S  LIN+1
LIN+1+1+X:EN+1:2  LIN+++:  PIA+1+A:SA+B:BP  PIA+5+X:EN  IMD+F++:::a:b  IMD+C++CU::9  IMD+A+1+X  QTY+47:1:PCE  QTY+46:-1
QTY+192:1  QTY+47:0:KGM  PRI+AAA:1:::1000:PCE  PRI+AAB:5  PRI+AAA:1:CA:NTP:0:X  ALI+++73  ALI++AE  MOA+77:1  MOA+79:1
MOA+124:1  MOA+125:1  MOA+176:1  MOA+389:1  MOA+9:1  MOA+113:1  MOA+366:1  MOA+203:1  MOA+66:-1  MOA+38:1:EUR  MOA+86:1
MOA+402:1  MOA+161:1:USD:4:1  CNT+2:1  CNT+1:999  AJT+1  EFI+a+b  DOC+916+X  BGM+380+X+9  BGM+381+X+1  BGM+325  BGM+:::t
BGM+83  BGM+389+X+31  BGM+384  BGM+326  BGM+393  INP+1+2+3  RCS+A+B  DTM+137:20261015:102  DTM+35:2026101:102
DTM+263:2026100120261031:718  DTM+155:20261001:102  DTM+156:20261031:102  DTM+3:99991231  DTM+9:9999Q4  XYZ+1:2+3
"""
_EXTRA = _EXTRA_TEXT.split()


@dataclass(frozen=True, slots=True)
class Signs:
    """The separators of one interchange."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    terminator: str = "'"

    def split(self, text: str, at: str) -> list[str]:
        """`text` at every unreleased `at`, still released."""
        if self.release in (" ", at):
            return text.split(at)
        pattern = re.compile(
            f"(?:[^{re.escape(at + self.release)}]|{re.escape(self.release)}.)*(?:{re.escape(at)}|$)",
            re.DOTALL,
        )
        found = [m[0] for m in pattern.finditer(text) if m[0]]
        closed = bool(found) and found[-1].endswith(at)
        parts = [part.removesuffix(at) for part in found]
        return [*parts, ""] if closed or not parts else parts


@dataclass(slots=True)
class Interchange:
    """An interchange taken apart only as far as mutating needs."""

    head: str
    signs: Signs
    segments: list[Segment] = field(default_factory=list)

    @classmethod
    def of(cls, data: bytes) -> "Interchange":
        """Take apart; nonsense becomes one odd segment."""
        text = data.decode("latin-1").removeprefix("\xef\xbb\xbf")
        head, signs = "", Signs()
        if text.startswith("UNA") and len(text) >= 9:
            head, text = text[:9], text[9:]
            if len({head[3], head[4], head[6], head[8]}) == 4:
                signs = Signs(head[3], head[4], head[6], head[8])
        found = cls(head, signs)
        for raw in signs.split(text, signs.terminator):
            if raw.strip():
                elements = signs.split(raw.strip("\r\n"), signs.element)
                found.segments.append([signs.split(e, signs.component) for e in elements])
        return found

    def data(self) -> bytes:
        """Put together again."""
        s = self.signs
        lines = (
            s.element.join(s.component.join(e) for e in segment) + s.terminator
            for segment in self.segments
        )
        return (self.head + "".join(lines)).encode("latin-1", "replace")

    def count_right(self) -> None:
        """Put the counts of UNT and UNZ right."""
        opened: int | None = None
        messages = 0
        for at, segment in enumerate(self.segments):
            tag = segment[0][0]
            if tag == "UNH":
                opened, messages = at, messages + 1
            elif tag == "UNT" and opened is not None and len(segment) > 2:
                segment[1], segment[2] = (
                    [str(at - opened + 1)],
                    list((self.segments[opened] + [[""]])[1]),
                )
                opened = None
            elif tag == "UNZ" and len(segment) > 1:
                segment[1] = [str(messages)]
                messages = 0


class Grammar:
    """Changes of segments, fed by what the seeds hold."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        self._donors = [
            s for seed in seeds for s in Interchange.of(seed).segments if s[0][0][:2] != "UN"
        ]
        self._donors += [
            s for text in _EXTRA for s in Interchange.of(text.encode("latin-1") + b"'").segments
        ]
        self._values: dict[tuple[str, int, int], list[str]] = {}
        for segment in self._donors:
            for e, element in enumerate(segment[1:], 1):
                for c, value in enumerate(element):
                    self._values.setdefault((segment[0][0], e, c), []).append(value)

    def words(self) -> list[bytes]:
        """Every tag with every first component that the seeds give it, and short values."""
        first = {
            f"{tag}+{value}"
            for (tag, e, c), values in self._values.items()
            if e == 1 and c == 0
            for value in values
        }
        short = {
            value for values in self._values.values() for value in values if 1 < len(value) <= 8
        }
        texts = sorted(
            {f"'{word}" for word in first if len(word) <= 12} | short | set(_NUMBERS) | set(_DATES)
        )
        return [text.encode("latin-1", "replace") for text in texts if text]

    def changed(self, data: bytes, random_: random.Random) -> bytes:
        """A few changes of segments and values; the counts are put right nine times in ten."""
        whole = Interchange.of(data)
        for _ in range(random_.randint(1, 6)):
            body = [
                n
                for n, s in enumerate(whole.segments)
                if s[0][0][:2] != "UN" or random_.random() < 0.1
            ]
            if not body:
                break
            at = random_.choice(body)
            if random_.random() < 0.4:
                self._order(whole.segments, at, body, random_)
            else:
                self._values_of(whole.segments[at], random_)
        if random_.random() < 0.9:
            whole.count_right()
        return whole.data()

    def _order(
        self, segments: list[Segment], at: int, body: list[int], random_: random.Random
    ) -> None:
        other = random_.choice(body)
        match random_.randint(0, 6):
            case 0:
                segments[at], segments[other] = segments[other], segments[at]
            case 1:
                segments[at:at] = [
                    _copy(segments[at]) for _ in range(random_.choice([1, 1, 1, 2, 5, 40]))
                ]
            case 2:
                del segments[at]
            case 3:
                segments.insert(other, segments.pop(at))
            case 4:
                low, high = sorted((at, other))
                segments[low:low] = [_copy(s) for s in segments[low : min(high, low + 30)]]
            case 5:
                start = random_.randrange(len(self._donors))
                run = self._donors[start : start + random_.choice([1, 1, 1, 2, 4, 8])]
                segments[at:at] = [_copy(s) for s in run]
            case _:
                segments.insert(at, _copy(random_.choice(self._donors)))

    def _values_of(self, segment: Segment, random_: random.Random) -> None:
        if len(segment) < 2 or random_.random() < 0.05:
            segment.append([random_.choice(_TEXTS)])
            return
        e = random_.randrange(1, len(segment))
        element = segment[e]
        c = random_.randrange(len(element))
        match random_.randint(0, 11):
            case 0:
                segment.insert(e, list(element))
            case 1:
                del segment[e]
            case 2:
                other = random_.randrange(1, len(segment))
                segment[e], segment[other] = segment[other], segment[e]
            case 3:
                element.insert(c, element[c])
            case 4:
                element[c] = ""
            case 5:
                other = random_.randrange(len(element))
                element[c], element[other] = element[other], element[c]
            case 6:
                element[c] = random_.choice(_TEXTS)
            case 7 | 8:
                self._number_or_date(segment, element, c, random_)
            case _:
                known = self._values.get((segment[0][0], e, c))
                element[c] = random_.choice(known) if known else random_.choice(_TEXTS)

    @staticmethod
    def _number_or_date(segment: Segment, element: Element, c: int, random_: random.Random) -> None:
        if segment[0][0] == "DTM":
            element[
                -1 if len(element) > 2 and random_.random() < 0.3 else min(1, len(element) - 1)
            ] = random_.choice(_FORMATS if len(element) > 2 and random_.random() < 0.3 else _DATES)
        elif re.fullmatch(r"-?[0-9]+(?:[.,][0-9]+)?", element[c]) and random_.random() < 0.6:
            element[c] = _near(element[c], random_)
        else:
            element[min(1, len(element) - 1) if random_.random() < 0.6 else c] = random_.choice(
                _NUMBERS
            )


def _copy(segment: Segment) -> Segment:
    return [list(element) for element in segment]


def _near(number: str, random_: random.Random) -> str:
    """A number close to it in writing or in value."""
    changes: tuple[Callable[[], str], ...] = (
        lambda: "-" + number,
        lambda: number.lstrip("-"),
        lambda: number + "-",
        lambda: number.replace(".", ","),
        lambda: number + random_.choice("0159"),
        lambda: number[:-1] or "0",
        lambda: number.replace(".", ""),
        lambda: (
            f"{number}.{random_.randint(0, 99999)}"
            if "." not in number
            else number + str(random_.randint(0, 9))
        ),
    )
    return random_.choice(changes)()


def bytes_changed(
    data: bytes, random_: random.Random, tokens: Sequence[bytes], limit: int
) -> bytes:
    """A few random changes of bytes; tokens: what this kind of input is made of. At most `limit`
    bytes."""
    raw = bytearray(data)
    for _ in range(random_.randint(1, 5)):
        at = random_.randint(0, len(raw))
        match random_.randint(0, 5):
            case 0:
                raw[at : at + random_.randint(1, 8)] = b""
            case 1 | 2:
                raw[at:at] = random_.choice(tokens)
            case 3:
                raw[at : at + 1] = random_.choice(tokens)
            case 4:
                raw[at : at + 1] = random_.randbytes(1)
            case _:
                other = random_.randint(0, len(raw))
                raw[at:at] = raw[other : other + random_.randint(1, 60)]
    return bytes(raw[:limit])
