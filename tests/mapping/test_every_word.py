"""Every word of every kind of segment, wherever it stands, is said by a term or shown in the annex.

The account of data elements (`Coverage`) says what the mapping marked; this test looks at what
really came out. Words are marked, one segment of each qualifier we have a name for is put behind
the dates, behind seller and buyer, into a line and into the summary, and each mark has to appear
again.
"""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from edigate.edifact.invoic.record import code_tables
from edigate.invoice import terms
from edigate.invoice.model import Identifier
from edigate.source import Mapped
from tests.mapping.edi import mapped
from tests.mapping.test_binding import BUYER, CURRENCY, DOC, HEAD, LINE, SELLER, SUMMARY, VERSION

# One segment of each tag with marked words; {q} is the qualifier, {m} the place. Codes that only
# say how to read another component (1131, 3055, 2379, units) carry no words.
_SEGMENTS = {
    "RFF": "RFF+{q}:{m}a:{m}b",
    "FTX": "FTX+{q}+1+{m}a+{m}b:{m}c",
    "NAD": "NAD+{q}+{m}a::92+{m}b:{m}c+{m}d:{m}e:{m}f+{m}g:{m}h:{m}i:{m}j+{m}k+{m}l:::{m}m+{m}n+FR",
    "IMD": "IMD+{q}+81+{m}a::91:{m}b:{m}c",
    "CTA": "CTA+{q}+{m}a:{m}b",
    "FII": "FII+{q}+{m}a:{m}b:{m}c+{m}d:25:5:{m}e:25:5:{m}f",
    "LOC": "LOC+{q}+{m}a:::{m}b",
    "GIN": "GIN+{q}+{m}a:{m}b+{m}c",
    "PIA": "PIA+{q}+{m}a:SA+{m}b:IN+{m}c:HS+{m}d:EN+{m}e:ZZZ",
    "PAT": "PAT+{q}+{m}a:::{m}b",
    "PYT": "PYT+{q}+{m}a:::{m}b",
    "ALC": "ALC+{q}+{m}a+++ZZZ::91:{m}b:{m}c",
    "GIR": "GIR+{q}+{m}a",
    "DOC": "DOC+{q}+{m}a",
    "TOD": "TOD+{q}++{m}a",
    "MEA": "MEA+{q}+{m}a+KGM:1",
    "DTM": "DTM+{q}:{m}:102",
    "MOA": "MOA+{q}:{m}",
    "QTY": "QTY+{q}:{m}:MTR",
    "PRI": "PRI+{q}:{m}",
    "PCD": "PCD+{q}:{m}",
    "RTE": "RTE+{q}:{m}",
    "TAX": "TAX+{q}+VAT+++:::{m}+S",
    "CUX": "CUX+{q}:{m}:4",
}
_NUMBERS = ("MOA", "QTY", "PRI", "PCD", "RTE", "TAX")
_TEXTS = (
    "AAI",
    "AAB",
    "ABN",
    "AGM",
    "AAT",
    "ACB",
    "ACF",
    "BAQ",
    "DOC",
    "REG",
    "SUR",
    "TXD",
    "ZZZ",
    "1E",
    "2E",
    "X9",
)
_DIALECTS = {
    "eancom": ("D:96A:UN:EAN008", "SU", ("FTX+AAI+++Danke",)),
    "binding": (VERSION, "SE", (DOC,)),
}


def _qualifiers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for tag, qualifier in code_tables.labels():
        if qualifier and tag in _SEGMENTS:
            found[tag].add(qualifier)
    found["FTX"] |= set(_TEXTS)
    for tag in _SEGMENTS:
        found[tag] |= {"1", "X9"}
    return found


def _marked(tag: str, qualifier: str, number: int) -> tuple[str, list[str]]:
    """A segment with marks of its own, and the marks."""
    mark = {"DTM": f"2026070{number}", "CUX": f"Q{number}X"}.get(tag, f"QX{number}")
    mark = f"7{number}.1{number}" if tag in _NUMBERS else mark
    text = _SEGMENTS[tag].format(q=qualifier, m=mark)
    words = [m for letter in "abcdefghijklmn" if (m := mark + letter) in text]
    return text, words or [mark]


def _shown(result: Mapped) -> str:
    """All terms and the whole annex as one text."""
    said = [
        v.value if isinstance(v, Identifier) else str(v) for _, _, v in terms.walk(result.invoice)
    ]
    return "\n".join([*said, *(entry.value for entry in result.annex)])


def _lost(dialect: str, tag: str, qualifier: str) -> Iterator[str]:
    version, seller, texts = _DIALECTS[dialect]
    (one, *marks), *others = (
        (text, *found) for text, found in (_marked(tag, qualifier, n) for n in range(1, 6))
    )
    marks = [*marks, *(m for _, *more in others for m in more)]
    at_seller, at_buyer, at_line, at_sum = (text for text, *_ in others)
    result = mapped(
        *(
            *HEAD,
            *texts,
            one,
            f"NAD+{seller}" + SELLER[0][6:],
            SELLER[1],
            at_seller,
            *BUYER,
            at_buyer,
            *CURRENCY,
        ),
        *(*LINE[:5], at_line, LINE[5], *SUMMARY[:6], at_sum, *SUMMARY[6:]),
        version=version,
    )
    shown = _shown(result)
    for mark in marks:
        day = f"{mark[:4]}-{mark[4:6]}-{mark[6:]}", f"{mark[6:]}.{mark[4:6]}.{mark[:4]}"
        said = mark in shown or mark.upper() in shown  # VAT ids have large letters
        if not said and not (tag == "DTM" and any(d in shown for d in day)):
            yield f"{tag}+{qualifier}: {mark}"


@pytest.mark.parametrize("tag", _SEGMENTS)
@pytest.mark.parametrize("dialect", _DIALECTS)
def test_every_word_is_said_or_shown(dialect: str, tag: str) -> None:
    assert [lost for q in sorted(_qualifiers()[tag]) for lost in _lost(dialect, tag, q)] == []
