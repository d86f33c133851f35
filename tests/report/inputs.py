"""Inputs for the renderings, judged by the real pipeline: every fixture, and a message of hostile
values."""

from datetime import date
from functools import cache

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.masterdata import PartnerDirectory
from edigate.report.letter import Circumstance
from edigate.report.presentation import InputVerdict, Verdict
from tests.fixtures.cases import case, engines, examined

MARKUP = '</td><script>alert("1")</script><img src=x onerror=alert(1)> &amp; \'"'
CONTROLS = "\x1b[31m\x07\x00\x85\u2028\u202e\u200f"
HEADER = "\r\nBcc: thief@evil.example\r\n"


def released(value: str) -> str:
    """`value` as it stands in a segment: separators with the release character before them."""
    return "".join(f"?{c}" if c in "+:'?" else c for c in value)


@cache
def hostile() -> bytes:
    """An invoice without tax id whose every free text is hostile; UNOY is UTF-8."""
    bad = released(MARKUP + CONTROLS + HEADER)
    short = released("<b>" + HEADER + CONTROLS)
    # without a line break, so that no rule is broken so often that the letter only counts it
    flat = released("<b>" + CONTROLS)
    segments = [
        "UNB+UNOY:4+4012345000009:14+4319876000028:14+20261015:0930+"
        + released("<i>IC" + CONTROLS),
        "UNH+" + released("<u>M\x1b") + "+INVOIC:D:01B:UN:EAN010",
        f"BGM+380+{short}+9",
        "DTM+137:20261015:102",
        f"DTM+35:{flat}:102",
        f"FTX+AAI+++{bad}",
        f"NAD+SU+4012345000009::9++{bad}+{short}+{short}++12345+DE",
        f"RFF+VA:{flat}",
        f"NAD+BY+4319876000028::9++{bad}+Lagerweg 8+München++80331+DE",
        "CUX+2:EUR:4",
        f"LIN+{short}++4012345000016:SRV",
        f"IMD+F++:::{bad}",
        "QTY+47:2",
        f"MOA+203:{short}",
        "PRI+AAA:10",
        "TAX+7+VAT+++:::19+S",
        "UNS+S",
        "MOA+77:23.80",
        "MOA+79:20.00",
        "MOA+125:20.00",
        "MOA+124:3.80",
    ]
    count = len(segments)
    segments += [f"UNT+{count}+" + released("<u>M\x1b"), "UNZ+1+" + released("<i>IC" + CONTROLS)]
    return ("UNA:+.?*'" + "'".join(segments) + "'").encode()


@cache
def judged_hostile() -> pipeline.Examination:
    """The hostile invoice, judged."""
    conditions = pipeline.Conditions(
        Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {}
    )
    return pipeline.examine(hostile(), engines(), conditions)


def examinations(name: str) -> pipeline.Examination:
    """A fixture by name, or the hostile invoice."""
    return judged_hostile() if name == "hostile" else examined(case(name))


def verdicts(name: str) -> list[Verdict]:
    """Every INVOIC of an input as the renderings see it."""
    (found,) = (pipeline.input_verdict(examinations(name), "in.edi"),)
    messages = [m for interchange in found.interchanges for m in interchange.messages]
    return [m for m in messages if isinstance(m, Verdict)]


def input_verdict(name: str, file: str = "in.edi") -> InputVerdict:
    """The whole input as the renderings see it."""
    return pipeline.input_verdict(examinations(name), file)


def circumstance(name: str, full: bool = True) -> Circumstance:
    """The way a document came, as hostile as the document where that is asked for."""
    odd = MARKUP + CONTROLS + HEADER if name == "hostile" else ""
    return Circumstance(
        document_id="0001-TEST",
        control_reference=f"IC-REFERENCE{odd}",
        sender=f"4012345000009{odd}",
        recipient=f"4319876000028{odd}",
        file=f"file-in.edi{odd}",
        mail_from=f"edi@partner.example{odd}",
        mail_subject=f"Subject of the mail{odd}",
        mail_id=f"<1@partner.example>{odd}",
        full=full,
    )
